"""Every Python block of the documentation runs, and every link leads somewhere."""

import os
import re
import subprocess
import sys

import pytest
from loopback import LoopbackServer
from workspace import ROOT

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("core/*.md"), *ROOT.glob("plugins/*/*.md")]
BLOCK = re.compile(r"^```python([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN_ONLY = "notest"
"""On a block's first line: it names a package or a server that only exists at the reader's."""


ADDRESSES = {"http://localhost:8000/v1": "/v1", "http://localhost:8000/generate": "/legacy"}
"""The addresses that examples use → the routes of the loopback server that stands in for them."""


def blocks():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in BLOCK.finditer(text):
            line = text.count("\n", 0, block.start()) + 1
            if block[1].strip() != SHOWN_ONLY:
                yield pytest.param(block[2], id=f"{page.relative_to(ROOT)}:{line}")


@pytest.fixture(scope="module")
def server():
    with LoopbackServer() as server:
        yield server


@pytest.mark.parametrize("source", list(blocks()))
def test_the_block_runs(source, server, tmp_path):
    for address, route in ADDRESSES.items():
        source = source.replace(address, server.url.removesuffix("/v1") + route)
    environment = {**os.environ, "OPENAI_API_KEY": "a-key", "OPENAI_BASE_URL": server.url, "PYTHONWARNINGS": "error"}
    result = subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, ""), result.stderr


def test_every_relative_link_leads_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"
