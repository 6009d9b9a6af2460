"""The list of a server's models. Source of the wire format: OpenAI's API description, ``ListModelsResponse``."""

from dataclasses import dataclass
from typing import ClassVar

from ._base import Model
from .requests import Request


class ModelInfo(Model):
    """One model of a server."""

    id: str
    object: str = "model"
    created: int | float | None = None
    owned_by: str | None = None
    shutdown_date: int | float | str | None = None


class ModelList(Model):
    """The answer to ``list_models()``."""

    data: list[ModelInfo] = []
    object: str = "list"


@dataclass(frozen=True, slots=True)
class ListModelsRequest(Request):
    """Which models there are; ``model`` is the empty string for the provider."""

    operation: ClassVar[str] = "list_models"
