"""Vectors out of hashes."""

from __future__ import annotations

import base64
import hashlib
import math
import struct

from jackfield import Embedding, EmbeddingRequest, EmbeddingResponse, Usage

from ._inputs import texts_of
from ._parameters import count, one_of

__all__ = ["vectors"]

DIMENSIONS = 8


def vectors(request: EmbeddingRequest) -> EmbeddingResponse:
    """Return one vector for each input, as floats or in base64."""
    texts = texts_of(request.input)
    packed = [_packed(text, count(request, "dimensions") or DIMENSIONS) for text in texts]
    read = _as_base64 if one_of(request, "encoding_format", "float", "base64") == "base64" else _as_floats
    words = sum(len(text.split()) for text in texts)
    return EmbeddingResponse(
        data=[Embedding(index=index, embedding=read(content)) for index, content in enumerate(packed)],
        model=request.model,
        usage=Usage(prompt_tokens=words, total_tokens=words),
    )


def _packed(text: str, dimensions: int) -> bytes:
    """Return a vector of length 1 as little-endian 32-bit floats: the sum of its words' vectors, scaled."""
    words = [_of_word(word, dimensions) for word in text.split() or [text]]
    total = [math.fsum(numbers) for numbers in zip(*words, strict=True)]
    length = math.hypot(*total)
    return struct.pack(f"<{dimensions}f", *(number / length for number in total))


def _of_word(word: str, dimensions: int) -> list[float]:
    digest = hashlib.shake_256(word.encode()).digest(2 * dimensions)
    # Odd numbers around zero: a vector of one dimension is never 0, which has no direction.
    return [2.0 * number + 1 for number in struct.unpack(f"<{dimensions}h", digest)]


def _as_floats(packed: bytes) -> list[float]:
    return list(struct.unpack(f"<{len(packed) // 4}f", packed))


def _as_base64(packed: bytes) -> str:
    return base64.b64encode(packed).decode()
