"""Text completions, vectors, pictures and models of echo."""

from __future__ import annotations

import asyncio
import base64
import math
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield import (
    BadRequestError,
    Usage,
    aembedding,
    aimage_edit,
    aimage_generation,
    alist_models,
    atext_completion,
    embedding,
    image_edit,
    image_generation,
    list_models,
    text_completion,
)
from jackfield_echo._pictures import png
from jackfield_echo._words import pieces

# --------------------------------------------------------------------------------------------------- text completions


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("once upon", ["once upon"]),
        (["once", "twice"], ["once", "twice"]),
        ([1, 22, 3], ["1 22 3"]),
        ([[1, 2], [3]], ["1 2", "3"]),
    ],
    ids=str,
)
def test_every_prompt_comes_back_in_order(prompt, expected):
    answer = text_completion("echo/hello", prompt)
    assert [(choice.index, choice.text) for choice in answer.choices] == list(enumerate(expected))
    assert (answer.object, answer.model) == ("text_completion", "hello")
    words = len(" ".join(expected).split())
    assert answer.usage == Usage(prompt_tokens=words, completion_tokens=words, total_tokens=2 * words)


def test_n_multiplies_each_prompt_and_max_tokens_cuts_each():
    answer = text_completion("echo/hello", ["one two", "three"], n=2, max_tokens=1)
    assert [(choice.text, choice.finish_reason) for choice in answer.choices] == [
        ("one", "length"),
        ("one", "length"),
        ("three", "stop"),
        ("three", "stop"),
    ]


def test_a_streamed_text_adds_up_to_the_whole_one():
    whole = text_completion("echo/hello", ["one two three", "four"], max_tokens=2)
    with text_completion("echo/hello", ["one two three", "four"], max_tokens=2, stream=True) as stream:
        texts = [(choice.index, choice.text) for chunk in stream for choice in chunk.choices if choice.text]
    assert texts == [(0, "one"), (0, " two"), (1, "four")]
    assert stream.response == whole


@settings(deadline=None)  # a busy machine is no broken law
@given(st.text())
def test_the_words_of_a_text_are_the_text(text):
    assert "".join(pieces(text)) == text


# ------------------------------------------------------------------------------------------------------------- vectors


def vectors_of(answer):
    return [entry.embedding for entry in answer.data]


def test_each_input_gets_a_vector_of_length_one():
    answer = embedding("echo/hello", ["one two", "", "three"])
    assert [(entry.index, len(entry.embedding)) for entry in answer.data] == [(0, 8), (1, 8), (2, 8)]
    assert [math.hypot(*vector) for vector in vectors_of(answer)] == pytest.approx([1, 1, 1])
    assert (answer.model, answer.usage) == ("hello", Usage(prompt_tokens=3, total_tokens=3))


def test_texts_that_share_words_are_near_each_other():
    cat, cats, sums = vectors_of(embedding("echo/hello", ["the old cat", "the old dog", "two plus two"], dimensions=64))

    def nearness(one, other):
        return math.fsum(a * b for a, b in zip(one, other, strict=True))

    assert nearness(cat, cats) > 0.5 > nearness(cat, sums)


@pytest.mark.parametrize("dimensions", [1, 3, 1536])
def test_a_vector_has_as_many_dimensions_as_asked_for(dimensions):
    [vector] = vectors_of(embedding("echo/hello", "one", dimensions=dimensions))
    assert len(vector) == dimensions
    assert math.hypot(*vector) == pytest.approx(1)


def test_base64_holds_the_same_numbers():
    texts = ["one", "two"]
    floats = vectors_of(embedding("echo/hello", texts, encoding_format="float"))
    encoded = map(base64.b64decode, vectors_of(embedding("echo/hello", texts, encoding_format="base64")))
    assert [list(struct.unpack("<8f", packed)) for packed in encoded] == floats


def test_tokens_are_read_as_their_numbers():
    tokens = embedding("echo/hello", [[1, 2], [3]])
    assert vectors_of(tokens) == vectors_of(embedding("echo/hello", ["1 2", "3"]))


# ------------------------------------------------------------------------------------------------------------ pictures


