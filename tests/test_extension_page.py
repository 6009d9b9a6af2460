"""The extensions that the page for their authors shows do what it says."""

import re
import types

import pytest
from jackfield import Client, CompletionRequest, EmbeddingRequest, EmbeddingResponse, ModelResponseStream, hookimpl
from jackfield._index import Index
from jackfield._registry import Registry
from workspace import ROOT

PAGE = (ROOT / "docs/authors/extensions.md").read_text(encoding="utf-8")


class Provider:
    """Has one vector for everything, and one list of chunks."""

    def __init__(self, number):
        self.number = number
        self.calls = 0
        self.chunks = [ModelResponseStream.model_validate({"choices": [{"delta": {"content": text}}]}) for text in "ab"]

    @hookimpl
    def embedding(self):
        self.calls += 1
        return EmbeddingResponse.model_validate({"data": [{"embedding": [self.number]}]})

    @hookimpl
    def streaming(self):
        return iter(self.chunks)


@pytest.fixture
def client():
    registry = Registry(Index([]))
    for number, source in enumerate(re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)):
        module = types.ModuleType(f"extension_{number}")
        exec(source, vars(module))
        registry.register_extension(module)
    return Client(registry=registry)


def test_answers_are_kept_for_each_provider_and_callers_cannot_spoil_them(client):
    providers = {1.0: Provider(1.0), 2.0: Provider(2.0)}
    for number, provider in providers.items():
        client.register_provider(f"p{number:.0f}", provider)
    for number in [*providers, *providers]:
        answer = client.run(EmbeddingRequest(f"p{number:.0f}/m", "text"))
        assert answer.data[0].embedding == [number]
        answer.data[0].embedding.append(0.0)
    assert [provider.calls for provider in providers.values()] == [1, 1]


def test_chunks_are_changed_in_copies_at_every_call(client):
    provider = Provider(1.0)
    client.register_provider("p", provider)
    for _ in range(2):
        chunks = client.run(CompletionRequest("p/m", [], stream=True))
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "AB"
    assert [chunk.choices[0].delta.content for chunk in provider.chunks] == ["a", "b"]
