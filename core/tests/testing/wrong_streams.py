"""Wrong providers of streams: what they make of the unknown, of the laws, and of callers who leave.

The tests look for the line that says "here".
"""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from uuid import uuid4

from fine import FLOW, STREAM, Decoder, Fine, chunks_of, events, parsed, usage
from jackfield import EventStream, InvalidResponseError, ProviderInfo, RateLimitError, ServerSentEvent, hookimpl
from wrong import Events, ReadsItWhole
from wrong_readers import CallsTools

KINDS = {"text", "end", "fault"}


class EndsAtTheUnknown(Fine):
    class decoder(Decoder):  # noqa: N801  # here
        def decode(self, event, /):
            return chunks_of(event.data) if KINDS & parsed(event.data).keys() else None


class EndsAtItsBeginning(EndsAtTheUnknown):
    cases = {"stream-plain": ({}, [(200, STREAM, events({"run": "r-1"}) + FLOW)])}


class TakesTheUnknownForText(Fine):
    class decoder(Decoder):  # noqa: N801  # here
        def decode(self, event, /):
            return chunks_of(event.data) if KINDS & parsed(event.data).keys() else event.data.decode()


class FailsAtTheUnknown(Fine):
    class decoder(Decoder):  # noqa: N801
        def decode(self, event, /):
            read = parsed(event.data)
            return chunks_of(event.data) if "text" in read or "fault" in read or read["end"] else ()  # here


class TakesNamesForTheEnd(Fine):
    class decoder(Decoder):  # noqa: N801  # here
        def decode(self, event, /):
            return chunks_of(event.data) if event.event == "message" else None


class EndsAtTheUnknownByItself(EndsAtTheUnknown):
    framing = Events


class WithChecksums:
    """A splitter that nothing is wrong with; before each event stands the sum of its bytes."""

    def __init__(self):
        self.held = b""

    def feed(self, data):
        *lines, self.held = (self.held + data).split(b"\n")
        for line in lines:
            told, _, data = line.partition(b" ")
            if int(told) != sum(data):
                raise InvalidResponseError("a frame was damaged")
            yield ServerSentEvent(data)


def with_checksums(body):
    lines = [event.removeprefix(b"data: ") for event in body.split(b"\n\n") if event]
    return b"".join(b"%d %s\n" % (sum(line), line) for line in lines)


class ChecksItsFrames(Fine):
    framing = WithChecksums
    cases = {
        "stream-plain": ({}, [(200, {}, with_checksums(FLOW))]),
        "stream-error": ({"error": "AuthenticationError"}, [(401, {}, {})]),
    }


class SaysPlainText(Fine):
    """Nothing is wrong with it: the events of its server are no JSON, and those that hold text have no name."""

    cases = {
        "stream-plain": ({}, [(200, STREAM, "data: Hello\n\ndata:  thére.\n\ndata:\n\n".encode())]),
        "stream-error": ({"error": "RateLimitError"}, [(200, STREAM, b"data: Hel\n\nevent: fault\ndata: busy\n\n")]),
    }

    class decoder(Decoder):  # noqa: N801
        def decode(self, event, /):
            if event.event == "fault":
                raise RateLimitError(event.data.decode())
            return said(event.data) if event.event == "message" else ()


def said(data):
    return data.decode() or {"choices": [{"finish_reason": "stop"}]}


class SaysAnyText(SaysPlainText):
    class decoder(Decoder):  # noqa: N801  # here
        def decode(self, event, /):
            if event.event == "fault":
                raise RateLimitError(event.data.decode())
            return said(event.data)


class StopsWithEachText(Fine):
    class decoder(Decoder):  # noqa: N801  # here
        def decode(self, event, /):
            chunk = chunks_of(event.data)
            chunk["choices"][0]["finish_reason"] = "stop" if "text" in parsed(event.data) else "length"
            return chunk


class HasARoleOfItsOwn(Fine):
    class decoder(Decoder):  # noqa: N801  # here
        def decode(self, event, /):
            chunk = chunks_of(event.data)
            chunk["choices"][0]["delta"]["role"] = "model"
            return chunk


class TranslatesAtLast(HasARoleOfItsOwn):
    """Nothing is wrong with it: what its decoder gives, the description itself puts right."""

    @hookimpl
    def streaming(self, request, settings):
        return EventStream(lambda: self.opened(request, settings)).map(translated, at_end=lambda: [""]).map(dropped)

    def opened(self, request, settings):
        yield from ()
        return super().streaming(request, settings)


def translated(chunk):
    choices = [each.replace(delta=each.delta.replace(role="assistant")) for each in chunk.choices]
    return chunk.replace(choices=choices)


