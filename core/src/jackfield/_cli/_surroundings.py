"""What surrounds jackfield: versions, transports, environment variables."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

import importlib_metadata

from .._index import ALLOW, DENY, GROUPS, Index, canonical

if TYPE_CHECKING:
    from .._settings import ProviderInfo

__all__ = ["switches", "transports", "variables", "versions"]

Row = tuple[str, str]

REQUIRED = ("jackfield", "pluggy", "httpx", "pydantic", "importlib-metadata", "click", "rich")
OPTIONAL = ("aiohttp", "trio", "uvloop")

DEFAULT_PROVIDER = "JACKFIELD_DEFAULT_PROVIDER"
TRANSPORT = "JACKFIELD_TRANSPORT"
TRANSPORTS = ("aiohttp", "httpx")
SWITCHES = (ALLOW, DENY, DEFAULT_PROVIDER, TRANSPORT)
NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


def versions() -> list[Row]:
    """Say which Python this is, and which versions of what jackfield stands on."""
    python = f"{platform.python_version()} ({platform.python_implementation()} on {platform.system()})"
    found = [(name, _version(name)) for name in (*REQUIRED, *OPTIONAL)]
    return [
        ("python", python),
        *((name, version or "missing") for name, version in found if version or name in REQUIRED),
    ]


def _version(name: str) -> str | None:
    try:
        return importlib_metadata.version(name)
    except importlib_metadata.PackageNotFoundError:
        return None


def transports(advice: list[str]) -> list[Row]:
    """Say what carries calls of each colour."""
    wanted, has_aiohttp = os.environ.get(TRANSPORT), find_spec("aiohttp") is not None
    if wanted is not None and wanted not in TRANSPORTS:
        advice.append(f"{TRANSPORT} is {wanted!r}: there are {' and '.join(map(repr, TRANSPORTS))}")
    elif not has_aiohttp:
        advice.append("calls on asyncio would be faster with aiohttp: pip install 'jackfield[aiohttp]'")
    on_asyncio = wanted or (TRANSPORTS[0] if has_aiohttp else TRANSPORTS[1])
    return [("sync", TRANSPORTS[1]), ("asyncio", on_asyncio), ("trio", wanted or TRANSPORTS[1])]


def switches(index: Index, advice: list[str]) -> list[Row]:
    """Show jackfield's own variables and what they hold; add to ``advice`` where one cannot be meant."""
    found = [each for group in GROUPS for claims in index.group(group).values() for each in claims]
    found += [each for name in index.provider_names() for each in index.newer(name)]
    plugins = {*map(canonical, [name for each in found for name in (each.name, each.distribution)]), "*"}
    for variable in (ALLOW, DENY):
        advice += _unknown(variable, [name for name in _listed(variable) if canonical(name) not in plugins])
    advice += _unknown(DEFAULT_PROVIDER, [name for name in _listed(DEFAULT_PROVIDER) if not index.provider(name)])
    strangers = sorted(name for name in os.environ if name.startswith("JACKFIELD_") and name not in SWITCHES)
    advice += [f"{name} is set, and jackfield reads no variable of that name" for name in strangers]
    return [(name, os.environ[name]) for name in SWITCHES if name in os.environ]


def _listed(variable: str) -> list[str]:
    return [name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()]


def _unknown(variable: str, names: list[str]) -> list[str]:
    return [f"{variable} names {name!r}, which is not installed" for name in names]


def variables(infos: Mapping[str, ProviderInfo]) -> list[Row]:
    """Say which variables of the providers and of the network are set; never what they hold."""
    rows = [(name, _set_or_not([*info.api_key_env, *info.api_base_env])) for name, info in infos.items()]
    network = ", ".join(name for name in NETWORK if os.environ.get(name) or os.environ.get(name.lower()))
    return [*(row for row in rows if row[1]), *([("network", f"{network} set")] if network else [])]


def _set_or_not(names: list[str]) -> str:
    return ", ".join(f"{name} {'set' if os.environ.get(name) else 'not set'}" for name in names)
