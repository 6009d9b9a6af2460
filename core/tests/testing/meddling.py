"""Wrong providers that meddle: with the request, the clock, the machine. Each says on its line what it does."""

import _thread
import os
import queue
import select
import sqlite3
import threading
from contextlib import suppress
from time import sleep as doze

from fine import Decoder, Fine
from jackfield import hookimpl


class ChangesTheSystemMessage(Fine):
    @hookimpl
    def completion(self, request, settings):
        answer = yield from super().completion(request, settings)
        for turn in request.messages:
            if turn["role"] == "system":
                turn.setdefault("seen", True)  # here
        return answer


class ChangesThePartsOfAMessage(Fine):
    @hookimpl
    def completion(self, request, settings):
        answer = yield from super().completion(request, settings)
        for turn in request.messages:
            if isinstance(turn["content"], list):
                turn["content"][0]["seen"] = True  # here
        return answer


class SleepsByItself(Fine):
    pause = 0

    @hookimpl
    def image_generation(self, request, settings):
        doze(0)  # here
        return (yield from super().image_generation(request, settings))


class DecoderThatSleeps(Fine):
    class decoder(Decoder):  # noqa: N801
        def decode(self, event, /):
            doze(0)  # here
            return super().decode(event)


class SleepsOverAnError(Fine):
    @hookimpl
    def response_error(self, response):
        doze(0)  # here
        return super().response_error(response)


class WaitsForAnEvent(Fine):
    @hookimpl
    def embedding(self, request, settings):
        threading.Event().wait(0.001)  # here
        return (yield from super().embedding(request, settings))


class WaitsForAQueue(Fine):
    @hookimpl
    def embedding(self, request, settings):
        with suppress(queue.Empty):
            queue.Queue().get(timeout=0.001)  # here
        return (yield from super().embedding(request, settings))


class Selects(Fine):
    @hookimpl
    def embedding(self, request, settings):
        select.select([], [], [], 0.001)  # here
        return (yield from super().embedding(request, settings))


class WaitsForNothing(Fine):
    """Right: what it takes is there, or it goes on without."""

    lock, given = threading.Lock(), queue.Queue()

    @hookimpl
    def embedding(self, request, settings):
        self.given.put(request)
        with self.lock:
            self.given.get()
        threading.Event().wait(0)
        return (yield from super().embedding(request, settings))


class StartsAThreadWithoutAnObject(Fine):
    @hookimpl
    def embedding(self, request, settings):
        _thread.start_new_thread(int, ())  # here
        return (yield from super().embedding(request, settings))


class RunsACommand(Fine):
    @hookimpl
    def embedding(self, request, settings):
        os.system("true")  # here
        return (yield from super().embedding(request, settings))


class Forks(Fine):
    @hookimpl
    def embedding(self, request, settings):
        if not (child := os.fork()):  # here
            os._exit(0)
        os.waitpid(child, 0)
        return (yield from super().embedding(request, settings))


class OpensADatabase(Fine):
    @hookimpl
    def embedding(self, request, settings):
        sqlite3.connect(":memory:").close()  # here
        return (yield from super().embedding(request, settings))


class ReadsBytesOfTheEnvironment(Fine):
    @hookimpl
    def embedding(self, request, settings):
        os.environb.get(b"FINE_STYLE")  # here
        return (yield from super().embedding(request, settings))
