"""The older custom/ format: what is sent to the byte, what is read, and what is refused."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import pytest
from jackfield import (
    APIConnectionError,
    APITimeoutError,
    AsyncClient,
    AuthenticationError,
    BadRequestError,
    Client,
    CompletionRequest,
    ConfigurationError,
    InternalServerError,
    InvalidResponseError,
    NotFoundError,
    RateLimitError,
    ServiceUnavailableError,
    TextCompletionRequest,
    Usage,
    acompletion,
    completion,
    text_completion,
)
from jackfield.transports.memory import AsyncMemoryTransport, MemoryTransport, Reply
from loopback import LoopbackServer

MODEL = "custom/meta-llama/Llama-2-13b-hf"
BASE = "https://inference.example/generate"
COUNTED: dict[str, Any] = {"prompt_tokens": 6, "completion_tokens": 4, "total_tokens": 10}
FRANCE = [{"role": "user", "content": "The capital of France is P"}]


def served(*outputs, **more):
    """A server's answer: one item for each list of outputs."""
    data = [{"prompt": "…", "output": output, "params": {"temperature": 0.7}} for output in outputs]
    return Reply(
        200, {"content-type": "application/json"}, json.dumps({"data": data, "message": "ok", **more}).encode()
    )


def ask(transport, messages=FRANCE, *, stream=False, params=None, **options):
    defaults: dict[str, Any] = {"api_base": BASE, "num_retries": 0}
    client = Client(transport=transport, **defaults | options)
    return client.run(CompletionRequest(MODEL, messages, stream=stream, params=params or {}))


def tell(transport, prompt, *, stream=False):
    return Client(transport=transport, api_base=BASE).run(TextCompletionRequest(MODEL, prompt, stream=stream))


def answering(*arguments, **keywords):
    return MemoryTransport(lambda outgoing: served(*arguments, **keywords))


def contents(answer):
    return [choice.message.content for choice in answer.choices]


# --------------------------------------------------------------------------------------------------------- what is sent


def test_the_request_is_the_documented_one_to_the_byte():
    transport = answering(["PARIS"])
    ask(transport, params={"top_k": 40, "temperature": 0.7, "max_tokens": 32, "top_p": 1.0})
    [outgoing] = transport.requests
    assert (outgoing.method, outgoing.url) == ("POST", BASE)
    assert outgoing.content == (
        b'{"model":"meta-llama/Llama-2-13b-hf","params":{"prompt":["The capital of France is P"],'
        b'"max_tokens":32,"temperature":0.7,"top_p":1.0,"top_k":40}}'
    )
    assert outgoing.headers == {"content-type": "application/json"}


@pytest.mark.parametrize("params", [{}, {"temperature": None}], ids=["not given", "None"])
def test_what_is_unset_is_left_out(params):
    transport = answering(["PARIS"])
    ask(transport, params=params)
    assert json.loads(transport.requests[0].content)["params"] == {"prompt": ["The capital of France is P"]}


def test_what_is_zero_is_sent():
    transport = answering(["PARIS"])
    ask(transport, params={"temperature": 0})
    assert json.loads(transport.requests[0].content)["params"]["temperature"] == 0


