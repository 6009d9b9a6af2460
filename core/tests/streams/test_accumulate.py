"""The laws of a stream and its memory, on chunks as servers really send them."""

import weakref

import pytest
from jackfield._accumulate import Accumulator
from jackfield.types import ModelResponse, ModelResponseStream

HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "m-2"}
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def choice(delta=None, finish=None, index=0, **fields):
    return {"index": index, "delta": delta or {}, "finish_reason": finish, **fields}


def chunk(*choices, **fields):
    return ModelResponseStream.model_validate({**HEAD, "choices": list(choices), **fields})


def text(content, **fields):
    return chunk(choice({"content": content}), **fields)


def finish(reason="stop", **fields):
    return chunk(choice(finish=reason), **fields)


def bare(**fields):
    """A chunk of a server that names neither itself nor the time."""
    return ModelResponseStream.model_validate(fields)


class Run:
    """A stream at its end: what was delivered, and the whole."""

    def __init__(self, *chunks, include_usage=False, model="asked/for"):
        self.accumulator = Accumulator(model, include_usage=include_usage)
        before = [each.model_dump_json() for each in chunks]
        self.at_once = [kept for each in chunks if (kept := self.accumulator.push(each)) is not None]
        self.at_end = list(self.accumulator.end())
        self.delivered = self.at_once + self.at_end
        assert [each.model_dump_json() for each in chunks] == before, "a chunk that was given was changed"

    @property
    def response(self):
        return self.accumulator.response

    @property
    def message(self):
        return self.response.choices[0].message

    def of(self, index):
        """The parts of one choice, in order."""
        return [each for chunk in self.delivered for each in chunk.choices if each.index == index]

    def texts(self, index=0):
        return [each.delta.content for each in self.of(index) if each.delta.content]

    def roles(self, index=0):
        return [each.delta.role for each in self.of(index)]

    def finishes(self, index=0):
        return [each.finish_reason for each in self.of(index)]


# ------------------------------------------------------------------------------------------------------------- the role


ROLES = {
    "on a chunk of its own": [chunk(choice({"role": "assistant", "content": ""})), text("a"), text("b"), finish()],
    "on the first text": [chunk(choice({"role": "assistant", "content": "a"})), text("b"), finish()],
    "on every chunk": [chunk(choice({"role": "assistant", "content": c})) for c in "ab"] + [finish()],
    "on the last chunk only": [text("a"), text("b"), chunk(choice({"role": "assistant"}, "stop"))],
    "nowhere": [text("a"), text("b"), finish()],
    "after a finish": [finish(), text("a"), text("b")],
}


@pytest.mark.parametrize("chunks", ROLES.values(), ids=ROLES)
def test_the_role_stands_on_the_first_chunk_and_only_there(chunks):
    run = Run(*chunks)
    assert run.roles() == ["assistant"] + [None] * (len(run.delivered) - 1)
    assert "".join(run.texts()) == "ab"


def test_each_choice_has_its_own_first_chunk():
    run = Run(text("a"), chunk(choice({"content": "b"}, index=1)), text("c"), chunk(choice({"content": "d"}, index=1)))
    assert run.roles(0) == ["assistant", None, None]
    assert run.roles(1) == ["assistant", None, None]


def test_a_stream_of_nothing_is_a_role_and_a_finish():
    (only,) = Run().delivered
    assert (only.choices[0].delta.role, only.choices[0].finish_reason) == ("assistant", "stop")


# ----------------------------------------------------------------------------------------------------------- the finish


FINISHES = {
    "after the text": [text("a"), text("b"), finish()],
    "with the last text": [text("a"), chunk(choice({"content": "b"}, "stop"))],
    "before the text": [text("a"), finish(), text("b")],
    "twice": [text("a"), finish(), text("b"), finish()],
    "twice, differing": [text("a"), finish(), text("b"), finish("length")],
    "on every chunk as an empty text": [chunk(choice({"content": c}, "")) for c in "ab"] + [finish()],
    "never": [text("a"), text("b")],
}


