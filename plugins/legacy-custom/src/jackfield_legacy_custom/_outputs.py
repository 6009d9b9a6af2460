"""What comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from jackfield import HttpResponse, InternalServerError, InvalidResponseError

__all__ = ["Outputs"]


@dataclass(frozen=True, slots=True)
class Outputs:
    """The texts of an answer in the order of the prompts, and its usage where the server counts."""

    texts: list[str]
    usage: Mapping[str, Any] | None

    @classmethod
    def of(cls, response: HttpResponse, *, prompts: int) -> Self:
        """Read an answer to so many prompts.

        Raises InternalServerError with the server's words where its message is not "ok", and InvalidResponseError for
        what is not in the format or holds fewer outputs than there were prompts.
        """
        body = response.json()
        if not isinstance(body, Mapping):
            raise _invalid("is no JSON object", body)
        message = body.get("message", "ok")
        if message != "ok":
            raise InternalServerError(str(message), body=body)
        texts = [text for place, item in enumerate(_data(body)) for text in _texts(place, item, body)]
        if len(texts) < prompts:
            raise _invalid(f"holds {len(texts)} outputs for {prompts} prompts", body)
        return cls(texts, _usage(body))


def _data(body: Mapping[str, Any]) -> list[Any]:
    data = body.get("data")
    if isinstance(data, list):
        return data
    raise _invalid("has no list 'data'" if "data" in body else "has no 'data'", body)


def _texts(place: int, item: Any, body: Any) -> list[str]:
    """Return the outputs of one item: a list of texts, or from some servers one text."""
    output = item.get("output") if isinstance(item, Mapping) else None
    texts = [output] if isinstance(output, str) else output
    if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
        return texts
    raise _invalid(f"has no list of texts at data[{place}].output", body)


def _usage(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    usage = body.get("usage")
    return usage if isinstance(usage, Mapping) else None


def _invalid(problem: str, body: Any) -> InvalidResponseError:
    return InvalidResponseError(
        f"the server's answer {problem}; expected {{'data': [{{'output': [...]}}], 'message': 'ok'}}", body=body
    )
