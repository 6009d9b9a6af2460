"""From a config file to a Config, or to everything that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ._config import Config, Limits
from ._files import read_files
from ._groups import Groups, read_aliases, read_fallbacks
from ._keys import GENERAL, ROUTER, SETTINGS, TOP
from ._models import read_models
from ._objects import read_callbacks, read_handlers
from ._report import Report
from ._retries import read_router
from ._section import Found, Section
from ._tree import Fields
from ._unknown import refuse_unknown

__all__ = ["load"]

LIMITS = tuple(Limits.__dataclass_fields__)


def load(path: str | os.PathLike[str], environment: Mapping[str, str] | None = None) -> Config:
    """Return what a config file says, variables taken from ``environment`` (the process's own by default).

    Raises InvalidConfig, a ConfigurationError, that tells every problem as ``file:line:column: what; what to do``.
    """
    report = Report(os.environ if environment is None else environment)
    path = Path(path)
    tree = read_files(path, report)
    config = Config() if tree is None else _config(tree, report)
    report.finish()
    return replace(config, path=path, warnings=report.warnings)


def _config(tree: Fields, report: Report) -> Config:
    top = _read(TOP, tree, report)
    settings, general, router = (_section(section, top, report) for section in (SETTINGS, GENERAL, ROUTER))
    models = read_models(_value(top, "model_list"), report)
    groups = Groups(models.names)
    read_aliases(_value(router, "model_group_alias"), groups, report)
    retries = _one_of(settings, "num_retries", router, "num_retries", report)
    lists = [section["fallbacks"].value for section in (settings, router) if "fallbacks" in section]
    return Config(
        deployments=tuple(models.deployments),
        places=tuple(models.places),
        router=read_router(router, retries, report),
        aliases=groups.aliases,
        fallbacks=read_fallbacks(lists, groups, report),
        handlers=read_handlers(_value(settings, "custom_provider_map"), report),
        callbacks=read_callbacks(_value(settings, "callbacks"), report),
        num_retries=retries,
        request_timeout=_one_of(settings, "request_timeout", router, "timeout", report),
        drop_params=_value(settings, "drop_params", default=False),
        master_key=_value(general, "master_key"),
        allowed_client_options=frozenset(_value(general, "allowed_client_options", default=())),
        limits=Limits(**{name: general[name].value for name in LIMITS if name in general}),
        log_content=_value(general, "log_content", default=False),
        prices=models.prices,
        modes=models.modes,
    )


def _section(section: Section, top: Mapping[str, Found], report: Report) -> dict[str, Found]:
    fields = section.fields_of(top[section.name].value, report) if section.name in top else None
    return {} if fields is None else _read(section, fields, report)


def _read(section: Section, fields: Fields, report: Report) -> dict[str, Found]:
    known, others = section.split(fields)
    refuse_unknown(section, others, report)
    return section.read(known, report)


def _value(section: Mapping[str, Found], name: str, *, default: Any = None) -> Any:
    return section[name].value if name in section else default


def _one_of(settings: Mapping[str, Found], name: str, router: Mapping[str, Found], other: str, report: Report) -> Any:
    """Return what either of two sections says of one thing; reported where they disagree."""
    if name not in settings or other not in router:
        return _value(settings, name, default=_value(router, other))
    if settings[name].value != router[other].value:
        said = f"{other} is {name} of {SETTINGS.name} ({settings[name].where}), which says something else"
        report.problem(router[other].where, f"{said}: keep one of them")
    return settings[name].value
