"""Ending a socket that somebody else reads, and leaving alone what a fork's parent uses."""

from __future__ import annotations

import socket
from typing import Any

__all__ = ["LEFT_BEHIND", "shut"]

LEFT_BEHIND: list[object] = []
"""What a forked child inherits of its parent's async connections: to finalize it there would disturb the parent."""


def shut(sock: Any) -> None:
    """End both directions of a socket, from any thread: a blocked read returns, and the peer sees it at once.

    ``sock`` may be None, a socket, or what an event loop shows in its place. To close it would be wrong: its number
    could be given to another socket while somebody still reads it.
    """
    if sock is None or (number := sock.fileno()) < 0:
        return
    try:
        # A copy, since an SSLSocket's own shutdown changes the state that a reader uses, and uvloop's raises.
        with socket.fromfd(number, socket.AF_INET, socket.SOCK_STREAM) as copy:
            copy.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it is closed already, which is all that was wanted
