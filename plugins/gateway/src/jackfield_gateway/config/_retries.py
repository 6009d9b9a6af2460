"""``router_settings``: how a deployment is chosen, and how often an error is met with another attempt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jackfield import errors
from jackfield_router import RouterSettings

from ._kinds import WRONG, Whole, described
from ._report import Report, guess
from ._section import Found
from ._tree import Field, Fields, Node

__all__ = ["ERRORS", "read_router"]

LITELLM_ENDING = "Retries"
LITELLM_NAMES = {"TimeoutError": "APITimeoutError", "APIError": "APIStatusError"}
"""LiteLLM's names of errors that are called otherwise here."""

ERRORS = frozenset(
    name
    for name in errors.__all__
    if issubclass(getattr(errors, name), errors.APIStatusError | errors.APIConnectionError)
)
"""Errors that a provider's answer can be."""


def read_router(router: Mapping[str, Found], retries: int | None, report: Report) -> RouterSettings:
    """Return the settings of the router; ``retries`` is what either section says of them."""
    settings: dict[str, Any] = {}
    for key, name in (("routing_strategy", "strategy"), ("cooldown_time",) * 2, ("allowed_fails",) * 2):
        if key in router:
            settings[name] = router[key].value
    if retries is not None:
        settings["num_retries"] = retries
    if "retry_policy" in router:
        settings["retry_policy"] = _policy(router["retry_policy"].value, report)
    return RouterSettings(**settings)


def _policy(node: Node, report: Report) -> dict[str, int]:
    if not isinstance(node, Fields):
        report.problem(node.where, f"retry_policy must be a mapping of errors to whole numbers, not {described(node)}")
        return {}
    policy: dict[str, int] = {}
    for written, field in node.entries.items():
        name = _error(written, field, report)
        retries = Whole().read(f"retry_policy.{written}", field.node, report)
        if name in policy:
            report.problem(field.where, f"{written} says again how often {name} is retried: keep one of them")
        elif name is not None and retries is not WRONG and _may_pass(name, retries, field, report):
            policy[name] = retries
    return policy


def _error(written: str, field: Field, report: Report) -> str | None:
    """Return the error class that a name means, ours or LiteLLM's; None, reported, for no error."""
    name = written.removesuffix(LITELLM_ENDING)
    name = LITELLM_NAMES.get(name, name)
    if name in ERRORS:
        return name
    report.problem(field.where, f"retry_policy: there is no error {written!r}; {guess(name, ERRORS)}")
    return None


def _may_pass(name: str, retries: int, field: Field, report: Report) -> bool:
    """Tell whether an error may pass when the same is asked again; reported where it is to be retried and may not."""
    if retries and not getattr(errors, name)("").retryable:
        report.problem(field.where, f"{name} does not pass when the same is asked again: write 0, or remove it")
        return False
    return True
