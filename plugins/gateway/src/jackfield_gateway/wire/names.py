"""The model's name in an answer: the provider's own word for it, unless that is no word for it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Protocol

__all__ = ["is_path", "model_told"]

FILE_PATH = re.compile(
    r"[/~\\]"  # from a root or a home
    r"|\.{1,2}[/\\]"  # from where the server runs
    r"|[A-Za-z]:[/\\]"  # from a drive
    r"|file:"
    r"|.*\\"
    r"|.*/.*\.(gguf|ggml|bin|pt|pth|safetensors|onnx)$",
    re.IGNORECASE | re.DOTALL,
)
"""A name of a file on the server. Only these: names such as ``organisation/model`` have a slash as well."""


class Answer(Protocol):
    """What says which model answered. A model that is not among the fields that were set was filled in by the core."""

    @property
    def model(self) -> str | None: ...
    @property
    def model_fields_set(self) -> set[str]: ...


def model_told(answer: Answer, asked_for: str) -> str:
    """Return the model that answered; the one asked for where the provider gave none, or a file's path."""
    model = answer.model
    return model if model and "model" in answer.model_fields_set and not is_path(model) else asked_for


@lru_cache(maxsize=1024)
def is_path(model: str) -> bool:
    """Whether a model's name is the path of a file."""
    return FILE_PATH.match(model) is not None
