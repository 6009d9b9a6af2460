"""Other providers made of this one: in a few lines, or derived where a server wants more."""

from __future__ import annotations

import pytest
from jackfield import (
    Client,
    CompletionRequest,
    ConfigurationError,
    EmbeddingRequest,
    HttpResponse,
    TextCompletionRequest,
    hookimpl,
    protocols,
)
from jackfield.errors import APIStatusError, JackfieldError, RateLimitError
from jackfield.transports.memory import MemoryTransport, Reply
from jackfield_openai_compatible import OpenAICompatible, TextCompletionCompatible, openai, text_completion_openai

CHAT = b'{"choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}]}'
VECTORS = b'{"data": [{"index": 0, "embedding": [0.5]}]}'

_checked: tuple[
    protocols.Completion, protocols.Streaming, protocols.TextCompletion, protocols.Embedding, protocols.ImageEdit
] = (openai, openai, openai, openai, openai)


def client(name, provider, answer=CHAT):
    transport = MemoryTransport(lambda _: answer if isinstance(answer, Reply) else Reply(content=answer))
    made = Client(transport=transport)
    made.register_provider(name, provider)
    return made, transport.requests


def test_a_provider_in_a_few_lines(monkeypatch):
    acme = OpenAICompatible(
        "Acme", api_base="https://models.acme.example/v1/", api_key_env="ACME_API_KEY", api_base_env="ACME_API_BASE"
    )
    calls, sent = client("acme", acme)
    with pytest.raises(ConfigurationError, match="ACME_API_KEY"):
        calls.run(CompletionRequest("acme/small", []))
    monkeypatch.setenv("ACME_API_KEY", "k-acme")
    calls.run(CompletionRequest("acme/small", []))
    assert sent[0].url == "https://models.acme.example/v1/chat/completions"
    assert sent[0].headers["authorization"] == "Bearer k-acme"


def test_without_an_address_the_error_names_the_variable():
    calls, sent = client("acme", OpenAICompatible("Acme", api_base_env=("ACME_URL", "ACME_API_BASE")))
    with pytest.raises(ConfigurationError, match="ACME_URL or set ACME_API_BASE"):
        calls.run(CompletionRequest("acme/small", []))
    assert sent == []


def test_without_a_key_variable_no_key_is_needed():
    calls, sent = client("acme", OpenAICompatible("Acme", api_base="https://models.acme.example"))
    calls.run(CompletionRequest("acme/small", []))
    assert "authorization" not in sent[0].headers


def test_a_derived_provider_changes_header_address_and_body():
    class Signed(OpenAICompatible):
        def headers(self, request, settings):
            return super().headers(request, settings) | {"x-tenant": "blue"}

        def url(self, route, settings, query=None):
            return super().url(f"/tenants/blue{route}", settings, query)

        def body(self, request, settings, **fields):
            return super().body(request, settings, **fields) | {"tenant": "blue"}

        @hookimpl
        def response_error(self, response: HttpResponse) -> JackfieldError | None:
            return RateLimitError("the blue quota is spent") if response.status == 402 else None

    signed = Signed("Acme", api_base="https://models.acme.example")
    calls, sent = client("acme", signed, VECTORS)
    calls.run(EmbeddingRequest("acme/small", "sky"))
    assert sent[0].url == "https://models.acme.example/tenants/blue/embeddings"
    assert sent[0].headers["x-tenant"] == "blue"
    assert sent[0].content == b'{"model":"small","input":"sky","tenant":"blue"}'

    calls, _ = client("acme", signed, Reply(402, {}, b"{}"))
    with pytest.raises(RateLimitError, match="the blue quota is spent"):
        calls.run(EmbeddingRequest("acme/small", "sky", options={"num_retries": 0}))


def test_text_completions_can_be_a_base_too():
    acme = TextCompletionCompatible("Acme", api_base="https://models.acme.example")
    calls, sent = client("acme", acme, b'{"choices": [{"index": 0, "text": "upon"}]}')
    assert calls.run(CompletionRequest("acme/small", [{"content": "Once"}])).choices[0].message.content == "upon"
    assert calls.run(TextCompletionRequest("acme/small", "Once")).choices[0].text == "upon"
    assert [each.content for each in sent] == [b'{"model":"small","prompt":"Once"}'] * 2


def test_what_a_provider_tells_about_itself():
    assert openai.info.api_base_env == ("OPENAI_BASE_URL", "OPENAI_API_BASE")
    assert openai.info.api_key_env == text_completion_openai.info.api_key_env == ("OPENAI_API_KEY",)
    assert openai.info.display_name == "OpenAI"
    assert openai.info.parameters is None


def test_an_error_without_any_body_is_its_status():
    calls, _ = client("acme", OpenAICompatible("Acme", api_base="https://models.acme.example"), Reply(418))
    with pytest.raises(APIStatusError) as caught:
        calls.run(CompletionRequest("acme/small", []))
    assert caught.value.status_code == 418
