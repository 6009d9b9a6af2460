"""What documents say to do with a gateway: write a handler and a config, start it, call it, and look at the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from seeds.documents import Block
from seeds.examples import EXAMPLES
from seeds.pieces import of_kind, pieces, program

__all__ = ["WALKTHROUGHS", "Steps", "Walkthrough", "steps_of"]


@dataclass(frozen=True)
class Steps:
    """The pieces of one walk-through, each by the kind that it is."""

    python: Block
    yaml: Block
    shell: Block
    curl: Block
    output: Block

    @property
    def handler(self) -> str:
        """The handler's file, for LiteLLM, with the names that it lacks."""
        document = self.python.document
        place = of_kind(document, "python").index(self.python)
        [lacks] = [each.lacks for each in EXAMPLES if (each.document, each.place) == (document, place)]
        return program(self.python, lacks)


def steps_of(document: str) -> list[Steps]:
    """Return the walk-throughs of a document: each ends with the output that follows a call."""
    found: list[Steps] = []
    latest: dict[str, Block] = {}
    for block in pieces(document):
        latest[block.kind] = block
        if block.kind == "output" and "curl" in latest:
            found.append(Steps(**{field.name: latest[field.name] for field in fields(Steps)}))
            latest = {}
    return found


@dataclass(frozen=True)
class Walkthrough:
    """One of a document's walk-throughs: what must hold of the answer, and its null fields that no output shows."""

    document: str
    place: int
    check: Callable[[Any, Any], None]
    nulls: frozenset[str] = frozenset()

    @property
    def steps(self) -> Steps:
        """Its pieces."""
        return steps_of(self.document)[self.place]

    def __str__(self) -> str:
        return f"{self.document}-{self.place}-{self.check.__name__}"


def chat(answer: Any, shown: Any) -> None:
    assert answer["id"].startswith("chatcmpl-")
    assert answer["choices"] == [{**shown["choices"][0], "message": answer["choices"][0]["message"], "logprobs": None}]
    assert answer["choices"][0]["message"] == {**shown["choices"][0]["message"], "refusal": None}
    alike = ("model", "object", "system_fingerprint", "usage")
    assert {name: answer[name] for name in alike} == {name: shown[name] for name in alike}


def images(answer: Any, shown: Any) -> None:
    assert answer == {**shown, "created": answer["created"]}


def message(answer: Any, shown: Any) -> None:
    """The output is another model's answer; this handler's says "Hi!"."""
    assert answer["id"].startswith("chatcmpl-")
    assert answer["content"] == [{"type": "text", "text": "Hi!", "citations": None}]
    assert answer["model"] == "gpt-3.5-turbo"
    assert (answer["usage"]["input_tokens"], answer["usage"]["output_tokens"]) == (10, 20)
    alike = ("type", "role", "stop_sequence", "stop_reason")
    assert {name: answer[name] for name in alike} == {name: shown[name] for name in alike}


CHAT_NULLS = frozenset({"choices[].logprobs", "choices[].message.refusal"})
MESSAGE_NULLS = frozenset(
    {
        "container",
        "content[].citations",
        "stop_details",
        "usage.cache_creation",
        "usage.cache_creation_input_tokens",
        "usage.cache_read_input_tokens",
        "usage.inference_geo",
        "usage.server_tool_use",
        "usage.service_tier",
    }
)
"""Fields that the official descriptions require, and allow to be null."""

WALKTHROUGHS = (
    Walkthrough("000", 0, chat, CHAT_NULLS),
    Walkthrough("000", 1, images),
    Walkthrough("000", 2, images),
    Walkthrough("000", 3, message, MESSAGE_NULLS),
    Walkthrough("001", 0, chat, CHAT_NULLS),
    Walkthrough("001", 1, images),
)
