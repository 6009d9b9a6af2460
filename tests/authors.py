"""The pages for authors of plugins, and a client that has nothing but what they show."""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from typing import Any

from jackfield import Client, CompletionRequest, hookimpl
from jackfield._index import Index
from jackfield._registry import Registry
from jackfield.transports.memory import MemoryTransport, Reply
from workspace import ROOT

__all__ = ["AUTHORS", "BASE", "HELLO", "blocks", "call", "client", "hooks", "module", "rows", "text", "wire"]

AUTHORS = ROOT / "docs" / "authors"
BASE = "https://models.acme.example"
HELLO = [{"role": "user", "content": "Hi"}]
CORE = {"api_base", "api_key", "drop_params", "headers", "num_retries", "timeout"}
"""Arguments of a call that are the core's; the others are parameters."""


def text(page: str) -> str:
    """Return a page."""
    return (AUTHORS / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[str]:
    """Return the Python blocks of a page that run."""
    return re.findall(r"^```python\n(.*?)^```$", text(page), re.MULTILINE | re.DOTALL)


def rows(page: str, section: str, number: int = 0) -> list[list[str]]:
    """Return the cells of a table of a section, its head left out."""
    [under] = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", text(page), re.MULTILINE | re.DOTALL)
    table = re.findall(r"(?:^\|.*\n)+", under, re.MULTILINE)[number]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]


def module(source: str) -> types.ModuleType:
    """Return a block as the module that an author would have."""
    made = types.ModuleType("jackfield_acme")
    exec(compile(source, "a block", "exec", dont_inherit=True), vars(made))
    return made


def hooks(**functions: Any) -> types.SimpleNamespace:
    """Return a plugin that is made of these functions."""
    return types.SimpleNamespace(**{name: hookimpl(function) for name, function in functions.items()})


def wire(answer: bytes | Callable[[Any], Any] = b"{}", status: int = 200, **headers: str) -> MemoryTransport:
    """Return a transport whose every request is answered alike, or by a function."""
    return MemoryTransport(answer if callable(answer) else lambda _: Reply(status, headers, answer))


def client(transport: MemoryTransport | None = None) -> Client:
    """Return a client without providers."""
    return Client(registry=Registry(Index([])), transport=transport or wire())


def call(plugin: object, transport: MemoryTransport | None = None, *, stream: bool = False, **arguments: Any) -> Any:
    """Call a plugin as the provider "acme" and return its answer, that of a stream when it has been read."""
    caller = client(transport)
    caller.register_provider("acme", plugin)
    options: Any = {name: arguments.pop(name) for name in CORE & arguments.keys()}
    request = CompletionRequest("acme/m", HELLO, stream=stream, params=arguments)
    result = caller.run(request.replace(options={"api_base": BASE, "num_retries": 0, **options}))
    return [list(result), result.response][1] if stream else result
