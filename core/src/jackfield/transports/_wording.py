"""What a failed exchange is called: where it went, what happened, and what to check. Never headers, never a body."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from typing import TYPE_CHECKING

from ..errors import APIConnectionError, APITimeoutError, InvalidResponseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._exchange import Exchange

__all__ = [
    "broke_off",
    "no_connection",
    "not_http",
    "not_in_time",
    "refused_by_proxy",
    "silent",
    "undecodable",
    "unreachable",
]


def unreachable(exchange: Exchange, error: Exception) -> APIConnectionError:
    """No connection came about; the reason stands somewhere in the chain of causes."""
    where = exchange.where
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return APIConnectionError(
                    f"the certificate of {where} is not trusted ({cause.verify_message}); "
                    "if it is your own authority's, name that authority's file in SSL_CERT_FILE"
                )
            case ssl.SSLError():
                reason = getattr(cause, "reason", None) or "the handshake failed"  # only OpenSSL's own have it
                return APIConnectionError(
                    f"no TLS connection to {where} ({reason}); "
                    "does the server speak https, or should api_base begin with http://?"
                )
            case socket.gaierror():
                return APIConnectionError(f"no host behind {where} ({cause.strerror}); check api_base and the network")
            case OSError(errno=errno.ECONNREFUSED):
                return APIConnectionError(
                    f"{where} refused the connection; is the server running, and is the port of api_base right?"
                )
            case OSError(errno=int(number)):
                reason = os.strerror(number).lower()
                return APIConnectionError(f"no connection to {where} ({reason}); check api_base and the network")
    return APIConnectionError(f"no connection to {where}; check api_base, the server and the network")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield what the standard library raised; clients' own errors inherit these classes, and lack what they hold."""
    while error is not None:
        if type(error).__module__ in {"builtins", "socket", "ssl"}:
            yield error
        group = error if isinstance(error, BaseExceptionGroup) else None  # one for each address tried
        error = group.exceptions[0] if group is not None else error.__cause__ or error.__context__


def refused_by_proxy(exchange: Exchange, error: Exception) -> APIConnectionError:
    """The proxy would not open a tunnel."""
    return APIConnectionError(f"no tunnel to {exchange.where}; check HTTPS_PROXY, its credentials, and NO_PROXY")


def broke_off(exchange: Exchange, error: Exception) -> APIConnectionError:
    """The connection ended before the answer did."""
    return APIConnectionError(
        f"{exchange.where} closed the connection before its answer was complete; "
        "the server, or a proxy before it, failed or was restarted"
    )


def not_http(exchange: Exchange, error: Exception) -> APIConnectionError:
    """Bytes came that are no HTTP/1.1."""
    return APIConnectionError(
        f"{exchange.where} answered with something that is no HTTP; check the scheme and port of api_base"
    )


def undecodable(exchange: Exchange, error: Exception) -> InvalidResponseError:
    """The body is not what its Content-Encoding says."""
    return InvalidResponseError(f"{exchange.where} sent a body that does not decompress as its Content-Encoding says")


def not_in_time(exchange: Exchange, error: Exception) -> APITimeoutError:
    """The deadline passed."""
    seconds = _rounded(exchange.deadline - exchange.started)
    return APITimeoutError(
        f"{exchange.where} gave no whole answer within {seconds} s; raise `timeout` if the model needs longer"
    )


def no_connection(exchange: Exchange, error: Exception) -> APITimeoutError:
    """The connect limit passed."""
    seconds = _rounded(exchange.outgoing.connect)
    return APITimeoutError(f"no connection to {exchange.where} within {seconds} s; check api_base and the network")


def silent(exchange: Exchange, error: Exception) -> APITimeoutError:
    """The read limit passed."""
    seconds = _rounded(exchange.outgoing.read)
    return APITimeoutError(f"{exchange.where} sent nothing for {seconds} s; raise `timeout` if the model needs longer")


def _rounded(seconds: float) -> str:
    return f"{max(round(seconds, 2), 0):g}"
