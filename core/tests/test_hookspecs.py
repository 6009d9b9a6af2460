"""The hooks are a contract: `hookspecs.txt` holds their signatures, and no signature changes without that file.

That the changelog announces what stands there is a test of the whole repository: `tests/test_hooks.py`.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import jackfield
import pytest
from jackfield.hookspecs import ExtensionHooks, ProviderHooks

GROUPS = {"jackfield.providers": ProviderHooks, "jackfield.extensions": ExtensionHooks}
PLAIN = {"provider_info", "response_error"}
FILE = Path(__file__).with_name("hookspecs.txt")


def recorded() -> list[tuple[str, str, str]]:
    """Group, release and signature of each hook, as the file has them."""
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return [(group, release, signature) for group, release, signature in (line.split(maxsplit=2) for line in lines)]


def hooks(specs: type) -> dict[str, inspect.Signature]:
    """The hooks of a group as plugins write them: without self."""
    found = {name: inspect.signature(each) for name, each in vars(specs).items() if inspect.isfunction(each)}
    return {name: each.replace(parameters=[*each.parameters.values()][1:]) for name, each in found.items()}


def written(name: str, signature: inspect.Signature) -> str:
    return f"{name}{signature}".replace("'", "")  # annotations are text, which some Pythons show in quotes


def test_the_file_holds_every_hook_as_it_is() -> None:
    actual = [(group, written(*hook)) for group, specs in GROUPS.items() for hook in hooks(specs).items()]
    expected = [(group, signature) for group, _, signature in recorded()]
    assert expected == actual, "a hook has changed: hookspecs.txt says at its top what to do"


@pytest.mark.parametrize("name", sorted(hooks(ProviderHooks).keys() - PLAIN))
def test_an_operation_takes_request_and_settings_for_good(name: str) -> None:
    """What is added later is a field of one of them."""
    assert list(hooks(ProviderHooks)[name].parameters) == ["request", "settings"]


@pytest.mark.parametrize("specs", GROUPS.values(), ids=GROUPS)
def test_every_argument_and_result_is_typed_and_has_no_default(specs: type) -> None:
    for signature in hooks(specs).values():
        kinds = {(each.kind, each.default) for each in signature.parameters.values()}
        assert kinds <= {(inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.empty)}
        annotations = [each.annotation for each in signature.parameters.values()]
        assert inspect.Signature.empty not in [*annotations, signature.return_annotation]


def test_no_hook_is_from_a_release_to_come() -> None:
    current = number(jackfield.__version__)
    assert [signature for _, release, signature in recorded() if number(release) > current] == []


def number(release: str) -> tuple[int, ...]:
    assert re.fullmatch(r"\d+\.\d+\.\d+", release)
    return tuple(map(int, release.split(".")))
