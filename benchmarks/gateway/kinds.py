"""The kinds of answer that are asked for: the upstream gives them, and every gateway serves each as a model."""

from __future__ import annotations

from dataclasses import dataclass

MARK = "~"  # stands once in each token and nowhere else, so that whoever counts it has counted the tokens
MODEL = "gpt-mock"


@dataclass(frozen=True)
class Kind:
    """One sort of answer: a stream of so many tokens with a pause between them, or without tokens a plain answer."""

    tokens: int = 0
    pause: float = 0.0  # seconds

    @property
    def base(self) -> str:
        """The path under which the upstream gives it, as an OpenAI base URL ends."""
        return f"/{self.tokens}/{self.pause * 1000:.0f}/v1" if self.tokens else "/v1"

    @property
    def marks(self) -> int:
        """How often `MARK` stands in the answer."""
        return self.tokens or 1


KINDS = {
    "chat": Kind(),
    "burst": Kind(tokens=200),
    "paced": Kind(tokens=200, pause=0.01),
    "slow": Kind(tokens=20, pause=1.0),
}
