"""Proxies from the environment: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, or the system's settings."""

from __future__ import annotations

from urllib.parse import urlsplit

from ._targets import Origin

__all__ = ["proxy_for", "shown"]


def proxy_for(origin: Origin) -> str | None:
    """Return the URL of the proxy for an origin, or None; transports keep the answer, the lookup is slow."""
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    proxy = proxies.get(origin.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(str(origin)) or proxy_bypass(origin.host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def shown(proxy: str) -> str:
    """A proxy's host and port, without its credentials."""
    return urlsplit(proxy).netloc.rpartition("@")[2]
