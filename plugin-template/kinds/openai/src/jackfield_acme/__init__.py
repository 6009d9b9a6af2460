"""The Acme model server, which speaks OpenAI's format, as a provider for jackfield.

    completion("acme/acme-1", messages)

Where your server wants more than an address and a key, derive a class from OpenAICompatible and override its `headers`,
`url` or `body`, as README.md shows.
"""

from jackfield_openai_compatible import OpenAICompatible

__all__ = ["provider"]

provider = OpenAICompatible(
    "Acme",
    api_base="https://models.acme.example/v1",
    api_key_env="ACME_API_KEY",
    api_base_env="ACME_API_BASE",
)
