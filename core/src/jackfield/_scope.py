"""What the drivers and the policies share about one call of one provider: its limits, its secrets, its errors."""

from __future__ import annotations

import json
import time
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Generator, Iterable, Mapping
from contextvars import Context, copy_context
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, quote_plus, urlsplit

from ._blame import blame
from ._failures import error_of_exception, scrub
from ._settings import DEFAULT_TIMEOUT, Settings
from .errors import APITimeoutError, BadRequestError, ContractViolationError, JackfieldError
from .flow import Http
from .transports import Outgoing
from .types import CallOptions, Request

if TYPE_CHECKING:
    from ._pipeline import Pipeline
    from ._registry import Provider

__all__ = ["Drain", "Instructions", "Opening", "Scope"]

CONNECT_TIMEOUT = 10.0
DEFAULT_LIMITS = (DEFAULT_TIMEOUT, CONNECT_TIMEOUT)

Instructions: TypeAlias = Generator[tuple[Any, "Scope"], Any, Any]
"""What a driver runs: pairs of an instruction (Outgoing, Opening, Drain, Sleep or Call) and the scope it stands in."""


class Opening:
    """An instruction: open this target (an Outgoing, an iterable or async iterable) and wait for its first chunk."""

    __slots__ = ("accept", "pipeline", "target")

    def __init__(self, target: Any, pipeline: Pipeline, *, accept: Iterable[int] = ()) -> None:
        self.target = target
        self.pipeline = pipeline
        self.accept = accept


class Drain:
    """An instruction: read an opened stream to its end, within the attempt's time, and close it."""

    __slots__ = ("stream",)

    def __init__(self, stream: Any) -> None:
        self.stream = stream


class Scope:
    """One call of one provider.

    ``deadline`` is the ``time.monotonic()`` at which the current attempt ends; ``total`` (an attempt's whole answer,
    and then each gap of a stream) and ``connect`` are limits in seconds; ``limited`` says that the caller chose them.
    ``provider`` is None for a mock.
    """

    watch: Callable[..., None] | None = None
    asked = False
    """Whether the provider has asked for anything: an effect, or a stream."""

    _context: Context | None = None
    _origin: str | None = None

    def __init__(
        self,
        provider: Provider | None,
        settings: Settings,
        request: Request,
        options: CallOptions,
        invoke: Callable[..., Instructions],
        *,
        limit: float = inf,
    ) -> None:
        self.provider = provider
        self.settings = settings
        self.request = request
        self.invoke = invoke
        self.total, self.connect = DEFAULT_LIMITS
        self.limited = False
        self.retries = provider.info.num_retries if provider is not None else 0
        if options:
            self._take(options)
        self._began = time.monotonic()
        self._limit = limit
        self.deadline = min(self._began + self.total, limit)

    def _take(self, options: CallOptions) -> None:
        if (retries := options.get("num_retries")) is not None:
            self.retries = retries
        if (timeout := options.get("timeout")) is not None:
            self.limited = True
            self.total, self.connect = _limits(timeout)

    def restart(self) -> None:
        """Begin another attempt."""
        self.deadline = min(time.monotonic() + self.total, self._limit)

    def until(self, retries: int) -> float:
        """Return the ``time.monotonic()`` at which the first attempt and so many more together end."""
        return min(self._began + self.total * (retries + 1), self._limit)

    @property
    def context(self) -> Context:
        """The call's one context, for the foreign code that runs elsewhere or later."""
        if self._context is None:
            self._context = copy_context()
        return self._context

    @property
    def time_left(self) -> float:
        """Seconds until the attempt ends; raises APITimeoutError when there are none."""
        self.check_time()
        return self.deadline - time.monotonic()

    def check_time(self) -> None:
        """Raise APITimeoutError when the attempt has no time left."""
        if time.monotonic() >= self.deadline:
            raise self.timed_out()

    def timed_out(self) -> APITimeoutError:
        """The error for an attempt that took too long."""
        return APITimeoutError(f"no answer within {self.total:g} s (timeout=)")

    def pipeline(self, *, inner: bool) -> Pipeline:
        """Return the pure part of one opening of a stream; ``inner`` for one that only the core reads."""
        from ._pipeline import Pipeline  # here: a program that streams nothing need not load it

        pipeline = Pipeline(
            model=self.request.model,
            include_usage=_includes_usage(self.request.params),
            text=self.request.operation == "text_completion" and not inner,
            gap=self.total,
            due=self.deadline,
        )
        pipeline.failure = self.failure
        pipeline.watch = None if inner else self.watch
        return pipeline

    def outgoing(self, effect: Http) -> Outgoing:
        """Return an effect as it goes on the wire: encoded, within this attempt's limits, with no key for strangers."""
        headers, content = _encoded(effect)
        self._keep_credentials_home(effect.url, headers, content)
        return Outgoing(
            effect.method, effect.url, headers, content, deadline=self.deadline, connect=self.connect, read=self.total
        )

    def failure(self, error: Exception, made_by: Any = None) -> JackfieldError:
        """Return an exception as the caller gets it: mapped, with provider and model, without the call's secrets.

        ``made_by`` is what made something wrong, where that is not the operation's hook. Raise it outside the
        ``except`` block, so that nothing it hides comes back as its context.
        """
        if type(error) is TimeoutError and not str(error):
            failed: JackfieldError = self.timed_out()
        else:
            failed = error_of_exception(error, self._who, asked=self.asked)
        self.blame(failed, made_by)
        if failed is not error:
            failed.__cause__ = error
        failed.provider = failed.provider or self.settings.provider
        failed.model = failed.model or self.request.model
        scrub(failed, self.secrets)
        return failed

    def blame(self, error: JackfieldError, made_by: Any = None) -> None:
        """Say in a violation of the contract which provider it is of, and where."""
        if isinstance(error, ContractViolationError) and self.provider is not None:
            blame(error, self._who, made_by or self.provider.hook(self.request.operation))

    @property
    def _who(self) -> str:
        return f"the provider {self.settings.provider!r} ({self.provider.owner})" if self.provider else "the mock"

    @property
    def secrets(self) -> set[str]:
        """The values of this call that nobody else may see."""
        secrets = {self.settings.api_key} if self.settings.api_key else set()
        if self.settings.api_base and (password := urlsplit(self.settings.api_base).password):
            secrets.add(password)
        for name, value in self.settings.headers.items():
            if is_credential(name):
                secrets.add(value)
                secrets.add(value.rpartition(" ")[2])
        return secrets

    def _keep_credentials_home(self, url: str, headers: Mapping[str, str], content: bytes) -> None:
        base = self.settings.api_base
        if base is not None and url.startswith(base) and url[len(base) : len(base) + 1] in ("", "/", "?"):
            return
        origin = _origin_of(url)
        if self._origin is None:
            self._origin = _origin_of(base) if base is not None else origin
        if origin == self._origin:
            return
        if any(_carries(secret, url, headers, content) for secret in self.secrets):
            raise ContractViolationError(
                f"the plugin was about to send the credential of {self._origin} to {origin}; leave the credential out "
                "of requests to another origin"
            )


