"""Bytes to frames: the same frames, whatever pieces the bytes come in."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jackfield import ContractViolationError, InvalidResponseError
from jackfield._framing import MAX_FRAME_BYTES, JsonLines, ServerSentEvents, splitter_factory
from jackfield.flow import ServerSentEvent

BOM = b"\xef\xbb\xbf"


def event(data, event="message", id=None):
    return ServerSentEvent(data, event, id)


def frames(splitter, pieces):
    """All frames of these pieces, the splitter's rest included."""
    found = [frame for piece in pieces for frame in splitter.feed(piece)]
    return found + list(splitter.flush())


def swallow(splitter, pieces):
    for piece in pieces:
        list(splitter.feed(piece))


def cuts(wire):
    """The bytes whole, cut in two at every place, byte by byte, and byte by byte with empty pieces between."""
    yield [wire]
    for place in range(len(wire) + 1):
        yield [wire[:place], wire[place:]]
    single = [wire[place : place + 1] for place in range(len(wire))]
    yield single
    yield [piece for one in single for piece in (one, b"")]


EVENTS = {
    "nothing": (b"", []),
    "one event": (b"data: a\n\n", [event(b"a")]),
    "CR LF": (b"data: a\r\n\r\ndata: b\r\n\r\n", [event(b"a"), event(b"b")]),
    "CR alone": (b"data: a\r\rdata: b\r\r", [event(b"a"), event(b"b")]),
    "all line ends mixed": (b"data: a\r\n\ndata: b\r\r\ndata: c\n\r", [event(b"a"), event(b"b"), event(b"c")]),
    "a CR, then an LF that ends a blank line": (b"data: a\n\r\ndata: b\r\n\r", [event(b"a"), event(b"b")]),
    "no last blank line": (b"data: a\n\ndata: b\n", [event(b"a"), event(b"b")]),
    "no last line end": (b"data: a\n\ndata: b", [event(b"a"), event(b"b")]),
    "a last CR": (b"data: a\r", [event(b"a")]),
    "several data lines": (b"data: a\ndata:\ndata: b\n\n", [event(b"a\n\nb")]),
    "several data lines with CR LF": (b"data: a\r\ndata: b\r\n\r\n", [event(b"a\nb")]),
    "one space after the colon is dropped": (b"data:a\n\ndata:  a\n\n", [event(b"a"), event(b" a")]),
    "a field without a colon": (b"data\n\n", [event(b"")]),
    "empty data": (b"data:\n\ndata: \n\n", [event(b""), event(b"")]),
    "colons in the data": (b"data: a: b\n\n", [event(b"a: b")]),
    "comments and keep-alives": (b": hello\n\n:\n\ndata: a\n: between\ndata: b\n\n:\n\n", [event(b"a\nb")]),
    "blank lines": (b"\n\n\r\n\rdata: a\n\n\n\n", [event(b"a")]),
    "unknown fields": (b"retry: 10\nfoo: bar\nDATA: no\ndata : no\n data: no\ndata: a\n\n", [event(b"a")]),
    "an event's type": (b"event: ping\ndata: a\n\ndata: b\n\n", [event(b"a", "ping"), event(b"b")]),
    "a type without data": (b"event: ping\n\ndata: b\n\n", [event(b"b")]),
    "one space before a type is dropped": (b"event:  x \ndata: a\n\n", [event(b"a", " x ")]),
    "the last type of one event": (b"event: x\nevent:y\ndata: a\n\n", [event(b"a", "y")]),
    "an id stays": (b"id: 1\ndata: a\n\ndata: b\n\n", [event(b"a", id="1"), event(b"b", id="1")]),
    "an id of nothing": (b"id: 1\nid\ndata: a\n\n", [event(b"a", id="")]),
    "an id with NUL is passed over": (b"id: 1\nid: \x00\ndata: a\n\n", [event(b"a", id="1")]),
    "U+2028, U+2029, U+0085 and form feed end no line": (
        "data: a\u2028b\u2029c\x85d\x0ce\n\n".encode(),
        [event("a\u2028b\u2029c\x85d\x0ce".encode())],
    ),
    "a byte order mark": (BOM + b"data: a\n\n", [event(b"a")]),
    "a byte order mark before a blank line": (BOM + b"\ndata: a\n\n", [event(b"a")]),
    "a byte order mark alone": (BOM, []),
    "half a byte order mark": (BOM[:2], []),
    "only the first byte order mark": (BOM + BOM + b"data: a\n\ndata: b\n\n", [event(b"b")]),
    "a byte order mark later on": (b"data: a\n\n" + BOM + b"data: b\n\n", [event(b"a")]),
    "a JSON object instead of events": (b'{"a":1}', [event(b'{"a":1}')]),
    "a JSON object of many lines": (b'\n {\r\n\r\n"a": 1,\n"data":\n2}', [event(b' {\n\n"a": 1,\n"data":\n2}')]),
    "an object among events": (b'data: a\n{"b":1}\n\n{"c":1}\n\ndata: d\n\n', [event(b"a"), event(b"d")]),
    "bytes that are no UTF-8": (b"event: \xff\ndata: \xff\xfe\n\n", [event(b"\xff\xfe", "\ufffd")]),
}

LINES = {
    "nothing": (b"", []),
    "two lines": (b'{"a":1}\n{"a":2}\n', [b'{"a":1}', b'{"a":2}']),
    "CR LF and blank lines": (b'{"a":1}\r\n\r\n \n{"a":2}\r\n', [b'{"a":1}', b'{"a":2}']),
    "no last line end": (b'{"a":1}\n{"a":2}', [b'{"a":1}', b'{"a":2}']),
    "a CR alone ends no line": (b'{"a":\r1}\n', [b'{"a":\r1}']),
    "U+2028 ends no line": ('{"a":"\u2028"}\n'.encode(), ['{"a":"\u2028"}'.encode()]),
    "a byte order mark": (BOM + b'{"a":1}\n', [b'{"a":1}']),
}


