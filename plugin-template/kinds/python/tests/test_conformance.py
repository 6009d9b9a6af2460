"""What jackfield promises for every provider, tested with these cases: what is asked, and what must come of it.

A name that jackfield knows ("chat-plain") brings its own request.
"""

from typing import Any

from jackfield import BadRequestError, CompletionRequest, EmbeddingRequest, InternalServerError, RateLimitError
from jackfield.testing import Case, ProviderSuite

MODEL = "acme-1"
HELLO = [{"role": "user", "content": "Good morning, world"}]


def said(text: str, read: int, written: int, finish: str = "stop") -> dict[str, Any]:
    """Return a whole answer."""
    message = {"role": "assistant", "content": text}
    choices = [{"message": message, "finish_reason": finish}]
    usage = {"prompt_tokens": read, "completion_tokens": written}
    return {"model": MODEL, "choices": choices, "usage": usage}


def vectors(*given: list[float]) -> dict[str, Any]:
    """Return vectors, in their order."""
    data = [{"index": index, "embedding": vector} for index, vector in enumerate(given)]
    usage = {"prompt_tokens": len(given), "total_tokens": len(given)}
    return {"model": MODEL, "data": data, "usage": usage}


class TestAcme(ProviderSuite):
    provider = "acme"  # found through its real entry point
    model = MODEL
    cases = (
        Case("chat-plain", result=said("Say hello.", 2, 2)),
        Case("chat-system", result=said("You are terse.\nSay hello.", 5, 5)),
        Case("chat-turns", result=said("Say hello.\nHello.\nAgain.", 4, 4)),
        Case("chat-image", error=BadRequestError),
        Case("chat-tools", error=BadRequestError),
        Case("chat-tool-results", error=BadRequestError),
        Case("chat-json-schema", error=BadRequestError),
        Case("chat-unknown-parameter", error=BadRequestError),
        Case(
            "chat-parameters",
            CompletionRequest("", HELLO, params={"max_tokens": 2}),
            result=said("Good morning,", 3, 2, "length"),
        ),
        Case("stream-plain", same_answer="chat-plain"),
        Case("stream-tools", error=BadRequestError),
        Case("embedding-one", result=vectors([3.0, 2.0])),
        Case("embedding-several", result=vectors([3.0, 2.0], [3.0, 1.0])),
        Case("embedding-of-tokens", EmbeddingRequest("", [1, 2]), error=BadRequestError),
        Case("error-busy", CompletionRequest("busy", HELLO), error={"type": RateLimitError, "retry_after": 2.0}),
        Case("error-broken", CompletionRequest("broken", HELLO, stream=True), error=InternalServerError),
    )