@pytest.mark.parametrize("chunks", FINISHES.values(), ids=FINISHES)
def test_there_is_one_finish_and_it_comes_after_all_text(chunks):
    run = Run(*chunks)
    assert run.finishes() == [None] * (len(run.delivered) - 1) + ["stop"]
    assert run.texts() == ["a", "b"]
    assert run.response.choices[0].finish_reason == "stop"


def test_a_finish_of_nothing_is_none_and_holds_nothing_back():
    """Some servers write an empty text on each chunk but the last."""
    run = Run(chunk(choice({"role": "assistant", "content": ""}, "", token_ids=[1])), text("a"), finish())
    assert [each.finish_reason for each in run.of(0)] == [None, None, "stop"]
    assert run.of(0)[0].token_ids == [1]


def test_a_finish_is_held_back_even_with_a_role_and_empty_fields():
    delta = {"role": "assistant", "content": "", "tool_calls": [], "refusal": None}
    run = Run(text("a"), chunk(choice(delta, "stop")))
    assert (len(run.at_once), len(run.at_end)) == (1, 1)


def test_each_choice_has_one_finish():
    run = Run(
        chunk(choice({"content": "a"}), choice({"content": "b"}, index=1)),
        chunk(choice(finish="length", index=1)),
        text("c"),
        finish(),
    )
    assert run.finishes(0) == [None, None, "stop"]
    assert run.finishes(1) == [None, "length"]


def test_a_source_without_a_finish_has_stopped_or_called_tools():
    assert Run(text("a")).finishes()[-1] == "stop"
    call = {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "f", "arguments": "{}"}}]}
    assert Run(chunk(choice(call))).finishes()[-1] == "tool_calls"


def test_whether_a_stream_has_finished_is_known_when_each_choice_has():
    accumulator = Accumulator("m", include_usage=False)
    assert not accumulator.finished
    accumulator.push(chunk(choice({"content": "a"}), choice({"content": "b"}, index=1)))
    accumulator.push(finish())
    assert not accumulator.finished
    accumulator.push(chunk(choice(finish="stop", index=1)))
    assert accumulator.finished


def test_what_comes_beside_a_finish_is_delivered_once_with_it():
    """Its extra fields always; its logprobs too, unless they belong to the text that comes with it."""
    logprobs = {"content": [{"token": "b", "logprob": -0.1}], "refusal": None}
    run = Run(text("a"), chunk(choice({"content": "b"}, "stop", stop_reason=7, logprobs=logprobs)))
    assert [each.get("stop_reason") for each in run.of(0)] == [None, None, 7]
    assert [each.logprobs for each in run.of(0)] == [None, logprobs, None]
    run = Run(text("a"), chunk(choice({}, "stop", stop_reason=7, logprobs=logprobs)))
    assert [each.get("stop_reason") for each in run.of(0)] == [None, 7]
    assert [each.logprobs for each in run.of(0)] == [None, logprobs]
    assert run.response.choices[0].logprobs == logprobs
    assert run.response.choices[0].stop_reason == 7


# ------------------------------------------------------------------------------------------------------------ the usage


USAGES = {
    "on a chunk without choices": [text("a"), finish(), chunk(usage=USAGE)],
    "on the finish": [text("a"), finish(usage=USAGE)],
    "on a text": [text("a", usage=USAGE), finish()],
    "on a later piece": [text("a"), text("", usage=USAGE), finish()],
    "on every chunk, growing": [text("a", usage=USAGE | {"total_tokens": 4}), finish(usage=USAGE)],
    "first": [chunk(usage=USAGE), text("a"), finish()],
    "null everywhere else": [text("a", usage=None), finish(usage=USAGE), chunk(usage=None)],
}