def decoded(content):
    """Reads a PNG as the standard says: signature, checked parts, unpacked rows. Width, height, colour, pixels."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    parts, rest = {}, content[8:]
    while rest:
        length, kind = struct.unpack(">I4s", rest[:8])
        body, checksum = rest[8 : 8 + length], rest[8 + length : 12 + length]
        assert struct.unpack(">I", checksum) == (zlib.crc32(kind + body),)
        parts[kind], rest = body, rest[12 + length :]
    assert list(parts) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    width, height, *kind = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert kind == [1, 3, 0, 0, 0]
    return width, height, parts[b"PLTE"], zlib.decompress(parts[b"IDAT"])


def size_of(picture):
    return decoded(base64.b64decode(picture.b64_json))[:2]


@pytest.mark.parametrize(("width", "height"), [(1, 1), (8, 8), (9, 2), (1024, 768)])
def test_a_picture_is_a_valid_png(width, height):
    found = decoded(png(width, height, colour=b"\x01\x02\x03"))
    assert found == (width, height, b"\x01\x02\x03", bytes((1 + math.ceil(width / 8)) * height))


def test_a_prompt_gets_its_own_colour():
    [door], [window] = (image_generation("echo/hello", prompt).data for prompt in ("a door", "a window"))
    assert size_of(door) == (8, 8)
    assert door.revised_prompt == "a door"
    assert door.b64_json != window.b64_json


def test_size_and_number_are_what_was_asked_for():
    pictures = image_generation("echo/hello", "a door", n=2, size="32x16").data
    assert [size_of(picture) for picture in pictures] == [(32, 16)] * 2


def test_an_address_holds_the_picture_itself():
    [picture] = image_generation("echo/hello", "a door", response_format="url").data
    kind, _, encoded = str(picture.url).partition(",")
    assert (kind, picture.b64_json) == ("data:image/png;base64", None)
    assert decoded(base64.b64decode(encoded))[:2] == (8, 8)


def test_an_edited_picture_is_the_picture_of_its_prompt():
    edited = image_edit("echo/hello", [b"anything"], "a door", mask=b"more", n=1)
    assert edited == image_generation("echo/hello", "a door", n=1)


def test_the_models_are_listed():
    assert [model.id for model in list_models("echo").data] == ["hello"]


# ----------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("call", "parameters", "message"),
    [
        (embedding, {"dimensions": 0}, "dimensions must be a whole number"),
        (embedding, {"encoding_format": "hex"}, "encoding_format must be 'float' or 'base64', not 'hex'"),
        (embedding, {"n": 2}, "cannot send n with embedding"),
        (image_generation, {"size": "big"}, "size must be 'auto' or such as '64x64', at most 4096, not 'big'"),
        (image_generation, {"size": "0x1"}, "size must be"),
        (image_generation, {"size": "9999x1"}, "size must be"),
        (image_generation, {"response_format": "gif"}, "response_format must be 'b64_json' or 'url', not 'gif'"),
        (image_generation, {"quality": "hd"}, "cannot send quality with image_generation"),
        (text_completion, {"stop": 3}, "stop must be a text or a list of texts, not 3"),
    ],
    ids=str,
)
def test_a_parameter_that_means_nothing_is_refused_by_name(call, parameters, message):
    with pytest.raises(BadRequestError) as caught:
        call("echo/hello", "a door", **parameters)
    assert message in str(caught.value)
    assert caught.value.param in parameters


# ------------------------------------------------------------------------------------------------------- async callers


@pytest.mark.parametrize(
    ("sync", "asynchronous", "arguments"),
    [
        (text_completion, atext_completion, ("echo/hello", ["one", "two"])),
        (embedding, aembedding, ("echo/hello", ["one", "two"])),
        (image_generation, aimage_generation, ("echo/hello", "a door")),
        (image_edit, aimage_edit, ("echo/hello", b"picture", "a door")),
        (list_models, alist_models, ("echo",)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_async_callers_get_what_sync_callers_get(sync, asynchronous, arguments):
    assert asyncio.run(asynchronous(*arguments)) == sync(*arguments)
