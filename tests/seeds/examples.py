"""The table of all Python examples of the documents: which names each lacks, and what must hold once it has run."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jackfield
from jackfield import (
    acompletion,
    aimage_edit,
    aimage_generation,
    completion,
    image_edit,
    image_generation,
    text_completion,
)
from jackfield_custom_format import BaseLLM, CustomLLM
from seeds.shapes import differences

if TYPE_CHECKING:
    from loopback import LoopbackServer

__all__ = ["EXAMPLES", "Example", "Run"]

MESSAGES = [{"role": "user", "content": "Hello"}]


@dataclass(frozen=True)
class Run:
    """An example that has run: its names, what it printed, the server, and the output that stands beside it."""

    names: dict[str, Any]
    printed: str
    server: LoopbackServer
    output: Any = None


@dataclass(frozen=True)
class Example:
    """One example: the document, the place among its examples, and among its outputs the one it shows."""

    document: str
    place: int
    check: Callable[[Run], None]
    lacks: frozenset[str] = field(default_factory=frozenset)
    output: int | None = None

    def __str__(self) -> str:
        return f"{self.document}-{self.place}-{self.check.__name__}"


def quick_start(run: Run) -> None:
    assert run.names["resp"].choices[0].message.content == "Hi!"
    assert jackfield.custom_provider_map[0]["custom_handler"] is run.names["my_custom_llm"]


def handler_of_the_proxy(run: Run) -> None:
    serve("my-custom-llm", run.names["my_custom_llm"])
    answers = [completion("my-custom-llm/my-model", messages=MESSAGES), asked("my-custom-llm/my-model")]
    for answer in answers:
        assert answer.choices[0].message.content == "Hi!"
        assert differences(run.output, answer.model_dump()) == []
        assert answer.usage.model_dump(exclude_none=True) == run.output["usage"]


def handler_of_messages(run: Run) -> None:
    serve("my-custom-llm", run.names["my_custom_llm"])
    assert asked("my-custom-llm/my-model").choices[0].message.content == "Hi!"
    assert completion("my-custom-llm/my-model", messages=MESSAGES).choices[0].message.content == "Hi!"


def unix_time(run: Run) -> None:
    serve("unixtime", run.names["unixtime"])
    streams = [list(completion("unixtime/now", messages=MESSAGES, stream=True)), asyncio.run(streamed("unixtime/now"))]
    texts = ["".join(chunk.choices[0].delta.content or "" for chunk in chunks) for chunks in streams]
    texts += [completion("unixtime/now").choices[0].message.content, asked("unixtime/now").choices[0].message.content]
    assert all(text.isdigit() for text in texts)
    assert [chunks[-1].choices[0].finish_reason for chunks in streams] == ["stop", "stop"]


def image_maker(run: Run) -> None:
    serve("my-custom-llm", run.names["my_custom_llm"])
    arguments = {"model": "my-custom-llm/my-model", "prompt": "A door", "api_key": "a-key"}
    for answer in (asyncio.run(aimage_generation(**arguments)), image_generation(**arguments)):
        assert answer.data[0].url == "https://example.com/image.png"
        assert differences(run.output, answer.model_dump()) == []


def image_editor(run: Run) -> None:
    serve("my-custom-llm", run.names["my_custom_llm"])
    arguments = {"model": "my-custom-llm/my-model", "image": b"PNG", "prompt": "Make the door blue"}
    for answer in (asyncio.run(aimage_edit(**arguments)), image_edit(**arguments)):
        assert answer.data[0].url == "https://example.com/edited-image.png"
        assert differences(run.output, answer.model_dump()) == []


def additional_parameters(run: Run) -> None:
    """The handler's own assertion has held, and is no empty one."""
    assert run.names["resp"].choices[0].message.content == "Hi!"
    try:
        completion("my-custom-llm/my-model", my_custom_param="another")
    except jackfield.PluginError as error:
        assert isinstance(error.__cause__, AssertionError)  # noqa: PT017 - what is told apart is the cause
    else:
        raise AssertionError("the handler's assertion has never run")


