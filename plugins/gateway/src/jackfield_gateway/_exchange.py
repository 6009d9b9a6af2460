"""What is known of one request while it is served: the front makes it, the app fills it, log and metrics read it."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, NamedTuple, Protocol, cast

__all__ = ["STATE_KEY", "Exchange", "Tokens", "exchange_of", "tokens_of"]

STATE_KEY = "exchange"


class Tokens(Protocol):
    """The usage of a call: the core's ``Usage`` is one."""

    @property
    def prompt_tokens(self) -> int | None: ...
    @property
    def completion_tokens(self) -> int | None: ...


class Counted(NamedTuple):
    """``Tokens`` of an answer that has other words for them."""

    prompt_tokens: int | None
    completion_tokens: int | None


def tokens_of(usage: Any) -> Tokens | None:
    """Return what an answer's usage counts; that of images speaks of input and output."""
    if usage is None or hasattr(usage, "prompt_tokens"):
        return cast("Tokens | None", usage)
    return Counted(usage.input_tokens, usage.output_tokens)


@dataclass(slots=True)
class Exchange:
    """One request and its answer. All times are those of ``time.perf_counter``, in seconds.

    The front makes it and sets what stands last. The app sets the rest, each as soon as it is known, so that a request
    that fails or is left still tells what it was.
    """

    request_id: str
    method: str = "GET"
    started: float = field(default_factory=perf_counter)

    # What the app fills in
    route: str | None = None
    """The template, such as ``/v1/models/{id}``; None for a path that is no route."""
    model: str | None = None
    """The model group that was asked for, and only where the config has it: it labels metrics."""
    provider: str | None = None
    deployment: str | None = None
    """The model string behind the group, ``provider/model``."""
    fell_back: bool = False
    """A deployment that is not the group's answered: what the group's tokens cost says nothing of its own."""
    usage: Tokens | None = None
    first_chunk_at: float | None = None
    """When the first chunk of the upstream's stream came; None for what is not streamed."""
    error: BaseException | None = None
    """Why the request failed, also when that was after the status line. Its full text goes to the log alone."""
    content: Mapping[str, Any] | None = None
    """What was asked and answered; set only where ``config.log_content`` is on."""

    # What the front fills in
    status: int | None = None
    """The status that was sent; None while there is none."""
    first_byte_at: float | None = None
    seconds: float = 0.0
    """How long it took, to the last byte of its answer; what is still done afterwards is not counted."""
    complete: bool = False
    """The whole answer was handed to the server."""
    client_left: bool = False
    """The client closed the connection before its answer was complete."""


def exchange_of(scope: MutableMapping[str, Any]) -> Exchange:
    """Return the record of a request, which the front put into its scope."""
    exchange: Exchange = scope["state"][STATE_KEY]
    return exchange
