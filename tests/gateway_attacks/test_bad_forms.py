"""Forms of image edits that are none, or hold what no form should."""

from __future__ import annotations

import pytest
from gateway_attacks.bodies import EDITS
from gateway_attacks.client import head as begin

TYPE = "multipart/form-data; boundary=B"
END = b"--B--\r\n"


def part(name, content, filename=None, more=b""):
    file = b'; filename="%b"' % filename if filename is not None else b""
    return b'--B\r\nContent-Disposition: form-data; name="%b"%b%b\r\n\r\n%b\r\n' % (name, file, more, content)


MODEL, PROMPT = part(b"model", b"good"), part(b"prompt", b"x")
IMAGE = part(b"image", b"picture", b"a.png", b"\r\nContent-Type: image/png")
GOOD = MODEL + PROMPT + IMAGE + END

UNREADABLE = {
    "no boundary": (GOOD, "multipart/form-data"),
    "an empty boundary": (GOOD, "multipart/form-data; boundary="),
    "another boundary": (GOOD, "multipart/form-data; boundary=C"),
    "a boundary of 30,000 bytes": (GOOD, f"multipart/form-data; boundary={'B' * 30_000}"),
    "JSON": (b'{"model": "good"}', TYPE),
    "garbage": (b"\0\1\2\xff" * 100, TYPE),
    "text before the parts": (b"hello\r\n" + GOOD, TYPE),
    "a part that is only begun": (b"--B\r\n\r\n", TYPE),
    "a part without a name": (b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + END, TYPE),
    "a part without headers": (b"--B\r\n\r\nx\r\n" + END, TYPE),
    "a part's header that is none": (b"--B\r\nno colon\r\n\r\nx\r\n" + END, TYPE),
    "a part's header in bytes": (b"--B\r\n\xff\xfe: x\r\n\r\nx\r\n" + END, TYPE),
    "5,000 headers of a part": (part(b"model", b"good", more=b"\r\nx: y" * 5000) + END, TYPE),
    "a part's header of a megabyte": (part(b"model", b"good", more=b"\r\nx: " + b"y" * 1_000_000) + END, TYPE),
    "a field of two megabytes": (MODEL + part(b"prompt", b"x" * 2_000_000) + IMAGE + END, TYPE),
    "5,000 fields": (GOOD[: -len(END)] + b"".join(part(b"f%d" % n, b"") for n in range(5000)) + END, TYPE),
    "1,500 files": (MODEL + PROMPT + IMAGE * 1500 + END, TYPE),
}


