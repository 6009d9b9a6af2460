"""The presets: data, each with a key and an address of its own."""

from __future__ import annotations

import pytest
from importlib_metadata import entry_points
from jackfield import CompletionRequest, ConfigurationError, get_llm_provider, list_providers
from jackfield_openai_compatible import OpenAICompatible, presets

CHAT = b'{"choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}]}'

LOCAL = {
    "ollama": ("http://localhost:11434/v1", "OLLAMA_API_BASE", "OLLAMA_API_KEY"),
    "vllm": ("http://localhost:8000/v1", "VLLM_API_BASE", "VLLM_API_KEY"),
    "lm-studio": ("http://localhost:1234/v1", "LM_STUDIO_API_BASE", "LM_STUDIO_API_KEY"),
    "llama.cpp": ("http://localhost:8080/v1", "LLAMA_CPP_API_BASE", "LLAMA_CPP_API_KEY"),
}
CLOUD = {
    "groq": ("https://api.groq.com/openai/v1", "GROQ_API_BASE", "GROQ_API_KEY"),
    "together": ("https://api.together.xyz/v1", "TOGETHER_API_BASE", "TOGETHER_API_KEY"),
    "fireworks": ("https://api.fireworks.ai/inference/v1", "FIREWORKS_API_BASE", "FIREWORKS_API_KEY"),
    "deepseek": ("https://api.deepseek.com", "DEEPSEEK_API_BASE", "DEEPSEEK_API_KEY"),
    "mistral": ("https://api.mistral.ai/v1", "MISTRAL_API_BASE", "MISTRAL_API_KEY"),
    "openrouter": ("https://openrouter.ai/api/v1", "OPENROUTER_API_BASE", "OPENROUTER_API_KEY"),
    "xai": ("https://api.x.ai/v1", "XAI_API_BASE", "XAI_API_KEY"),
    "perplexity": ("https://api.perplexity.ai", "PERPLEXITY_API_BASE", "PERPLEXITY_API_KEY"),
    "nvidia-nim": ("https://integrate.api.nvidia.com/v1", "NVIDIA_NIM_API_BASE", "NVIDIA_API_KEY"),
}
ALL = LOCAL | CLOUD


@pytest.fixture(autouse=True)
def _openai_is_set_up(monkeypatch):
    """Whatever is set for OpenAI is nobody else's."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://openai.example")


def chat(name):
    return CompletionRequest(f"{name}/meta/llama", [])


def test_each_is_an_entry_point_and_a_provider():
    declared = {each.name: each for each in entry_points(group="jackfield.presets") if "jackfield" in each.value}
    assert declared.keys() == ALL.keys()
    assert set(list_providers()) > ALL.keys()
    assert sorted(each.attr for each in declared.values()) == presets.__all__
    assert all(isinstance(each.load(), OpenAICompatible) for each in declared.values())


@pytest.mark.parametrize("name", ALL)
def test_it_goes_to_its_own_address_with_its_own_key(sync_wire, monkeypatch, name):
    base, _, key = ALL[name]
    monkeypatch.setenv(key, "its-own")
    sync_wire(chat(name), CHAT)
    [sent] = sync_wire.sent
    assert sent.url == f"{base}/chat/completions"
    assert sent.headers["authorization"] == "Bearer its-own"
    assert sync_wire.body["model"] == "meta/llama"
    assert get_llm_provider(f"{name}/m") == ("m", name, "its-own", base)


@pytest.mark.parametrize("name", LOCAL)
def test_a_server_on_the_own_machine_needs_no_key(sync_wire, name):
    sync_wire(chat(name), CHAT)
    assert sync_wire.sent[0].headers == {"content-type": "application/json"}


@pytest.mark.parametrize("name", CLOUD)
def test_a_vendor_without_its_key_is_a_configuration_error_that_names_it(wire, name):
    """OPENAI_API_KEY is set, and helps nobody."""
    with pytest.raises(ConfigurationError, match=CLOUD[name][2]):
        wire(chat(name))
    assert wire.sent == []


@pytest.mark.parametrize("name", ALL)
def test_its_address_comes_from_its_own_variable(sync_wire, monkeypatch, name):
    monkeypatch.setenv(ALL[name][1], "http://elsewhere.example/v1")
    sync_wire(chat(name), CHAT)
    assert sync_wire.sent[0].url == "http://elsewhere.example/v1/chat/completions"
    assert "authorization" not in sync_wire.sent[0].headers


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("together", "TOGETHERAI_API_KEY"),
        ("fireworks", "FIREWORKS_AI_API_KEY"),
        ("perplexity", "PERPLEXITYAI_API_KEY"),
        ("nvidia-nim", "NVIDIA_NIM_API_KEY"),
    ],
)
def test_the_variables_that_litellm_reads_are_read_too(sync_wire, monkeypatch, name, variable):
    monkeypatch.setenv(variable, "its-own")
    sync_wire(chat(name), CHAT)
    assert sync_wire.sent[0].headers["authorization"] == "Bearer its-own"
