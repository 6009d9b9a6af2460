"""A gateway of one process: how it begins, changes and ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

KEY = "sk-3Vq0hT8wLmZr"


def test_it_says_where_it_is_and_answers(launch: Any) -> None:
    gateway = launch()
    assert gateway.status("/health/liveliness") == gateway.status("/health/readiness") == 200
    assert gateway.ask("echo", "hello") == "hello"
    assert gateway.end() == 0
    assert gateway.said.all()[:2] == [
        f"Jackfield gateway on {gateway.url}",
        f"  6 models from {gateway.folder / 'config.json'}, 1 worker, no key: this machine only",
    ]


def test_it_runs_on_uvloop(launch: Any) -> None:
    assert launch().ask("loop") == "uvloop"


# --------------------------------------------------------------------------------------------------------------- ending


def test_told_to_stop_it_lets_streams_finish_and_takes_no_more(launch: Any, begin_stream: Any, wait_until: Any) -> None:
    gateway = launch()
    stream = begin_stream(gateway)
    with closing(http.client.HTTPConnection(*gateway.address, timeout=10)) as idle:
        idle.request("GET", "/health/liveliness")
        assert idle.getresponse().read() == b'"I\'m alive!"'
        gateway.signal()
        gateway.log.wait_for("stopping")
        assert idle.sock.recv(1) == b""  # a connection that nothing comes on is closed
    wait_until(gateway.takes_no_more)
    assert gateway.process.poll() is None
    stream.let_go()
    assert "ended" in stream.rest()
    assert stream.text.endswith("data: [DONE]\n\n")
    assert gateway.wait() == 0
    (record,) = [record for record in gateway.records("request") if record["model"] == "echo"]
    assert record["status"] == 200


def test_a_stream_that_does_not_finish_has_a_bound(launch: Any, configure: Any, begin_stream: Any) -> None:
    configure(general_settings={"shutdown_timeout": 1})
    gateway = launch()
    stream = begin_stream(gateway)
    began = time.monotonic()
    gateway.signal()
    assert gateway.wait() == 0
    assert 0.9 < time.monotonic() - began < 20  # the bound is 25 s where nothing is configured
    with pytest.raises(Exception, match="IncompleteRead"):
        stream.rest()


def test_a_thread_that_hangs_does_not_hold_up_the_end(launch: Any, configure: Any) -> None:
    configure(general_settings={"shutdown_timeout": 0.1})
    gateway = launch()
    gateway.ask_in_vain("stuck")
    gateway.signal()
    assert gateway.wait() == 0


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
def test_told_twice_it_ends_at_once(launch: Any, begin_stream: Any, first: int) -> None:
    gateway = launch()
    begin_stream(gateway)
    gateway.signal(first)
    gateway.log.wait_for("stopping")
    gateway.signal(signal.SIGTERM)
    assert gateway.wait() == 128 + signal.SIGTERM


# ------------------------------------------------------------------------------------------------------------ reloading


def test_it_reads_its_config_again(launch: Any, configure: Any, begin_stream: Any) -> None:
    gateway = launch()
    stream = begin_stream(gateway)
    configure(model_list=[{"model_name": "new", "litellm_params": {"model": "house/echo"}}])
    gateway.signal(signal.SIGHUP)
    gateway.log.wait_for("is in force")
    assert gateway.models() == ["new"]
    assert gateway.ask("new", "hello") == "hello"
    assert gateway.status("/v1/completions", {"model": "echo", "prompt": "hello"}) == 404
    stream.let_go()
    assert "ended" in stream.rest()  # what had begun is answered by what it began with
    gateway.end()


def test_requests_are_answered_while_a_file_is_slow_to_read(launch: Any, configure: Any, folder: Path) -> None:
    gateway = launch()
    os.mkfifo(folder / "slow.yaml")
    configure(include=["slow.yaml"])
    gateway.signal(signal.SIGHUP)
    with (folder / "slow.yaml").open("w") as file:  # which waits until somebody reads
        assert [gateway.ask("echo", "hello") for _ in range(3)] == ["hello"] * 3
        file.write("model_list: [{model_name: new, litellm_params: {model: house/echo}}]")
    gateway.log.wait_for("is in force")
    assert "new" in gateway.models()
    gateway.end()


def test_requests_are_answered_while_a_handler_is_slow_to_import(launch: Any, configure: Any, folder: Path) -> None:
    os.mkfifo(folder / "gate")
    slow = f"print('importing', flush=True)\nopen({str(folder / 'gate')!r}).read()\nfrom handler import house\n"
    (folder / "slow.py").write_text(slow)
    gateway = launch()
    configure(litellm_settings={"custom_provider_map": [{"provider": "house", "custom_handler": "slow.house"}]})
    gateway.signal(signal.SIGHUP)
    gateway.said.wait_for("importing")
    assert gateway.ask("echo", "hello") == "hello"
    (folder / "gate").write_text("go on")
    gateway.log.wait_for("is in force")
    gateway.end()


def test_a_new_key_is_in_force(launch: Any, configure: Any) -> None:
    gateway = launch()
    configure(general_settings={"master_key": KEY})
    gateway.signal(signal.SIGHUP)
    gateway.log.wait_for("is in force")
    assert gateway.status("/v1/models") == 401
    assert gateway.status("/v1/models", authorization=f"Bearer {KEY}") == 200
    gateway.end()


def test_a_wrong_config_is_not_taken_and_all_of_it_is_told(launch: Any, configure: Any) -> None:
    gateway = launch()
    configure(general_settings={"master_kye": "x"}, router_settings={"allowed_fials": 1})
    gateway.signal(signal.SIGHUP)
    record = json.loads(gateway.log.wait_for("the old one stays in force")[0])
    findings = " ".join(record["findings"])
    assert "master_kye" in findings
    assert "allowed_fials" in findings
    assert gateway.ask("echo", "hello") == "hello"
    gateway.end()


def test_a_config_whose_handler_does_not_load_is_not_taken(launch: Any, configure: Any) -> None:
    gateway = launch()
    configure(litellm_settings={"custom_provider_map": [{"provider": "house", "custom_handler": "missing.house"}]})
    gateway.signal(signal.SIGHUP)
    gateway.log.wait_for("the old one stays in force")
    assert gateway.ask("echo", "hello") == "hello"
    gateway.end()


def test_a_handler_that_changed_is_not_executed_again(launch: Any, folder: Path) -> None:
    gateway = launch()
    handler = folder / "handler.py"
    handler.write_text(handler.read_text() + "\nraise SystemExit('executed again')\n")
    gateway.signal(signal.SIGHUP)
    gateway.log.wait_for("is in force")
    assert "restart the gateway" in gateway.log.wait_for("handler.py has changed")[0]
    assert gateway.ask("echo", "hello") == "hello"
    gateway.end()


# --------------------------------------------------------------------------------------------------------- not starting


@pytest.mark.parametrize("missing", ["uvloop", "httptools"])
def test_what_makes_it_fast_is_not_done_without(folder: Path, missing: str) -> None:
    script = f"""
