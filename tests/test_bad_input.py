"""What bad input gets: a clear error that says what to do, and nothing lost. Over real sockets, sync and async."""

import asyncio
import gzip
import json
import socket
import threading
from contextlib import closing, suppress

import jackfield
import pytest
from jackfield import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    InvalidResponseError,
    JackfieldError,
    RateLimitError,
    StreamInterruptedError,
    acompletion,
    completion,
)

MESSAGES = [{"role": "user", "content": "Hi"}]
ANSWER = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi!"}, "finish_reason": "stop"}]}
KEY = "sk-a-secret-that-nobody-sees"


def http(body=b"", status="200 OK", content_type="application/json", **headers):
    head = {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in head.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def events(*datas, end=True):
    body = b"".join(
        b"data: " + (data if isinstance(data, bytes) else json.dumps(data).encode()) + b"\n\n" for data in datas
    )
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"%x\r\n%s\r\n" % (len(body), body) + (b"0\r\n\r\n" if end else b"")


def delta(text=None, finish=None):
    return {"id": "c", "choices": [{"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}]}


class Raw:
    """A server on a raw socket that reads each request and answers with bytes; ``stall`` keeps it silent afterwards."""

    def __init__(self, *answers, stall=False):
        self.answers, self.stall = answers, stall
        self.requests = 0
        self.connection = None
        self.done = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/v1"
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def serve(self):
        while not self.done.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connection = connection
            with closing(connection), suppress(ConnectionError):
                self.answer(connection)

    def answer(self, connection):
        while self.read(connection):
            answer = self.answers[min(self.requests, len(self.answers) - 1)]
            self.requests += 1
            connection.sendall(answer)
            if self.stall:
                self.done.wait(30)
            if self.stall or b"Content-Length" not in answer or b"999" in answer:
                return

    def read(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            if not (piece := connection.recv(65536)):
                return False
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
        )
        while len(body) < length:
            body += connection.recv(65536)
        return True

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for end in filter(None, (self.connection, self.listener)):  # wakes whoever waits in it
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)


def call_sync(url, **kwargs):
    result = completion("openai/m", MESSAGES, api_base=url, api_key=KEY, num_retries=0, **kwargs)
    if not kwargs.get("stream"):
        return result.choices[0].message.content
    return "".join(chunk.choices[0].delta.content or "" for chunk in result)


def call_async(url, **kwargs):
    async def main():
        result = await acompletion("openai/m", MESSAGES, api_base=url, api_key=KEY, num_retries=0, **kwargs)
        if not kwargs.get("stream"):
            return result.choices[0].message.content
        return "".join([chunk.choices[0].delta.content or "" async for chunk in result])

    return asyncio.run(main())


@pytest.fixture(params=[call_sync, call_async], ids=["sync", "async"])
def call(request):
    return request.param


WHOLE = {
    "not JSON": (http(b"hello"), InvalidResponseError, "JSON"),
    "truncated JSON": (http(b'{"choices": [{"mess'), InvalidResponseError, "JSON"),
    "empty": (http(b""), InvalidResponseError, ""),
    "a list": (http(b"[]"), InvalidResponseError, ""),
    "a wrong shape": (http(b'{"choices": 7}'), InvalidResponseError, "choices"),
    "invalid UTF-8": (http(b'{"choices": "\xff\xfe"}'), InvalidResponseError, ""),
    "HTML": (http(b"<!doctype html><html>Welcome</html>", content_type="text/html"), InvalidResponseError, "api_base"),
    "an HTML error page": (
        http(b"<html>oops</html>", "502 Bad Gateway", "text/html"),
        InternalServerError,
        "HTML page",
    ),
    "200 with an error": (http(b'{"error": {"message": "slow down", "code": 429}}'), RateLimitError, "slow down"),
    "a plain text error": (http(b"no such key", "401 Unauthorized", "text/plain"), AuthenticationError, "no such key"),
    "a rate limit": (http(b'{"error": {"message": "wait"}}', "429 X", Retry_After="70"), RateLimitError, "wait"),
    "a redirect": (
        http(b"", "307 X", Location="https://elsewhere.example/"),
        APIStatusError,
        "https://elsewhere.example/",
    ),
    "a body cut off": (http(b'{"choices": []}', **{"Content-Length": "999"})[:-3], APIConnectionError, ""),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n", APIConnectionError, ""),
    "nothing": (b"", APIConnectionError, ""),
    "bad gzip": (http(b"not gzip at all", Content_Encoding="gzip"), InvalidResponseError, ""),
}


@pytest.mark.parametrize(("answer", "error", "says"), WHOLE.values(), ids=WHOLE)
def test_a_bad_answer(call, answer, error, says):
    with Raw(answer, stall=False) as server, pytest.raises(error) as caught:
        call(server.url, timeout=10)
    assert says in str(caught.value)
    assert caught.value.provider == "openai"
    assert KEY not in f"{caught.value!r}{vars(caught.value)}"


def test_a_rate_limit_carries_the_pause_asked_for(call):
    with Raw(WHOLE["a rate limit"][0]) as server, pytest.raises(RateLimitError) as caught:
        call(server.url)
    assert caught.value.retry_after == 70.0


GOOD = {
    "gzip": http(gzip.compress(json.dumps(ANSWER).encode()), Content_Encoding="gzip"),
    "dozens of headers": http(json.dumps(ANSWER).encode(), **{f"X-Header-{n}": "v" * 100 for n in range(90)}),
    "unknown fields": http(json.dumps({**ANSWER, "created": 1.5, "new": {"a": 1}}).encode()),
}


def test_a_server_that_knows_no_streams_answers_one_all_the_same(call):
    whole = {**ANSWER, "object": "chat.completion"}
    for body in (json.dumps(whole).encode(), json.dumps(whole, indent=2).encode()):
        with Raw(http(body)) as server:
            assert call(server.url, stream=True) == "Hi!"
    with Raw(WHOLE["200 with an error"][0]) as server, pytest.raises(RateLimitError, match="slow down"):
        call(server.url, stream=True)


@pytest.mark.parametrize("answer", GOOD.values(), ids=GOOD)
def test_an_odd_answer_that_is_right(call, answer):
    with Raw(answer) as server:
        assert call(server.url) == "Hi!"


STREAMS = {
    "cut between events": (events(delta("one "), delta("two"), end=False), StreamInterruptedError, "one two"),
    "an end without a finish": (events(delta("one")), StreamInterruptedError, "one"),
    "cut within an event": (events(delta("one"), b'{"choices": [{"del', end=False)[:-4], StreamInterruptedError, "one"),
    "an error event": (events(delta("one"), {"error": {"message": "boom", "code": 429}}), RateLimitError, "one"),
    "an event that is no JSON": (events(delta("one"), b"hello"), InvalidResponseError, "one"),
    "invalid UTF-8": (
        events(delta("one"), b'{"choices": [{"delta": {"content": "\xff"}}]}'),
        InvalidResponseError,
        "one",
    ),
    "an error first": (
        events({"error": {"message": "no", "type": "invalid_request_error", "code": 400}}),
        BadRequestError,
        None,
    ),
}


@pytest.mark.parametrize(("answer", "error", "partial"), STREAMS.values(), ids=STREAMS)
def test_a_bad_stream(call, answer, error, partial):
    with Raw(answer) as server, pytest.raises(error) as caught:
        call(server.url, stream=True, timeout=10)
    if partial is not None:
        assert caught.value.partial.choices[0].message.content == partial
    assert caught.value.provider == "openai"


def test_an_event_without_end_is_not_read_for_ever(call):
    size = 65 * 1024 * 1024
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: " + b"x" * size
    with Raw(answer) as server, pytest.raises(JackfieldError, match="64 MiB"):
        call(server.url, stream=True, timeout=60)


@pytest.mark.parametrize("stream", [False, True])
def test_a_server_that_stalls(call, stream):
    with Raw(b"", stall=True) as server, pytest.raises(APITimeoutError):
        call(server.url, timeout=0.2, stream=stream)


def test_a_stream_that_stalls_after_its_first_chunk(call):
    with Raw(events(delta("one"), end=False), stall=True) as server, pytest.raises(APITimeoutError) as caught:
        call(server.url, timeout=1, stream=True)  # in which the first chunk is there even on a busy machine
    assert caught.value.partial.choices[0].message.content == "one"


def test_a_refused_connection_names_host_and_port(call):
    with socket.socket() as deaf:  # which keeps others from the port, and does not listen
        deaf.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(APIConnectionError, match=where):
            call(f"http://{where}/v1")


def test_a_host_that_does_not_exist(call):
    with pytest.raises(APIConnectionError, match=r"nowhere\.invalid"):
        call("http://nowhere.invalid/v1")


ARGUMENTS = [
    ({"model": ""}, "model is empty"),
    ({"model": "openai/"}, "incomplete"),
    ({"model": "gpt-4o"}, "names no provider"),
    ({"model": None}, "model must be"),
    ({"messages": "Hi"}, "messages must be"),
    ({"messages": {"role": "user"}}, "messages must be"),
    ({"messages": ["Hi"]}, r"messages\[0\] must be"),
    ({"messages": [*MESSAGES, None]}, r"messages\[1\] must be"),
    ({"timeout": -1}, "timeout must be"),
    ({"timeout": "5"}, "timeout must be"),
    ({"num_retries": -1}, "num_retries must be"),
    ({"api_base": "localhost:8000"}, "http://"),
    ({"api_key": 7}, "api_key must be"),
    ({"headers": {"a": 1}}, "headers must be"),
    ({"extra_body": [1]}, "extra_body must be"),
    ({"fallbacks": "a/b"}, "fallbacks"),
    ({"fallbacks": [{"api_key": "x"}]}, "fallbacks"),
]


@pytest.mark.parametrize(("arguments", "says"), ARGUMENTS)
def test_a_wrong_argument_is_named_before_any_io(arguments, says):
    given = {"model": "openai/m", "messages": MESSAGES, "api_key": KEY, "api_base": "http://127.0.0.1:1"} | arguments
    if given["model"] == "gpt-4o":
        del given["api_base"]
    with pytest.raises(BadRequestError, match=says):
        completion(given.pop("model"), **given)


def test_a_missing_key_names_the_variable(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(jackfield.ConfigurationError, match="OPENAI_API_KEY"):
        completion("openai/m", MESSAGES)
