"""A provider for a jackfield that has one hook more than this one, and that knows nothing else that is new."""

from jackfield import ModelResponse, hookimpl


@hookimpl
def completion(request, settings):
    return ModelResponse.of_text(f"{settings.provider} answers")


@hookimpl
def transcription(request, settings):
    raise AssertionError("no jackfield that does not know this hook calls it")
