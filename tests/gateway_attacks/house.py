"""A gateway under attack: what it may say to whom, and whether it is still well afterwards."""

from __future__ import annotations

import json
import re
import tempfile
from types import TracebackType
from typing import Any, Self

from gateway import GatewayProcess
from gateway_attacks.client import Answer, Client

__all__ = ["CONFIDENTIAL", "UPSTREAM_KEY", "House", "is_anthropic"]

UPSTREAM_KEY = "sk-upstream-0123456789"
CONFIDENTIAL = "confidential-group"
"""The name of a model group that clients of others must not read."""

PRIVATE = re.compile(
    r"Traceback|File \"|\.py\b|site-packages|/srv/|10\.1\.2\.3|127\.0\.0\.1:|0x[0-9a-f]{6}|pydantic|starlette|"
    + re.escape(tempfile.gettempdir())
)
"""What no answer may hold: of code, of files, of addresses."""

QUESTION = {"messages": [{"role": "user", "content": "Hi"}]}


def is_anthropic(path: str) -> bool:
    return "/messages" in path


class House:
    """A gateway process, entered and left; ``config`` has a group ``good`` that answers."""

    def __init__(self, config: str, *arguments: str, key: str | None = None, **options: Any) -> None:
        self.process = GatewayProcess(config, *arguments, **options)
        self.key = key
        self.secrets = [UPSTREAM_KEY, CONFIDENTIAL, *([key] if key else [])]

    def __enter__(self) -> Self:
        self.process.__enter__()
        self.client = Client(self.process.url, {"authorization": f"Bearer {self.key}"} if self.key else {})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.__exit__(kind, error, trace)
        if kind is None:
            assert self.process.code == 0
            assert "Traceback" not in self.process.stderr

    # ------------------------------------------------------------------------------------------------------- requests

    def chat(self, model: str, path: str = "/v1/chat/completions", **fields: Any) -> Answer:
        """Ask a model, in the route's own words."""
        body = {"model": model, "max_tokens": 5, **QUESTION, **fields}
        if path.endswith("/responses"):
            body = {"model": model, "input": "Hi", **fields}
        return self.told(self.client.post(path, body))

    def told(self, answer: Answer) -> Answer:
        """Check that an answer holds nothing that is nobody's business."""
        said = f"{answer.headers}{answer.body.decode(errors='replace')}"
        assert PRIVATE.search(said) is None, said[:2000]
        assert [secret for secret in self.secrets if secret in said] == [], said[:2000]
        return answer

    def refusal(self, answer: Answer, path: str, status: int | None = None) -> dict[str, Any]:
        """Check that an answer is an error in the shape of its path, of the client's making, and return the error."""
        self.told(answer)
        assert 400 <= answer.status < 500, (answer.status, answer.body)
        return self.failure(answer, path, status)

    def failure(self, answer: Answer, path: str, status: int | None = None) -> dict[str, Any]:
        """Check that an answer is an error in the shape of its path, and return the error."""
        self.told(answer)
        assert status is None or answer.status == status, (answer.status, answer.body)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-request-id"]
        check_error(answer.json, path)
        return answer.error

    def is_well(self) -> None:
        """Check that it answers as on the first day."""
        answer = self.chat("good")
        assert answer.status == 200, answer.body

    # ------------------------------------------------------------------------------------------------------ afterwards

    @property
    def records(self) -> list[dict[str, Any]]:
        """The log, complete when the process has ended; each line of it is JSON."""
        return [json.loads(line) for line in self.process.log.splitlines()]


def check_error(body: Any, path: str) -> None:
    """Check that a body, or the data of an event, is an error in the shape of its path."""
    error = body["error"]
    assert isinstance(error["message"], str)
    assert error["message"]
    if is_anthropic(path):
        assert body["type"] == "error"
        assert set(body) == {"type", "error", "request_id"}
        assert set(error) == {"type", "message"}
    else:
        assert set(body) == {"error"}
        assert set(error) == {"message", "type", "param", "code"}
