"""A gateway of several processes."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def pids(gateway: Any, count: int) -> set[int]:
    """Ask until so many workers have answered; each request is a connection of its own."""
    found: set[int] = set()
    limit = time.monotonic() + 30
    while len(found) < count:
        assert time.monotonic() < limit, found
        found.add(int(gateway.ask("pid")))
    return found


def test_all_workers_answer_and_none_outlives_the_end(launch: Any, wait_for_end: Callable[[int], None]) -> None:
    gateway = launch("--workers", "2")
    workers = pids(gateway, 2)
    assert gateway.process.pid not in workers
    assert gateway.end() == 0
    for pid in workers:
        wait_for_end(pid)
    assert "2 workers" in gateway.said.all()[1]
    assert len(gateway.records("request")) >= 2


def test_a_worker_that_is_killed_is_replaced(launch: Any) -> None:
    gateway = launch("--workers", "2")
    victim, survivor = pids(gateway, 2)
    os.kill(victim, signal.SIGKILL)
    gateway.log.wait_for(f"worker {victim} ended")
    assert gateway.ask("pid") != str(victim)  # nobody waits for the new one
    assert survivor in pids(gateway, 2)
    assert gateway.end() == 0


def counted(gateway: Any) -> tuple[float, float]:
    """Return how many requests for "pid" have ended, and how many of all are in flight: this one at least."""
    with gateway.open("/metrics") as answer:
        page = answer.read().decode()
    (requests,) = re.findall(r'requests_total{model="pid",.*status="200"} (\S+)', page)
    (in_flight,) = re.findall(r"\njackfield_requests_in_flight (\S+)", page)
    return float(requests), float(in_flight)


def test_numbers_are_sums_over_the_workers_also_over_those_that_died(
    launch: Any, begin_stream: Any, wait_until: Any
) -> None:
    gateway = launch("--workers", "2")
    asked = 0
    found: set[str] = set()
    while len(found) < 2 or asked < 10:
        found.add(gateway.ask("pid"))
        asked += 1
    victim = begin_stream(gateway).worker
    wait_until(lambda: counted(gateway) == (asked, 2))  # a request is counted a moment after its answer
    os.kill(victim, signal.SIGKILL)
    gateway.log.wait_for(f"worker {victim} ended")
    assert counted(gateway) == (asked, 1)
    gateway.end()


@pytest.mark.parametrize("in_a_hurry", [False, True])
def test_the_folder_of_the_numbers_goes_with_the_gateway(
    launch: Any, begin_stream: Any, tmp_path: Path, monkeypatch: Any, *, in_a_hurry: bool
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    gateway = launch("--workers", "2")
    pids(gateway, 2)
    assert [path.name.startswith("jackfield-metrics-") for path in temporary.iterdir()] == [True]
    if in_a_hurry:
        begin_stream(gateway)
        gateway.signal()
        gateway.log.wait_for("stopping")
    gateway.end()
    assert list(temporary.iterdir()) == []


def test_streams_finish_in_their_workers(launch: Any, begin_stream: Any, wait_until: Any) -> None:
    gateway = launch("--workers", "2")
    pids(gateway, 2)
    streams = [begin_stream(gateway) for _ in range(4)]
    gateway.signal()
    gateway.log.wait_for("stopping", 2)
    wait_until(gateway.takes_no_more)
    streams[0].let_go()
    assert all(stream.rest().endswith("data: [DONE]\n\n") for stream in streams)
    assert gateway.wait() == 0


def test_a_terminals_ctrl_c_is_one_word_to_all(launch: Any, begin_stream: Any) -> None:
    """It goes to every process of the group; a worker that took it and its parent's word would end at once."""
    gateway = launch("--workers", "2")
    pids(gateway, 2)
    stream = begin_stream(gateway)
    os.killpg(gateway.process.pid, signal.SIGINT)
    gateway.log.wait_for("stopping", 2)
    stream.let_go()
    assert stream.rest().endswith("data: [DONE]\n\n")
    assert gateway.wait() == 0


