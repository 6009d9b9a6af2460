"""A handler keeps the contract through this plugin: the core's kit, with handlers that the test registers."""

import jackfield
from jackfield import CompletionRequest, CustomLLM, CustomLLMError, EmbeddingResponse, ImageResponse, ModelResponse
from jackfield.testing import Case, ProviderSuite
from jackfield_custom_format import find_provider

FAILING = [{"role": "user", "content": "fail"}]


class Blocking(CustomLLM):
    """A handler as people write them: methods that block, chunks as mappings."""

    def completion(self, *args, **kwargs):
        if kwargs["messages"][-1]["content"] == "fail":
            raise CustomLLMError(status_code=429, message="not now")
        return ModelResponse.of_text("Hello there.", model="small")

    def streaming(self, *args, **kwargs):
        for text in ("Hello", " there."):
            yield {"text": text, "is_finished": False, "finish_reason": "", "index": 0}
        yield {"text": "", "is_finished": True, "finish_reason": "stop", "index": 0}

    def embedding(self, *args, **kwargs):
        texts = [kwargs["input"]] if isinstance(kwargs["input"], str) else kwargs["input"]
        return EmbeddingResponse(data=[{"embedding": [float(len(text))]} for text in texts], model="small")

    def image_generation(self, *args, **kwargs):
        return ImageResponse(data=[{"url": "https://pictures.example/1.png"}])


class Asynchronous(CustomLLM):
    """The same for handlers that are async alone."""

    async def acompletion(self, *args, **kwargs):
        return Blocking().completion(*args, **kwargs)

    async def astreaming(self, *args, **kwargs):
        for chunk in Blocking().streaming(*args, **kwargs):
            yield chunk

    async def aembedding(self, *args, **kwargs):
        return Blocking().embedding(*args, **kwargs)

    async def aimage_generation(self, *args, **kwargs):
        return Blocking().image_generation(*args, **kwargs)


def registered(handler):
    """Return what the core makes of a handler that a program has registered."""
    jackfield.custom_provider_map = [{"provider": "house", "custom_handler": handler}]
    try:
        return find_provider("house")
    finally:
        jackfield.custom_provider_map = []


HELLO = {"model": "small", "choices": [{"finish_reason": "stop", "message": {"content": "Hello there."}}]}
CHUNKS = [
    {"model": "small", "choices": [{"delta": {"role": "assistant", "content": "Hello"}}]},
    {"model": "small", "choices": [{"delta": {"content": " there."}}]},
    {"model": "small", "choices": [{"delta": {}, "finish_reason": "stop"}]},
]
CHATS = ("chat-system", "chat-turns", "chat-image", "chat-tools", "chat-tool-results", "chat-json-schema")


class Handlers:
    provider = "house"
    model = "small"
    cases = (
        *(Case(name, result=HELLO) for name in ("chat-plain", *CHATS, "chat-parameters", "chat-unknown-parameter")),
        Case("stream-plain", result={"chunks": CHUNKS, "response": HELLO}),
        Case("stream-tools", result={"chunks": CHUNKS, "response": HELLO}),
        Case("embedding-one", result={"model": "small", "data": [{"embedding": [3.0]}]}),
        Case(
            "embedding-several", result={"model": "small", "data": [{"embedding": [3.0], "index": n} for n in (0, 1)]}
        ),
        Case("image-generation", result={"data": [{"url": "https://pictures.example/1.png"}]}),
        Case("a-refusal", CompletionRequest("", FAILING), error={"type": "RateLimitError", "message": "not now"}),
    )


class TestBlockingHandler(Handlers, ProviderSuite):
    plugin = registered(Blocking())


class TestAsynchronousHandler(Handlers, ProviderSuite):
    plugin = registered(Asynchronous())
