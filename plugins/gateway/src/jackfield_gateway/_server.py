"""``jackfield serve``: from a config file to answers, in this process or in several that it starts."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from jackfield import ConfigurationError

from ._binding import listen, url_of
from ._log import LineWriter, send_logging_to
from ._notices import Hangups, reread, say_in_force, say_warnings, warnings_of
from .config import Config, load

__all__ = ["serve"]

STDOUT = 1


def serve(path: Path, host: str, port: int, workers: int) -> int:
    """Serve a config file until SIGTERM or SIGINT; returns the exit code.

    Logs go to stdout, a line of JSON each; stderr has the banner, and what handlers print. Raises ConfigurationError
    where the gateway cannot start.
    """
    config = load(path)
    if workers > 1 and sys.platform == "win32":
        raise ConfigurationError("--workers: Windows cannot share a socket among processes; leave it out")
    with listen(host, port, config) as listener:
        sys.stdout = sys.stderr  # what handlers print is no line of the log
        writer = LineWriter(STDOUT)
        send_logging_to(writer)
        say_warnings(config)

        def announce() -> None:
            sys.stderr.write(_banner(config, url_of(listener), workers))
            sys.stderr.flush()

        if workers == 1:
            return _serve_here(config, listener, writer, announce)
        return _supervise(config, listener, workers, announce)


def _banner(config: Config, url: str, workers: int) -> str:
    models = len({deployment.model_name for deployment in config.deployments})
    told = [
        f"Jackfield gateway on {url}",
        f"  {models} {'model' if models == 1 else 'models'} from {config.path}, "
        f"{workers} {'worker' if workers == 1 else 'workers'}, "
        + ("key required" if config.master_key else "no key: this machine only"),
        *(f"  warning: {warning}" for warning in warnings_of(config)),
    ]
    return "\n".join(told) + "\n"


def _serve_here(config: Config, listener: socket.socket, writer: LineWriter, announce: Callable[[], None]) -> int:
    from ._http import run
    from ._worker import Worker

    async def main() -> None:
        worker = Worker(config, listener, writer, announce)
        address = listener.getsockname()[0]

        async def reload() -> None:
            new = await reread(config.path, address)
            if new is not None and not worker.is_stopping and await worker.change(new):
                say_in_force(new)

        if sys.platform != "win32":
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, Hangups(reload).tell)
        await worker.serve()

    run(main)
    return 0


def _supervise(config: Config, listener: socket.socket, workers: int, announce: Callable[[], None]) -> int:
    from ._supervisor import Supervisor

    return asyncio.run(Supervisor(config, listener, workers, announce).run())