@pytest.mark.parametrize("chunks", USAGES.values(), ids=USAGES)
def test_usage_comes_once_and_last_and_without_choices(chunks):
    run = Run(*chunks, include_usage=True)
    assert [each.usage for each in run.delivered[:-1]] == [None] * (len(run.delivered) - 1)
    last = run.delivered[-1]
    assert (last.choices, last.usage.total_tokens) == ([], 5)
    assert run.texts() == ["a"]


@pytest.mark.parametrize("chunks", USAGES.values(), ids=USAGES)
def test_usage_is_not_delivered_to_those_who_did_not_ask_and_is_known_all_the_same(chunks):
    run = Run(*chunks)
    assert [each.usage for each in run.delivered] == [None] * len(run.delivered)
    assert all(each.choices for each in run.delivered)
    assert run.response.usage.total_tokens == run.accumulator.usage.total_tokens == 5


def test_no_usage_is_made_up():
    run = Run(text("a"), finish(), include_usage=True)
    assert run.delivered[-1].choices
    assert run.response.usage is None


# --------------------------------------------------------------------------------------------------- id, created, model


def heads(run):
    return {(each.id, each.created, each.model) for each in run.delivered}


def test_the_server_s_own_id_time_and_model_are_kept():
    run = Run(text("a"), text("b"), finish(), chunk(usage=USAGE), include_usage=True)
    assert heads(run) == {("chatcmpl-1", 1700000000, "m-2")}
    assert (run.response.id, run.response.created, run.response.model) == ("chatcmpl-1", 1700000000, "m-2")


def test_what_the_server_does_not_name_is_filled_in_once_for_the_whole_stream():
    run = Run(bare(choices=[choice({"content": "a"})]), bare(choices=[choice({"content": "b"})]))
    ((made_id, created, model),) = heads(run)
    assert made_id.startswith("chatcmpl-")
    assert type(created) is int
    assert model == "asked/for"
    assert (run.response.id, run.response.created, run.response.model) == (made_id, created, model)


@pytest.mark.parametrize("missing", ["id", "created", "model"])
def test_a_field_that_later_chunks_leave_out_stays_the_same(missing):
    rest = {name: value for name, value in HEAD.items() if name != missing}
    run = Run(text("a"), *(bare(**rest, choices=[choice({"content": c})]) for c in "bc"), finish())
    assert heads(run) == {("chatcmpl-1", 1700000000, "m-2")}


@pytest.mark.parametrize("changed", [{"id": "other"}, {"created": 1700000001}, {"model": "other"}])
def test_a_field_that_changes_on_the_way_is_delivered_as_it_was_first(changed):
    run = Run(text("a"), text("b"), text("c", **changed), text("d"), finish(**changed))
    assert heads(run) == {("chatcmpl-1", 1700000000, "m-2")}
    assert run.response.id == "chatcmpl-1"
    assert run.texts() == ["a", "b", "c", "d"]


def test_names_that_come_after_a_first_chunk_of_none_are_the_stream_s():
    """Azure's first chunk has neither choices nor names, only what it found in the prompt."""
    first = bare(id="", model="", created=0, choices=[], prompt_filter_results=[])
    run = Run(first, text("a", created=0), finish(created=9))
    assert heads(run) == {("chatcmpl-1", 0, "m-2")}


def test_a_float_time_survives():
    run = Run(text("a", created=1700000000.25), finish(created=1700000000.25))
    assert run.response.created == run.delivered[0].created == 1700000000.25


def test_two_streams_do_not_share_an_id():
    assert Run(bare(choices=[choice()])).response.id != Run(bare(choices=[choice()])).response.id


# --------------------------------------------------------------------------------------------------------- other fields


