"""Every provider of this repository, the template included, keeps the contract through all drivers."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from jackfield.testing import Case, Report, check
from workspace import ROOT

PROVIDERS = {
    "openai": ("gpt-4o-mini", ROOT / "plugins/openai-compatible/tests/wire"),
    "custom": ("house-7b", ROOT / "plugins/legacy-custom/tests/wire"),
    "acme": ("acme-1", ROOT / "plugin-template/tests/wire"),
    "echo": ("hello", None),
}
DRIVERS = ("test_asyncio_agrees", "test_trio_agrees", "test_the_gateway_agrees")
METADATA = {
    "METADATA": "Metadata-Version: 2.1\nName: house-handler\nVersion: 1.0\nRequires-Dist: jackfield>=0.1,<1\n",
    "entry_points.txt": "[jackfield.providers]\nhouse = house_handler:provider\n",
}
HANDLER = """
from jackfield import CustomLLM, EmbeddingResponse, ModelResponse
from jackfield_custom_format import provider_of


class House(CustomLLM):
    def completion(self, *args, **kwargs):
        return ModelResponse.of_text("Hello there.", model="small")

    def streaming(self, *args, **kwargs):
        yield {"text": "Hello there.", "is_finished": False, "finish_reason": "", "index": 0}
        yield {"text": "", "is_finished": True, "finish_reason": "stop", "index": 0}

    async def aembedding(self, *args, **kwargs):
        texts = [kwargs["input"]] if isinstance(kwargs["input"], str) else kwargs["input"]
        data = [{"embedding": [float(len(text))]} for text in texts]
        return EmbeddingResponse(data=data, model="small", usage={"prompt_tokens": 1, "total_tokens": 1})


provider = provider_of("house", House())
"""
CHATS = (
    *("chat-plain", "chat-system", "chat-turns", "chat-image", "chat-tools", "chat-tool-results", "chat-json-schema"),
    *("chat-parameters", "chat-unknown-parameter", "stream-plain", "stream-tools"),
    *("embedding-one", "embedding-several"),
)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_it_keeps_the_contract_through_every_driver(provider: str) -> None:
    model, wire = PROVIDERS[provider]
    keeps_the_contract(check(provider, model=model, wire=wire))


@pytest.fixture
def handler_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler in the older format as an installed provider, which a gateway's process finds too."""
    (tmp_path / "house_handler").mkdir()
    (tmp_path / "house_handler/__init__.py").write_text(HANDLER, encoding="utf-8")
    (tmp_path / "house_handler/py.typed").touch()
    (tmp_path / "house_handler-1.0.dist-info").mkdir()
    for name, text in METADATA.items():
        (tmp_path / "house_handler-1.0.dist-info" / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("handler_package")
def test_a_handler_keeps_it_through_every_driver() -> None:
    keeps_the_contract(check("house", model="small", cases=map(Case, CHATS)))


def keeps_the_contract(report: Report) -> None:
    assert report.failed == {}
    for driver in DRIVERS:
        assert any(test.startswith(driver) for test in report.passed), report.not_run


def test_the_drivers_are_all_there() -> None:
    assert find_spec("trio")
    assert find_spec("jackfield_gateway")
