"""The judges of bodies and answers, read in place: OpenAI's description of its API, and the documents of LiteLLM."""

from __future__ import annotations

import pytest
from descriptions import openai_description
from shared import shared_folder


@pytest.fixture(scope="session")
def described():
    return openai_description()


@pytest.fixture(scope="session", params=["000", "001"])
def document(request):
    """The text of a document that shows requests and what answers them."""
    [file] = shared_folder("seeds", "documents").glob(f"{request.param}_*.txt")
    return file.read_text(encoding="utf-8")
