"""Values made of JSON schemas."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Annotated, Literal
from uuid import UUID

import pytest
from jackfield import BadRequestError
from jackfield_echo._examples import example_of
from pydantic import BaseModel, Field


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Tree(BaseModel):
    """It holds itself, in every way that ends."""

    children: list["Tree"]
    parent: "Tree | None"
    by_name: dict[str, "Tree"]


class Everything(BaseModel):
    text: str
    short: Annotated[str, Field(max_length=2)]
    long: Annotated[str, Field(min_length=9)]
    whole: int
    seven: Annotated[int, Field(ge=5, multiple_of=7)]
    negative: Annotated[int, Field(le=-3)]
    above: Annotated[int, Field(gt=4)]
    between: Annotated[float, Field(gt=0, lt=1)]
    high: Annotated[float, Field(ge=2.5)]
    low: Annotated[float, Field(lt=-2.5)]
    tenths: Annotated[float, Field(multiple_of=0.5)]
    real: float
    flag: bool
    nothing: None
    colour: Colour
    one: Literal["only"]
    several: Literal["a", "b"]
    two: Annotated[list[int], Field(min_length=2)]
    pair: tuple[int, str]
    either: int | str
    perhaps: int | None
    day: date
    moment: datetime
    hour: time
    wait: timedelta
    uuid: UUID
    tree: Tree
    left_out: int = 3


def test_a_value_of_every_kind_is_what_its_model_takes():
    made = Everything.model_validate(example_of(Everything.model_json_schema()))
    assert (made.text, made.short, made.long, made.left_out) == ("echo", "ec", "echoooooo", 3)
    assert (made.seven, made.negative, made.above) == (7, -3, 5)
    assert made.tree == Tree(children=[], parent=None, by_name={})


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, None),
        ({"type": "object"}, {}),
        ({"properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"a": 0}),
        ({"type": "object", "properties": {"a": True}, "required": ["a", "b"]}, {"a": None, "b": None}),
        ({"type": ["string", "null"]}, None),
        ({"type": ["string", "integer"]}, "echo"),
        ({"oneOf": [{"$ref": "#/$defs/a"}, {"type": "integer"}], "$defs": {"a": {"type": "string"}}}, 0),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"const": 4}}}, 4),
        ({"type": "money"}, None),
        (
            {
                "allOf": [{"$ref": "#/$defs/a"}, {"properties": {"y": {"const": 2}}, "required": ["y"]}],
                "$defs": {"a": {"type": "object", "properties": {"x": {"const": 1}}, "required": ["x"]}},
            },
            {"x": 1, "y": 2},
        ),
    ],
    ids=str,
)
def test_a_schema_has_this_value(schema, expected):
    assert example_of(schema) == expected


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"$ref": "#"}, "refers to itself without end"),
        ({"$ref": "#/$defs/lost"}, "refers to '#/$defs/lost', which it does not hold"),
    ],
)
def test_a_schema_without_a_value_is_refused(schema, message):
    with pytest.raises(BadRequestError) as caught:
        example_of(schema)
    assert message in str(caught.value)
