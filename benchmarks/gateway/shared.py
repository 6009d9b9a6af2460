"""What the folder above has already: environments, turns, the mock's bytes, how bounds and numbers are written."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))

import environments  # noqa: E402 - scripts of the folder above are found from here on
from environments import ENVIRONMENTS, Unavailable, last_words  # noqa: E402
from harness import ENVIRON, take_turns  # noqa: E402
from mock_server import completion, end_of_request  # noqa: E402
from report import Must, amount  # noqa: E402

__all__ = [
    "ENVIRON",
    "ENVIRONMENTS",
    "HERE",
    "Must",
    "Unavailable",
    "amount",
    "completion",
    "end_of_request",
    "environments",
    "last_words",
    "take_turns",
]
