"""What echo makes of prompts, whole and in chunks: the older sibling of the chat."""

from __future__ import annotations

from jackfield import TextChoices, TextCompletionRequest, TextCompletionResponse

from ._inputs import texts_of
from ._parameters import CREATED, count, identity
from ._words import limited, pieces, usage

__all__ = ["continuation", "text_chunks"]


def continuation(request: TextCompletionRequest) -> TextCompletionResponse:
    """Return every prompt ``n`` times, in the order of the prompts."""
    prompts = texts_of(request.prompt)
    said = [limited(prompt, request) for prompt in prompts for _ in range(count(request, "n") or 1)]
    choices = [TextChoices(index=index, text=text, finish_reason=finish) for index, (text, finish) in enumerate(said)]
    return TextCompletionResponse(
        id=identity("cmpl", request, request.prompt),
        created=CREATED,
        model=request.model,
        choices=choices,
        usage=usage(prompts, (text for text, _ in said)),
    )


def text_chunks(whole: TextCompletionResponse) -> list[TextCompletionResponse]:
    """Cut an answer into chunks: a word each, then the finish of each choice and the usage."""
    parts = [TextChoices(index=c.index, text=piece) for c in whole.choices for piece in pieces(c.text or "")]
    ends = [TextChoices(index=c.index, finish_reason=c.finish_reason) for c in whole.choices]
    said = [whole.replace(choices=[choice], usage=None) for choice in [*parts, *ends]]
    return [*said, whole.replace(choices=[])]
