"""Servers and vendors that differ from OpenAI in address and key alone.

A key is read from the vendor's own variable and never from ``OPENAI_API_KEY``; where two variables stand, the second is
the one that LiteLLM reads. Servers on the own machine need none.
"""

from __future__ import annotations

from functools import partial

from ._provider import OpenAICompatible

__all__ = [
    "deepseek",
    "fireworks",
    "groq",
    "llama_cpp",
    "lm_studio",
    "mistral",
    "nvidia_nim",
    "ollama",
    "openrouter",
    "perplexity",
    "together",
    "vllm",
    "xai",
]

_Local = partial(OpenAICompatible, requires_key=False)

# -------------------------------------------------------------------------------------------------- on the own machine

ollama = _Local(
    "Ollama", api_base="http://localhost:11434/v1", api_key_env="OLLAMA_API_KEY", api_base_env="OLLAMA_API_BASE"
)
vllm = _Local("vLLM", api_base="http://localhost:8000/v1", api_key_env="VLLM_API_KEY", api_base_env="VLLM_API_BASE")
lm_studio = _Local(
    "LM Studio", api_base="http://localhost:1234/v1", api_key_env="LM_STUDIO_API_KEY", api_base_env="LM_STUDIO_API_BASE"
)
llama_cpp = _Local(
    "llama.cpp", api_base="http://localhost:8080/v1", api_key_env="LLAMA_CPP_API_KEY", api_base_env="LLAMA_CPP_API_BASE"
)

# ------------------------------------------------------------------------------------------------------- on the network

groq = OpenAICompatible(
    "Groq",
    api_base="https://api.groq.com/openai/v1",
    api_key_env="GROQ_API_KEY",
    api_base_env="GROQ_API_BASE",
    docs_url="https://console.groq.com/docs",
)
together = OpenAICompatible(
    "Together AI",
    api_base="https://api.together.xyz/v1",
    api_key_env=("TOGETHER_API_KEY", "TOGETHERAI_API_KEY"),
    api_base_env="TOGETHER_API_BASE",
    docs_url="https://docs.together.ai",
)
fireworks = OpenAICompatible(
    "Fireworks AI",
    api_base="https://api.fireworks.ai/inference/v1",
    api_key_env=("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"),
    api_base_env="FIREWORKS_API_BASE",
    docs_url="https://docs.fireworks.ai",
)
deepseek = OpenAICompatible(
    "DeepSeek",
    api_base="https://api.deepseek.com",
    api_key_env="DEEPSEEK_API_KEY",
    api_base_env="DEEPSEEK_API_BASE",
    docs_url="https://api-docs.deepseek.com",
)
mistral = OpenAICompatible(
    "Mistral AI",
    api_base="https://api.mistral.ai/v1",
    api_key_env="MISTRAL_API_KEY",
    api_base_env="MISTRAL_API_BASE",
    docs_url="https://docs.mistral.ai",
)
openrouter = OpenAICompatible(
    "OpenRouter",
    api_base="https://openrouter.ai/api/v1",
    api_key_env="OPENROUTER_API_KEY",
    api_base_env="OPENROUTER_API_BASE",
    docs_url="https://openrouter.ai/docs",
)
xai = OpenAICompatible(
    "xAI",
    api_base="https://api.x.ai/v1",
    api_key_env="XAI_API_KEY",
    api_base_env="XAI_API_BASE",
    docs_url="https://docs.x.ai",
)
perplexity = OpenAICompatible(
    "Perplexity",
    api_base="https://api.perplexity.ai",
    api_key_env=("PERPLEXITY_API_KEY", "PERPLEXITYAI_API_KEY"),
    api_base_env="PERPLEXITY_API_BASE",
    docs_url="https://docs.perplexity.ai",
)
nvidia_nim = OpenAICompatible(
    "NVIDIA NIM",
    api_base="https://integrate.api.nvidia.com/v1",
    api_key_env=("NVIDIA_API_KEY", "NVIDIA_NIM_API_KEY"),
    api_base_env="NVIDIA_NIM_API_BASE",
    docs_url="https://docs.api.nvidia.com/nim",
)
