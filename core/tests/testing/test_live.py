"""What ``--live`` sees in a real server's answers, and what it advises where there was none."""

from __future__ import annotations

import pytest
from fine import REASONS, Fine, parsed, usage
from fine_server import KEY, FineServer
from jackfield import ModelResponse
from jackfield.testing._engine import plan_of
from jackfield.testing._live import LIVE
from jackfield.testing._subject import subject_of


class TakesAnyReason(Fine):
    def answer(self, request, response):
        said = parsed(response.content)
        whole = ModelResponse.of_text(said["text"], model="fine-1", usage=usage({"counts": [0, 0], **said}))
        whole.choices[0].finish_reason = REASONS.get(said["end"], said["end"])
        return whole


@pytest.fixture
def server(monkeypatch):
    with FineServer() as running:
        monkeypatch.setenv("FINE_KEY", KEY)
        monkeypatch.setenv("FINE_BASE", running.url)
        yield running


@pytest.fixture
def asked(fine_wire):
    """What asks the real server for a plain chat, and returns what is told of it."""

    def ask():
        subject = subject_of("fine", plugin=TakesAnyReason(), model="fine-1", wire=fine_wire)
        [test] = [test for test in plan_of(subject, checks=[LIVE]).tests if test.name.endswith("[chat-plain]")]
        return test.run(subject).text

    return ask


def test_a_server_that_answers_as_recorded_is_let_alone(server, asked):
    assert asked() == ""


def test_a_word_that_the_server_has_learned_since_is_told(server, asked):
    server.hello["end"] = "weary"
    assert "breaks these laws, which the recorded one keeps:\n  choice 0 ends with 'weary'" in asked()


def test_counts_that_the_server_gives_no_more_are_told(server, asked):
    del server.hello["counts"]
    assert 'usage.total_tokens: expected "a number", got "0"' in asked()


def test_where_no_server_answers_nothing_is_said_of_a_change(server, asked, monkeypatch):
    monkeypatch.setenv("FINE_BASE", "http://127.0.0.1:1/v1")
    text = asked()
    assert "the real server did not answer chat-plain: APIConnectionError" in text
    assert "must hold the address of a server that runs" in text
    assert "has changed" not in text
