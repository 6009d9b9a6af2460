"""All that is changed in an example before it runs: three replacements, what its document lost, and the addresses.

For a gateway that is the name of its start command and, in curl's commands, the port and the path of a picture.
"""

from __future__ import annotations

import builtins
import re
import symtable
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

__all__ = [
    "ADDRESSES",
    "REPLACEMENTS",
    "RESTORATIONS",
    "SUPPLIES",
    "called",
    "moved",
    "redirected",
    "restored",
    "started",
    "undefined",
]

REPLACEMENTS = (
    (r"\blitellm\.llms\.(base|custom_llm|custom_httpx\.http_handler)\b", "jackfield_custom_format"),
    (r"\blitellm\.types\.utils\b", "jackfield.types"),
    (r"\blitellm\b", "jackfield"),
)
"""The three search-and-replaces that move a program over, the longest first, as whole words."""


class Restoration(NamedTuple):
    """What a document lost in its making, or forgot: a pattern in its text, and what stood there."""

    document: str
    lost: str
    pattern: str
    found: str


RESTORATIONS = (
    Restoration("000", "the space after class", r"^class(?=[A-Z])", "class "),
    Restoration("000", "the spaces around def in a class", r"^def(?=\w+\()", "    def "),
    Restoration("000", "the spaces around async def in a class", r"^asyncdef(?=\w+\()", "    async def "),
    Restoration("000", "the space between return and await", r"^returnawait ", "return await "),
    Restoration("000", "a body's indentation", r"^(?=(return|yield|raise) |super\(\)|assert kwargs)", " " * 8),
    Restoration("000", "the spaces around a model of a config", r"^-model_name:", "  - model_name: "),
    Restoration("000", "the indentation of a model's parameters", r"^litellm_params:", "    litellm_params:"),
    Restoration("000", "the spaces around a parameter", r"^model:", "      model: "),
    Restoration("000", "the indentation of a setting", r"^custom_provider_map:", "  custom_provider_map:"),
    Restoration("000", "the spaces around a handler's entry", r'^-\{"provider":', '  - {"provider": '),
    Restoration(
        "002",
        "the line that makes the instance",
        r"^(?=litellm\.custom_provider_map)",
        "my_custom_llm = MyCustomLLM()\n\n",
    ),
    Restoration("004", "the border between two cells of a table", r"(?<=-hf)(?=response = )", "\n"),
)

SUPPLIES = {
    "Any": "from typing import Any",
    "AsyncHTTPHandler": "from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler",
    "HTTPHandler": "from litellm.llms.custom_httpx.http_handler import HTTPHandler",
    "Optional": "from typing import Optional",
    "Union": "from typing import Union",
    "completion": "from litellm import completion",
    "httpx": "import httpx",
    "messages": 'messages = [{"role": "user", "content": "Hello"}]',
    "requests": "import httpx as requests",
    "time": "import time",
}
"""Names that documents use and never define → what defines them. Each example says which of them it lacks."""

ADDRESSES = {
    "https://openai-proxy.berriai.repl.co": "{url}",
    "https://your-custom-inference-endpoint": "{legacy_url}",
    "https://api.autoai.dev/inference": "{legacy_url}",
    "your-api_base": '"{legacy_url}"',
}
"""Addresses in the documents → those of the loopback server."""


def restored(document: str, text: str) -> str:
    """Return a document's text, or a piece of it, with what it lost."""
    for restoration in RESTORATIONS:
        if restoration.document == document:
            text = re.sub(restoration.pattern, restoration.found, text, flags=re.MULTILINE)
    return text


def moved(source: str) -> str:
    """Return a program for LiteLLM as one for Jackfield."""
    for pattern, replacement in REPLACEMENTS:
        source = re.sub(pattern, replacement, source)
    return source


def redirected(source: str, *, url: str, legacy_url: str) -> str:
    """Return a program that calls these addresses instead of its document's."""
    for address, ours in ADDRESSES.items():
        source = source.replace(address, ours.format(url=url, legacy_url=legacy_url))
    return source


def started(command: str) -> str:
    """Return the command that starts LiteLLM's proxy as the one that starts the gateway."""
    return re.sub(r"\Alitellm (?=--config )", "jackfield serve ", command)


def called(command: str, *, url: str, image: Path | str) -> str:
    """Return a curl command that calls the gateway at ``url``; the host stays 0.0.0.0, which is this machine, too."""
    return command.replace("0.0.0.0:4000", f"0.0.0.0:{urlsplit(url).port}").replace("/path/to/image.png", str(image))


def undefined(source: str) -> set[str]:
    """Return the names that a program uses and never defines."""
    module = symtable.symtable(source, "example", "exec")
    names = {symbol.get_name() for table in _tables(module) for symbol in table.get_symbols() if symbol.is_global()}
    defined = {symbol.get_name() for symbol in module.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    return names - defined - set(dir(builtins))


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)
