"""Every walk-through of the documents works: their handler, their config, their start command, and their curl."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

import openai
import pytest
from gateway import GatewayProcess
from loopback_answers import png
from seeds.changes import called, moved, started
from seeds.documents import blocks, text_of
from seeds.pieces import of_kind
from seeds.shapes import differences, nulls, value_of
from seeds.walkthroughs import WALKTHROUGHS, steps_of

each_walkthrough = pytest.mark.parametrize("walkthrough", WALKTHROUGHS, ids=str)

HELLO = [{"role": "user", "content": "Hello"}]


def gateway_of(steps, handler=None, config=None):
    """Return the gateway that a walk-through starts, as it starts it; nothing gives it a key."""
    keyless = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    files = {"custom_handler.py": moved(handler or steps.handler)}
    return GatewayProcess(config or steps.yaml.text, files=files, env=keyless, command=started(steps.shell.text))


def shell(command):
    """Run a command in a shell, as a reader of the documents does, and return what it prints."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    direct = {**os.environ, "no_proxy": "*"}
    done = subprocess.run(command, shell=True, env=direct, capture_output=True, text=True, check=True, timeout=30)
    return done.stdout


@each_walkthrough
def test_the_gateway_that_it_starts_answers_its_curl_as_it_shows(walkthrough, tmp_path):
    steps = walkthrough.steps
    picture = tmp_path / "image.png"
    picture.write_bytes(png((0, 90, 200)))
    with gateway_of(steps) as gateway:
        answer = json.loads(shell(called(steps.curl.text, url=gateway.url, image=picture)))
    shown = value_of(steps.output.text)
    assert differences(shown, answer) == []
    assert nulls(answer) - nulls(shown) == walkthrough.nulls
    assert nulls(shown) - nulls(answer) == set()
    walkthrough.check(answer, shown)


def test_the_model_of_its_config_that_has_no_key_says_so_when_it_is_called():
    [first, *_] = WALKTHROUGHS
    with (
        gateway_of(first.steps) as gateway,
        openai.OpenAI(base_url=gateway.url, api_key="sk-1234", max_retries=0) as client,
    ):
        assert [model.id for model in client.models.list()] == ["my-custom-model", "test-model"]
        with pytest.raises(openai.InternalServerError, match="has to set OPENAI_API_KEY"):
            client.embeddings.create(model="test-model", input="Hello")


@pytest.mark.parametrize("document", ["000", "001"])
def test_the_streaming_example_streams_behind_the_config_that_stands_before_it(document):
    steps = steps_of(document)[0]
    [handler] = [block for block in of_kind(document, "python") if "unixtime = " in block.text]
    config = steps.yaml.text.replace("custom_handler.my_custom_llm", "custom_handler.unixtime")
    with (
        gateway_of(steps, handler.text, config) as gateway,
        openai.OpenAI(base_url=gateway.url, api_key="sk-1234", max_retries=0) as client,
    ):
        whole = client.chat.completions.create(model="my-custom-model", messages=HELLO)
        chunks = list(client.chat.completions.create(model="my-custom-model", messages=HELLO, stream=True))
    assert whole.choices[0].message.content.isdigit()
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks).isdigit()
    assert chunks[-1].choices[0].finish_reason == "stop"


# -------------------------------------------------------------------------- that nothing else is changed before it runs


@pytest.mark.parametrize("document", ["000", "001"])
def test_a_command_runs_as_it_is_printed_but_for_the_port_and_the_picture(document):
    for steps in steps_of(document):
        assert called(steps.curl.text, url="http://127.0.0.1:4000", image="/path/to/image.png") == steps.curl.text
        assert steps.curl.text in text_of(document)
        assert started(steps.shell.text) == "jackfield serve --config /path/to/config.yaml"


def test_a_config_that_lost_nothing_is_served_as_it_is_printed():
    printed = [block.text for block in blocks("001", text_of("001")) if block.kind == "yaml"]
    assert [steps.yaml.text for steps in steps_of("001")] == printed


def test_bodies_with_a_comma_too_many_are_among_those_that_are_sent():
    sent = [each.steps.curl.text for each in WALKTHROUGHS]
    assert sum(re.search(r",\s*}'$", text) is not None for text in sent) == 4