@pytest.mark.parametrize(
    ("messages", "prompt"),
    [
        ([{"role": "system", "content": "Be brief."}, *FRANCE], "Be brief.\nThe capital of France is P"),
        ([{"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]}], "one\ntwo"),
        ([{"role": "assistant", "content": None}, *FRANCE], "The capital of France is P"),
        ([{"role": "user", "content": ""}, *FRANCE], "\nThe capital of France is P"),
        ([], ""),
    ],
    ids=["two messages", "parts", "no content", "empty content", "no message"],
)
def test_messages_become_one_prompt_joined_by_newlines(messages, prompt):
    transport = answering(["PARIS"])
    ask(transport, messages)
    assert json.loads(transport.requests[0].content)["params"]["prompt"] == [prompt]


def test_several_prompts_go_out_together_and_are_answered_in_order():
    transport = answering(["first"], ["second"])
    answer = tell(transport, ["one", "two"])
    [outgoing] = transport.requests
    assert json.loads(outgoing.content)["params"] == {"prompt": ["one", "two"]}
    assert [(choice.index, choice.text) for choice in answer.choices] == [(0, "first"), (1, "second")]
    assert (answer.object, answer.model) == ("text_completion", "meta-llama/Llama-2-13b-hf")


@pytest.mark.parametrize(
    ("options", "headers"),
    [
        ({}, {}),
        ({"api_key": "a-key"}, {"authorization": "Bearer a-key"}),
        ({"headers": {"X-Team": "blue"}, "api_key": "a-key"}, {"x-team": "blue", "authorization": "Bearer a-key"}),
        ({"extra_headers": {"Authorization": "Basic b"}, "api_key": "a-key"}, {"authorization": "Basic b"}),
    ],
    ids=["nothing", "a key", "headers and a key", "a credential of the caller's own"],
)
def test_headers_and_key_go_out_when_they_are_given(options, headers):
    transport = answering(["PARIS"])
    ask(transport, **options)
    assert transport.requests[0].headers == {"content-type": "application/json", **headers}


def test_extra_body_stands_beside_and_above_the_rest():
    transport = answering(["PARIS"])
    ask(transport, extra_body={"session": 7, "params": {"prompt": "mine"}})
    assert json.loads(transport.requests[0].content) == {
        "model": "meta-llama/Llama-2-13b-hf",
        "params": {"prompt": "mine"},
        "session": 7,
    }


def test_nothing_is_added_to_the_address():
    transport = answering(["PARIS"])
    ask(transport, api_base="https://inference.example/v1/run?version=2")
    assert transport.requests[0].url == "https://inference.example/v1/run?version=2"


# --------------------------------------------------------------------------------------------------------- what is read


def test_the_documented_answer_is_one_choice_with_the_prompt_kept_in_it():
    text = "The capital of France is PARIS.\nThe capital of France is PARIS."
    answer = ask(answering([text]))
    assert answer.model_dump(exclude_none=True, exclude={"id", "created"}) == {
        "object": "chat.completion",
        "model": "meta-llama/Llama-2-13b-hf",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
    }


def test_every_output_of_every_item_is_a_choice():
    answer = ask(answering(["a", "b"], ["c"]))
    assert [(choice.index, choice.message.content) for choice in answer.choices] == [(0, "a"), (1, "b"), (2, "c")]


def test_an_output_that_is_one_text_is_one_choice():
    assert contents(ask(answering("whole text", ["another"]))) == ["whole text", "another"]


def test_usage_is_what_the_server_counts():
    assert ask(answering(["PARIS"], usage=COUNTED)).usage == Usage(**COUNTED)
    assert ask(answering(["PARIS"])).usage is None


def test_an_answer_without_a_message_is_no_failure():
    transport = MemoryTransport(lambda outgoing: Reply(200, {}, b'{"data": [{"output": ["PARIS"]}]}'))
    assert contents(ask(transport)) == ["PARIS"]


# ---------------------------------------------------------------------------------------------------- streams and async


def test_a_stream_is_the_whole_answer_in_one_chunk():
    with ask(answering(["PARIS", "LYON"], usage=COUNTED), stream=True) as stream:
        chunks = list(stream)
    assert [[choice.delta.content for choice in chunk.choices] for chunk in chunks] == [
        ["PARIS", "LYON"],
        [None],
        [None],
    ]
    assert (contents(stream.response), stream.response.usage) == (["PARIS", "LYON"], Usage(**COUNTED))


def test_texts_stream_too():
    with tell(answering(["first"], ["second"]), ["one", "two"], stream=True) as stream:
        assert [choice.text for chunk in stream for choice in chunk.choices if choice.text] == ["first", "second"]
    assert [choice.finish_reason for choice in stream.response.choices] == ["stop", "stop"]


def test_async_callers_send_and_get_the_same():
    sync, asynchronous = answering(["a", "b"]), AsyncMemoryTransport(lambda outgoing: served(["a", "b"]))
    request = CompletionRequest(MODEL, FRANCE, params={"top_k": 40}, options={"api_base": BASE, "api_key": "a-key"})
    answer = asyncio.run(AsyncClient(transport=asynchronous).run(request))
    assert contents(answer) == contents(Client(transport=sync).run(request)) == ["a", "b"]
    [one], [other] = sync.requests, asynchronous.requests
    assert (one.method, one.url, one.headers, one.content) == (other.method, other.url, other.headers, other.content)


def test_the_whole_way_over_a_real_connection():
    async def both(server):
        return await asyncio.gather(
            *(acompletion("custom/llama", FRANCE, api_base=server.legacy_url) for _ in range(2))
        )

    with LoopbackServer() as server:
        answer = completion("custom/llama", FRANCE, api_base=server.legacy_url, max_tokens=5)
        assert contents(answer) == ["The capital of France is P and so on"]
        assert [contents(one) for one in asyncio.run(both(server))] == [contents(answer)] * 2
        assert [
            choice.text for choice in text_completion("custom/llama", ["a", "b"], api_base=server.legacy_url).choices
        ]
        assert [request.path for request in server.requests] == ["/legacy"] * 4
        assert server.requests[0].json["params"]["max_tokens"] == 5


# ---------------------------------------------------------------------------------------------------------- bad answers


@pytest.mark.parametrize(
    ("reply", "kind", "message"),
    [
        (served(message="the model is still loading"), InternalServerError, "the model is still loading"),
        (served(["half"], message={"code": 7}), InternalServerError, "{'code': 7}"),
        (served(["x"], message=None), InternalServerError, "None"),
        (served(), InvalidResponseError, "the server's answer holds 0 outputs for 1 prompts"),
        (served([]), InvalidResponseError, "the server's answer holds 0 outputs for 1 prompts"),
        (served(None), InvalidResponseError, "has no list of texts at data[0].output"),
        (served(["a"], [1]), InvalidResponseError, "has no list of texts at data[1].output"),
        (Reply(200, {}, b'{"data": ["text"]}'), InvalidResponseError, "has no list of texts at data[0].output"),
        (Reply(200, {}, b'{"message": "ok"}'), InvalidResponseError, "the server's answer has no 'data'"),
        (Reply(200, {}, b'{"data": {}}'), InvalidResponseError, "the server's answer has no list 'data'"),
        (Reply(200, {}, b'["text"]'), InvalidResponseError, "the server's answer is no JSON object"),
        (Reply(200, {}, b"<html>"), InvalidResponseError, "the server answered 200 with an HTML page"),
        (Reply(200, {}, b'{"data": [{"outp'), InvalidResponseError, "something that is no JSON"),
        (Reply(200, {}, b"\xff\xfe"), InvalidResponseError, "something that is no JSON"),
        (served(["x"], usage={"prompt_tokens": "six"}), InvalidResponseError, "prompt_tokens"),
        (Reply(401, {}, b'{"message": "no key"}'), AuthenticationError, "no key"),
        (Reply(404, {}, b"nothing here"), NotFoundError, "nothing here"),
        (Reply(429, {"retry-after": "3"}, b"slow down"), RateLimitError, "slow down"),
        (Reply(503, {}, b'{"error": "loading"}'), ServiceUnavailableError, "loading"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_that_is_none_is_an_error_that_says_why(reply, kind, message):
    body = reply.read()
    with pytest.raises(kind) as caught:
        ask(MemoryTransport(lambda outgoing: Reply(reply.status, reply.headers, body)))
    assert message in str(caught.value)
    assert type(caught.value) is kind
    assert (caught.value.provider, caught.value.model) == ("custom", "meta-llama/Llama-2-13b-hf")


def test_fewer_outputs_than_prompts_are_refused_rather_than_misplaced():
    with pytest.raises(InvalidResponseError, match="holds 1 outputs for 2 prompts"):
        tell(answering(["first"]), ["one", "two"])


def test_a_failing_message_is_not_asked_for_again():
    transport = answering(message="out of memory")
    with pytest.raises(InternalServerError):
        ask(transport, num_retries=2)
    assert len(transport.requests) == 1


@pytest.mark.parametrize("stream", [False, True])
def test_the_time_limit_holds(stream):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(APITimeoutError):
            completion(MODEL, FRANCE, api_base=address, request_timeout=0.2, num_retries=0, stream=stream)


def test_a_refused_connection_is_named():
    with socket.socket() as deaf:  # which keeps others from the port, and does not listen
        deaf.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(APIConnectionError, match=where):
            completion(MODEL, FRANCE, api_base=f"http://{where}/", num_retries=0)


# --------------------------------------------------------------------------------------------------------- bad requests


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        (
            [{"role": "user", "content": [{"type": "image_url"}]}],
            "messages[0].content[0] of type 'image_url' is no text",
        ),
        ([*FRANCE, {"role": "assistant", "tool_calls": [{}]}], "messages[1].tool_calls is no text"),
        ([{"role": "user", "content": [7]}], "messages[0].content[0] is no text"),
        ([{"role": "user", "content": 7}], "messages[0].content is no text"),
    ],
)
def test_what_is_no_text_is_refused_by_name(messages, message):
    transport = answering(["PARIS"])
    with pytest.raises(BadRequestError) as caught:
        ask(transport, messages)
    assert (message in str(caught.value), caught.value.param) == (True, "messages")
    assert transport.requests == []


def test_token_numbers_are_refused_by_name():
    with pytest.raises(BadRequestError, match="prompt holds token numbers"):
        tell(answering(["PARIS"]), [1, 2, 3])


@pytest.mark.parametrize("name", ["stop", "n", "tools", "seed", "response_format", "user", "max_completion_tokens"])
def test_a_parameter_that_the_format_has_not_is_refused_by_name(name):
    transport = answering(["PARIS"])
    with pytest.raises(BadRequestError, match=f"cannot send {name} with completion"):
        ask(transport, params={name: 1})
    assert transport.requests == []


def test_an_address_is_needed():
    with pytest.raises(ConfigurationError, match="needs an address: pass api_base="):
        completion(MODEL, FRANCE)
