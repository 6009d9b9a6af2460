"""LiteLLM's CustomLLM handlers as Jackfield providers.

    class House(CustomLLM):
        def completion(self, *args, **kwargs): ...

    jackfield.custom_provider_map = [{"provider": "house", "custom_handler": House()}]

``find_provider`` is what the core asks while ``custom_provider_map`` is not empty; ``provider_of`` makes a plugin of a
handler for a client of one's own.
"""

from __future__ import annotations

from ._handler import BaseLLM, CustomLLM, CustomLLMError
from ._http import AsyncHTTPHandler, HTTPHandler
from ._map import find_provider, provider_of

__all__ = ["AsyncHTTPHandler", "BaseLLM", "CustomLLM", "CustomLLMError", "HTTPHandler", "find_provider", "provider_of"]

for _public in (AsyncHTTPHandler, BaseLLM, CustomLLM, CustomLLMError, HTTPHandler, find_provider, provider_of):
    _public.__module__ = __name__
del _public
