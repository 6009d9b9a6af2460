"""The command ``jackfield``; it needs the extra ``jackfield[cli]``.

Exit codes: 0 done, 1 failed (one line on stderr says why), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import NoReturn

__all__ = ["main"]

INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command that ``sys.argv`` asks for and exit."""
    try:
        code = _run()
        sys.stdout.flush()  # here, where it can still be answered for, and not in the interpreter's last moments
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = _reader_left()
    sys.exit(code)


def _run() -> int:
    if missing := [name for name in ("click", "rich") if find_spec(name) is None]:
        sys.stderr.write(f"The command needs {' and '.join(missing)}: pip install 'jackfield[cli]'\n")
        return 1
    import click

    from ._group import cli

    try:
        code = cli.main(prog_name="jackfield", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def _reader_left() -> int:
    # Whoever read the output has enough (`| head`): what is left in the buffer goes nowhere, and nobody complains.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