def spec(run: Run) -> None:
    """What the document prints of CustomLLM holds for ours: the methods, their names, and the error of each."""
    for name, theirs in vars(run.names["CustomLLM"]).items():
        if name.startswith("_"):
            continue
        assert callable(getattr(CustomLLM, name))
        error = failure(theirs, run.names["CustomLLM"]())
        ours = failure(getattr(CustomLLM, name), CustomLLM())
        assert (ours.status_code, ours.message) == (error.status_code, error.message) == (500, "Not implemented yet!")
    assert issubclass(run.names["CustomLLM"], BaseLLM)


def chat_server(run: Run) -> None:
    [request] = run.server.requests
    assert request.path == "/v1/chat/completions"
    assert request.json == {"model": "command-nightly", "messages": run.names["messages"]}
    assert differences(run.output, run.names["response"].model_dump()) == []
    assert run.printed == f"{run.names['response']}\n"


def text_server(run: Run) -> None:
    """``completion()`` answers in the chat shape; the shape that the document prints is ``text_completion()``'s."""
    [request] = run.server.requests
    prompt = run.names["messages"][0]["content"]
    assert (request.path, request.json) == ("/v1/completions", {"model": "command-nightly", "prompt": prompt})
    answer = run.names["response"]
    assert (answer.choices[0].message.role, answer.choices[0].finish_reason) == ("assistant", "length")
    assert answer.warning
    arguments = {"api_base": run.server.url, "custom_llm_provider": "text-completion-openai"}
    text = text_completion("command-nightly", prompt, **arguments)
    assert differences(run.output, text.model_dump()) == []


def legacy_row(run: Run) -> None:
    assert run.server.requests[-1].json["model"] == "meta-llama/Llama-2-13b-hf"
    assert run.names["response"].choices[0].message.content


def legacy_call(run: Run) -> None:
    [request] = run.server.requests
    [prompt] = request.json["params"]["prompt"]
    params = {"prompt": [prompt], "max_tokens": 10, "temperature": 0.2}
    assert request.json == {"model": "meta-llama/Llama-2-13b-hf", "params": params}
    assert run.names["response"].choices[0].message.content.startswith(prompt)
    assert run.printed == f"got response\n {run.names['response']}\n"


def legacy_server(run: Run) -> None:
    """The server that stands in for all others takes the document's input and answers with its output."""
    assert differences(run.output, run.names["resp"].json()) == []


def serve(name: str, handler: Any) -> None:
    jackfield.custom_provider_map = [{"provider": name, "custom_handler": handler}]


def asked(model: str) -> Any:
    return asyncio.run(acompletion(model, messages=MESSAGES))


async def streamed(model: str) -> list[Any]:
    return [chunk async for chunk in await acompletion(model, messages=MESSAGES, stream=True)]


def failure(method: Callable[..., Any], handler: Any) -> Any:
    """Return what a stub raises, called with whatever its signature wants."""
    parameters = list(inspect.signature(method).parameters.values())[1:]
    wanted = {p.name: None for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty}
    try:
        result = method(handler, **wanted)
        if inspect.isawaitable(result):
            asyncio.run(_awaited(result))
    except Exception as error:
        return error
    return result


async def _awaited(result: Any) -> Any:
    return await result


IMAGE = frozenset({"Any", "AsyncHTTPHandler", "Optional", "Union", "httpx"})

EXAMPLES = (
    Example("000", 0, quick_start),
    Example("000", 1, handler_of_the_proxy, output=0),
    Example("000", 2, unix_time),
    Example("000", 3, image_maker, IMAGE | {"time"}, output=1),
    Example("000", 4, image_editor, IMAGE, output=2),
    Example("000", 5, handler_of_messages),
    Example("000", 6, additional_parameters),
    Example("000", 7, spec, frozenset({"AsyncHTTPHandler", "HTTPHandler", "httpx"})),
    Example("001", 0, quick_start),
    Example("001", 1, handler_of_the_proxy, output=0),
    Example("001", 2, unix_time),
    Example("001", 3, image_maker, IMAGE | {"time"}, output=1),
    Example("001", 4, spec, frozenset({"AsyncHTTPHandler", "HTTPHandler", "httpx"})),
    Example("002", 0, quick_start),
    Example("002", 1, spec),
    Example("003", 0, chat_server, output=0),
    Example("003", 1, text_server, output=1),
    Example("004", 0, legacy_row, frozenset({"completion", "messages"})),
    Example("004", 1, legacy_row, frozenset({"completion", "messages"})),
    Example("004", 2, legacy_call),
    Example("004", 3, legacy_server, frozenset({"requests"}), output=0),
)
