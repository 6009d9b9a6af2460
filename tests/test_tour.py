"""`python3 dev.py run` shows every provider at work."""

from __future__ import annotations

import subprocess
import sys

from workspace import PLUGINS, ROOT


def test_every_call_of_the_tour_does_what_it_should() -> None:
    tour = subprocess.run([sys.executable, ROOT / "tests" / "tour.py"], capture_output=True, text=True, check=False)
    *rows, count = [line for line in tour.stdout.splitlines()[2:] if line]
    assert [row for row in rows if "FAILED" in row] == []
    assert count.startswith(f"{len(rows)} of {len(rows)} calls did what they should")
    assert (tour.returncode, tour.stderr) == (0, "")


def test_the_tour_visits_every_provider() -> None:
    source = (ROOT / "tests" / "tour.py").read_text(encoding="utf-8")
    own = [plugin for plugin in PLUGINS if plugin.folder.parent.name == "plugins"]  # the template is its author's
    providers = [plugin.name for plugin in own if plugin.entry_points("jackfield.providers")]
    assert [name for name in providers if f'"{name.removeprefix("jackfield-")}"' not in source] == []
