"""Where the gateway listens, and whether it may listen there."""

from __future__ import annotations

import errno
import os
import socket
from ipaddress import ip_address
from typing import Any

from jackfield import ConfigurationError

from .config import Config

__all__ = ["BACKLOG", "check_exposure", "listen", "url_of"]

BACKLOG = 2048

SHORTEST_KEY = 8
WELL_KNOWN_KEYS = frozenset(
    {
        *("sk-1234", "sk-12345", "sk-123456", "sk-1234567", "sk-12345678", "sk-123456789", "sk-1234567890"),
        *("12345678", "123456789", "1234567890", "changeme", "change-me", "change_me", "password", "passw0rd"),
        *("master-key", "master_key", "masterkey", "my-master-key", "my-secret-key", "your-api-key", "your-key"),
        *("sk-changeme", "sk-change-me", "sk-master-key", "sk-password", "sk-secret", "sk-test", "sk-test-key"),
        *("sk-xxxx", "test-key", "testtest", "test1234", "secret-key", "supersecret", "anything"),
    }
)
"""Keys that stand in documents and are guessed first; what is shorter than SHORTEST_KEY is refused anyway."""

REASONS = {
    errno.EADDRINUSE: "another program does already; stop it, or take another port with --port",
    errno.EACCES: "this user may not; take a port above 1023 with --port",
}


def listen(host: str, port: int, config: Config) -> socket.socket:
    """Listen on an address, port 0 for any free one.

    Raises ConfigurationError where the address cannot be had, and where this config may not be served there.
    """
    family, address = _resolve(host, port)
    check_exposure(address[0], config)
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it would let two programs have one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = REASONS.get(error.errno or 0, error.strerror)
        raise ConfigurationError(f"the gateway cannot listen on {host} port {port}: {reason}") from error
    return listener


def _resolve(host: str, port: int) -> tuple[int, Any]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ConfigurationError(f"--host {host}: there is no such name or address ({error.strerror})") from error
    family, _, _, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    return family, address


def url_of(listener: socket.socket) -> str:
    """Return the address as a client on this machine writes it."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def address_of(host: str, port: int) -> str:
    """Return the address that a host's name stands for; raises ConfigurationError where there is none."""
    return str(_resolve(host, port)[1][0])


def check_exposure(address: str, config: Config) -> None:
    """Raise ConfigurationError where others than this machine would reach a gateway without a key worth the name."""
    if ip_address(address.partition("%")[0]).is_loopback:
        return
    if config.master_key is None:
        why = "has no key"
    elif config.master_key.lower() in WELL_KNOWN_KEYS or len(config.master_key) < SHORTEST_KEY:
        why = "has a key that anybody would guess"
    else:
        return
    raise ConfigurationError(
        f"{address} is reached from other machines, and this gateway {why}: set general_settings.master_key in "
        f"{config.path} to a long random text, such as this gives: "
        "python -c \"import secrets; print('sk-' + secrets.token_urlsafe(32))\". "
        "Or leave out --host to serve this machine alone."
    )
