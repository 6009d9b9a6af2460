"""What a provider does besides asking: each of these is caught, with its line, and what is none of it is let be."""

import copy
import inspect
import os

import meddling
import pytest
from jackfield.testing import check
from jackfield.testing._canonical import CANONICAL
from jackfield.testing._frozen import Changes, guarded
from jackfield.types import CompletionRequest

THERE = os.path.basename(meddling.__file__)


def caught(plugin, wire):
    """What fails: the test with its case → its text."""
    return check("fine", plugin=plugin, model="fine-1", wire=wire).failed


def line_in(plugin):
    """Where the class says "here"."""
    lines, first = inspect.getsourcelines(plugin)
    return next(f"{THERE}:{first + number}" for number, line in enumerate(lines) if line.endswith("# here\n"))


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
