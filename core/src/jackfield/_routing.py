"""Model strings: ``provider/model``, split once at the first slash; what is not said is never guessed from the name."""

from __future__ import annotations

from . import _known
from ._registry import Registry
from .errors import BadRequestError

__all__ = ["route"]


def route(
    registry: Registry, model: str, *, provider: str | None, api_base: str | None, default: str | None
) -> tuple[str, str]:
    """Return provider and model.

    ``provider`` names it outright and leaves the model text alone, but for a repeated prefix. With ``api_base`` and no
    known prefix the whole string is the model of the OpenAI-compatible provider. ``default`` serves a bare name.
    """
    if provider is not None:
        return provider, model.removeprefix(f"{provider}/")
    prefix, slash, rest = model.partition("/")
    if not slash:
        return _of_bare(registry, model, api_base, default)
    if api_base and prefix not in _known.DISTRIBUTIONS and not registry.knows(prefix):
        return _known.BARE_MODEL_PROVIDER, model
    if not prefix or not rest:
        raise BadRequestError(f"the model {model!r} is incomplete: write 'provider/model'", param="model")
    return prefix, rest


def _of_bare(registry: Registry, model: str, api_base: str | None, default: str | None) -> tuple[str, str]:
    if api_base:
        return _known.BARE_MODEL_PROVIDER, model
    if default:
        return default, model
    installed = registry.names()
    said = f"the model {model!r} names no provider: write 'provider/{model}'"
    if model in installed:
        said = f"{model!r} is a provider: write '{model}/' and a model's name"
    raise BadRequestError(
        f"{said}, pass provider= or api_base=, or set "
        f"JACKFIELD_DEFAULT_PROVIDER. Installed providers: {', '.join(installed) or 'none'}"
        + ("" if installed else f"; try: pip install {_known.DISTRIBUTIONS[_known.BARE_MODEL_PROVIDER]}"),
        param="model",
    )
