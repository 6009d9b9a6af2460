"""LiteLLM's HTTP clients as handlers use them, on httpx, which is imported when one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import httpx

__all__ = ["AsyncHTTPHandler", "HTTPHandler"]

DEFAULT_TIMEOUT = 600.0
CONNECT_TIMEOUT = 10.0


class HTTPHandler:
    """A blocking HTTP client.

    ``timeout`` is in seconds or an ``httpx.Timeout`` (600, to connect 10), ``concurrent_limit`` the most connections,
    ``ssl_verify`` what httpx takes as ``verify``; ``client`` is an ``httpx.Client`` to use instead of one of its own.
    ``post``, ``put``, ``patch`` and ``delete`` raise ``httpx.HTTPStatusError`` for an error status, which the caller of
    the model gets as the error of that status; ``get`` leaves that to its caller, as LiteLLM's does. A timeout raises
    ``httpx.TimeoutException``. Redirects are not followed, since a credential must not travel.
    """

    def __init__(
        self,
        timeout: float | httpx.Timeout | None = None,
        concurrent_limit: int | None = None,
        client: httpx.Client | None = None,
        ssl_verify: Any = None,
    ) -> None:
        import httpx

        self.client = client or httpx.Client(**_settings(timeout, concurrent_limit, ssl_verify))

    def get(self, url: str, **options: Any) -> httpx.Response:
        """Send a GET; ``options`` are ``params``, ``headers``, ``timeout``, ``follow_redirects`` of httpx."""
        return self.client.get(url, **_given(options))

    def post(
        self, url: str, data: Any = None, json: Any = None, *, stream: bool = False, **options: Any
    ) -> httpx.Response:
        """Send a POST; ``options`` are ``params``, ``headers``, ``timeout``, ``files``, ``content`` of httpx.

        With ``stream=True`` the body is not read yet: iterate over ``iter_lines()`` or ``iter_bytes()`` and close it.
        """
        return self._send("POST", url, stream=stream, data=data, json=json, **options)

    def put(
        self, url: str, data: Any = None, json: Any = None, *, stream: bool = False, **options: Any
    ) -> httpx.Response:
        """Send a PUT; as ``post``."""
        return self._send("PUT", url, stream=stream, data=data, json=json, **options)

    def patch(
        self, url: str, data: Any = None, json: Any = None, *, stream: bool = False, **options: Any
    ) -> httpx.Response:
        """Send a PATCH; as ``post``."""
        return self._send("PATCH", url, stream=stream, data=data, json=json, **options)

    def delete(
        self, url: str, data: Any = None, json: Any = None, *, stream: bool = False, **options: Any
    ) -> httpx.Response:
        """Send a DELETE; as ``post``."""
        return self._send("DELETE", url, stream=stream, data=data, json=json, **options)

    def close(self) -> None:
        """Close all connections."""
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, method: str, url: str, *, stream: bool, **options: Any) -> httpx.Response:
        response = self.client.send(self.client.build_request(method, url, **_given(options)), stream=stream)
        if not response.is_success:
            response.read()  # the error's text stands in the body
            response.raise_for_status()
        return response


class AsyncHTTPHandler:
    """The same for async code; its connections belong to the event loop that first used it."""

    def __init__(
        self,
        timeout: float | httpx.Timeout | None = None,
        concurrent_limit: int | None = None,
        client: httpx.AsyncClient | None = None,
        ssl_verify: Any = None,
    ) -> None:
        import httpx

        self.client = client or httpx.AsyncClient(**_settings(timeout, concurrent_limit, ssl_verify))

    async def get(self, url: str, **options: Any) -> httpx.Response:
        """Send a GET; as ``HTTPHandler.get``."""
        return await self.client.get(url, **_given(options))

    async def post(
        self, url: str, data: Any = None, json: Any = None, *, stream: bool = False, **options: Any
    ) -> httpx.Response:
        """Send a POST; as ``HTTPHandler.post``, with ``aiter_lines()`` or ``aiter_bytes()`` and ``aclose()``."""
        return await self._send("POST", url, stream=stream, data=data, json=json, **options)

    async def put(
        self, url: str, data: Any = None, json: Any = None, *, stream: bool = False, **options: Any
    ) -> httpx.Response:
        """Send a PUT; as ``post``."""
        return await self._send("PUT", url, stream=stream, data=data, json=json, **options)

    async def patch(
        self, url: str, data: Any = None, json: Any = None, *, stream: bool = False, **options: Any
    ) -> httpx.Response:
        """Send a PATCH; as ``post``."""
        return await self._send("PATCH", url, stream=stream, data=data, json=json, **options)

    async def delete(
        self, url: str, data: Any = None, json: Any = None, *, stream: bool = False, **options: Any
    ) -> httpx.Response:
        """Send a DELETE; as ``post``."""
        return await self._send("DELETE", url, stream=stream, data=data, json=json, **options)

    async def close(self) -> None:
        """Close all connections."""
        await self.client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _send(self, method: str, url: str, *, stream: bool, **options: Any) -> httpx.Response:
        response = await self.client.send(self.client.build_request(method, url, **_given(options)), stream=stream)
        if not response.is_success:
            await response.aread()
            response.raise_for_status()
        return response


def _settings(timeout: Any, limit: int | None, verify: Any) -> dict[str, Any]:
    import httpx

    settings: dict[str, Any] = {"timeout": timeout or httpx.Timeout(DEFAULT_TIMEOUT, connect=CONNECT_TIMEOUT)}
    if limit is not None:
        settings["limits"] = httpx.Limits(max_connections=limit, max_keepalive_connections=limit)
    return settings if verify is None else {**settings, "verify": verify}


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is None, which would switch a default of httpx off, and ``logging_obj``, which is LiteLLM's."""
    given = {name: value for name, value in options.items() if value is not None and name != "logging_obj"}
    if isinstance(given.get("data"), str | bytes):
        given["content"] = given.pop("data")
    return given
