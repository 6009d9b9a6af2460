"""The router: model groups as a provider."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from random import random
from typing import Any

from jackfield import (
    CompletionRequest,
    EmbeddingRequest,
    EmbeddingResponse,
    Event,
    EventStream,
    Flow,
    ImageEditRequest,
    ImageGenerationRequest,
    ImageResponse,
    ListModelsRequest,
    ModelInfo,
    ModelList,
    ModelResponse,
    NotFoundError,
    ProviderInfo,
    Request,
    Settings,
    TextCompletionRequest,
    TextCompletionResponse,
    hookimpl,
)

from ._attempts import Attempts
from ._deployment import Deployment, RouterSettings
from ._given import Given, given_in
from ._group import Group, World
from ._names import Names

__all__ = ["Router"]


class Router:
    """Model groups: each name stands for one or several deployments, of which each call gets one.

        jackfield.register_provider("groups", Router([Deployment("fast", "openai/gpt-4o-mini")]))

    and ``completion("groups/fast", …)`` works. ``aliases`` maps further names to names of groups. Counts are this
    object's own; it may be shared among threads and event loops. ``observe`` is told of the events of each deployment's
    calls, as the hook of an extension is of all calls. ``clock`` (seconds, steady) and ``random`` (from 0 up to 1)
    replace time and chance, for tests. Raises ConfigurationError for an alias that leads nowhere.
    """

    def __init__(
        self,
        deployments: Iterable[Deployment],
        settings: RouterSettings | None = None,
        aliases: Mapping[str, str] | None = None,
        *,
        observe: Callable[[Event], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = random,
    ) -> None:
        self.settings = settings if settings is not None else RouterSettings()
        grouped: dict[str, list[Deployment]] = {}
        for deployment in deployments:
            grouped.setdefault(deployment.model_name, []).append(deployment)
        world = World(clock, random)
        groups = {name: Group(members, self.settings, world) for name, members in grouped.items()}
        self._names = Names(groups, aliases or {})
        self._given: tuple[Settings | None, Given] = None, Given()
        self._observe = observe

    def names(self) -> tuple[str, ...]:
        """Return all groups and aliases, sorted; a wildcard as it was written."""
        return self._names.all

    def find(self, name: str) -> tuple[Deployment, ...]:
        """Return the deployments that serve a name, their models as this name gets them; empty when there are none."""
        match = self._names.find(name)
        if match is None:
            return ()
        if match.text is None:
            return match.group.deployments
        return tuple(replace(each, model=each.model.replace("*", match.text)) for each in match.group.deployments)

    @hookimpl
    def provider_info(self) -> ProviderInfo:
        """Return how often a call is tried again, which every caller may say otherwise."""
        return ProviderInfo(display_name="Router", num_retries=self.settings.num_retries, relays=True)

    @hookimpl
    def completion(self, request: CompletionRequest, settings: Settings) -> Flow[ModelResponse]:
        """Answer a chat."""
        answer: ModelResponse = yield self._attempts(request, settings).answer()
        return answer

    @hookimpl
    def streaming(self, request: CompletionRequest, settings: Settings) -> EventStream:
        """Answer a chat in chunks; the first is awaited before a deployment counts as the one that answers."""
        return EventStream(partial(self._opened, request, settings))

    @hookimpl
    def text_completion(
        self, request: TextCompletionRequest, settings: Settings
    ) -> Flow[TextCompletionResponse | EventStream]:
        """Continue prompts, whole or in chunks."""
        if request.stream:
            return EventStream(partial(self._opened, request, settings))
        answer: TextCompletionResponse = yield self._attempts(request, settings).answer()
        return answer

    @hookimpl
    def embedding(self, request: EmbeddingRequest, settings: Settings) -> Flow[EmbeddingResponse]:
        """Return vectors."""
        answer: EmbeddingResponse = yield self._attempts(request, settings).answer()
        return answer

    @hookimpl
    def image_generation(self, request: ImageGenerationRequest, settings: Settings) -> Flow[ImageResponse]:
        """Make images."""
        answer: ImageResponse = yield self._attempts(request, settings).answer()
        return answer

    @hookimpl
    def image_edit(self, request: ImageEditRequest, settings: Settings) -> Flow[ImageResponse]:
        """Change images; each attempt finds the files as they were given."""
        attempts = self._attempts(request, settings)  # an unknown name is told before a file is read
        yield from attempts.keep_files(request)
        answer: ImageResponse = yield attempts.answer()
        return answer

    @hookimpl
    def list_models(self, request: ListModelsRequest, settings: Settings) -> Flow[ModelList]:
        """List the names of all groups and aliases."""
        yield from ()
        return ModelList(data=[ModelInfo(id=name, owned_by="jackfield-router") for name in self.names()])

    def _opened(self, request: Request, settings: Settings) -> Flow[Any]:
        return (yield self._attempts(request, settings).answer())

    def _attempts(self, request: Request, settings: Settings) -> Attempts:
        if (match := self._names.find(request.model)) is None:
            raise NotFoundError(
                f"the model {request.model!r} does not exist",
                code="model_not_found",
                type="invalid_request_error",
                param="model",
            )
        return Attempts(match, request, self._given_in(settings), self.settings.retry_policy, self._observe)

    def _given_in(self, settings: Settings) -> Given:
        # Nearly all calls come with the same settings, which say nothing of their own; a caller's key is not kept.
        then, given = self._given
        if then is not settings:
            given = given_in(settings)
            if given.options is None:
                self._given = settings, given
        return given
