"""The hooks that a plugin may implement: the contract between the core and every provider and extension.

Hooks take ``request`` and ``settings``, for good; what is added later is a field of one of them. Which kinds of
function a hook may be stands in ``_kinds``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pluggy

from ._settings import ProviderInfo, Settings
from .errors import JackfieldError
from .flow import EventStream, Flow, HttpResponse

if TYPE_CHECKING:
    from ._events import Event
    from .types import (
        CompletionRequest,
        EmbeddingRequest,
        EmbeddingResponse,
        ImageEditRequest,
        ImageGenerationRequest,
        ImageResponse,
        ListModelsRequest,
        ModelList,
        ModelResponse,
        Request,
        TextCompletionRequest,
        TextCompletionResponse,
    )

__all__ = ["PROJECT", "ExtensionHooks", "ProviderHooks", "hookimpl", "hookspec"]

PROJECT = "jackfield"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin as the implementation of the hook of its name."""


class ProviderHooks:
    """What a provider implements: any of these, at least one operation."""

    @hookspec(firstresult=True)
    def completion(self, request: CompletionRequest, settings: Settings) -> Flow[ModelResponse]:
        """Answer a chat with a whole response."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    def streaming(self, request: CompletionRequest, settings: Settings) -> EventStream:
        """Answer a chat with a stream of chunks."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    def text_completion(
        self, request: TextCompletionRequest, settings: Settings
    ) -> Flow[TextCompletionResponse | EventStream]:
        """Continue one or several prompts; with ``request.stream`` the result is an EventStream."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    def embedding(self, request: EmbeddingRequest, settings: Settings) -> Flow[EmbeddingResponse]:
        """Return one vector for each input."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    def image_generation(self, request: ImageGenerationRequest, settings: Settings) -> Flow[ImageResponse]:
        """Make images from a description."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    def image_edit(self, request: ImageEditRequest, settings: Settings) -> Flow[ImageResponse]:
        """Change images."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    def list_models(self, request: ListModelsRequest, settings: Settings) -> Flow[ModelList]:
        """List the models that the server has."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    def provider_info(self) -> ProviderInfo:
        """Return what the provider tells about itself. A plain function, called once at load."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    def response_error(self, response: HttpResponse) -> JackfieldError | None:
        """Return the error that a response of status 400 and above means, or None for the core's own reading.

        A plain function.
        """
        raise NotImplementedError


class ExtensionHooks:
    """What an extension implements: any of these."""

    @hookspec
    def around(self, call: Callable[[Request], Flow[Any]], request: Request, settings: Settings) -> Flow[Any]:
        """Stand around every operation of every provider; ``call(request)`` gives a fresh inner flow.

        ``request.operation`` names the operation; the result is its response, and for "streaming" the EventStream.
        """
        raise NotImplementedError

    @hookspec
    def observe(self, event: Event) -> None:
        """Watch calls: started, first chunk, finished, failed. A plain function; its exceptions become warnings."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    def find_provider(self, name: str) -> object | None:
        """Return the plugin that provides this name, or None. A plain function; it must be quick and do no I/O."""
        raise NotImplementedError
