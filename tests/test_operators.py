"""The operators' pages are true: their configs load, their commands run, and their tables are what the gateway does."""

import http.client
import importlib.metadata
import inspect
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack

import pytest
from gateway import GatewayProcess
from jackfield_gateway import CustomLogger
from jackfield_gateway.wire.parse import CORE_KEYS
from pages import ADDRESS, KEY, PAGES, beside, check, environment, rows
from prometheus_client.parser import text_string_to_metric_families

RUNNING, ROUTING, CALLBACKS, CLIENTS, PACKAGE = (
    PAGES[path]
    for path in (
        *(f"docs/operators/{name}.md" for name in ("running", "routing", "callbacks", "clients")),
        "plugins/gateway/README.md",
    )
)


def blocks(kind, holding=""):
    return [
        pytest.param(each, id=str(each))
        for page in PAGES.values()
        for each in page.blocks(kind)
        if holding in each.text
    ]


@pytest.fixture(scope="module")
def serving():
    """Return a page's gateway, started when it is first asked for."""
    with ExitStack() as stack:
        yield lambda page: page.gateway if page.gateway.url else stack.enter_context(page.gateway)


def ask(url, body=None, **headers):
    """Return the status and the text of an answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {KEY}", **headers}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def chat(gateway, model="my-model", **fields):
    return ask(
        f"{gateway.url}/v1/chat/completions",
        {"model": model, "messages": [{"role": "user", "content": "Hello"}], **fields},
    )


# ------------------------------------------------------------------------------------------------- what pages say to do


@pytest.mark.parametrize("block", blocks("yaml"))
def test_a_config_is_well(block, tmp_path):
    said = check(block.text, beside(block.page), tmp_path)
    assert "all is well" in said, said
    assert "warning" not in said


@pytest.mark.parametrize("block", blocks("console", "curl "))
def test_a_curl_command_is_answered(block, serving, tmp_path):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    (tmp_path / ".curlrc").write_text("fail-with-body\nsilent\n")
    command = block.text.replace(ADDRESS, serving(block.page).url.removeprefix("http://"))
    env = {**environment(""), "CURL_HOME": str(tmp_path)}
    done = subprocess.run(command, shell=True, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("Hello" in command) == ("You said: Hello" in done.stdout)
    assert done.stdout


@pytest.mark.parametrize("page", ["README.md", "docs/operators/clients.md"])
def test_the_programs_of_clients_run(page, serving):
    programs = [block.text for block in PAGES[page].blocks("python") if ADDRESS in block.text]
    address = serving(PAGES[page]).url.removeprefix("http://")
    program = "\n".join(programs).replace(ADDRESS, address).replace("sk-…", KEY)
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(""), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("You said: Hello") >= 2 * len(programs)


def commands():
    """Return every `jackfield serve …` of the pages, without what stands before its options."""
    texts = [each.text for page in PAGES.values() for each in page.blocks("console")]
    return sorted(
        {line.split("serve ")[1] for text in texts for line in text.splitlines() if "jackfield serve " in line}
    )


def serve_command():
    [point] = importlib.metadata.entry_points(group="jackfield.commands", name="serve")
    return point.load()


@pytest.mark.parametrize("arguments", commands())
def test_a_command_has_options_that_there_are(arguments):
    serve_command().make_context("serve", shlex.split(arguments))


# ----------------------------------------------------------------------------------------------------------- running.md


def test_the_options_are_those_of_the_command():
    documented = {name.split()[0] for name in rows(RUNNING.text.split("\n## ")[0])}
    assert documented == {option.opts[0] for option in serve_command().params if option.param_type_name == "option"}


def test_health_is_answered_with_and_without_a_key_as_it_says(serving):
    url = serving(RUNNING).url
    for path, (needs_key, _) in rows(RUNNING.section("Health")).items():
        assert ask(url + path)[0] == 200, path
        assert ask(url + path, authorization="")[0] == {"yes": 401, "no": 200}[needs_key], path


HOUSE = """
import asyncio
import logging

from jackfield import CustomLLM, ModelResponse


class House(CustomLLM):
    async def acompletion(self, model, messages):
        if model == "broken":
            logging.getLogger("house").warning("a bug", exc_info=KeyError("a bug"))
            raise KeyError("a bug")
        if model == "slow":
            await asyncio.Event().wait()
        return ModelResponse.of_text("Hi", usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3})


house = House()
"""

EVERYTHING = """
model_list:
  - {model_name: well, litellm_params: {model: house/well}, model_info: {input_cost_per_token: 1}}
  - {model_name: slow, litellm_params: {model: house/slow}}
  - {model_name: broken, litellm_params: {model: house/broken}}
  - {model_name: away, litellm_params: {model: openai/away, api_base: "http://127.0.0.1:9/v1", api_key: none}}
