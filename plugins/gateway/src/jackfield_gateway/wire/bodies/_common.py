"""What all bodies share.

An object keeps the keys that it does not know: they are parameters, and pass on. Types are strict, as JSON's own are:
``"5"`` is no number. A choice among types names each of them as a sentence can, for the error that none fits.
"""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, Tag, with_config
from typing_extensions import TypedDict

__all__ = [
    "CalledFunction",
    "Finite",
    "JsonObject",
    "NonEmpty",
    "Number",
    "OneOrMoreTexts",
    "Texts",
    "TokensOrTexts",
    "form",
    "several",
    "wire_object",
]

wire_object = with_config(ConfigDict(extra="allow", strict=True))
"""Marks a TypedDict as an object of a body."""

form = with_config(ConfigDict(extra="allow"))
"""Marks a TypedDict as a form, where every value is a text and numbers are read out of theirs."""

Finite = Annotated[float, Field(allow_inf_nan=False)]
Number = Annotated[int, Tag("<a number>")] | Annotated[Finite, Tag("<a number>")]  # 1 stays 1: nothing of it changes
NonEmpty = Annotated[str, Field(min_length=1)]
JsonObject = dict[str, Any]

several = Field(fail_fast=True)  # a long list of junk makes one error, not one for each item
Texts = Annotated[list[str], several]
OneOrMoreTexts = Annotated[str, Tag("<a string>")] | Annotated[Texts, Tag("<a list of strings>")]

Tokens = Annotated[list[int], several]
TokensOrTexts = (
    Annotated[str, Tag("<a string>")]
    | Annotated[list[str], several, Field(min_length=1), Tag("<a list of strings>")]
    | Annotated[list[int], several, Field(min_length=1), Tag("<a list of token numbers>")]
    | Annotated[list[Tokens], several, Field(min_length=1), Tag("<a list of lists of token numbers>")]
)


@wire_object
class CalledFunction(TypedDict):
    """The function that a model called; ``arguments`` is JSON text."""

    name: str
    arguments: str
