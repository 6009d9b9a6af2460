"""The providers: which route each operation goes to, and what comes back from it."""

from __future__ import annotations

from functools import partial

from jackfield import EventStream, Flow, Settings, hookimpl, types
from jackfield.flow import call, http

from ._answers import ChunkDecoder, model_list, parsed
from ._endpoint import Endpoint

__all__ = ["OpenAICompatible", "TextCompletionCompatible"]


class _Routes(Endpoint):
    """What both providers share: every operation but chat."""

    @hookimpl
    def text_completion(
        self, request: types.TextCompletionRequest, settings: Settings
    ) -> Flow[types.TextCompletionResponse | EventStream]:
        """Continue prompts: texts or token numbers, as they were given."""
        if request.stream:
            return self._text_stream(request, settings, request.prompt)
        response = yield from self.post("/completions", request, settings, prompt=request.prompt)
        return parsed(types.TextCompletionResponse, response, "choices")

    @hookimpl
    def embedding(self, request: types.EmbeddingRequest, settings: Settings) -> Flow[types.EmbeddingResponse]:
        """Return the vectors as the server sends them: floats or base64."""
        response = yield from self.post("/embeddings", request, settings, input=request.input)
        return parsed(types.EmbeddingResponse, response, "data")

    @hookimpl
    def image_generation(self, request: types.ImageGenerationRequest, settings: Settings) -> Flow[types.ImageResponse]:
        """Make images from a description."""
        response = yield from self.post("/images/generations", request, settings, prompt=request.prompt)
        return parsed(types.ImageResponse, response, "data")

    @hookimpl
    def image_edit(self, request: types.ImageEditRequest, settings: Settings) -> Flow[types.ImageResponse]:
        """Change images, sent as files of a form."""
        from ._uploads import form_fields, uploads_of

        headers = self.headers(request, settings)  # a missing key is told before a file is read
        # A flow does no I/O: the core runs the reading, under an async caller in a thread.
        files = yield from call(partial(uploads_of, request))
        response = yield from http(
            "POST",
            self.url("/images/edits", settings),
            headers=headers,
            data=form_fields(self.body(request, settings, prompt=request.prompt)),
            files=files,
        )
        return parsed(types.ImageResponse, response, "data")

    @hookimpl
    def list_models(self, request: types.ListModelsRequest, settings: Settings) -> Flow[types.ModelList]:
        """List the server's models; parameters go into the query."""
        from ._uploads import form_fields

        url = self.url("/models", settings, form_fields(self.parameters(request, settings)))
        response = yield from http("GET", url, headers=self.headers(request, settings))
        return model_list(response)

    def _text_stream(
        self, request: types.TextCompletionRequest | types.CompletionRequest, settings: Settings, prompt: object
    ) -> EventStream:
        return EventStream(
            self.post("/completions", request, settings, prompt=prompt, stream=True),
            decoder=partial(ChunkDecoder, types.TextCompletionResponse),
        )


class OpenAICompatible(_Routes):
    """A provider for a server that speaks OpenAI's format.

        acme = OpenAICompatible("Acme", api_base="https://models.acme.example/v1", api_key_env="ACME_API_KEY")

    with the entry point ``acme = "jackfield_acme:acme"`` in the group ``jackfield.providers`` is a whole provider.
    Where a server wants more than another address, derive and override ``headers``, ``url`` or ``body``.
    """

    @hookimpl
    def completion(self, request: types.CompletionRequest, settings: Settings) -> Flow[types.ModelResponse]:
        """Answer a chat."""
        response = yield from self.post("/chat/completions", request, settings, messages=request.messages)
        return parsed(types.ModelResponse, response, "choices")

    @hookimpl
    def streaming(self, request: types.CompletionRequest, settings: Settings) -> EventStream:
        """Answer a chat in chunks, to the event ``[DONE]`` or the end."""
        return EventStream(
            self.post("/chat/completions", request, settings, messages=request.messages, stream=True),
            decoder=partial(ChunkDecoder, types.ModelResponseStream),
        )


class TextCompletionCompatible(_Routes):
    """The same for servers and models that know no chat: the messages' texts become one prompt, joined by newlines.

    It answers in the shape of a text completion; the core makes a chat of it.
    """

    @hookimpl
    def completion(self, request: types.CompletionRequest, settings: Settings) -> Flow[types.TextCompletionResponse]:
        """Answer a chat through ``/completions``; raises BadRequestError for messages that are not text alone."""
        response = yield from self.post("/completions", request, settings, prompt=types.prompt_of(request.messages))
        return parsed(types.TextCompletionResponse, response, "choices")

    @hookimpl
    def streaming(self, request: types.CompletionRequest, settings: Settings) -> EventStream:
        """Answer a chat in chunks, through ``/completions``."""
        return self._text_stream(request, settings, types.prompt_of(request.messages))