def test_a_field_of_the_whole_answer_is_delivered_and_remembered():
    run = Run(
        text("a", system_fingerprint="fp_1", provider="p"),
        text("b", system_fingerprint="fp_2"),
        text("c", service_tier="default"),
        text("d", service_tier=None),
        text("e", citations=["u"]),
        finish(),
    )
    assert run.delivered[4].citations == ["u"]
    response = run.response
    assert (response.system_fingerprint, response.service_tier) == ("fp_2", "default")
    assert (response.provider, response.citations) == ("p", ["u"])
    assert run.delivered[-1].system_fingerprint == "fp_2"


def test_fields_of_chunks_that_are_held_back_are_delivered_with_the_first_finish():
    run = Run(
        chunk(prompt_filter_results=[{"index": 0}]),
        chunk(choice({"content": "a"}), choice({"content": "b"}, index=1)),
        chunk(choice({}, "stop"), choice({}, "stop", index=1), x_groq={"id": "r"}),
        chunk(usage=USAGE, citations=["u"]),
        include_usage=True,
    )
    assert len(run.at_once) == 1
    first, second, usage = run.at_end
    assert (first.prompt_filter_results, first.x_groq, first.citations) == ([{"index": 0}], {"id": "r"}, ["u"])
    assert not second.model_extra
    assert not usage.model_extra
    assert run.response.x_groq == {"id": "r"}


def test_fields_beside_the_message_are_remembered():
    """Mappings field by field, lists grow, of anything else the last one stays."""
    run = Run(
        chunk(choice({"content": "a"}, content_filter_results={"hate": {"filtered": False}}, token_ids=[1])),
        chunk(choice({"content": "b"}, content_filter_results={"self_harm": {"filtered": False}}, token_ids=[2, 3])),
        chunk(choice({"content": "c"}, content_filter_results={"hate": {"filtered": True}}, matched="x")),
        finish(),
    )
    whole = run.response.choices[0]
    assert whole.content_filter_results == {"hate": {"filtered": True}, "self_harm": {"filtered": False}}
    assert whole.token_ids == [1, 2, 3]
    assert whole.matched == "x"
    assert run.of(0)[1].token_ids == [2, 3]


def test_unknown_fields_of_the_delta_grow_if_they_are_text_or_lists():
    run = Run(
        chunk(choice({"reasoning": "so ", "annotations": [1], "provider_specific_fields": {"a": [1], "b": "x"}})),
        chunk(choice({"reasoning": "what", "annotations": [2], "provider_specific_fields": {"a": [2], "b": "y"}})),
        chunk(choice({"reasoning": None, "weight": 0.5, "flags": {"deep": {"er": [1]}}})),
        chunk(choice({"weight": 0, "flags": {"deep": {"er": [2], "est": None}}})),
    )
    message = run.message
    assert message.reasoning == "so what"
    assert message.annotations == [1, 2]
    assert message.provider_specific_fields == {"a": [1, 2], "b": "y"}
    assert message.weight == 0
    assert message.flags == {"deep": {"er": [1, 2], "est": None}}


def test_a_field_that_changes_its_kind_is_what_it_was_last():
    pieces = ["text", ["list"], {"a": 1}, "again"]
    assert Run(*(chunk(choice({"odd": piece})) for piece in pieces)).message.odd == "again"
    assert Run(*(chunk(choice({"odd": piece})) for piece in pieces[:2])).message.odd == ["list"]
    assert Run(*(chunk(choice({"odd": piece})) for piece in pieces[:3])).message.odd == {"a": 1}


def test_reasoning_refusal_and_text_each_grow_for_themselves():
    run = Run(
        chunk(choice({"role": "assistant", "reasoning_content": "Hm"})),
        chunk(choice({"reasoning_content": "m."})),
        chunk(choice({"content": "Yes", "refusal": None})),
        text(", but"),
        finish(),
    )
    assert (run.message.reasoning_content, run.message.content, run.message.refusal) == ("Hmm.", "Yes, but", None)


