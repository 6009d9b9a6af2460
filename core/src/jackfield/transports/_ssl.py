"""The TLS context that all transports share, made at the first https URL: it costs more than a whole plain call."""

from __future__ import annotations

import os
import ssl
from functools import cache

from ..errors import ConfigurationError

__all__ = ["context_for"]


def context_for(scheme: str) -> ssl.SSLContext:
    """Return the context for a scheme; the one for http trusts nobody and loads no certificates."""
    return _trusting() if scheme == "https" else _bare()


@cache
def _trusting() -> ssl.SSLContext:
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if not file and not folder:
        return ssl.create_default_context(cafile=_bundle())
    try:
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    except OSError as error:
        raise ConfigurationError(
            f"no certificates can be read from SSL_CERT_FILE={file!r}, SSL_CERT_DIR={folder!r}: {error.strerror}"
        ) from error


@cache
def _bare() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _bundle() -> str | None:
    """Return the authorities that httpx brings along; None, the system's own, where it brings none."""
    try:
        import certifi
    except ImportError:
        return None
    return certifi.where()
