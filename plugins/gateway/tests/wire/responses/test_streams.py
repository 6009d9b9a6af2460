"""Chunks as events: their order, their places, and that the pieces make what the whole would have been."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield.types import ModelResponse, ModelResponseStream
from jackfield_gateway.wire.responses import ResponseEvents, response_of

BODY = {"model": "asked-for", "input": "Hello", "stream": True}
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def chunk(finish_reason=None, logprobs=None, index=0, **delta):
    choice = {"index": index, "delta": delta, "finish_reason": finish_reason, "logprobs": logprobs}
    fields = {"id": "chatcmpl-4f", "created": 1700000000, "model": "model-1", "choices": [choice]}
    return ModelResponseStream.model_validate(fields)


def last_chunk():
    fields = {"id": "chatcmpl-4f", "created": 1700000000, "model": "model-1", "choices": [], "usage": USAGE}
    return ModelResponseStream.model_validate(fields)


def piece(index, id=None, name=None, arguments=None, **beside):
    return chunk(tool_calls=[{"index": index, "id": id, "function": {"name": name, "arguments": arguments}, **beside}])


def events_of(chunks, body=BODY):
    stream = ResponseEvents(body)
    return [event for each in chunks for event in stream.chunk(each)] + stream.end()


def told(events):
    """Return what the events tell: type and place, without the frame of every response."""
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"]
    return [_line(event) for event in events[2:-1]]


def _line(event):
    places = [event[name] for name in ("output_index", "content_index", "summary_index") if name in event]
    return f"{event['type'].removeprefix('response.')} {'.'.join(map(str, places))}"


@pytest.fixture
def stream(official):
    def stream(*chunks, body=BODY):
        events = events_of(chunks, body)
        official.check_events(events)
        return events

    return stream


TEXT = [
    "output_item.added 0",
    "content_part.added 0.0",
    "output_text.delta 0.0",
    "output_text.delta 0.0",
    "output_text.done 0.0",
    "content_part.done 0.0",
    "output_item.done 0",
]


def test_a_text_is_told_of_in_the_official_order(stream):
    chunks = [
        chunk(role="assistant", content=""),
        chunk(content="Hel"),
        chunk(content="lo"),
        chunk("stop"),
        last_chunk(),
    ]
    events = stream(*chunks)
    assert told(events) == TEXT
    created, in_progress, *_, item_done, completed = events
    for event in (created, in_progress):
        assert (event["response"]["status"], event["response"]["output"]) == ("in_progress", [])
        assert (event["response"]["model"], event["response"]["usage"]) == ("model-1", None)
    assert [event["delta"] for event in events if "delta" in event] == ["Hel", "lo"]
    assert {event["item_id"] for event in events if "item_id" in event} == {item_done["item"]["id"]} == {"msg_4f_0"}
    assert completed["type"] == "response.completed"
    assert completed["response"]["output"] == [item_done["item"]]
    assert completed["response"]["usage"]["total_tokens"] == 5


def test_reasoning_is_done_before_text_begins_and_text_before_a_call(stream):
    events = stream(
        chunk(reasoning_content="Hm"), chunk(content="Hello"), piece(0, "call_1", "add", "{}"), chunk("tool_calls")
    )
    assert told(events) == [
        "output_item.added 0",
        "content_part.added 0.0",
        "reasoning_text.delta 0.0",
        "reasoning_text.done 0.0",
        "content_part.done 0.0",
        "output_item.done 0",
        "output_item.added 1",
        "content_part.added 1.0",
        "output_text.delta 1.0",
        "output_text.done 1.0",
        "content_part.done 1.0",
        "output_item.done 1",
        "output_item.added 2",
        "function_call_arguments.delta 2",
        "function_call_arguments.done 2",
        "output_item.done 2",
    ]


def test_reasoning_stands_for_the_summary_that_was_asked_for(official, stream):
    body = BODY | {"reasoning": {"summary": "auto"}}
    events = stream(chunk(reasoning_content="H"), chunk(reasoning_content="m"), chunk(content="Hello"), body=body)
    assert told(events)[:7] == [
        "output_item.added 0",
        "reasoning_summary_part.added 0.0",
        "reasoning_summary_text.delta 0.0",
        "reasoning_summary_text.delta 0.0",
        "reasoning_summary_text.done 0.0",
        "reasoning_summary_part.done 0.0",
        "output_item.done 0",
    ]
    streamed = events[-1]["response"]["output"]
    whole = whole_of(
        {"reasoning_content": "Hm", "content": "Hello", "refusal": "", "tool_calls": [], "finish_reason": "stop"}
    )
    assert response_of(whole, body)["output"] == streamed
    assert streamed[0]["summary"] == [{"type": "summary_text", "text": "Hm"}]


def test_a_refusal_is_a_part_of_the_message(stream):
    events = stream(chunk(content="Well"), chunk(refusal="No"), chunk(refusal="."), chunk("stop"))
    assert told(events) == [
        "output_item.added 0",
        "content_part.added 0.0",
        "output_text.delta 0.0",
        "output_text.done 0.0",
        "content_part.done 0.0",
        "content_part.added 0.1",
        "refusal.delta 0.1",
        "refusal.delta 0.1",
        "refusal.done 0.1",
        "content_part.done 0.1",
        "output_item.done 0",
    ]
    assert events[-1]["response"]["output"][0]["content"][1] == {"type": "refusal", "refusal": "No."}


def test_calls_whose_pieces_are_mixed_stay_open_to_the_end(stream):
    events = stream(
        piece(0, "call_1", "add"),
        piece(1, "call_2", "sub", "["),
        piece(0, arguments="{"),
        piece(1, arguments="]"),
        piece(0, arguments="}"),
        chunk("tool_calls"),
    )
    assert told(events) == [
        "output_item.added 0",
        "output_item.added 1",
        "function_call_arguments.delta 1",
        "function_call_arguments.delta 0",
        "function_call_arguments.delta 1",
        "function_call_arguments.delta 0",
        "function_call_arguments.done 0",
        "output_item.done 0",
        "function_call_arguments.done 1",
        "output_item.done 1",
    ]
    assert [(item["call_id"], item["arguments"]) for item in events[-1]["response"]["output"]] == [
        ("call_1", "{}"),
        ("call_2", "[]"),
    ]


def test_a_call_is_told_of_when_its_id_and_name_are_known(stream):
    events = stream(piece(0, name="add", arguments="{"), piece(0, "call_1", arguments="}", extra_content={"a": 1}))
    added, delta = events[2:4]
    assert (added["item"]["call_id"], added["item"]["arguments"], delta["delta"]) == ("call_1", "", "{}")
    assert events[-1]["response"]["output"][0]["extra_content"] == {"a": 1}


def test_a_call_without_an_id_is_told_of_at_the_end(stream):
    events = stream(piece(0, name="add", arguments="{}"), chunk("tool_calls"))
    [item] = events[-1]["response"]["output"]
    assert (item["call_id"], item["name"], item["arguments"]) == ("call_fc_4f_0", "add", "{}")


def test_text_after_a_call_is_another_message(stream):
    events = stream(chunk(content="One"), piece(0, "call_1", "add", "{}"), chunk(content="Two"), chunk("stop"))
    output = events[-1]["response"]["output"]
    assert [item["id"] for item in output] == ["msg_4f_0", "fc_4f_1", "msg_4f_2"]
    assert [item["content"][0]["text"] for item in output[::2]] == ["One", "Two"]


def test_a_cut_stream_is_incomplete_and_so_is_its_last_item(stream):
    events = stream(chunk(reasoning_content="Hm"), chunk(content="Hel"), chunk("length"))
    assert events[-1]["type"] == "response.incomplete"
    assert events[-1]["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
    done = [event["item"]["status"] for event in events if event["type"] == "response.output_item.done"]
    assert done == [item["status"] for item in events[-1]["response"]["output"]] == ["completed", "incomplete"]


def test_a_stream_without_anything_is_an_empty_message(stream):
    assert told(stream()) == [each for each in TEXT if "delta" not in each]
    assert stream(chunk(role="assistant", content=""), chunk("stop"))[-1]["response"]["output"][0]["content"] == [
        {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    ]


def test_one_answer_is_told_of_where_several_come(stream):
    events = stream(
        chunk(content="One", index=1), chunk(content="Two", index=0), chunk("length", index=0), chunk("stop", index=1)
    )
    assert events[-1]["type"] == "response.completed"
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == "One"


def test_log_probabilities_come_with_their_piece_and_with_the_whole(stream):
    tokens = [{"token": text, "logprob": -1, "bytes": None, "top_logprobs": []} for text in ("Hel", "lo")]
    first, second = ({"content": [token]} for token in tokens)
    events = stream(chunk(content="Hel", logprobs=first), chunk("stop", content="lo", logprobs=second))
    wanted = [token | {"bytes": []} for token in tokens]
    assert [event["logprobs"] for event in events if "delta" in event] == [wanted[:1], wanted[1:]]
    assert next(event for event in events if event["type"] == "response.output_text.done")["logprobs"] == wanted
    assert events[-1]["response"]["output"][0]["content"][0]["logprobs"] == wanted


def test_log_probabilities_without_text_are_not_lost(stream):
    token = {"token": "", "logprob": -1, "bytes": [], "top_logprobs": []}
    events = stream(chunk(content="Hi"), chunk("stop", logprobs={"content": [token]}))
    assert events[-1]["response"]["output"][0]["content"][0]["logprobs"] == [token]


def test_what_was_told_stays_as_it_was(stream):
    tiered = chunk(content="lo")
    tiered.service_tier = "flex"
    events = stream(chunk(content="Hel"), tiered)
    tiers = [event["response"]["service_tier"] for event in events if "response" in event]
    assert tiers == [None, None, "flex"]


def test_annotations_are_told_of_one_by_one(stream):
    cited = {"url": "https://a.example", "title": "A", "start_index": 0, "end_index": 2}
    events = stream(chunk(content="Hi"), chunk(annotations=[{"type": "url_citation", "url_citation": cited}] * 2))
    notes = [event for event in events if event["type"] == "response.output_text.annotation.added"]
    assert [note["annotation_index"] for note in notes] == [0, 1]
    assert events[-1]["response"]["output"][0]["content"][0]["annotations"] == [{"type": "url_citation", **cited}] * 2


FAILURES = [
    ("rate_limit_error", "rate_limit_exceeded"),
    ("api_error", "server_error"),
    ("invalid_prompt", "invalid_prompt"),
]


@pytest.mark.parametrize(("code", "shown"), FAILURES)
def test_a_stream_that_breaks_off_has_failed_with_what_had_come(official, code, shown):
    stream = ResponseEvents(BODY)
    events = stream.chunk(chunk(reasoning_content="Hm")) + stream.chunk(chunk(content="Hel"))
    events += stream.chunk(piece(0, name="add")) + stream.fail(code, "The server went away.")
    official.check_events(events)
    failed = events[-1]["response"]
    assert (events[-1]["type"], failed["status"]) == ("response.failed", "failed")
    assert failed["error"] == {"code": shown, "message": "The server went away."}
    assert [item["status"] for item in failed["output"]] == ["completed", "incomplete"]
    assert failed["output"][1]["content"][0]["text"] == "Hel"


def test_a_stream_that_fails_first_begins_first(official):
    events = ResponseEvents(BODY).fail("server_error", "The server went away.")
    official.check_events(events)
    assert [event["type"] for event in events] == ["response.created", "response.in_progress", "response.failed"]
    assert len({event["response"]["id"] for event in events}) == 1


# --------------------------------------------------------------------------------------------- cut into any pieces

TEXTS = st.text(max_size=12)
CALLS = st.lists(st.tuples(st.sampled_from(["add", "sub"]), TEXTS), max_size=3)
ANSWERS = st.fixed_dictionaries(
    {
        "reasoning_content": TEXTS,
        "content": TEXTS,
        "refusal": TEXTS,
        "tool_calls": CALLS,
        "finish_reason": st.sampled_from(["stop", "length", "tool_calls", "content_filter"]),
    }
)


def whole_of(answer):
    message = {name: answer[name] or None for name in ("reasoning_content", "content", "refusal")}
    calls = [
        {"id": f"call_{place}", "function": {"name": name, "arguments": arguments}}
        for place, (name, arguments) in enumerate(answer["tool_calls"])
    ]
    choice = {"finish_reason": answer["finish_reason"], "message": {**message, "tool_calls": calls or None}}
    fields = {"id": "chatcmpl-4f", "created": 1700000000, "model": "model-1", "choices": [choice], "usage": USAGE}
    return ModelResponse.model_validate(fields)


def cut(draw, text):
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))
    return [text[begin:end] for begin, end in pairwise([0, *places, len(text)])]


@st.composite
def streams(draw):
    """Draw an answer and its chunks: each text in pieces, the pieces of calls mixed, each call's first one in order."""
    answer = draw(ANSWERS)
    chunks = [chunk(role="assistant", content="")]
    for name in ("reasoning_content", "content", "refusal"):
        chunks += [chunk(**{name: text}) for text in cut(draw, answer[name])]
    pieces = [cut(draw, arguments) for _, arguments in answer["tool_calls"]]
    order = draw(st.permutations([place for place, texts in enumerate(pieces) for _ in texts]))
    known = {place: index for index, place in enumerate(dict.fromkeys(order))}
    begun = set()
    for place in (known[each] for each in order):
        name = answer["tool_calls"][place][0]
        head = {} if place in begun else {"id": f"call_{place}", "name": name}
        begun.add(place)
        if pieces[place]:
            chunks.append(piece(place, **head, arguments=pieces[place].pop(0)))
    chunks += [piece(place, arguments=text) for place, texts in enumerate(pieces) for text in texts]
    return answer, [*chunks, chunk(answer["finish_reason"]), last_chunk()]


