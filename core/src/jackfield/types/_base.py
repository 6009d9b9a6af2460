"""What all response types share: they keep a server's extra fields and also read like mappings."""

import os
import time
from collections.abc import Iterator
from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A pydantic model that keeps unknown fields and reads like a mapping.

    ``r["choices"][0]["message"]["content"]``, ``r.get("usage")`` and ``"id" in r`` do what they do for the parsed JSON;
    a field that the server did not send is None.
    """

    # defer_build: a validator is built when its type is first used, so importing the types stays cheap.
    model_config = ConfigDict(extra="allow", defer_build=True, protected_namespaces=())

    def __getitem__(self, key: str) -> Any:
        if key in self:
            return getattr(self, key)
        raise KeyError(key)

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self, key, value)

    def __contains__(self, key: object) -> bool:
        return key in type(self).model_fields or key in (self.__pydantic_extra__ or ())

    def get(self, key: str, default: Any = None) -> Any:
        """Return the field, or ``default`` where there is no such field."""
        return getattr(self, key) if key in self else default

    def keys(self) -> Iterator[str]:
        """Iterate over the names of the fields, extra ones included."""
        yield from type(self).model_fields
        yield from self.__pydantic_extra__ or ()

    def replace(self, **changes: Any) -> Self:
        """Return a shallow copy with these fields changed."""
        return self.model_copy(update=changes)


def make_id(prefix: str) -> str:
    """Return a fresh random id such as ``chatcmpl-4f…``."""
    return f"{prefix}-{os.urandom(16).hex()}"


def now() -> int:
    """Return the time in whole seconds since 1970, as ``created`` carries it."""
    return int(time.time())
