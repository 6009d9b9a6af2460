"""Wrong providers that meddle: with the request, the clock, the machine. Each says on its line what it does."""

from fine import Fine
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
