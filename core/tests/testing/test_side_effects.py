"""What a provider does besides asking: each of these is caught, with its line, and what is none of it is let be."""

import copy
import inspect

import meddling
import pytest
from jackfield.testing import check
from jackfield.testing._canonical import CANONICAL
from jackfield.testing._frozen import Changes, guarded
from jackfield.types import CompletionRequest


def caught(plugin, wire):
    """What fails: the test with its case → its text."""
    return check("fine", plugin=plugin, model="fine-1", wire=wire).failed


def line_in(plugin):
    """Where the class says "here"."""
    lines, first = inspect.getsourcelines(plugin)
    return next(f"meddling.py:{first + number}" for number, line in enumerate(lines) if line.endswith("# here\n"))


# ------------------------------------------------------------------------------------------ the request is left alone


@pytest.mark.parametrize(
    ("plugin", "case", "said"),
    [
        (meddling.ChangesTheSystemMessage, "chat-system", "messages[0].setdefault(…)"),
        (meddling.ChangesThePartsOfAMessage, "chat-image", "messages[0]['content'][0].__setitem__(…)"),
    ],
)
def test_a_changed_message_is_caught_and_changes_no_other_call(plugin, case, said, fine_wire):
    before = copy.deepcopy(CANONICAL)
    failed = caught(plugin(), fine_wire)
    assert before == CANONICAL
    assert set(failed) == {f"test_the_request_is_left_alone[{case}]"}
    [text] = failed.values()
    assert f"{said} at " in text
    assert line_in(plugin) in text


def test_what_stands_in_a_tuple_is_guarded_and_an_upload_stays_what_it_is():
    changes = Changes(())
    upload = ("a.png", b"\x00")
    request = guarded(CompletionRequest("m", ({"content": "a"},), params={"image": [upload]}), changes)
    assert request.params["image"] == [upload]
    request.messages[0]["content"] = "b"
    assert changes == ["messages[0].__setitem__(…) at an unknown line"]
    assert copy.deepcopy(request.params) == {"image": [upload]}


# ------------------------------------------------------------------------------------- nothing is done but to be asked

ITSELF = "test_a_flow_does_nothing_itself"
BY_HAND = "test_settings_are_not_read_by_hand"


@pytest.mark.parametrize(
    ("plugin", "check", "said"),
    [
        (meddling.SleepsByItself, ITSELF, "called time.sleep"),
        (meddling.DecoderThatSleeps, ITSELF, "called time.sleep"),
        (meddling.SleepsOverAnError, ITSELF, "called time.sleep"),
        (meddling.WaitsForAnEvent, ITSELF, "waited for another thread"),
        (meddling.WaitsForAQueue, ITSELF, "waited for another thread"),
        (meddling.Selects, ITSELF, "called select.select"),
        (meddling.StartsAThreadWithoutAnObject, ITSELF, "started a thread"),
        (meddling.RunsACommand, ITSELF, "os.system(b'true')"),
        (meddling.Forks, ITSELF, "os.fork()"),
        (meddling.OpensADatabase, ITSELF, "sqlite3.connect(':memory:')"),
        (meddling.ReadsBytesOfTheEnvironment, BY_HAND, "FINE_STYLE"),
    ],
)
def test_what_a_hook_does_by_itself_is_caught(plugin, check, said, fine_wire):
    failed = caught(plugin(), fine_wire)
    assert {name.partition("[")[0] for name in failed} == {check}
    assert all(f"{said} at " in text and line_in(plugin) in text for text in failed.values()), failed


def test_what_waits_for_nothing_is_let_be(fine_wire):
    assert caught(meddling.WaitsForNothing(), fine_wire) == {}
