"""A plugin module whose hooks break the contract. Never run."""

from jackfield import CompletionRequest, EmbeddingRequest, Flow, Settings
from jackfield.flow import sleep


def completion(request: CompletionRequest, settings: Settings) -> Flow[str]:
    """Gives a text where a response is due."""
    yield from sleep(0)
    return "text"


def streaming(request: CompletionRequest, settings: Settings) -> int:
    """Gives a number where chunks are due."""
    return 0


def embedding(request: EmbeddingRequest) -> int:
    """Takes too little."""
    return 0
