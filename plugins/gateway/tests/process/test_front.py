"""What every request passes, around an app of the test's own."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from jackfield_gateway._probes import Probes
from jackfield_gateway.config import Config, Limits

KEY = "sk-right-and-long"


async def never(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("no request may come this far")


async def broken(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError("the secret of the house")


async def breaking_off(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
    raise ValueError("the secret of the house")


# ---------------------------------------------------------------------------------------------------------- request ids


@pytest.mark.parametrize("sent", ["abc", "A-1_b.c", "x" * 128])
def test_a_clients_request_id_is_kept(serve: Any, echo_app: Any, sent: str) -> None:
    served = serve(echo_app)
    assert served.ask("GET / HTTP/1.1", f"x-request-id: {sent}").headers["x-request-id"] == sent
    assert served.ends()[0].request_id == sent


@pytest.mark.parametrize("sent", ["", "x" * 129, "a b", "a;b", "é", "{}"])
def test_a_request_id_that_is_none_is_replaced(serve: Any, echo_app: Any, sent: str) -> None:
    given = serve(echo_app).ask("GET / HTTP/1.1", f"x-request-id: {sent}").headers["x-request-id"]
    assert given != sent
    assert given.isalnum()


def test_each_request_has_an_id_of_its_own(serve: Any, echo_app: Any) -> None:
    served = serve(echo_app)
    assert len({served.ask().headers["x-request-id"] for _ in range(5)}) == 5


def test_the_app_finds_the_record_of_its_request(serve: Any) -> None:
    found = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        found.append(scope["state"]["exchange"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    served = serve(app)
    served.ask()
    assert found == served.ends()
    assert (found[0].status, found[0].complete, found[0].client_left) == (204, True, False)


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
def test_anthropics_clients_find_the_id_where_they_look(serve: Any, echo_app: Any, path: str) -> None:
    headers = serve(echo_app).ask(f"POST {path} HTTP/1.1").headers
    assert headers["request-id"] == headers["x-request-id"]


def test_others_are_not_told_twice(serve: Any, echo_app: Any) -> None:
    assert "request-id" not in serve(echo_app).ask("POST /v1/chat/completions HTTP/1.1").headers


# ------------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/models", "/metrics", "/v1/messages/batches"])
def test_without_the_key_openais_clients_read_401(serve: Any, path: str) -> None:
    answer = serve(never, Config(master_key=KEY)).ask(f"POST {path} HTTP/1.1", body=b"{}")
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    error = answer.json()["error"]
    assert (error["type"], error["code"], error["param"]) == ("authentication_error", "missing_api_key", None)
    assert "x-api-key" in error["message"]


@pytest.mark.parametrize("path", ["/v1/messages", "/messages", "/v1/messages/count_tokens?beta=true"])
def test_without_the_key_anthropics_clients_read_401(serve: Any, path: str) -> None:
    answer = serve(never, Config(master_key=KEY)).ask(f"POST {path} HTTP/1.1", "x-api-key: wrong", body=b"{}")
    assert answer.status == 401
    said = answer.json()
    assert (said["type"], said["error"]["type"]) == ("error", "authentication_error")
    assert said["request_id"] == answer.headers["x-request-id"]
    assert "wrong" not in answer.body.decode()


def test_a_page_of_another_origin_is_refused_and_no_browser_gets_leave(serve: Any, echo_app: Any) -> None:
    served = serve(echo_app)
    for head in ("POST /v1/chat/completions HTTP/1.1", "OPTIONS /v1/chat/completions HTTP/1.1"):
        answer = served.ask(head, "origin: https://evil.example", "access-control-request-method: POST")
        assert (answer.status, answer.json()["error"]["code"]) == (403, "origin_not_allowed")
        assert [name for name in answer.headers if name.startswith("access-control")] == []


def test_a_refused_request_leaves_the_connection_in_order(serve: Any, echo_app: Any, make_request: Any) -> None:
    """What follows in the same bytes is another request, not the body of the first."""
    connection = serve(echo_app, Config(master_key=KEY)).connect()
    smuggled = make_request("GET /inner HTTP/1.1")
    connection.send(
        make_request("POST / HTTP/1.1", body=b"refused not")  # open
        + make_request("POST /x HTTP/1.1", body=smuggled)
        + make_request("POST /x HTTP/1.1", f"authorization: Bearer {KEY}", body=b"let in")
    )
    answers = [connection.answer() for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 401, 200]
    assert answers[2].body == b"let in"


def test_a_refused_request_whose_body_is_still_to_come_leaves_the_connection_in_order(
    serve: Any, echo_app: Any, make_request: Any
) -> None:
    connection = serve(echo_app, Config(master_key=KEY)).connect()
    first = make_request("POST /x HTTP/1.1", body=b"x" * 300_000)
    connection.send(first[:1000])
    assert connection.answer().status == 401
    connection.send(first[1000:])
    connection.send(make_request("POST /x HTTP/1.1", f"authorization: Bearer {KEY}", body=b"let in"))
    assert connection.answer().body == b"let in"


# --------------------------------------------------------------------------------------------------------------- errors


def test_an_exception_is_an_internal_error_with_the_requests_id(serve: Any) -> None:
    served = serve(broken)
    answer = served.ask()
    assert answer.status == 500
    assert answer.headers["x-request-id"] in answer.body.decode()
    assert "secret" not in answer.body.decode()
    assert isinstance(served.ends()[0].error, ValueError)
    assert served.ask().status == 500  # and the server lives


def test_an_exception_within_an_answer_ends_the_connection_and_the_answer_not(serve: Any) -> None:
    served = serve(breaking_off)
    connection = served.connect()
    connection.send(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
    with pytest.raises(EOFError):
        connection.answer()
    assert served.ends()[0].complete is False


@pytest.mark.parametrize(
    "quit", [SystemExit("the hook has had enough"), asyncio.CancelledError(), BaseException("odd")]
)
def test_code_that_quits_ends_its_own_request_in_the_paths_shape(serve: Any, quit: BaseException) -> None:
    async def quitting(scope: Any, receive: Any, send: Any) -> None:
        raise quit

    served = serve(quitting)
    answer = served.ask("POST /v1/messages HTTP/1.1", "x-request-id: mine")
    assert (answer.status, answer.headers["x-request-id"]) == (500, "mine")
    assert (answer.json()["type"], answer.json()["error"]["type"]) == ("error", "api_error")
    error = served.ends()[0].error
    assert isinstance(error, Exception)
    assert error.__cause__ is quit


def test_a_record_that_cannot_be_kept_hurts_no_request(
    serve: Any, echo_app: Any, make_request: Any, caplog: Any
) -> None:
    served = serve(echo_app)

    def full(exchange: Any) -> None:
        raise ValueError("the disk is full")

    served.end = full
    connection = served.connect()
    for _ in range(2):
        connection.send(make_request("POST / HTTP/1.1", body=b"x"))
        assert connection.answer().body == b"x"
    served.ask()  # by now the first two have ended
    assert "the disk is full" in caplog.text


# ----------------------------------------------------------------------------------------------------- places in flight


def test_when_all_places_are_taken_others_are_to_come_again(serve: Any) -> None:
    taken, leave = threading.Event(), threading.Event()

    async def waiting(scope: Any, receive: Any, send: Any) -> None:
        import asyncio

        taken.set()
        await asyncio.to_thread(leave.wait, 10)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    probes = Probes(lambda: (b"", "text/plain"))
    served = serve(waiting, Config(limits=Limits(max_requests_in_flight=1)), probes.routes)
    first = served.connect()
    first.send(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
    assert taken.wait(10)
    second = served.ask("POST /v1/messages HTTP/1.1")
    assert (second.status, second.headers["retry-after"]) == (503, "1")
    assert second.json()["type"] == "error"
    assert served.ask("GET /health/liveliness HTTP/1.1").status == 200
    leave.set()
    assert first.answer().status == 200
    assert served.ask().status == 200  # the place is free again


def test_what_follows_an_answer_takes_no_place_and_is_not_of_its_time(serve: Any) -> None:
    """A hook that logs may take its time."""
    going_on = threading.Event()

    async def logging_afterwards(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})
        if scope["path"] == "/slow":
            await asyncio.to_thread(going_on.wait, 10)

    served = serve(logging_afterwards, Config(limits=Limits(max_requests_in_flight=1)))
    began = time.perf_counter()
    assert served.ask("GET /slow HTTP/1.1").status == 200
    assert served.ask().status == 200
    took = time.perf_counter() - began  # by now the server has looked at its clock, too
    assert served.ask().status == 200
    going_on.set()
    assert served.ends(3)[-1].seconds < took


def test_a_refusal_takes_no_place(serve: Any) -> None:
    served = serve(broken, Config(limits=Limits(max_requests_in_flight=1)))
    assert [served.ask(host="evil.example").status for _ in range(3)] == [403] * 3
    assert [served.ask().status for _ in range(3)] == [500] * 3  # nor does a request that failed keep its


# --------------------------------------------------------------------------------------------------------------- probes


def test_the_process_says_that_it_lives_and_whether_it_takes_requests(serve: Any) -> None:
    probes = Probes(lambda: (b"requests 1\n", "text/plain; version=0"))
    served = serve(never, probes=probes.routes)
    assert served.ask("GET /health/liveliness HTTP/1.1").body == b'"I\'m alive!"'
    assert served.ask("GET /health/liveness HTTP/1.1").status == 200
    assert served.ask("GET /health/readiness HTTP/1.1").json() == {"status": "healthy"}
    assert served.ask("GET /metrics HTTP/1.1").body == b"requests 1\n"
    probes.draining = True
    assert served.ask("GET /health/readiness HTTP/1.1").status == 503
    assert served.ask("GET /health/liveliness HTTP/1.1").status == 200


def test_probes_take_get_alone(serve: Any) -> None:
    served = serve(never, probes=Probes(lambda: (b"", "text/plain")).routes)
    answer = served.ask("POST /health/liveliness HTTP/1.1")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    assert answer.json()["error"]["message"] == "/health/liveliness takes GET and no other method."


def test_a_client_that_left_is_noted(serve: Any) -> None:
    came = threading.Event()

    async def listening(scope: Any, receive: Any, send: Any) -> None:
        came.set()
        while (await receive())["type"] != "http.disconnect":
            pass

    served = serve(listening)
    connection = served.connect()
    connection.send(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
    assert came.wait(10)
    connection.close()
    (ended,) = served.ends()
    assert (ended.client_left, ended.status) == (True, None)
