"""The list of a server's models. Source of the wire format: OpenAI's API description, ``ListModelsResponse``."""

from ._base import Model


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