def test_beside_a_refusal_or_a_call_an_empty_text_is_none():
    empty = chunk(choice({"role": "assistant", "content": ""}))
    assert Run(empty, finish()).message.content == ""
    assert Run(chunk(choice({"content": "", "refusal": None})), finish()).message.content == ""
    assert Run(chunk(choice({"role": "assistant"})), finish()).message.content is None
    refused = Run(empty, chunk(choice({"refusal": "I "})), chunk(choice({"refusal": "won't."})), finish())
    assert (refused.message.content, refused.message.refusal) == (None, "I won't.")
    called = Run(empty, chunk(choice({"function_call": {"name": "f", "arguments": "{}"}})), finish("function_call"))
    assert called.message.content is None


def test_a_function_call_comes_in_pieces():
    run = Run(
        chunk(choice({"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": ""}})),
        chunk(choice({"function_call": {"arguments": '{"a"'}})),
        chunk(choice({"function_call": {"name": "", "arguments": ":1}"}})),
        finish("function_call"),
    )
    call = run.message.function_call
    assert (call.name, call.arguments) == ("f", '{"a":1}')


def test_audio_comes_in_pieces():
    run = Run(
        chunk(choice({"role": "assistant", "audio": {"id": "audio_1", "transcript": "Hel"}})),
        chunk(choice({"audio": {"id": "audio_1", "transcript": "lo", "data": "AAAA"}})),
        chunk(choice({"audio": {"data": "BBBB", "expires_at": 17}})),
        finish(),
    )
    assert run.message.audio == {"id": "audio_1", "transcript": "Hello", "data": "AAAABBBB", "expires_at": 17}


def test_logprobs_grow():
    def with_logprobs(token, **more):
        return chunk(choice({"content": token}, logprobs={"content": [{"token": token}], **more}))

    run = Run(with_logprobs("a", refusal=None), with_logprobs("b", refusal=None), finish())
    assert run.response.choices[0].logprobs == {"content": [{"token": "a"}, {"token": "b"}], "refusal": None}
    run = Run(
        chunk(choice({"content": ""}, logprobs={"content": None, "refusal": None})),
        with_logprobs("a", refusal=[{"token": "r"}]),
        with_logprobs("b", refusal=None),
        finish(),
    )
    assert run.response.choices[0].logprobs["refusal"] == [{"token": "r"}]


def test_what_the_response_holds_is_nobody_else_s():
    given = [{"a": 1}]
    accumulator = Accumulator("m", include_usage=False)
    accumulator.push(chunk(choice({"odd": given})))
    accumulator.response.choices[0].message.odd.append(2)
    accumulator.push(chunk(choice({"odd": [{"b": 2}]})))
    assert accumulator.response.choices[0].message.odd == [{"a": 1}, {"b": 2}]
    assert given == [{"a": 1}]


# ----------------------------------------------------------------------------------------------------------- tool calls


def call(index=0, arguments=None, *, id=None, name=None, **fields):
    piece = {"index": index, **fields}
    if id is not None:
        piece["id"] = id
    if name is not None or arguments is not None:
        piece["function"] = {"name": name, "arguments": arguments}
    return piece


def calls(*pieces, content=None):
    return chunk(choice({"content": content, "tool_calls": list(pieces)}))


def told_apart(run):
    """What a reader who goes by the index has at the end: index to id, name, arguments."""
    known = {}
    for part in run.of(0):
        for piece in part.delta.tool_calls or ():
            entry = known.setdefault(piece.index, ["", "", ""])
            entry[0] += piece.id or ""
            if piece.function is not None:
                entry[1] += piece.function.name or ""
                entry[2] += piece.function.arguments or ""
    return known


def whole_calls(run):
    return [(each.id, each.function.name, each.function.arguments) for each in run.message.tool_calls]


TWO = [("c1", "f", '{"a":1}'), ("c2", "g", "{}")]

