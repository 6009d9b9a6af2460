"""Image edits: what an image may be, and the form that goes out, parsed back."""

from __future__ import annotations

import io
import pathlib
from typing import Any

import pytest
from jackfield import BadRequestError, ConfigurationError, ImageEditRequest

OPTIONS: Any = {"api_base": "https://models.example/v1", "num_retries": 0}
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels\r\n--\r\n"
JPEG = b"\xff\xd8\xff\xe0pixels"
WEBP = b"RIFF\n\x00\n\x00WEBPpixels"
GIF = b"GIF89apixels"
DONE = b'{"created": 1, "data": [{"b64_json": "AA=="}]}'


def edit(*images, mask=None, prompt="a hat", **more):
    options: Any = {**OPTIONS, **more.pop("options", {})}
    return ImageEditRequest("openai/small", list(images), prompt, mask, options=options, **more)


def files_of(wire):
    return [part for part in wire.parts if part.filename is not None]


def fields_of(wire):
    return [(part.name, part.content.decode()) for part in wire.parts if part.filename is None]


def test_the_form_holds_model_prompt_parameters_and_picture(wire):
    params = {
        "n": 2,
        "size": "512x512",
        "ratio": 0.5,
        "hd": True,
        "user": None,
        "tags": ["a", "b"],
        "style": {"name": "ink", "weights": [1, 2]},
    }
    response = wire(edit(PNG, params=params, options={"extra_body": {"seed": 7, "nothing": None}}), DONE)
    assert (wire.sent[0].method, wire.sent[0].url) == ("POST", "https://models.example/v1/images/edits")
    assert response.data[0].b64_json == "AA=="
    assert files_of(wire) == [("image", "image.png", "image/png", PNG)]
    assert fields_of(wire) == [
        ("model", "small"),
        ("prompt", "a hat"),
        ("n", "2"),
        ("size", "512x512"),
        ("ratio", "0.5"),
        ("hd", "true"),
        ("tags[]", "a"),
        ("tags[]", "b"),
        ("style[name]", "ink"),
        ("style[weights][]", "1"),
        ("style[weights][]", "2"),
        ("seed", "7"),
    ]


def test_the_key_and_the_callers_headers_go_along(sync_wire):
    sync_wire(edit(PNG, options={"api_key": "sk-very-secret", "headers": {"X-One": "1"}}), DONE)
    headers = sync_wire.sent[0].headers
    assert (headers["authorization"], headers["x-one"]) == ("Bearer sk-very-secret", "1")
    assert b"sk-very-secret" not in sync_wire.sent[0].content


class Named(io.BytesIO):
    name = "/somewhere/else/cat.jpg"


@pytest.mark.parametrize(
    ("item", "filename", "media_type", "content"),
    [
        (PNG, "image.png", "image/png", PNG),
        (bytearray(JPEG), "image.jpeg", "image/jpeg", JPEG),
        (memoryview(WEBP), "image.webp", "image/webp", WEBP),
        (GIF, "image.gif", "image/gif", GIF),
        (b"RIFFxxxxWAVE", "image.bin", "application/octet-stream", b"RIFFxxxxWAVE"),
        (io.BytesIO(PNG), "image.png", "image/png", PNG),
        (Named(JPEG), "cat.jpg", "image/jpeg", JPEG),
        (("dog.png", PNG), "dog.png", "image/png", PNG),
        ((None, PNG), "image.png", "image/png", PNG),
        (("dog.dat", io.BytesIO(PNG), "image/x-own"), "dog.dat", "image/x-own", PNG),
        (("dog.dat", PNG, None), "dog.dat", "image/png", PNG),
        ((None, Named(PNG)), "cat.jpg", "image/png", PNG),
    ],
)
def test_an_image_may_be_bytes_a_file_object_or_a_tuple(sync_wire, item, filename, media_type, content):
    sync_wire(edit(item), DONE)
    assert files_of(sync_wire) == [("image", filename, media_type, content)]


@pytest.mark.parametrize("kind", [str, pathlib.Path])
def test_an_image_may_be_a_path(wire, tmp_path, kind):
    path = tmp_path / "my cat.webp"
    path.write_bytes(WEBP)
    wire(edit(kind(path), mask=("mask.png", path)), DONE)
    assert files_of(wire) == [("image", "my cat.webp", "image/webp", WEBP), ("mask", "mask.png", "image/webp", WEBP)]


def test_an_open_file_is_sent_under_its_name(wire, tmp_path):
    path = tmp_path / "cat.png"
    path.write_bytes(PNG)
    with path.open("rb") as file:
        wire(edit(file), DONE)
    assert files_of(wire) == [("image", "cat.png", "image/png", PNG)]


def test_several_images_and_a_mask(wire):
    wire(edit(PNG, ("b.jpg", JPEG), mask=GIF, prompt=None), DONE)
    assert [(part.name, part.filename) for part in files_of(wire)] == [
        ("image[]", "image.png"),
        ("image[]", "b.jpg"),
        ("mask", "image.gif"),
    ]
    assert fields_of(wire) == [("model", "small")]


def test_a_file_object_is_put_back_where_it_stood(wire):
    """So that a retry by the caller, and a fallback, send it too."""
    file = io.BytesIO(b"before" + PNG)
    file.seek(6)
    for _ in range(2):
        wire.sent.clear()
        wire(edit(file), DONE)
        assert files_of(wire)[0].content == PNG
    assert file.tell() == 6


def test_a_stream_that_cannot_go_back_is_read_once(sync_wire, tmp_path):
    class Pipe(io.RawIOBase):
        def read(self, size=-1):
            return PNG

    sync_wire(edit(Pipe()), DONE)
    assert files_of(sync_wire)[0].content == PNG


CLOSED = io.BytesIO(PNG)
CLOSED.close()


@pytest.mark.parametrize(
    ("item", "why"),
    [
        ("no-such-file.png", "No such file or directory"),
        (pathlib.Path("no-such-file.png"), "No such file or directory"),
        ("zero\0byte", "null"),
        (CLOSED, "closed"),
        (io.StringIO("text"), "'rb'"),
        (7, "int is neither"),
        (("a.png", "text"), "a tuple is"),
        (("a.png",), "a tuple is"),
        ((1, PNG), "a tuple is"),
        (("a.png", PNG, "image/png", {}), "a tuple is"),
        (("a.png", 7), "int is neither"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_name(wire, item, why):
    with pytest.raises(BadRequestError, match=rf"image\[1\] cannot be sent: .*{why}") as caught:
        wire(edit(PNG, item))
    assert caught.value.param == "image"
    assert "no-such-file" not in str(caught.value)
    with pytest.raises(BadRequestError, match="mask cannot be sent") as caught:
        wire(edit(PNG, mask=item))
    assert caught.value.param == "mask"
    assert wire.sent == []


def test_a_missing_key_is_told_before_a_file_is_read(wire):
    with pytest.raises(ConfigurationError, match="GROQ_API_KEY"):
        wire(ImageEditRequest("groq/small", ["no-such-file.png"], "a hat"))
