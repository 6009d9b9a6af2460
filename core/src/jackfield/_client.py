"""Clients: a registry, a transport and defaults, and the one flow that every call is."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Awaitable, Callable, Sequence
from functools import cache, partial
from math import inf
from typing import TYPE_CHECKING, Any, Self, cast

from ._arguments import check, check_options, split
from ._drive import drive
from ._extensions import tell
from ._kinds import as_stream
from ._loading import loading
from ._policy import MOCK_OPTIONS, governed, opened, with_fallbacks
from ._registry import Registry
from ._routing import route
from ._scope import Instructions, Scope
from ._settings import ProviderInfo, Settings, resolve
from ._shapes import result_of
from .errors import BadRequestError
from .transports import AsyncTransport, Transport
from .types import CallOptions, Request

if TYPE_CHECKING:
    from ._events import Event

__all__ = ["AsyncClient", "Client", "Core"]

DEFAULT_PROVIDER_VARIABLE = "JACKFIELD_DEFAULT_PROVIDER"

NO_OPTIONS = CallOptions()


class Core:
    """What makes a request a flow, the same for sync and async.

    ``defaults`` gives the options for calls that leave them out, read at each call.
    """

    def __init__(
        self,
        registry: Registry | None = None,
        defaults: Callable[[], CallOptions | None] | None = None,
        default_provider: Callable[[], str | None] | None = None,
    ) -> None:
        self.registry = registry if registry is not None else Registry()
        self._defaults = defaults
        self._default_provider = default_provider

    def flow(
        self, request: Request, limit: float = inf, observe: Callable[[Event], None] | None = None
    ) -> Instructions:
        """Return a call as instructions for a driver.

        ``limit`` is the ``time.monotonic()`` of an outer call's end, ``observe`` an observer of this call alone.
        """
        request = check(request)
        options = request.options
        if self._defaults is not None and (defaults := self._defaults()):
            check_options(defaults)
            options = cast("CallOptions", {**defaults, **options})
        if "fallbacks" in options:
            call = partial(self._call, limit=limit, observe=observe)
            return with_fallbacks(call, self._provider_name, request, options)
        return self._call(request, options, limit=limit, observe=observe)

    def route(self, request: Request, options: CallOptions) -> tuple[str, str]:
        """Return the names of provider and model that a request goes to."""
        model, provider = request.model, options.get("provider")
        if provider is None and request.operation == "list_models":
            provider = model.partition("/")[0]
        default = None if "/" in model else self._default()
        return route(self.registry, model, provider=provider, api_base=options.get("api_base"), default=default)

    def _default(self) -> str | None:
        default = self._default_provider() if self._default_provider is not None else None
        return default or os.environ.get(DEFAULT_PROVIDER_VARIABLE)

    def _provider_name(self, request: Request, options: CallOptions) -> str:
        return self.route(request, options)[0]

    def _call(
        self, request: Request, options: CallOptions, *, limit: float, observe: Callable[[Event], None] | None
    ) -> Instructions:
        if options and not MOCK_OPTIONS.isdisjoint(options):
            from . import _mock  # here: few programs mock

            if _mock.is_mocked(options):
                return self._mocked(request, options, _mock.answer, limit=limit, observe=observe)
        name, model = self.route(request, options)
        provider = self.registry.provider(name)
        operation = provider.operation(request.operation)
        settings = provider.settings(options)
        bare = request.replace(model=model, options=NO_OPTIONS)
        scope = Scope(provider, settings, bare, options, self.flow, limit=limit)
        observers = () if provider.info.relays else self.registry.extensions.observers
        if observe is not None:
            observers = (observe, *observers)
        if observers:
            scope.watch = _watch(bare, settings, observers)
        return _run(operation, bare, scope)

    def _mocked(
        self,
        request: Request,
        options: CallOptions,
        answer: Callable[..., Any],
        *,
        limit: float,
        observe: Callable[[Event], None] | None,
    ) -> Instructions:
        bare = request.replace(model=request.model.partition("/")[2] or request.model, options=NO_OPTIONS)
        settings = resolve("mock", ProviderInfo(), options)
        scope = Scope(None, settings, bare, options, self.flow, limit=limit)
        if observe is not None:
            scope.watch = _watch(bare, settings, (observe,))
        return _run(lambda given, _: answer(given, options), bare, scope)


def _watch(request: Request, settings: Settings, observers: Sequence[Callable[[Event], None]]) -> Callable[..., None]:
    from ._events import Event

    started = time.monotonic()

    def watch(kind: str, **details: Any) -> None:
        event = Event(
            kind=kind,
            operation=request.operation,
            provider=settings.provider,
            model=request.model,
            request=request,
            elapsed=time.monotonic() - started,
            **details,
        )
        tell(observers, event)

    return watch


def _run(operation: Any, request: Request, scope: Scope) -> Instructions:
    """Run an operation within its scope, from its start to its answer or its opened stream."""
    watch = scope.watch
    try:
        if watch is not None:
            watch("started")
        result = yield from governed(operation(request, scope.settings), scope)
        if getattr(request, "stream", False):
            return (yield from opened(as_stream(result), scope))
        response = result_of(request.operation, result, request.model)
    except Exception as error:
        failed = error
    except BaseException as error:
        if watch is not None:
            watch("failed", error=error)  # cancelled: whoever counts calls in flight must learn of it
        raise
    else:
        if watch is not None:
            watch("finished", usage=getattr(response, "usage", None))
        return response
    mapped = scope.failure(failed)
    if watch is not None:
        watch("failed", error=mapped)
    raise mapped


class _Base:
    """What both clients share: construction and registration."""

    def __init__(
        self, *, registry: Registry | None = None, transport: Any = None, core: Core | None = None, **options: Any
    ) -> None:
        defaults, unknown = split(options)
        if unknown:
            raise BadRequestError(f"{', '.join(sorted(unknown))}: no option of a client", param=min(unknown))
        self.core = core or Core(registry, (lambda: defaults) if defaults else None)
        self._given = transport

    @property
    def registry(self) -> Registry:
        """The registry that this client's providers come from."""
        return self.core.registry

    def register_provider(self, name: str, plugin: object) -> None:
        """Register a plugin under a name, for this client; it wins over what is installed."""
        self.core.registry.register(name, plugin)

    def unregister_provider(self, name: str) -> None:
        """Take a registration back."""
        self.core.registry.unregister(name)

    def register_extension(self, plugin: object) -> None:
        """Add an extension (an object with ``around``, ``observe`` or ``find_provider``) for this client's calls.

        It stands around those that are installed.
        """
        self.core.registry.register_extension(plugin)


