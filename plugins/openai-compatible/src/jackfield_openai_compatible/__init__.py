"""Any server that speaks OpenAI's format, as a Jackfield provider.

    openai                      chat, text completions, embeddings, images, models
    text_completion_openai      the same server, with a chat sent to `/completions` as one prompt
    OpenAICompatible            makes another provider in a few lines, or is derived from for more
    TextCompletionCompatible    the same for servers that know no chat

`presets` holds the servers and vendors that differ in address and key only.
"""

from ._provider import OpenAICompatible, TextCompletionCompatible

__all__ = ["OpenAICompatible", "TextCompletionCompatible", "openai", "text_completion_openai"]

OpenAICompatible.__module__ = TextCompletionCompatible.__module__ = __name__

_BASE = "https://api.openai.com/v1"
_BASE_VARIABLES = ("OPENAI_BASE_URL", "OPENAI_API_BASE")
_KEY_VARIABLE = "OPENAI_API_KEY"

openai = OpenAICompatible("OpenAI", api_base=_BASE, api_key_env=_KEY_VARIABLE, api_base_env=_BASE_VARIABLES)
text_completion_openai = TextCompletionCompatible(
    "OpenAI, text completions", api_base=_BASE, api_key_env=_KEY_VARIABLE, api_base_env=_BASE_VARIABLES
)