TOOL_CALLS = {
    "in pieces, one after the other": [
        calls(call(0, "", id="c1", name="f", type="function")),
        calls(call(0, '{"a"')),
        calls(call(0, ":1}")),
        calls(call(1, "", id="c2", name="g", type="function")),
        calls(call(1, "{}")),
    ],
    "interleaved": [
        calls(call(0, '{"a', id="c1", name="f"), call(1, "{", id="c2", name="g")),
        calls(call(1, "}"), call(0, '":1}')),
    ],
    "each whole": [calls(call(0, '{"a":1}', id="c1", name="f")), calls(call(1, "{}", id="c2", name="g"))],
    "all in one chunk": [calls(call(0, '{"a":1}', id="c1", name="f"), call(1, "{}", id="c2", name="g"))],
    "all with the index 0": [calls(call(0, '{"a":1}', id="c1", name="f")), calls(call(0, "{}", id="c2", name="g"))],
    "all with the index 0, in pieces": [
        calls(call(0, '{"a"', id="c1", name="f")),
        calls(call(0, ":1}")),
        calls(call(0, "{", id="c2", name="g")),
        calls(call(0, "}")),
    ],
    "all with the index 0, in one chunk": [
        calls(call(0, '{"a":1}', id="c1", name="f"), call(0, "{}", id="c2", name="g"))
    ],
    "without any index": [
        calls({"id": "c1", "function": {"name": "f", "arguments": '{"a":1}'}}),
        calls({"id": "c2", "function": {"name": "g", "arguments": "{}"}}),
    ],
    "the name first, the id later": [
        calls(call(0, "", name="f")),
        calls(call(0, '{"a":1}', id="c1")),
        calls(call(1, "{}", id="c2", name="g")),
    ],
}


@pytest.mark.parametrize("chunks", TOOL_CALLS.values(), ids=TOOL_CALLS)
def test_tool_calls_are_put_together_and_told_apart_by_index(chunks):
    run = Run(*chunks, finish("tool_calls"))
    assert whole_calls(run) == TWO
    assert told_apart(run) == {0: [*TWO[0]], 1: [*TWO[1]]}
    assert run.message.content is None
    assert run.response.choices[0].finish_reason == "tool_calls"


def test_the_id_may_stand_on_every_piece_or_be_empty():
    run = Run(
        calls(call(0, '{"a"', id="c1", name="f")),
        calls(call(0, ":1}", id="c1", name="f")),
        calls(call(1, "{", id="c2", name="g")),
        calls(call(1, "}", id="", name="")),
    )
    assert whole_calls(run) == TWO


@pytest.mark.parametrize("index", [{}, {"index": 0}])
def test_whole_calls_without_an_id_are_told_apart_by_their_names(index):
    sent = [{**index, "function": {"name": name, "arguments": "{}"}} for name in "ffg"]
    for chunks in ([calls(*sent)], [calls(each) for each in sent]):
        run = Run(*chunks, finish())
        assert whole_calls(run) == [(None, name, "{}") for name in "ffg"]
        assert told_apart(run) == {place: ["", name, "{}"] for place, name in enumerate("ffg")}


def test_a_name_on_every_piece_of_a_call_is_one_name():
    pieces_ = [call(0, piece, name="f") for piece in ('{"a', '": "}', '"}')]
    assert whole_calls(Run(*map(calls, pieces_))) == [(None, "f", '{"a": "}"}')]


def test_indexes_of_the_server_s_own_stay():
    run = Run(calls(call(1, '{"a":1}', id="c1", name="f")), calls(call(5, "{}", id="c2", name="g")))
    assert list(told_apart(run)) == [1, 5]
    assert whole_calls(run) == TWO


def test_a_new_index_is_no_other_call_s():
    sent = [(0, "a"), (1, "b"), (0, "c"), (2, "d")]
    run = Run(*(calls(call(index, "", id=name, name=name)) for index, name in sent))
    assert {index: entry[0] for index, entry in told_apart(run).items()} == {0: "a", 1: "b", 2: "c", 3: "d"}