litellm_settings:
  custom_provider_map: [{provider: house, custom_handler: house.house}]
  num_retries: 0
general_settings: {log_content: true, shutdown_timeout: 0.5}
"""


def waiting(gateway):
    """Return a connection on which an answer is due that never comes."""
    connection = http.client.HTTPConnection(gateway.url.removeprefix("http://"))
    body = json.dumps({"model": "slow", "messages": [{"role": "user", "content": "Hello"}]})
    connection.request("POST", "/v1/chat/completions", body, {"content-type": "application/json"})
    return connection


def read_again(gateway):
    """Give it a config that is wrong, and wait until it has said so."""
    (gateway.folder / "config.yaml").write_text("model_lst: []")
    os.kill(gateway.pid, signal.SIGHUP)
    until = time.monotonic() + 20
    while "model_lst" not in (gateway.folder / "log").read_text():
        assert time.monotonic() < until


@pytest.fixture(scope="module")
def told():
    """Return all that a gateway logs and counts where everything happens that can."""
    with GatewayProcess(EVERYTHING, files={"house.py": HOUSE}) as gateway:
        statuses = [chat(gateway, model)[0] for model in ("well", "broken", "away", "unknown")]
        assert statuses == [200, 500, 502, 404]
        assert chat(gateway, "well", stream=True)[0] == 200
        waiting(gateway).close()
        metrics = ask(f"{gateway.url}/metrics")[1]
        read_again(gateway)
        left_alone = waiting(gateway)
    left_alone.close()
    return [json.loads(line) for line in gateway.log.splitlines()], metrics


def test_a_line_of_the_log_has_the_fields_that_are_documented(told):
    seen: dict[str, set[str]] = {}
    for line in told[0]:
        for name in line:
            seen.setdefault(name, set()).add(line["event"])
    everywhere = {"request", "error", "log"}
    documented = {
        name: everywhere if where == "all" else set(where.split(", "))
        for name, (where, _) in rows(RUNNING.section("The log")).items()
        if where != "lost"  # which takes a reader that stopped: the tests of the log have one
    }
    assert seen == documented


def test_metrics_have_the_names_and_labels_that_are_documented(told):
    seen = {}
    for family in text_string_to_metric_families(told[1]):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        seen[name] = {label for sample in family.samples for label in sample.labels} - {"le"}
    assert [name for name in seen if name.startswith("process_")]
    documented = {name: labels for name, (labels, _) in rows(RUNNING.section("Metrics")).items()}
    ours = {name: labels for name, labels in seen.items() if not name.startswith("process_")}
    assert ours == {name: set(labels.replace("`", "").split(", ")) - {""} for name, labels in documented.items()}


# ---------------------------------------------------------------------------------------------------------- other pages


def test_the_routes_are_those_that_the_gateway_describes(serving):
    described = json.loads(ask(f"{serving(PACKAGE).url}/openapi.json")[1])["paths"]
    documented = set(re.findall(r"`((?:GET|POST) [^`]+)`", PACKAGE.section("Routes")))
    own = {
        f"{method.upper()} {path}" for path, item in described.items() for method in item if method in ("get", "post")
    }
    assert documented == own


def test_the_hooks_have_the_arguments_that_the_base_class_gives_them():
    hooks = {
        name: list(inspect.signature(hook).parameters)[1:]
        for name, hook in vars(CustomLogger).items()
        if name[:6] == "async_"
    }
    documented = rows(CALLBACKS.section("LiteLLM's hooks"))
    assert {name: cells[0].replace("`", "").split(", ") for name, cells in documented.items()} == hooks


def test_the_example_of_callbacks_does_what_it_says(serving):
    gateway = serving(CALLBACKS)
    status, text = chat(gateway)
    assert (status, json.loads(text)["choices"][0]["message"]["content"]) == (200, "YOU SAID: HELLO")
    status, text = chat(gateway, padding="x" * 100_000)
    assert (status, json.loads(text)["error"]["message"]) == (400, "Please be brief.")


def test_the_keys_that_clients_may_not_send_are_those_that_are_refused(serving):
    [refused] = re.findall(r"are refused\s+with 400: ([^.]+)\.", CLIENTS.text)
    names = set(re.findall(r"`([^`]+)`", refused))
    assert names == CORE_KEYS | {"mock_…"}
    for name in names:
        status, text = chat(serving(CLIENTS), **{name.replace("…", "response"): "x"})
        assert (status, json.loads(text)["error"]["code"]) == (400, "parameter_not_allowed")
