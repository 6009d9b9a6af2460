"""The end of the tour: the gateway as its clients see it, over a config like LiteLLM's."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

from anthropic import Anthropic
from openai import OpenAI

__all__ = ["CONFIG", "HANDLER", "calls"]

CONFIG = """
model_list:
  - model_name: small
    litellm_params:
      model: openai/small
      api_base: {url}
      api_key: a-key
  - model_name: shouting
    litellm_params: {{model: shouting/small}}

litellm_settings:
  custom_provider_map:
    - {{provider: shouting, custom_handler: custom_handler.shouting}}
"""

HANDLER = '''
from jackfield import CustomLLM, ModelResponse


class Shouting(CustomLLM):
    """A handler as people write them for LiteLLM."""

    def completion(self, *args, **kwargs):
        return ModelResponse.of_text(str(kwargs["messages"][-1]["content"]).upper(), model=kwargs["model"])


shouting = Shouting()
'''

HELLO: Any = [{"role": "user", "content": "Is anybody there?"}]


def calls(url: str) -> Iterator[tuple[str, Callable[[], str | Iterator[str]]]]:
    """Give the calls: what each is, and what makes it."""
    openai = OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0)
    anthropic = Anthropic(base_url=url, api_key="any", max_retries=0)
    yield "curl, a handler", lambda: curl(f"{url}/chat/completions")
    yield "OpenAI's SDK", lambda: said(openai.chat.completions.create(model="small", messages=HELLO))
    yield "OpenAI's SDK, streaming", lambda: pieces(openai)
    yield (
        "OpenAI's SDK, responses",
        lambda: openai.responses.create(model="small", input="Is anybody there?").output_text,
    )
    yield "Anthropic's SDK", lambda: message(anthropic)
    yield "Anthropic's SDK, streaming", lambda: texts(anthropic)
    yield "the models", lambda: ", ".join(model.id for model in openai.models.list())


def curl(url: str) -> str:
    """Send what the seeds' curl sends, trailing comma included."""
    body = b'{\n    "model": "shouting",\n    "messages": [{"role": "user", "content": "Is anybody there?"}],\n}'
    headers = {"Content-Type": "application/json", "Authorization": "Bearer sk-1234"}
    request = urllib.request.Request(url, body, headers)
    with urllib.request.urlopen(request, timeout=20) as response:
        return str(json.load(response)["choices"][0]["message"]["content"])


def said(answer: Any) -> str:
    return str(answer.choices[0].message.content)


def pieces(openai: OpenAI) -> Iterator[str]:
    for chunk in openai.chat.completions.create(model="small", messages=HELLO, stream=True):
        yield chunk.choices[0].delta.content or ""


def message(anthropic: Anthropic) -> str:
    answer = anthropic.messages.create(model="shouting", max_tokens=100, messages=HELLO)
    return "".join(block.text for block in answer.content if block.type == "text")


def texts(anthropic: Anthropic) -> Iterator[str]:
    with anthropic.messages.stream(model="small", max_tokens=100, messages=HELLO) as stream:
        yield from stream.text_stream
