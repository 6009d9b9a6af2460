"""What a handler is: any object with one of ten methods; ``CustomLLM`` is the base that LiteLLM's users know."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["METHODS", "BaseLLM", "CustomLLM", "CustomLLMError", "own_methods"]


class CustomLLMError(Exception):
    """An error with an HTTP status, which the caller gets in the class that belongs to it (429: RateLimitError)."""

    def __init__(self, status_code: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.message = message

    def __reduce__(self) -> tuple[type[CustomLLMError], tuple[int, str]]:
        return type(self), (self.status_code, self.message)


class BaseLLM:
    """The base of handlers' bases. Empty; it is here because handlers import it."""


class CustomLLM(BaseLLM):
    """The base of a handler: override what it can do, sync, async or both; the rest is bridged or refused.

    A method gets the keyword arguments that LiteLLM passes, as far as its signature takes them: for the chat methods
    ``model messages headers model_response print_verbose api_key api_base acompletion logging_obj optional_params
    litellm_params logger_fn timeout custom_prompt_dict client encoding``, for embeddings ``input`` and for images
    ``prompt`` and ``image`` instead of ``messages``. The caller's parameters stand in ``optional_params``.

    ``completion`` returns a ModelResponse or a mapping in its shape, ``streaming`` an iterable of chunks
    (``GenericStreamingChunk``, ``ModelResponseStream`` or text). A CustomLLMError keeps its status.
    """

    def completion(self, *args: Any, **kwargs: Any) -> Any:
        """Answer a chat."""
        _lacking()

    def streaming(self, *args: Any, **kwargs: Any) -> Any:
        """Answer a chat in chunks."""
        _lacking()

    async def acompletion(self, *args: Any, **kwargs: Any) -> Any:
        """Answer a chat, for async callers."""
        _lacking()

    # Not async: an override may be an async generator, whose call is not awaited.
    def astreaming(self, *args: Any, **kwargs: Any) -> Any:
        """Answer a chat in chunks, for async callers: an async generator, or async def returning an iterable."""
        _lacking()

    def embedding(self, *args: Any, **kwargs: Any) -> Any:
        """Return one vector for each input."""
        _lacking()

    async def aembedding(self, *args: Any, **kwargs: Any) -> Any:
        """Return one vector for each input, for async callers."""
        _lacking()

    def image_generation(self, *args: Any, **kwargs: Any) -> Any:
        """Make images from a description."""
        _lacking()

    async def aimage_generation(self, *args: Any, **kwargs: Any) -> Any:
        """Make images from a description, for async callers."""
        _lacking()

    def image_edit(self, *args: Any, **kwargs: Any) -> Any:
        """Change images; ``image`` is always a list."""
        _lacking()

    async def aimage_edit(self, *args: Any, **kwargs: Any) -> Any:
        """Change images, for async callers."""
        _lacking()


def _lacking() -> NoReturn:
    raise CustomLLMError(status_code=500, message="Not implemented yet!")


METHODS = tuple(name for name in vars(CustomLLM) if not name.startswith("_"))


def own_methods(handler: object) -> list[str]:
    """Return the names of the methods that a handler has of its own: CustomLLM's stubs are lacking."""
    return [name for name in METHODS if _is_own(getattr(handler, name, None), name)]


def _is_own(method: Any, name: str) -> bool:
    return callable(method) and getattr(method, "__func__", method) is not vars(CustomLLM)[name]