import sys
sys.modules[{missing!r}] = None
sys.argv = ["jackfield", "serve", "--port", "0", "--config", {str(folder / "config.json")!r}]
from jackfield._cli import main
main()
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 1
    assert said.stderr.startswith("Error: ")
    assert f"import of {missing} halted" in said.stderr
    assert "Try: pip install" in said.stderr
    assert "Traceback" not in said.stderr


def refused(gateway: Any, code: int = 1) -> str:
    """Return what a gateway says that does not start: no traceback, and nothing on stdout."""
    assert gateway.wait() == code
    said = "\n".join(gateway.said.all())
    assert "Traceback" not in said
    assert gateway.log.all() == []
    return said


def test_a_port_that_is_taken(launch: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = refused(launch("--port", str(port), ready=False))
    assert said == (
        f"Error: the gateway cannot listen on 127.0.0.1 port {port}: another program does already; stop it, or take "
        "another port with --port"
    )


@pytest.mark.parametrize("key", [None, "sk-1234"])
def test_other_machines_are_not_served_without_a_key_worth_the_name(
    launch: Any, configure: Any, key: str | None
) -> None:
    configure(general_settings={"master_key": key} if key else {})
    said = refused(launch("--host", "0.0.0.0", ready=False))
    assert said.startswith("Error: 0.0.0.0 is reached from other machines")
    assert "set general_settings.master_key" in said


@pytest.mark.parametrize("options", [[], ["--check"], ["--workers", "2"]])
def test_a_wrong_config_is_told_with_all_its_places(
    launch: Any, configure: Any, folder: Path, options: list[str]
) -> None:
    configure(general_settings={"master_kye": "x"}, router_settings={"allowed_fials": 1})
    said = refused(launch(*options, ready=False))
    places = [line for line in said.splitlines() if line.startswith(f"{folder / 'config.json'}:1:")]
    assert len(places) == 2
    assert "master_kye" in said
    assert "allowed_fials" in said


def test_a_config_that_is_not_there(launch: Any, folder: Path) -> None:
    (folder / "config.json").unlink()
    assert "config.json" in refused(launch(ready=False))


@pytest.mark.parametrize("options", [[], ["--check"]])
def test_a_handler_that_does_not_load(launch: Any, folder: Path, options: list[str]) -> None:
    (folder / "handler.py").write_text("import not_installed_anywhere\n")
    gateway = launch(*options, ready=False)
    assert gateway.wait() == 1
    said = "\n".join(gateway.said.all())
    assert "not_installed_anywhere" in said
    assert "Traceback" not in said


def test_check_says_that_all_is_well(launch: Any) -> None:
    gateway = launch("--check", ready=False)
    assert gateway.wait() == 0
    assert gateway.log.all() == [f"{gateway.folder / 'config.json'}: all is well, 6 models"]


# -------------------------------------------------------------------------------------------------------------- the log


def test_the_log_is_json_and_holds_neither_content_nor_keys(launch: Any, configure: Any) -> None:
    configure(general_settings={"master_key": KEY})
    gateway = launch()
    bearer = {"authorization": f"Bearer {KEY}"}
    assert gateway.ask("echo", "my diagnosis", **bearer) == "my diagnosis"
    assert gateway.status("/v1/chat/completions", {"model": "my diagnosis"}, **bearer) == 400
    assert gateway.status("/v1/my%20diagnosis?key=my%20diagnosis", **bearer) == 404
    assert gateway.status("/v1/models", authorization="Bearer sk-of-another", x_request_id="mine") == 401
    assert (
        gateway.status(
            "/v1/chat/completions",
            {"model": "broken", "messages": [{"role": "user", "content": "my diagnosis"}]},
            **bearer,
        )
        == 500
    )
    assert gateway.end() == 0
    text = "\n".join(gateway.log.all())
    assert not [secret for secret in (KEY, "sk-of-another", "diagnosis") if secret in text]
    requests = gateway.records("request")
    assert [record["status"] for record in requests] == [200, 400, 404, 401, 500]
    first = requests[0]
    assert (first["method"], first["route"], first["model"]) == ("POST", "/v1/chat/completions", "echo")
    assert (first["provider"], first["deployment"]) == ("house", "house/echo")
    assert requests[3]["request_id"] == "mine"
    (error,) = gateway.records("error")
    assert error["request_id"] == requests[4]["request_id"]
    assert "what the handler knows" in error["traceback"]


def test_what_a_handler_prints_is_no_line_of_the_log(launch: Any) -> None:
    gateway = launch()
    gateway.ask("echo", "hello")
    gateway.said.wait_for("printed by the handler")
    gateway.end()
    assert gateway.records("request") != []


def test_numbers_are_to_be_had(launch: Any) -> None:
    gateway = launch()
    gateway.ask("echo", "hello")
    with gateway.open("/metrics") as answer:
        page = answer.read().decode()
    assert 'jackfield_requests_total{model="echo",route="/v1/chat/completions",status="200"} 1.0' in page
    gateway.end()
