"""What LiteLLM's hooks are handed besides the request: who asks, and a cache."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from time import monotonic
from typing import Any

__all__ = ["MemoryCache", "User", "user_of"]


@dataclass(slots=True)
class User:
    """Who asks: LiteLLM's ``user_api_key_dict``, by attribute or by key.

    There is one key and there are no users, so what LiteLLM's database would know is None or empty. ``api_key`` and
    ``token`` are the SHA-256 of what the client sent as its key, ``end_user_id`` is the request's ``user``.
    """

    api_key: str | None = None
    token: str | None = None
    end_user_id: str | None = None
    request_route: str | None = None
    key_alias: str | None = None
    key_name: str | None = None
    user_id: str | None = None
    user_email: str | None = None
    user_role: str | None = None
    team_id: str | None = None
    team_alias: str | None = None
    org_id: str | None = None
    models: list[str] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    team_metadata: dict[str, Any] = field(default_factory=dict)
    spend: float = 0.0
    max_budget: float | None = None
    tpm_limit: int | None = None
    rpm_limit: int | None = None
    max_parallel_requests: int | None = None
    parent_otel_span: None = None

    def __getitem__(self, name: str) -> Any:
        if name not in _NAMES:
            raise KeyError(name)
        return getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __contains__(self, name: object) -> bool:
        return name in _NAMES

    def keys(self) -> list[str]:
        """Return the names of all fields."""
        return [*_NAMES]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a field, or ``default`` where there is none of this name."""
        return getattr(self, name) if name in _NAMES else default


_NAMES = tuple(each.name for each in fields(User))


def user_of(scope: Mapping[str, Any], data: Mapping[str, Any]) -> User:
    """Return who sent a request, given as its ASGI scope and its body."""
    headers = dict(scope.get("headers", ()))
    key = headers.get(b"x-api-key") or headers.get(b"authorization", b"").partition(b" ")[2].strip()
    digest = hashlib.sha256(key).hexdigest() if key else None
    asked_by = data.get("user")
    return User(digest, digest, asked_by if isinstance(asked_by, str) else None, scope.get("path"))


class MemoryCache:
    """LiteLLM's ``cache`` as far as hooks use it: a worker's own memory, without a database behind it.

    Holds ``size`` values and forgets those that were used longest ago; ``ttl`` is in seconds.
    """

    def __init__(self, size: int = 1000, clock: Callable[[], float] = monotonic) -> None:
        self._size = size
        self._clock = clock
        self._values: OrderedDict[str, tuple[Any, float | None]] = OrderedDict()

    def get_cache(self, key: str, **_: Any) -> Any:
        """Return what is kept under a key, None where nothing is or its time is over."""
        value, until = self._values.get(key, (None, None))
        if until is not None and until <= self._clock():
            del self._values[key]
            return None
        if key in self._values:
            self._values.move_to_end(key)
        return value

    def set_cache(self, key: str, value: Any, ttl: float | None = None, **_: Any) -> None:
        """Keep a value, for ``ttl`` seconds or until others need its place."""
        self._values[key] = (value, None if ttl is None else self._clock() + ttl)
        self._values.move_to_end(key)
        if len(self._values) > self._size:
            self._values.popitem(last=False)

    def increment_cache(self, key: str, value: float = 1, ttl: float | None = None, **_: Any) -> float:
        """Add to a number, 0 where none is kept, and return it; its time goes on as it was."""
        known = self.get_cache(key)
        if known is None:
            self.set_cache(key, value, ttl)
            return value
        total: float = known + value
        self._values[key] = (total, self._values[key][1])
        return total

    def delete_cache(self, key: str) -> None:
        """Forget a key."""
        self._values.pop(key, None)

    async def async_get_cache(self, key: str, **_: Any) -> Any:
        """Do what ``get_cache`` does."""
        return self.get_cache(key)

    async def async_set_cache(self, key: str, value: Any, ttl: float | None = None, **_: Any) -> None:
        """Do what ``set_cache`` does."""
        self.set_cache(key, value, ttl)

    async def async_increment_cache(self, key: str, value: float = 1, ttl: float | None = None, **_: Any) -> float:
        """Do what ``increment_cache`` does."""
        return self.increment_cache(key, value, ttl)

    async def async_delete_cache(self, key: str) -> None:
        """Do what ``delete_cache`` does."""
        self.delete_cache(key)