@pytest.mark.parametrize(("wire", "expected"), EVENTS.values(), ids=EVENTS)
def test_events_are_the_same_for_every_cut(wire, expected):
    for pieces in cuts(wire):
        assert frames(ServerSentEvents(), pieces) == expected, pieces


@pytest.mark.parametrize(("wire", "expected"), LINES.values(), ids=LINES)
def test_json_lines_are_the_same_for_every_cut(wire, expected):
    for pieces in cuts(wire):
        assert frames(JsonLines(), pieces) == expected, pieces


def test_an_event_is_given_as_soon_as_its_blank_line_is_there():
    """A reader of a stream with CR line ends does not wait for the LF that might follow."""
    for end in (b"\n\n", b"\r\r", b"\r\n\r"):
        assert list(ServerSentEvents().feed(b"data: a" + end)) == [event(b"a")]


def test_a_reader_may_pause_between_two_events_of_one_piece():
    found = iter(ServerSentEvents().feed(b"data: a\n\ndata: b\n\n"))
    assert [next(found), next(found)] == [event(b"a"), event(b"b")]


# ------------------------------------------------------------------------------------------------------------ the limit


@pytest.mark.parametrize("pieces", [[b"data: " + b"x" * 100], [b"x" * 10] * 10, [b"data: " + b"x" * 100 + b"\n"]])
def test_an_event_beyond_the_limit_is_refused_before_its_end(pieces):
    splitter = ServerSentEvents(limit=64)
    with pytest.raises(InvalidResponseError, match="an event of more than"):
        swallow(splitter, pieces)


@pytest.mark.parametrize("line", [b"data: xx\n", b"data:\n", b"data\n"])
def test_an_event_of_many_lines_is_refused_too_even_if_they_are_empty(line):
    splitter = ServerSentEvents(limit=64)
    with pytest.raises(InvalidResponseError):
        swallow(splitter, [line] * 65)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_limit_is_one_event_s_and_not_the_stream_s(size):
    wire = b"data: 12345\n: some comment\n\n" * 40
    splitter = ServerSentEvents(limit=20)
    assert frames(splitter, [wire[at : at + size] for at in range(0, len(wire), size)]) == [event(b"12345")] * 40


@pytest.mark.parametrize("pieces", [[b"x" * 65 + b"\n"], [b"x" * 65], [b"x"] * 65, [b"x" * 60, b"x" * 60 + b"\n"]])
def test_a_line_beyond_the_limit_is_refused(pieces):
    splitter = JsonLines(limit=64)
    with pytest.raises(InvalidResponseError):
        swallow(splitter, pieces)


def test_the_limit_is_64_mib_and_the_error_says_so():
    splitter = ServerSentEvents()
    for _ in range(64):
        assert not list(splitter.feed(b"x" * 1024 * 1024))
    with pytest.raises(InvalidResponseError, match=r"more than 64 MiB; it was not read further"):
        list(splitter.feed(b"x"))
    assert MAX_FRAME_BYTES == 64 * 1024 * 1024


# --------------------------------------------------------------------------------------------------------- any sequence


names = st.sampled_from([b"message", b"ping", b"content_block_delta"])
ends = st.sampled_from([b"\n", b"\r\n", b"\r"])
values = st.binary(max_size=12).map(lambda value: value.replace(b"\n", b"n").replace(b"\r", b"r"))
noise = st.sampled_from([b":", b": keep-alive", b"retry: 5", b"unknown: x", b"event-id: 1"])
cut_places = st.lists(st.integers(0, 400), max_size=12)


@st.composite
def streams(draw):
    """The bytes of some events, and the events."""
    wire, expected = draw(st.sampled_from([b"", BOM])), []
    end = draw(ends)
    for lines in draw(st.lists(st.lists(values, min_size=1, max_size=3), max_size=5)):
        name = draw(st.none() | names)
        fields = [b"event: " + name] if name else []
        for value in lines:
            fields += [draw(noise)] if draw(st.booleans()) else []
            fields.append(b"data: " + value)
        wire += b"".join(field + end for field in [*fields, b""])
        expected.append(event(b"\n".join(lines), (name or b"message").decode()))
    return wire, expected


def pieces_of(wire, places):
    edges = [0, *sorted(min(place, len(wire)) for place in places), len(wire)]
    return [wire[start:end] for start, end in pairwise(edges)]


@settings(deadline=None)  # a busy machine is no broken law
@given(streams(), cut_places)
@example((b"data: a\r\n\r\n", [event(b"a")]), [8])
def test_any_cut_of_any_events_gives_these_events(stream, places):
    wire, expected = stream
    assert frames(ServerSentEvents(), pieces_of(wire, places)) == expected


@settings(deadline=None)  # a busy machine is no broken law
@given(st.binary(max_size=80) | st.text("\r\n :dat{", max_size=60).map(str.encode), cut_places)
def test_any_cut_of_any_bytes_gives_the_same_frames(wire, places):
    for splitter in (ServerSentEvents, JsonLines):
        assert frames(splitter(), pieces_of(wire, places)) == frames(splitter(), [wire])


# -------------------------------------------------------------------------------------------------------------- by name


def test_framing_is_named_or_a_factory():
    assert splitter_factory("sse") is ServerSentEvents
    assert splitter_factory("ndjson") is JsonLines
    assert splitter_factory(list) is list


def test_an_unknown_framing_is_refused_with_the_names_there_are():
    with pytest.raises(ContractViolationError, match=r"unknown framing 'xml'.*'sse', 'ndjson' or a splitter's factory"):
        splitter_factory("xml")
