"""What `--accept` writes fits what the plugin sends the next time, too."""

import itertools
import json
from datetime import UTC, datetime

from fine import Fine, write_wire
from jackfield import InvalidResponseError, hookimpl
from jackfield.flow import http
from jackfield.testing import check
from jackfield.testing._subject import subject_of
from jackfield.testing._written import accept
from wrong_questions import NumbersItsRequests


def accepted(plugin, folder):
    """The request of a case as it was written, by a plugin whose golden files are all its own."""
    write_wire(folder)
    return written(plugin, folder)


def written(plugin, folder):
    accept(subject_of("fine", plugin=plugin, model="fine-1", wire=folder))
    return json.loads((folder / "chat-plain" / "1.request.json").read_text())


def test_an_id_that_each_call_makes_anew_is_written_as_anything(tmp_path):
    headers = accepted(NumbersItsRequests(), tmp_path / "wire")["headers"]
    assert headers["x-request-id"] == "{any}"
    assert headers["x-fine-key"] == "{api_key}"


class CountsItsRequests(Fine):
    def __init__(self):
        self.numbers = itertools.count()

    @hookimpl
    def completion(self, request, settings):
        asked = yield from super().completion(request, settings)
        return asked

    def body(self, request, settings):
        return {**super().body(request, settings), "parts": ["x"] * next(self.numbers)}


def test_so_is_a_list_of_another_length(tmp_path):
    assert accepted(CountsItsRequests(), tmp_path / "wire")["json"]["parts"] == "{any}"


class SignsTheAddress(Fine):
    def __init__(self):
        self.numbers = itertools.count()

    @hookimpl
    def completion(self, request, settings):
        address = f"{settings.api_base}/chat?signed={next(self.numbers)}"
        response = yield from http("POST", address, headers=self.headers(settings), json=self.body(request, settings))
        return self.answer(request, response)


def test_so_is_an_address_that_is_another_each_time(tmp_path):
    plugin = SignsTheAddress()
    assert accepted(plugin, tmp_path / "wire")["url"] == "{any}"
    failed = check("fine", plugin=plugin, model="fine-1", wire=tmp_path / "wire").failed
    assert not [name for name in failed if name.startswith("test_request_golden")]


class SignsWithTheTime(Fine):
    def headers(self, settings):
        return {**super().headers(settings), "x-date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")}


def test_so_is_a_time_that_is_told_in_seconds(tmp_path):
    wire = tmp_path / "wire"
    wire.mkdir()
    (write_wire(tmp_path / "all") / "chat-plain").rename(wire / "chat-plain")  # alone: each case takes a second
    assert written(SignsWithTheTime(), wire)["headers"]["x-date"] == "{any}"


class SendsBytes(Fine):
    def __init__(self):
        self.numbers = itertools.count()

    @hookimpl
    def completion(self, request, settings):
        content = b"\xff%d" % next(self.numbers)
        response = yield from http("POST", f"{settings.api_base}/chat", content=content)
        return self.answer(request, response)


def test_bytes_are_written_as_they_were(tmp_path):
    assert accepted(SendsBytes(), tmp_path / "wire")["body_file"] == "1.request.body"
    assert (tmp_path / "wire" / "chat-plain" / "1.request.body").read_bytes().startswith(b"\xff")


class AsksOnce(Fine):
    """Keeps the answer to a question: other checks tell."""

    def __init__(self):
        self.kept = {}

    @hookimpl
    def completion(self, request, settings):
        asked = str(request.messages)
        if asked not in self.kept:
            self.kept[asked] = yield from super().completion(request, settings)
        return self.kept[asked]


def test_what_only_the_first_call_sends_is_written(tmp_path):
    assert accepted(AsksOnce(), tmp_path / "wire")["url"] == "{api_base}/chat"


class AnswersOnce(Fine):
    """Fails whoever asks again: other checks tell."""

    def __init__(self):
        self.asked = set()

    def answer(self, request, response):
        if (asked := str(request.messages)) in self.asked:
            raise InvalidResponseError("asked before")
        self.asked.add(asked)
        return super().answer(request, response)


def test_what_only_the_first_call_answers_is_written(tmp_path):
    accepted(AnswersOnce(), tmp_path / "wire")
    assert (tmp_path / "wire" / "chat-plain" / "result.json").exists()