def test_a_word_to_each_process_by_itself_is_one_word(launch: Any, begin_stream: Any) -> None:
    """As systemd tells all processes of a service, unless it is asked to tell the first alone."""
    gateway = launch("--workers", "2")
    workers = pids(gateway, 2)
    stream = begin_stream(gateway)
    for pid in (gateway.process.pid, *workers):
        os.kill(pid, signal.SIGTERM)
    gateway.log.wait_for("stopping", 2)
    stream.let_go()
    assert stream.rest().endswith("data: [DONE]\n\n")
    assert gateway.wait() == 0


def test_told_twice_all_end_at_once(launch: Any, begin_stream: Any, wait_for_end: Callable[[int], None]) -> None:
    gateway = launch("--workers", "2")
    workers = pids(gateway, 2)
    begin_stream(gateway)
    gateway.ask_in_vain("blocking")
    gateway.signal()
    gateway.log.wait_for("stopping")
    gateway.signal()
    assert gateway.wait() == 128 + signal.SIGTERM
    for pid in workers:
        wait_for_end(pid)


def test_workers_end_when_their_parent_is_gone(launch: Any, wait_for_end: Callable[[int], None]) -> None:
    gateway = launch("--workers", "2")
    workers = pids(gateway, 2)
    gateway.signal(signal.SIGKILL)
    for pid in workers:
        wait_for_end(pid)


def test_a_stuck_worker_does_not_hold_up_the_end(launch: Any, configure: Any) -> None:
    configure(general_settings={"shutdown_timeout": 0.1})
    gateway = launch("--workers", "2")
    stuck, _ = pids(gateway, 2)
    os.kill(stuck, signal.SIGSTOP)
    assert gateway.end() == 0


# ------------------------------------------------------------------------------------------------------------ reloading


def test_all_workers_change_to_a_new_config(launch: Any, configure: Any) -> None:
    gateway = launch("--workers", "2")
    pids(gateway, 2)
    configure(model_list=[{"model_name": name, "litellm_params": {"model": "house/pid"}} for name in ("pid", "new")])
    gateway.signal(signal.SIGHUP)
    gateway.log.wait_for("is in force")
    limit = time.monotonic() + 30
    same = 0
    while same < 20:  # until it is most unlikely that one still has the old
        assert time.monotonic() < limit
        same = same + 1 if gateway.models() == ["new", "pid"] else 0
    assert len(pids(gateway, 2)) == 2
    gateway.end()


def test_a_wrong_config_is_told_once_and_those_that_replace_a_worker_do_not_read_it(launch: Any, folder: Path) -> None:
    gateway = launch("--workers", "2")
    victim, survivor = pids(gateway, 2)
    (folder / "config.json").write_text("{")
    gateway.signal(signal.SIGHUP)
    gateway.log.wait_for("the old one stays in force")
    os.kill(victim, signal.SIGKILL)
    gateway.log.wait_for(f"worker {victim} ended")
    now = pids(gateway, 2)
    assert survivor in now
    assert victim not in now
    gateway.end()
    assert len([record for record in gateway.records("log") if "old one stays" in record["message"]]) == 1


def in_force(gateway: Any) -> int:
    return len([record for record in gateway.records("log") if "is in force" in record["message"]])


def handled_by(reference: str) -> dict[str, Any]:
    """Return the sections of a config with another model, and a handler in another file."""
    return {
        "model_list": [{"model_name": name, "litellm_params": {"model": "house/pid"}} for name in ("pid", "new")],
        "litellm_settings": {"custom_provider_map": [{"provider": "house", "custom_handler": reference}]},
    }


def test_a_config_that_no_worker_takes_is_told_once_and_is_never_in_force(launch: Any, configure: Any) -> None:
    gateway = launch("--workers", "2")
    victim, _ = pids(gateway, 2)
    configure(**handled_by("missing.house"))
    gateway.signal(signal.SIGHUP)
    gateway.log.wait_for("the old one stays in force")
    os.kill(victim, signal.SIGKILL)
    gateway.log.wait_for(f"worker {victim} ended")
    assert victim not in pids(gateway, 2)
    assert "new" not in gateway.models()
    gateway.end()
    assert len([record for record in gateway.records("log") if "old one stays" in record["message"]]) == 1
    assert in_force(gateway) == 0