def test_text_beside_a_call_is_kept_and_so_are_a_call_s_other_fields():
    run = Run(
        text("Let me see."),
        calls(call(0, "{}", id="c1", name="f", type="custom", extra_content={"signature": "s"})),
        finish("tool_calls"),
    )
    (made,) = run.message.tool_calls
    assert run.message.content == "Let me see."
    assert (made.type, made.extra_content) == ("custom", {"signature": "s"})


def test_a_call_without_arguments_and_an_empty_list_of_calls():
    run = Run(calls(call(0, id="c1", name="f", type=None)), calls(), finish("tool_calls"))
    (made,) = run.message.tool_calls
    assert (made.type, made.function.name, made.function.arguments) == ("function", "f", "")


def test_each_choice_has_calls_of_its_own():
    run = Run(
        chunk(choice({"tool_calls": [call(0, "1", id="a", name="f")]}), choice({"content": "x"}, index=1)),
        chunk(choice({"tool_calls": [call(0, "2", id="b", name="g")]}, index=1)),
        chunk(choice({"tool_calls": [call(0, "3")]})),
    )
    first, second = (each.message.tool_calls for each in run.response.choices)
    assert [(each.id, each.function.arguments) for each in first] == [("a", "13")]
    assert [(each.id, each.function.arguments) for each in second] == [("b", "2")]


# ------------------------------------------------------------------------------------------------------ several choices


def test_choices_interleaved_or_in_one_chunk_are_each_put_together():
    run = Run(
        chunk(choice({"content": "b"}, index=1)),
        chunk(choice({"content": "a"}), choice({"content": "B"}, index=1)),
        chunk(choice({"content": "A"}), choice({"content": "c"}, index=2)),
        chunk(choice({}, "length", index=2), choice({"content": "!"}, "stop")),
        chunk(choice({}, "stop", index=1)),
    )
    assert [(each.index, each.message.content) for each in run.response.choices] == [(0, "aA!"), (1, "bB"), (2, "c")]
    assert [each.finish_reason for each in run.response.choices] == ["stop", "stop", "length"]
    assert [run.texts(index) for index in range(3)] == [["a", "A", "!"], ["b", "B"], ["c"]]


# -------------------------------------------------------------------------------------------------------- what it costs


def test_a_piece_of_text_passes_as_the_object_that_was_given():
    accumulator = Accumulator("m", include_usage=False)
    accumulator.push(chunk(choice({"role": "assistant", "content": ""})))
    for piece in (text("a"), text("b", obfuscation="x"), calls(call(0, "{}", id="c1", name="f"))):
        assert accumulator.push(piece) is piece


def test_no_chunk_is_kept():
    """Living pydantic objects by the thousand halve the rate through the garbage collector alone."""
    accumulator = Accumulator("m", include_usage=True)
    pieces = [
        text("a", usage=USAGE),
        calls(call(0, "x", id="c1", name="f")),
        chunk(choice({"reasoning_content": "b"}, logprobs={"content": [1]}, extra=[{}]), x=[{}]),
        chunk(choice({"function_call": {"name": "f"}}, "stop")),
        finish(),
    ]
    for piece in pieces:
        accumulator.push(piece)
    parts = [part for piece in pieces for part in (piece, piece.choices[0], piece.choices[0].delta)]
    alive = [weakref.ref(part) for part in parts]
    del pieces, parts, piece
    assert [each() for each in alive] == [None] * len(alive)


def test_the_response_can_be_had_at_any_time():
    accumulator = Accumulator("asked/for", include_usage=False)
    nothing = accumulator.response
    assert (nothing.choices, nothing.model, nothing.usage) == ([], "asked/for", None)
    accumulator.push(bare(choices=[choice({"content": "a"})]))
    so_far = accumulator.response
    assert type(so_far) is ModelResponse
    assert (so_far.id, so_far.choices[0].message.content) == (nothing.id, "a")
    assert so_far.choices[0].finish_reason is None