class Client(_Base):
    """Calls providers, blocking. Safe to share among threads.

    ``registry`` and ``transport`` replace the installed plugins and the network; every option of a call
    (``api_key``, ``timeout``, ``num_retries`` …) may be given as a default for all calls.
    """

    __module__ = "jackfield"

    _transport: Transport | None = None
    _pid = 0
    _finalizer: weakref.finalize[[Transport, int], Client] | None = None

    def run(self, request: Request) -> Any:
        """Run a request: its operation's response, or for a stream a Stream. Raises JackfieldError."""
        return drive(self.core.flow(request), self._connected)

    def close(self) -> None:
        """Close all connections."""
        if self._finalizer is not None:
            self._finalizer()  # closes, once, and is forgotten
        self._transport = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connected(self) -> Transport:
        if self._given is not None:
            return cast("Transport", self._given)
        # After fork the child starts with connections of its own.
        if self._transport is None or self._pid != os.getpid():
            with loading():
                from .transports.httpx_ import HttpxTransport

            self._transport, self._pid = HttpxTransport(), os.getpid()
            self._finalizer = weakref.finalize(self, _closed, self._transport, self._pid)
        return self._transport


def _closed(transport: Transport, pid: int) -> None:
    # When the client is dropped, or at the program's end while closing still works; a child's copy is the parent's.
    if pid == os.getpid():
        transport.close()


class AsyncClient(_Base):
    """Calls providers from async code, on asyncio and trio; connections belong to the loop that opened them.

    ``transport`` is an AsyncTransport, or "aiohttp" or "httpx"; else the variable JACKFIELD_TRANSPORT names it, else
    it is aiohttp where that is installed and the loop is asyncio's. Everything else as for ``Client``.
    """

    __module__ = "jackfield"

    _loops: Any = None

    async def run(self, request: Request) -> Any:
        """Run a request: its operation's response, or for a stream an AsyncStream. Raises JackfieldError."""
        return await _async_driver()(self.core.flow(request), self._connected)

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        if self._loops is not None:
            await self._loops.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _connected(self) -> AsyncTransport:
        if self._given is not None and not isinstance(self._given, str):
            return cast("AsyncTransport", self._given)
        if self._loops is None:
            from ._loops import Loops

            self._loops = Loops(self._given)
        transport: AsyncTransport = self._loops.transport()
        return transport


@cache  # an import that finds its module still costs a twentieth of a call in process
def _async_driver() -> Callable[..., Awaitable[Any]]:
    with loading():
        from ._adrive import adrive  # here: it brings asyncio

    return adrive