def test_a_late_no_to_one_config_does_not_undo_the_next(launch: Any, configure: Any, folder: Path) -> None:
    (folder / "slow.py").write_text("import time\nprint('importing', flush=True)\ntime.sleep(1)\nraise ValueError\n")
    gateway = launch("--workers", "2")
    victim, _ = pids(gateway, 2)
    configure(**handled_by("slow.house"))
    gateway.signal(signal.SIGHUP)
    gateway.said.wait_for("importing")
    configure(**handled_by("handler.house"))
    gateway.signal(signal.SIGHUP)
    gateway.log.wait_for("is in force")
    os.kill(victim, signal.SIGKILL)
    gateway.log.wait_for(f"worker {victim} ended")
    assert victim not in pids(gateway, 2)
    assert [gateway.models() for _ in range(10)] == [["new", "pid"]] * 10
    gateway.end()
    assert in_force(gateway) == 1
    assert not [record for record in gateway.records("log") if "ended with code 3" in record["message"]]


def test_a_config_that_not_all_workers_take_is_taken_by_none(
    launch: Any, configure: Any, folder: Path, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    picky = (
        "import pathlib\npathlib.Path(__file__).with_name('loaded').touch(exist_ok=False)\nfrom handler import house\n"
    )
    (folder / "picky.py").write_text(picky)
    gateway = launch("--workers", "2")
    pids(gateway, 2)
    configure(**handled_by("picky.house"))
    gateway.signal(signal.SIGHUP)
    gateway.log.wait_for("the old one stays in force")
    wait_until(lambda: all("new" not in gateway.models() for _ in range(10)))
    assert gateway.end() == 0
    assert in_force(gateway) == 0


def test_a_config_sent_while_no_worker_can_begin_helps_them_all(launch: Any, configure: Any, folder: Path) -> None:
    gateway = launch("--workers", "2")
    workers = pids(gateway, 2)
    (folder / "handler.py").rename(folder / "moved.py")
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    gateway.log.wait_for("ended with code 3", 2)
    configure(**handled_by("moved.house"))
    gateway.signal(signal.SIGHUP)
    assert not pids(gateway, 2) & workers
    assert gateway.models() == ["new", "pid"]
    assert gateway.end() == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_told_to_read_again_as_it_ends_it_passes_that_over(
    launch: Any, begin_stream: Any, wait_until: Any, workers: str
) -> None:
    gateway = launch("--workers", workers)
    pids(gateway, int(workers))  # one that only begins says nothing when it ends
    stream = begin_stream(gateway)
    gateway.signal()
    gateway.log.wait_for("stopping", int(workers))
    wait_until(gateway.takes_no_more)
    gateway.signal(signal.SIGHUP)
    stream.let_go()
    assert stream.rest().endswith("data: [DONE]\n\n")
    assert gateway.wait() == 0
    assert "Traceback" not in "\n".join(gateway.said.all())
    assert [record for record in gateway.records() if "traceback" in record] == []
    assert in_force(gateway) == 0


# --------------------------------------------------------------------------------------------------------- not starting


def test_a_handler_that_does_not_load_ends_it(launch: Any, folder: Path) -> None:
    (folder / "handler.py").write_text("import not_installed_anywhere\n")
    gateway = launch("--workers", "2", ready=False)
    assert gateway.wait() == 1
    said = "\n".join(gateway.said.all())
    assert "not_installed_anywhere" in said
    assert "Traceback" not in said


def test_workers_that_die_as_they_begin_end_it(launch: Any, folder: Path) -> None:
    (folder / "handler.py").write_text("import os\nos._exit(7)\n")
    gateway = launch("--workers", "2", ready=False)
    assert gateway.wait() == 1
    assert gateway.log.wait_for("ended with code 7") != []
    assert gateway.log.wait_for("giving up") != []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_can_be_stopped_as_it_begins(launch: Any, folder: Path, number: int) -> None:
    (folder / "handler.py").write_text("import time\nprint('importing', flush=True)\ntime.sleep(20)\n")
    gateway = launch("--workers", "2", ready=False)
    gateway.said.wait_for("importing")
    gateway.signal(number)
    assert gateway.wait() == 0