@settings(max_examples=150, deadline=None)
@given(streams())
def test_pieces_make_what_the_whole_makes(drawn):
    answer, chunks = drawn
    streamed, whole = events_of(chunks)[-1]["response"], response_of(whole_of(answer), BODY)
    streamed.pop("completed_at"), whole.pop("completed_at")
    assert streamed == whole


@settings(max_examples=40, deadline=None)
@given(streams())
def test_the_sdk_makes_the_same_of_any_pieces(gateway, drawn):
    answer, chunks = drawn
    server = gateway(chunks=chunks)
    snapshots, last = {}, None
    with server.client().responses.stream(model="asked-for", input="Hello") as stream:
        for event in stream:
            if event.type in ("response.output_text.delta", "response.function_call_arguments.delta"):
                snapshots[event.output_index] = event.snapshot
            last = event
    assert last.type == f"response.{last.response.status}"
    whole = response_of(whole_of(answer), server.body)
    texts = {
        place: item["arguments"] if item["type"] == "function_call" else item["content"][0].get("text")
        for place, item in enumerate(whole["output"])
    }
    assert snapshots.items() <= texts.items()
    assert last.response.output_text == "".join(
        part.get("text", "") for item in whole["output"] if item["type"] == "message" for part in item["content"]
    )
    shown = last.response.to_dict(mode="json")["output"]
    assert [_without(item, "parsed_arguments") for item in shown] == whole["output"]


def _without(item, name):
    item = {key: value for key, value in item.items() if key != name}
    if item["type"] == "message":
        item["content"] = [{key: value for key, value in part.items() if key != "parsed"} for part in item["content"]]
    return item
