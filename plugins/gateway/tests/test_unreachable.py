"""Models whose provider nobody has are told at the start, by their names alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from jackfield_gateway._handlers import check_imports, unreachable
from jackfield_gateway._notices import warnings_of
from jackfield_gateway.config import load

HANDLER = """
from jackfield import CustomLLM


class House(CustomLLM):
    def completion(self, *args, **kwargs):
        return "Hi"


house = House()
"""

MAP = "litellm_settings: {custom_provider_map: [{provider: house, custom_handler: house_of_names.house}]}\n"


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ("{model: house/any}", None),
        ("{model: echo/any}", None),
        ("{model: groq/any}", None),
        ("{model: any, custom_llm_provider: house}", None),
        ("{model: own/any, api_base: 'http://localhost:1/v1'}", None),
        ("{model: nobody/any, mock_response: Hi}", None),
        ("{model: huose/any}", "there is no provider 'huose'; did you mean 'house'?"),
        ("{model: gpt-4o}", "its model names no provider: write provider/model"),
        ("{model: a-vendor/any}", "install its plugin, or name it in custom_provider_map"),
    ],
)
def test_a_provider_that_nobody_has_is_a_warning_and_a_finding_of_the_check(tmp_path: Path, params, told):
    (tmp_path / "house_of_names.py").write_text(HANDLER, encoding="utf-8")
    (tmp_path / "config.yaml").write_text(f"model_list:\n  - {{model_name: m, litellm_params: {params}}}\n{MAP}")
    config = load(tmp_path / "config.yaml")
    found = [str(finding) for finding in unreachable(config)]
    assert found == ([] if told is None else found[:1])
    assert told is None or (told in found[0] and f"{config.path}:2:" in found[0])
    assert warnings_of(config) == [*config.warnings, *found]
    assert (found == []) or check_imports(config) == found
