"""What the core's tests share: distributions made on the spot, and one call in all three colours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import trio
from jackfield import AsyncClient, Client, Stream
from jackfield.types import Request

Run: TypeAlias = Callable[[Any, Request], Any]
MakeDistribution: TypeAlias = Callable[..., Path]


@pytest.fixture(params=["sync", "asyncio", "trio"])
def run(request) -> Run:
    """A call through a registry in each colour: the response, or all chunks of a stream."""
    return {"sync": _run, "asyncio": _run_on_asyncio, "trio": _run_on_trio}[request.param]


def _run(registry: Any, request: Request) -> Any:
    result = Client(registry=registry).run(request)
    return list(result) if isinstance(result, Stream) else result


def _run_on_asyncio(registry: Any, request: Request) -> Any:
    return asyncio.run(_arun(registry, request))


def _run_on_trio(registry: Any, request: Request) -> Any:
    return trio.run(_arun, registry, request)


async def _arun(registry: Any, request: Request) -> Any:
    result = await AsyncClient(registry=registry).run(request)
    return [chunk async for chunk in result] if getattr(request, "stream", False) else result


@pytest.fixture(name="make_distribution")
def _make_distribution() -> MakeDistribution:
    """What installs a distribution into a folder: see the function of the same name."""
    return make_distribution


def make_distribution(
    path: Path,
    name: str,
    version: str = "1.0",
    entry_points: Mapping[str, Mapping[str, str]] | None = None,
    modules: Mapping[str, str] | None = None,
) -> Path:
    """Install a distribution into a folder, as pip would have, and return the folder.

    `entry_points` maps groups to names to values, `modules` maps file names ("fake_good.py", "pack/__init__.py") to
    source. It is found once the folder stands on `sys.path` (`monkeypatch.syspath_prepend`) or in PYTHONPATH.
    """
    metadata = {"METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"}
    if entry_points:
        metadata["entry_points.txt"] = "\n".join(map(_section, entry_points.items()))
    folder = f"{name.replace('-', '_')}-{version}.dist-info"
    for file, text in {**{f"{folder}/{file}": text for file, text in metadata.items()}, **(modules or {})}.items():
        (path / file).parent.mkdir(parents=True, exist_ok=True)
        (path / file).write_text(text, encoding="utf-8")
    return path


def _section(group: tuple[str, Mapping[str, str]]) -> str:
    return "\n".join([f"[{group[0]}]", *(f"{name} = {value}" for name, value in group[1].items()), ""])
