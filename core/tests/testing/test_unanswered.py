"""What ``--record`` tells where it has nothing to record: what went wrong, where, and what mends that."""

from __future__ import annotations

import json
import re

import pytest
import wrong_answers
import wrong_hooks
from fine import Fine, NeverAgain
from fine_server import JSON, KEY, FineServer
from jackfield.testing._engine import plan_of
from jackfield.testing._record import RECORDING
from jackfield.testing._subject import subject_of

STREAM = {"content-type": "text/event-stream"}


class Answers(FineServer):
    """Gives every request the same answer."""

    def __init__(self, status, headers, body):
        super().__init__()
        self.given = (status, headers, body)

    def answer(self, path, key):
        return self.given


@pytest.fixture
def told(wire, monkeypatch):
    """What records a case from a server of one answer, and returns what is told of it."""

    def record(plugin, name, status=200, headers=JSON, body=b"{}"):
        monkeypatch.setenv("FINE_KEY", KEY)
        with Answers(status, headers, body) as server:
            monkeypatch.setenv("FINE_BASE", server.url)
            subject = subject_of("fine", plugin=plugin, model="fine-1", wire=wire)
            [test] = [each for each in plan_of(subject, checks=[RECORDING]).tests if each.case.name == name]
            return test.run(subject).text

    return record


class HasNoEmbedding(Fine):
    embedding = None


def fault(words):
    return json.dumps({"fault": {"kind": "odd", "words": words}}).encode()


def test_a_plugin_that_fails_before_it_asks_is_told_of_its_line(told):
    text = told(wrong_hooks.FailsAtEveryChat(), "chat-plain")
    assert "the plugin failed at chat-plain before it asked the server: PluginError: " in text
    assert "wrong_hooks.py:" in text
    assert text.endswith("in completion\nIf this fails: mend the plugin there.")


def test_a_plugin_that_fails_at_an_answer_is_told_of_its_line_and_the_answer(told):
    text = told(wrong_answers.TrustsItsTable(), "chat-plain", body=b'{"text": "Hi", "end": "odd"}')
    assert "the plugin failed at the real server's answer to chat-plain: PluginError: " in text
    assert 'the answer begins with: \'{"text": "Hi", "end": "odd"}\'\n  at ' in text
    assert text.endswith("in answer\nIf this fails: mend the plugin there.")


def test_what_the_server_refuses_the_plugin_is_to_refuse_by_name(told):
    text = told(NeverAgain(), "chat-plain", status=400, body=fault("There is no knob tools"))
    assert "the real server refuses chat-plain: BadRequestError: There is no knob tools" in text
    assert "take it out of `ProviderInfo(parameters=…)`, or raise `BadRequestError(…, param=…)`" in text


def test_a_frame_that_cannot_be_read_is_shown_without_the_key(told):
    body = b'data: {"text": "Hel"}\n\ndata: keep-alive ' + KEY.encode() + b"\n\n"
    text = told(NeverAgain(), "stream-plain", headers=STREAM, body=body)
    assert "the plugin cannot read the real server's answer to stream-plain: InvalidResponseError: " in text
    assert "data: keep-alive {api_key}" in text
    assert "in parsed\n" in text
    assert KEY not in text


def test_a_stream_without_a_finish_is_the_decoder_s_to_mend(told):
    text = told(NeverAgain(), "stream-plain", headers=STREAM, body=b'data: {"text": "Hel"}\n\n')
    assert "the real server's stream ended before the plugin saw its finish, in stream-plain: " in text
    assert "have the decoder give the finish reason, or None" in text


def test_a_folder_of_an_operation_that_the_plugin_has_not_is_to_be_deleted(told):
    text = told(HasNoEmbedding(), "embedding-one")
    assert "embedding-one asks for embedding, which fine has not: UnsupportedOperationError: " in text
    assert re.search(r"; where not, delete the folder \S*embedding-one\.$", text)


def test_a_refusal_of_the_plugin_s_own_says_nothing_of_variables(told):
    text = told(wrong_hooks.Refuses(), "embedding-one")
    assert "the plugin refuses embedding-one: " in text
    assert text.endswith(
        "If this fails: have case.json say so, as above; where the server can do it, have the plugin ask."
    )


@pytest.mark.parametrize("status", [401, 403, 404])
def test_where_key_or_address_are_wrong_the_variables_are_to_be_mended(told, status):
    text = told(NeverAgain(), "chat-plain", status=status, body=fault("No."))
    assert "the real server did not answer chat-plain: " in text
    assert text.endswith("must hold the address of a server that runs, and a key that it takes.")


def test_a_server_that_is_down_is_asked_again_for_that_case_alone(told):
    text = told(NeverAgain(), "chat-plain", status=503, body=fault("Down."))
    assert text.endswith("once the server is well, record the case alone: `pytest --record -k chat-plain`.")
