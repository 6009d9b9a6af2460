"""The ``model_response`` that a handler may fill and return: LiteLLM makes one for each call."""

from __future__ import annotations

from typing import Any

from jackfield.types import Choices, Message, ModelResponse, Usage

__all__ = ["BlankResponse"]


class BlankResponse(ModelResponse):
    """A ModelResponse with one empty choice and no tokens used, built when somebody first looks at it.

    Nearly no handler does, and building one costs as much as half a call. ``BlankResponse.__new__`` makes it; at the
    first look of any kind it turns into a plain ModelResponse.
    """

    def __getattribute__(self, name: str) -> Any:
        _build(self)
        return getattr(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _build(self)
        setattr(self, name, value)


def _build(blank: BlankResponse) -> None:
    built = bool(object.__getattribute__(blank, "__dict__"))  # as in a copy, which keeps the class it was made of
    object.__setattr__(blank, "__class__", ModelResponse)
    if not built:
        ModelResponse.__init__(blank, choices=[Choices(finish_reason="stop", message=Message())], usage=Usage())