@pytest.mark.parametrize(("body", "content_type"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_form(house, upstream, body, content_type):
    sent = len(upstream.requests)
    error = house.refusal(house.client.post(EDITS, body, content_type=content_type), EDITS, 400)
    assert error["message"].startswith("the form does not parse: ")
    assert len(upstream.requests) == sent


WRONG = {
    "nothing": (b"", "model"),
    "only the end": (END, "model"),
    "no model": (PROMPT + IMAGE + END, "model"),
    "no image": (MODEL + PROMPT + END, "image"),
    "a form without its end": (MODEL + PROMPT + IMAGE, "image"),
    "a form cut off": ((MODEL + PROMPT + IMAGE)[:-10], "image"),
    "a path in place of the file": (MODEL + PROMPT + part(b"image", b"/etc/passwd") + END, "image"),
    "an address in place of the file": (MODEL + PROMPT + part(b"image", b"http://169.254.169.254/") + END, "image"),
    "a mask that is text": (MODEL + PROMPT + IMAGE + part(b"mask", b"file:///etc/passwd") + END, "mask"),
    "a prompt that is a file": (MODEL + part(b"prompt", b"x", b"p.txt") + IMAGE + END, "prompt"),
    "a model that is a file": (part(b"model", b"good", b"m.txt") + PROMPT + IMAGE + END, "model"),
    "a file that nobody wants": (MODEL + PROMPT + IMAGE + part(b"shell", b"x", b"x.php") + END, "shell"),
    "two masks": (MODEL + PROMPT + IMAGE + part(b"mask", b"x", b"m.png") * 2 + END, "mask"),
    "a number in words": (MODEL + PROMPT + IMAGE + part(b"n", b"many") + END, "n"),
    "no images at all": (MODEL + PROMPT + IMAGE + part(b"n", b"0") + END, "n"),
    "a number in bytes": (MODEL + PROMPT + IMAGE + part(b"n", b"\xff\xfe") + END, "n"),
    "a stream": (MODEL + PROMPT + IMAGE + part(b"stream", b"true") + END, "stream"),
    "a key that steers": (MODEL + PROMPT + IMAGE + part(b"api_base", b"http://169.254.169.254") + END, "api_base"),
    "a list that steers": (MODEL + PROMPT + IMAGE + part(b"headers[]", b"x: y") + END, "headers"),
}


@pytest.mark.parametrize(("body", "param"), WRONG.values(), ids=WRONG)
def test_a_form_that_is_no_request(house, upstream, body, param):
    sent = len(upstream.requests)
    error = house.refusal(house.client.post(EDITS, body, content_type=TYPE), EDITS, 400)
    assert error["param"] == param
    assert len(upstream.requests) == sent


def test_a_form_larger_than_the_limit(house):
    head = MODEL + PROMPT + b'--B\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    with house.client.connect() as connection:
        connection.send(house.client.request("POST", EDITS, content_type=TYPE, content_length=str(2**40)) + head)
        house.refusal(connection.answer(), EDITS, 413)
    with house.client.connect() as connection:  # and one that does not say so before
        connection.send(
            begin("POST", EDITS, {"host": "localhost", "content-type": TYPE, "transfer-encoding": "chunked"})
        )
        connection.send(b"%x\r\n%b\r\n" % (len(head), head))
        connection.send(b"100000\r\n%b\r\n" % (b"x" * 2**20) * 40)
        house.refusal(connection.answer(), EDITS, 413)


ODD = {
    "hundreds of fields": GOOD[: -len(END)] + b"".join(part(b"f%d" % n, b"x") for n in range(300)) + END,
    "a hundred pictures": MODEL + PROMPT + IMAGE * 100 + END,
    "a field twice": MODEL + MODEL + PROMPT + IMAGE + END,
    "a file name that climbs": MODEL + PROMPT + part(b"image", b"x", b"../../etc/passwd") + END,
    "a file name in bytes": MODEL + PROMPT + part(b"image", b"x", b"\xff\xfe.png") + END,
    "an empty file name": MODEL + PROMPT + part(b"image", b"x", b"") + END,
    "an empty file": MODEL + PROMPT + part(b"image", b"", b"a.png") + END,
    "a large file": MODEL + PROMPT + part(b"image", b"x" * 3_000_000, b"a.png") + END,
    "a type of many lines": MODEL + PROMPT + part(b"image", b"x", b"a", b"\r\nContent-Type: a/b\r\nX-Evil: 1") + END,
    "text behind the parts": GOOD + b"hello",
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_forms_that_are_odd_and_taken(house, upstream, body):
    answer = house.told(house.client.post(EDITS, body, content_type=TYPE))
    assert answer.status == 200
    parts = upstream.requests[-1].parts
    assert [part.content for part in parts if part.name == "model"] == [b"small"]
    assert all(part.name in ("model", "prompt", "image", "image[]") or part.name[0] == "f" for part in parts)


INJECTED = ['a"; filename="b', "a\r\nX-Evil: 1\r\n\r\nEVIL", "a\r\n--", "\0", "name[]", "ä\u2028"]


@pytest.mark.parametrize("name", INJECTED)
def test_names_do_not_break_out_of_the_form_that_goes_on(house, upstream, name):
    body = {"model": "good", "prompt": "x", "image": "data:,x", name: "value", "other": name}
    assert house.told(house.client.post(EDITS, body)).status == 200
    parts = upstream.requests[-1].parts
    assert len(parts) == 5
    assert [part.content for part in parts if part.name == "other"] == [name.encode()]
    assert [part.filename for part in parts if part.content == b"value"] == [None]
