"""What a failed exchange is called: host and port, what happened, and what to check. Never headers, never a body."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from typing import TYPE_CHECKING

from ..errors import APIConnectionError, APITimeoutError, InvalidResponseError

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def unreachable(where: str, error: BaseException) -> APIConnectionError:
    """No connection came about; the operating system's reason is found in the chain of causes."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return APIConnectionError(
                f"the certificate of {where} is not trusted ({cause.verify_message}); "
                "if it is your own authority's, name that authority's file in SSL_CERT_FILE"
            )
        if isinstance(cause, ssl.SSLError):
            return APIConnectionError(
                f"no TLS connection to {where} ({cause.reason or 'the handshake failed'}); "
                "does the server speak https, or should api_base begin with http://?"
            )
        if isinstance(cause, socket.gaierror):
            return APIConnectionError(
                f"no host behind {where} ({cause.strerror}); check api_base and the network's name service"
            )
        if isinstance(cause, OSError) and cause.errno is not None:
            return APIConnectionError(_refusal(where, cause.errno))
    return APIConnectionError(f"no connection to {where}; check api_base, the server and the network")


def _refusal(where: str, number: int) -> str:
    if number == errno.ECONNREFUSED:
        return f"{where} refused the connection; is the server running, and is the port of api_base right?"
    return f"no connection to {where} ({_plain(number)}); check api_base, the server and the network"


def _plain(number: int) -> str:
    return os.strerror(number).lower()


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):  # one for each address tried: the first speaks for all
            error = error.exceptions[0]
        else:
            error = error.__cause__ or error.__context__


def broke_off(where: str) -> APIConnectionError:
    """The connection was there and ended before the answer did."""
    return APIConnectionError(
        f"{where} closed the connection before its answer was complete; "
        "the server, or a proxy before it, failed or was restarted"
    )


def not_http(where: str) -> APIConnectionError:
    """Bytes came that are no HTTP/1.1."""
    return APIConnectionError(f"{where} answered with something that is no HTTP; check the scheme and port of api_base")


def refused_by_proxy(where: str) -> APIConnectionError:
    """The proxy would not open a tunnel."""
    return APIConnectionError(f"no tunnel to {where}; check HTTPS_PROXY, NO_PROXY and the proxy's credentials")


def undecodable(where: str) -> InvalidResponseError:
    """The body is not what its Content-Encoding says."""
    return InvalidResponseError(f"{where} sent a body that does not decompress as its Content-Encoding says")


def not_in_time(where: str, seconds: float) -> APITimeoutError:
    """The deadline passed."""
    return APITimeoutError(
        f"{where} gave no whole answer within {_seconds(seconds)}; raise `timeout` if the model needs longer"
    )


def no_connection(where: str, seconds: float) -> APITimeoutError:
    """The connect limit passed."""
    return APITimeoutError(
        f"no connection to {where} within {_seconds(seconds)}; check api_base, the network and its firewall"
    )


def silent(where: str, seconds: float) -> APITimeoutError:
    """The read limit passed."""
    return APITimeoutError(f"{where} sent nothing for {_seconds(seconds)}; raise `timeout` if the model needs longer")


def _seconds(seconds: float) -> str:
    return f"{round(seconds, 2):g} s"
