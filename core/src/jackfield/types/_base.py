"""What all response types share: they keep a server's extra fields and also read like mappings."""

import os
import time
from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json


class Model(BaseModel):
    """A pydantic model that keeps unknown fields and reads like a mapping.

    ``r["choices"][0]["message"]["content"]``, ``r.get("usage")`` and ``"id" in r`` do what they do for the parsed JSON;
    a field that the server did not send is None.
    """

    # defer_build: a validator is built when its type is first used, so importing the types stays cheap.
    model_config = ConfigDict(extra="allow", defer_build=True, protected_namespaces=())

    # Servers write null for what is missing. Whoever does not is not to pay for it: null is looked for where validation
    # fails, and only then; the validator is called straight, as pydantic's own methods do, to be as fast as they are.

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """Build from a mapping; null is a missing field, wherever a field cannot be null."""
        try:
            made: Self = cls.__pydantic_validator__.validate_python(obj, **options)
        except ValidationError as error:
            if not _of_null(error):
                raise
        else:
            return made
        return super().model_validate(_without_nulls(obj), **options)

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """Build from JSON; null is a missing field, wherever a field cannot be null."""
        try:
            made: Self = cls.__pydantic_validator__.validate_json(json_data, **options)
        except ValidationError as error:
            if not _of_null(error):
                raise
        else:
            return made
        return super().model_validate(_without_nulls(from_json(json_data)), **options)

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


def _of_null(error: ValidationError) -> bool:
    return any(each["input"] is None for each in error.errors(include_url=False, include_context=False))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list | tuple) else value


def make_id(prefix: str) -> str:
    """Return a fresh random id such as ``chatcmpl-4f…``."""
    return f"{prefix}-{os.urandom(16).hex()}"


def now() -> int:
    """Return the time in whole seconds since 1970, as ``created`` carries it."""
    return int(time.time())
