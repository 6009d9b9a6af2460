"""What comes back whole: the server's shapes, each with a method that makes jackfield's of it.

The shapes are pydantic models: an answer of another shape becomes an InvalidResponseError that names the field, and a
field that the server adds one day is passed over.
"""

from __future__ import annotations

from typing import Any

from jackfield import EmbeddingResponse, ImageResponse, InvalidResponseError, ModelList, ModelResponse

from ._faults import Fault
from ._shape import Shape

__all__ = ["FINISH_REASONS", "Answer", "Call", "Counts", "Job", "Models", "Vectors"]

FINISH_REASONS = {"complete": "stop", "limit": "length", "calls": "tool_calls", "filter": "content_filter"}
"""The server's word for why an answer ended → OpenAI's."""


class Counts(Shape):
    """Tokens: those that were read, and those that were written."""

    read: int
    written: int = 0

    def usage(self) -> dict[str, int]:
        """Return them under OpenAI's names; the total is jackfield's to add."""
        return {"prompt_tokens": self.read, "completion_tokens": self.written}


class Call(Shape):
    """A tool that the model wants called; `arguments` is JSON as the model wrote it."""

    ref: str
    name: str
    arguments: str

    def tool_call(self) -> dict[str, Any]:
        """Return it in OpenAI's shape."""
        return {
            "id": self.ref,
            "type": "function",
            "function": {"name": self.name, "arguments": self.arguments},
        }


class Answer(Shape):
    """`POST /chat`."""

    run: str
    model: str
    text: str = ""
    calls: list[Call] = []
    ended: str
    counts: Counts

    def response(self) -> ModelResponse:
        """Return the answer as a chat completion."""
        message: dict[str, Any] = {"role": "assistant", "content": self.text or None}
        if self.calls:
            message["tool_calls"] = [call.tool_call() for call in self.calls]
        choice = {"index": 0, "message": message, "finish_reason": FINISH_REASONS.get(self.ended, self.ended)}
        return ModelResponse.model_validate(
            {"id": self.run, "model": self.model, "choices": [choice], "usage": self.counts.usage()}
        )


class Vectors(Shape):
    """`POST /vectors`: one vector for each text, in their order."""

    model: str
    vectors: list[list[float]]
    counts: Counts

    def response(self) -> EmbeddingResponse:
        """Return the vectors; jackfield numbers them."""
        data = [{"embedding": vector} for vector in self.vectors]
        usage = {"prompt_tokens": self.counts.read, "total_tokens": self.counts.read}
        return EmbeddingResponse.model_validate({"model": self.model, "data": data, "usage": usage})


class Job(Shape):
    """A job of `POST /images`: when to ask again, and at its end the pictures as PNG in base64, or what went wrong."""

    retry_in_ms: float = 500
    images: list[str] | None = None
    fault: Fault | None = None

    @property
    def pause(self) -> float:
        """Seconds until the next question whether it is done."""
        return self.retry_in_ms / 1000

    def response(self) -> ImageResponse:
        """Return the pictures of a job that has ended; raises the error of one that failed, which has status 200."""
        if self.fault is not None:
            raise self.fault.error()
        if self.images is None:
            raise InvalidResponseError("the job ended with neither images nor a fault", body=self.model_dump())
        return ImageResponse.model_validate({"data": [{"b64_json": image} for image in self.images]})


class Models(Shape):
    """`GET /models`."""

    models: list[str]

    def response(self) -> ModelList:
        """Return their names."""
        return ModelList.model_validate({"data": [{"id": name} for name in self.models]})
