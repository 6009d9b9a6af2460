"""Show where the time of one kind of Jackfield call goes, with the tree as it is.

    python3 benchmarks/profile_call.py acompletion [--in-flight 50] [--seconds 3]

prints cProfile's table of the calling thread, sorted by the time spent in each function itself. cProfile makes Python
functions look dearer than they are, so compare its shares, and take times from run.py.
"""

from __future__ import annotations

import argparse
import subprocess

import environments
from harness import ENVIRON, mock_server
from mock_server import ANSWER, CHUNKS, TOKEN_LENGTH
from workers import Probe

ANSWERS, STREAMS, HANDLERS = len(ANSWER), CHUNKS * TOKEN_LENGTH, len("Hi!")
CALLS = {  # function of probes/use_….py → the text it gives, and how many are in flight (0: sync)
    "completion": (ANSWERS, 0),
    "acompletion": (ANSWERS, 50),
    "stream": (STREAMS, 0),
    "astream": (STREAMS, 1),
    "custom": (HANDLERS, 0),
    "acustom": (HANDLERS, 1),
    "acustom_plain": (HANDLERS, 1),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Profile one kind of call.")
    parser.add_argument("call", choices=CALLS)
    parser.add_argument("--of", default="jackfield", help="whose call (default: jackfield)")
    parser.add_argument("--in-flight", type=int, help="calls in flight, for the async ones")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long (default: 3)")
    options = parser.parse_args()
    expected, in_flight = CALLS[options.call]
    probe = Probe(options.of, options.call, expected, options.in_flight or in_flight)
    python = str(environments.python_of(options.of))
    with mock_server(environments.python_of("server")) as url:
        command = [python, *probe.command(url), "--profile"]
        subprocess.run(command, input=f"{options.seconds}\n", text=True, env=ENVIRON, check=True)


if __name__ == "__main__":
    main()
