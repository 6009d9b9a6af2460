"""The pieces of code of a document, with what the document lost."""

from __future__ import annotations

from collections.abc import Iterable

from seeds.changes import SUPPLIES, restored
from seeds.documents import Block, blocks, text_of

__all__ = ["of_kind", "pieces", "program"]


def pieces(document: str) -> list[Block]:
    """Return the document's pieces of code, in order."""
    text = text_of(document)
    fenced = [Block(document, block.line, restored(document, block.text)) for block in blocks(document, text)]
    return fenced if "```" in text else blocks(document, restored(document, text))


def of_kind(document: str, kind: str) -> list[Block]:
    """Return the pieces of one kind, in order."""
    return [block for block in pieces(document) if block.kind == kind]


def program(block: Block, lacks: Iterable[str]) -> str:
    """Return a piece of Python as the program for LiteLLM that it is with the names that it lacks."""
    return "\n".join([*(SUPPLIES[name] for name in sorted(lacks)), block.text])
