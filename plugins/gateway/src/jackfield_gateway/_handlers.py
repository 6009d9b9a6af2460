"""All objects that a config names, loaded and sorted by what they are; and whether its models have providers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from jackfield import Client, ConfigurationError, JackfieldError, get_llm_provider, list_providers
from jackfield_custom_format import provider_of

from ._custom_logger import HOOKS, extends, hooks_of
from ._modules import changed_files, load_object
from .config import Callback, Config, Finding, Handler, InvalidConfig

__all__ = ["Objects", "changed_files", "check_imports", "load_object", "load_objects", "unreachable"]


@dataclass(frozen=True)
class Objects:
    """Handlers by their provider's name; objects with LiteLLM's hooks; Jackfield extensions. One may be both."""

    handlers: Mapping[str, Any] = field(default_factory=dict)
    callbacks: tuple[Any, ...] = ()
    extensions: tuple[Any, ...] = ()


def load_objects(config: Config) -> Objects:
    """Load what a config names. Raises InvalidConfig with every problem and the place in the config that named it."""
    findings: list[Finding] = []
    handlers = {each.provider: _loaded(each, findings) for each in config.handlers}
    named = [found for each in config.callbacks if (found := _loaded(each, findings)) is not None]
    if findings:
        raise InvalidConfig(findings)
    return Objects(
        handlers, tuple(each for each in named if hooks_of(each)), tuple(each for each in named if extends(each))
    )


def check_imports(config: Config) -> list[str]:
    """Return every problem that keeps an object from loading, or a model from having a provider; none is called."""
    findings: list[Finding] = []
    try:
        load_objects(config)
    except InvalidConfig as error:
        findings += error.findings
    findings += (lost := unreachable(config))
    handled, told = {each.provider for each in config.handlers}, {finding.where for finding in lost}
    for deployment, place in zip(config.deployments, config.places, strict=True):
        provider = deployment.options.get("provider")
        if place in told or (provider or deployment.model.partition("/")[0]) in handled:
            continue
        try:
            get_llm_provider(deployment.model, provider, deployment.options.get("api_base"))
        except JackfieldError as error:
            findings.append(Finding(place, f"the model {deployment.model_name!r} cannot be called: {error}"))
    return [str(finding) for finding in sorted(findings)]


def unreachable(config: Config) -> list[Finding]:
    """Return a finding for each model whose provider nobody has, as the names alone tell; imports no provider.

    With an ``api_base`` any name may be a server's own, and nothing is found.
    """
    handled = {each.provider for each in config.handlers}
    known = sorted({*list_providers(), *handled})
    findings = []
    for deployment, place in zip(config.deployments, config.places, strict=True):
        provider = deployment.options.get("provider") or deployment.model.rpartition("/")[0].partition("/")[0]
        if provider in known or "api_base" in deployment.options or "mock_response" in deployment.options:
            continue
        why = f"there is no provider {provider!r}" if provider else "its model names no provider: write provider/model"
        near = get_close_matches(provider, known, n=1)
        advice = f"did you mean {near[0]!r}?" if near else "install its plugin, or name it in custom_provider_map"
        findings.append(Finding(place, f"the model {deployment.model_name!r} cannot be called: {why}; {advice}"))
    return findings


def _loaded(named: Handler | Callback, findings: list[Finding]) -> Any:
    """Return the object of an entry; None, with a finding, where it is not what the entry says."""
    try:
        found = load_object(named.reference, named.where.path.parent)
        if isinstance(named, Handler):
            provider_of(named.provider, found)
        else:
            _check_callback(named.reference, found)
    except JackfieldError as error:
        findings.append(Finding(named.where, str(error)))
        return None
    return found


def _check_callback(reference: str, found: Any) -> None:
    if extends(found):
        Client().register_extension(found)
    if not hooks_of(found) and not extends(found):
        raise ConfigurationError(
            f"{reference} has no hook of its own: it needs one of {', '.join(HOOKS)}, or around or observe marked "
            "with jackfield.hookimpl"
        )