def _carries(secret: str, url: str, headers: Mapping[str, str], content: bytes) -> bool:
    """Whether a request holds a secret: as it is, quoted in an address, written in JSON, or in Basic credentials."""
    written = {secret, quote(secret, safe=""), quote_plus(secret)}
    if any(form in value for form in written for value in (url, *headers.values())):
        return True
    forms = {secret, json.dumps(secret)[1:-1], *written}
    return any(form.encode() in content for form in forms) or any(secret in _basic(v) for v in headers.values())


def _basic(value: str) -> str:
    scheme, _, credentials = value.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(credentials).decode("utf-8", "replace")
    except Base64Error:
        return ""


def _limits(timeout: Any) -> tuple[float, float]:
    """Return the limits of an attempt and of connecting; None in an httpx.Timeout means no limit."""
    if isinstance(timeout, int | float):
        return float(timeout), min(CONNECT_TIMEOUT, timeout)
    total = inf if timeout.read is None else timeout.read
    return total, total if timeout.connect is None else timeout.connect


def _includes_usage(params: Mapping[str, Any]) -> bool:
    options = params.get("stream_options")
    return isinstance(options, Mapping) and bool(options.get("include_usage"))


def is_credential(header: str) -> bool:
    """Whether a header of this name carries a secret."""
    name = header.lower()
    return name in ("authorization", "proxy-authorization", "cookie") or name.endswith(("key", "token", "secret"))


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ContractViolationError(f"{url!r} is no address: it needs http:// or https:// and a host")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{parts.hostname}:{port}"


def _encoded(effect: Http) -> tuple[dict[str, str], bytes]:
    """Return headers and body."""
    headers = dict(effect.headers) if effect.headers else {}
    if effect.json is not None:
        return _once({"content-type": "application/json"} | headers), encode_json(effect.json)
    if effect.files is not None or effect.data is not None:
        from .transports.httpx_ import encode_form

        content_type, content = encode_form(effect.data or {}, effect.files or ())
        return _once({"content-type": content_type} | headers), content
    return _once(headers), effect.content or b""


def _once(headers: dict[str, str]) -> dict[str, str]:
    """Return headers with each name once, whatever its case: the last wins, as in any mapping."""
    last = {name.lower(): name for name in headers}
    if len(last) == len(headers):
        return headers
    return {name: value for name, value in headers.items() if last[name.lower()] == name}


def encode_json(value: Any) -> bytes:
    """Return a value as JSON; raises BadRequestError for what JSON does not hold (NaN, bytes, other objects)."""
    try:
        return _ENCODER.encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise BadRequestError(f"the request cannot be written as JSON: {error}") from error


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(exclude_none=True)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is nothing that JSON holds")


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain)
