"""Requests: what a call asks for. Frozen; ``replace`` makes a changed copy, nothing ever mutates one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, Self, TypedDict


class CallOptions(TypedDict, total=False):
    """The call arguments that are the core's and never the provider's. All may be left out.

    ``timeout`` is in seconds (or an ``httpx.Timeout``) and bounds one attempt: the whole answer, or for a stream the
    first chunk and then each gap. ``fallbacks`` holds model strings or mappings of call arguments.
    """

    provider: str | None
    api_base: str | None
    api_key: str | None
    api_version: str | None
    timeout: Any
    headers: Mapping[str, str] | None
    extra_headers: Mapping[str, str] | None
    extra_body: Mapping[str, Any] | None
    num_retries: int | None
    fallbacks: Sequence[str | Mapping[str, Any]] | None
    drop_params: bool | None
    client: Any
    mock_response: Any
    mock_tool_calls: Any
    mock_delay: float | None
    mock_timeout: bool | None


@dataclass(frozen=True, slots=True)
class Request:
    """What all requests have.

    ``model`` is the model string: with its provider when a caller makes the request, without it when a provider sees
    it. ``params`` are the provider's parameters in the caller's order, ``metadata`` is the caller's own and goes
    nowhere, ``options`` are the core's.
    """

    operation: ClassVar[str]

    model: str
    params: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    metadata: Mapping[str, Any] | None = field(default=None, kw_only=True)
    options: CallOptions = field(default_factory=CallOptions, kw_only=True, repr=False)

    @classmethod
    def own_fields(cls) -> tuple[str, ...]:
        """Return the names of what a caller says of the request itself: all fields but parameters and options."""
        return tuple(each.name for each in fields(cls) if each.name not in {"params", "options", "stream"})

    def replace(self, **changes: Any) -> Self:
        """Return a copy with these fields changed."""
        # What dataclasses.replace does, in a third of its time: every call makes a copy without the caller's options.
        copy = object.__new__(type(self))
        for name, get, put in _slots(type(self)):  # type: ignore[arg-type]  # to mypy a dataclass does not hash
            put(copy, changes.pop(name) if name in changes else get(self))
        if changes:
            raise TypeError(f"{type(self).__name__} has no field {min(changes)!r}")
        return copy


@dataclass(frozen=True, slots=True)
class CompletionRequest(Request):
    """A chat: ``messages`` as OpenAI's API takes them; "completion", or with ``stream`` "streaming"."""

    messages: Sequence[Mapping[str, Any]] = ()
    stream: bool = field(default=False, kw_only=True)

    @property
    def operation(self) -> str:  # type: ignore[override]  # the one request that serves two operations
        """Return "streaming" or "completion"."""
        return "streaming" if self.stream else "completion"


@cache
def _slots(request: type[Request]) -> tuple[tuple[str, Any, Any], ...]:
    """Return each field's name, reader and writer: those of its slot, since a frozen class has no other writer."""
    slots = [(each.name, getattr(request, each.name)) for each in fields(request)]
    return tuple((name, slot.__get__, slot.__set__) for name, slot in slots)
