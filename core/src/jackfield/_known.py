"""The one table of names in the core: what this repository publishes. Nothing else compares or dispatches on names."""

from __future__ import annotations

DISTRIBUTIONS: dict[str, str] = {
    "echo": "jackfield-echo",
    "openai": "jackfield-openai-compatible",
    "text-completion-openai": "jackfield-openai-compatible",
    "ollama": "jackfield-openai-compatible",
    "vllm": "jackfield-openai-compatible",
    "lm-studio": "jackfield-openai-compatible",
    "llama.cpp": "jackfield-openai-compatible",
    "groq": "jackfield-openai-compatible",
    "together": "jackfield-openai-compatible",
    "fireworks": "jackfield-openai-compatible",
    "deepseek": "jackfield-openai-compatible",
    "mistral": "jackfield-openai-compatible",
    "openrouter": "jackfield-openai-compatible",
    "xai": "jackfield-openai-compatible",
    "perplexity": "jackfield-openai-compatible",
    "nvidia-nim": "jackfield-openai-compatible",
    "custom": "jackfield-legacy-custom",
}
"""Provider name → the distribution of this repository that has it, for the command in an error."""

BARE_MODEL_PROVIDER = "openai"
"""The provider of a model without a known prefix when ``api_base`` is given."""

HANDLER_MODULE = "jackfield_custom_format"
HANDLER_DISTRIBUTION = "jackfield-custom-format"
"""What serves ``custom_provider_map``: the module whose ``find_provider`` is asked while the list is not empty."""

PUBLISHED = frozenset({*DISTRIBUTIONS.values(), HANDLER_DISTRIBUTION, "jackfield-router", "jackfield-gateway"})
"""All distributions of plugins that this repository publishes: another's of such a name would be taken for ours."""

COMMANDS: dict[str, str] = {"serve": "jackfield-gateway"}
"""Command → the distribution of this repository that brings it, for the command in an error."""

LAZY_NAMES: dict[str, str] = {"CustomLLM": HANDLER_MODULE, "CustomLLMError": HANDLER_MODULE}
"""Names that ``jackfield`` re-exports from a plugin of this repository, imported on first use."""
