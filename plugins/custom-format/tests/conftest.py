from __future__ import annotations

from typing import Any

import jackfield
import pytest
from jackfield_custom_format import CustomLLM


@pytest.fixture
def register():
    """Put a handler into the map, alone or after those that are there, and take all of them out after the test."""
    before = jackfield.custom_provider_map

    def add(handler: object, name: str = "mine") -> Any:
        jackfield.custom_provider_map.append({"provider": name, "custom_handler": handler})
        return handler

    jackfield.custom_provider_map = []
    yield add
    jackfield.custom_provider_map = before


@pytest.fixture
def handler(register):
    """Make a handler of a few functions, without ``self``, and put it into the map as "mine"."""

    def make(**methods: Any) -> Any:
        return register(type("Handler", (CustomLLM,), {name: staticmethod(value) for name, value in methods.items()})())

    return make