def dropped(chunk):
    return chunk if chunk.choices[0].delta.content or chunk.choices[0].finish_reason else None


class CountsHalf(Fine):
    class decoder(Decoder):  # noqa: N801  # here
        def decode(self, event, /):
            chunk = chunks_of(event.data)
            counts = chunk.get("usage")
            return {**chunk, "usage": counts and {**counts, "total_tokens": counts["completion_tokens"]}}

    def answer(self, request, response):
        whole = super().answer(request, response)
        whole.usage.total_tokens = whole.usage.completion_tokens
        return whole


class CountsPieces(Fine):
    class decoder(Decoder):  # noqa: N801  # here
        def decode(self, event, /):
            return {"usage": usage({"counts": [0, 9]}), **chunks_of(event.data)}


class NumbersNoCalls(CallsTools):
    class decoder(CallsTools.decoder):  # noqa: N801  # here
        def decode(self, event, /):
            chunk = super().decode(event)
            for called in chunk["choices"][0]["delta"].get("tool_calls", ()):
                del called["index"]
            return chunk


class CallsInPieces(CallsTools):
    """Nothing is wrong with it: each call comes in two pieces, and its id and its name on the first."""

    class decoder(CallsTools.decoder):  # noqa: N801
        def decode(self, event, /):
            chunk = super().decode(event)
            calls = chunk["choices"][0]["delta"].get("tool_calls")
            return [chunk, pieces_of(self.rest(calls[0]))] if calls else chunk

        def rest(self, called):
            called["function"]["arguments"] = "{"
            return {"index": called["index"], "function": {"arguments": "}"}}


def pieces_of(called):
    return {"choices": [{"delta": {"tool_calls": [called]}}]}


class MakesAnIdForEachPiece(CallsInPieces):
    class decoder(CallsInPieces.decoder):  # noqa: N801  # here
        def rest(self, called):
            return {**super().rest(called), "id": str(uuid4())}


class NamesCallsInPieces(CallsInPieces):
    class decoder(CallsInPieces.decoder):  # noqa: N801  # here
        def rest(self, called):
            rest = super().rest(called)
            return {**rest, "function": {**rest["function"], "name": "y"}}


class PassesOverBrokenJson(Fine):
    class decoder(Decoder):  # noqa: N801  # here
        def decode(self, event, /):
            try:
                json.loads(event.data)
            except ValueError:
                return ()
            return super().decode(event)


class NumbersItsChunks(Decoder):
    number = 0

    def decode(self, event, /):
        self.number += 1
        return {**super().decode(event), "number": self.number}


class OneDecoderForEachCall(Fine):
    cases = {"stream-plain": ({}, [(200, STREAM, FLOW)])}

    @hookimpl
    def streaming(self, request, settings):
        one = NumbersItsChunks()
        return EventStream(super().streaming(request, settings).source, decoder=lambda: one)  # here


class StreamsToSyncCallersOnly(ReadsItWhole):
    @hookimpl
    def streaming(self, request, settings):  # here
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return Fine.streaming(self, request, settings)
        return super().streaming(request, settings)


class Talks:
    """Nothing is wrong with it: it talks without HTTP."""

    @hookimpl
    def provider_info(self):
        return ProviderInfo(parameters={"streaming": ()})

    @hookimpl
    async def streaming(self, request, settings):
        async with aclosing(self.pieces()) as pieces:
            async for piece in pieces:
                yield piece

    async def pieces(self):
        for piece in "Hello there":
            yield piece  # here


class TalksInAThread(Talks):
    """Nothing is wrong with it either."""

    @hookimpl
    def streaming(self, request, settings):
        yield from "Hello there"


class LeavesItToOthers(Talks):
    @hookimpl
    async def streaming(self, request, settings):
        async for piece in self.pieces():
            yield piece

    async def pieces(self):
        for piece in "Hello there":
            yield piece  # here


class Pieces:
    def __init__(self, pieces):
        self.pieces = pieces

    def __aiter__(self):
        return self

    def __anext__(self):
        return anext(self.pieces)


class WrapsByHand(Talks):
    @hookimpl
    def streaming(self, request, settings):
        return EventStream.of(lambda: Pieces(self.pieces()))

    async def pieces(self):
        for piece in "Hello there":
            yield piece  # here


OPENED = []


class KeepsItsSource(Talks):
    @hookimpl
    def streaming(self, request, settings):
        OPENED.append(iter(self.pieces()))
        for piece in OPENED[-1]:
            yield piece.upper()

    def pieces(self):
        yield from "Hello there"  # here


class FailsToClose(Talks):
    @hookimpl
    def streaming(self, request, settings):
        try:
            yield from "Hello there"
        except GeneratorExit:
            raise KeyError("nothing to close") from None  # here
