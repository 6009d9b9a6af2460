"""A server's address and credential, and how a request goes there: URL, headers, body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from jackfield import BadRequestError, ProviderInfo, Request, Settings, hookimpl
from jackfield.flow import Http, http

__all__ = ["Endpoint"]


class Endpoint:
    """Where a provider sends its requests, and with what.

    ``api_base`` is the address up to and without ``/chat/completions``. ``api_key_env`` and ``api_base_env`` name one
    environment variable or several, of which the first that is set wins. With ``api_key_env`` a key is required at the
    provider's own address, unless ``requires_key`` is False; at any other address it is sent where there is one.
    """

    def __init__(
        self,
        name: str,
        *,
        api_base: str | None = None,
        api_key_env: str | Iterable[str] = (),
        api_base_env: str | Iterable[str] = (),
        docs_url: str | None = None,
        requires_key: bool = True,
    ) -> None:
        self.info = ProviderInfo(
            display_name=name,
            api_key_env=_names(api_key_env),
            api_base_env=_names(api_base_env),
            api_base=api_base.rstrip("/") if api_base else None,
            docs_url=docs_url,
        )
        self._guarded_base = self.info.api_base if requires_key and self.info.api_key_env else None

    @hookimpl
    def provider_info(self) -> ProviderInfo:
        """Return what was given at construction."""
        return self.info

    def url(self, route: str, settings: Settings, query: Mapping[str, Any] | None = None) -> str:
        """Return the address of a route such as ``/embeddings``; raises ConfigurationError where no base is known.

        BadRequestError where the base holds a query.
        """
        if settings.api_version:  # as Azure's deployments want it
            query = {**(query or {}), "api-version": settings.api_version}
        base = settings.require_api_base()
        if "?" in base:
            raise BadRequestError("api_base must not hold a query: the route is put to its end", param="api_base")
        url = f"{base}{route}"
        return f"{url}?{urlencode(query, doseq=True)}" if query else url

    def headers(self, request: Request, settings: Settings) -> dict[str, str]:
        """Return the headers: credential, organization, and the caller's, which win.

        Raises ConfigurationError naming the variable where a key is required and missing.
        """
        given = {name.lower(): value for name, value in settings.headers.items()}
        if "authorization" not in given and "api-key" not in given:
            if self._guarded_base is not None and settings.api_base == self._guarded_base:
                settings.require_api_key()
            if settings.api_key:
                given |= _credential(settings.api_key, azure=bool(settings.api_version))
        if organization := request.params.get("organization"):
            given.setdefault("openai-organization", organization)
        return given

    def body(self, request: Request, settings: Settings, **fields: Any) -> dict[str, Any]:
        """Return the body: model, the operation's own fields, the parameters in the caller's order, ``extra_body``.

        None means "not given" in fields and parameters; ``extra_body`` goes out as it is, None included.
        """
        body = {"model": request.model}
        body.update((name, value) for name, value in fields.items() if value is not None)
        body.update(self.parameters(request, settings))
        return body

    def parameters(self, request: Request, settings: Settings) -> dict[str, Any]:
        """Return what the caller gave beyond the operation's own fields, nothing dropped, nothing invented."""
        parameters = {
            name: value for name, value in request.params.items() if value is not None and name != "organization"
        }
        parameters.update(settings.extra_body)
        return parameters

    def post(self, route: str, request: Request, settings: Settings, **fields: Any) -> Http:
        """Return the effect that sends a request to a route as JSON."""
        return http(
            "POST",
            self.url(route, settings),
            headers=self.headers(request, settings),
            json=self.body(request, settings, **fields),
        )


def _names(names: str | Iterable[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _credential(key: str, *, azure: bool) -> dict[str, str]:
    return {"api-key": key} if azure else {"authorization": f"Bearer {key}"}
