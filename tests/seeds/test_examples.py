"""Every Python example of the documents runs, taken out of them as they stand."""

from __future__ import annotations

import re

import jackfield
import pytest
from loopback import LoopbackServer
from seeds.changes import ADDRESSES, RESTORATIONS, SUPPLIES, moved, redirected, undefined
from seeds.documents import NAMES, Block, folder, text_of
from seeds.examples import EXAMPLES, Example, Run
from seeds.pieces import of_kind, pieces, program
from seeds.shapes import value_of
from seeds.walkthroughs import WALKTHROUGHS

NOWHERE = {"url": "http://127.0.0.1:1", "legacy_url": "http://127.0.0.1:1/legacy"}
LOCAL = re.compile(
    r"https?://(127\.0\.0\.1:\d+|example\.com)\b"
)  # nothing is fetched from example.com: it is an answer


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    """Take back what examples change: the map, and the environment."""
    before = jackfield.custom_provider_map
    monkeypatch.setenv("OPENAI_API_KEY", "")
    yield
    jackfield.custom_provider_map = before


def complete(example: Example) -> tuple[Block, str]:
    """The example's piece of its document, and the program for LiteLLM that it is."""
    block = of_kind(example.document, "python")[example.place]
    return block, program(block, example.lacks)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_it_runs_and_does_what_its_document_says(example, capsys):
    block, program = complete(example)
    output = example.output if example.output is None else of_kind(example.document, "output")[example.output]
    with LoopbackServer() as server:
        code = redirected(moved(program), url=server.url, legacy_url=server.legacy_url)
        names = {"__name__": "example"}
        exec(compile(code, f"{block.document}, line {block.line}", "exec"), names)
        printed = capsys.readouterr().out
        example.check(Run(names, printed, server, output and value_of(output.text)))


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_it_gets_the_names_that_it_lacks_and_no_others(example):
    block, program = complete(example)
    assert undefined(redirected(block.text, **NOWHERE)) == example.lacks
    assert undefined(redirected(program, **NOWHERE)) == set()


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_it_calls_no_stranger(example):
    _, program = complete(example)
    code = redirected(moved(program), **NOWHERE)
    assert [url for url in re.findall(r"https?://[^\s\"')]+", code) if not LOCAL.match(url)] == []


def test_there_are_no_other_documents():
    assert sorted(file.name[:3] for file in folder().iterdir()) == list(NAMES)


@pytest.mark.parametrize("document", NAMES)
def test_every_piece_of_code_has_somebody_who_runs_it(document):
    ours = [example for example in EXAMPLES if example.document == document]
    outputs = of_kind(document, "output")
    run = {complete(example)[0] for example in ours}
    run |= {outputs[example.output] for example in ours if example.output is not None}
    run |= {piece for each in WALKTHROUGHS if each.document == document for piece in vars(each.steps).values()}
    assert run == set(pieces(document))
    assert len({example.place for example in ours}) == len(ours)


@pytest.mark.parametrize("restoration", RESTORATIONS, ids=lambda restoration: restoration.lost)
def test_every_restoration_is_needed(restoration):
    assert re.search(restoration.pattern, text_of(restoration.document), re.MULTILINE)


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_address_is_in_a_document(address):
    assert any(address in text_of(document) for document in NAMES)


def test_every_name_that_is_supplied_is_lacked():
    assert {name for example in EXAMPLES for name in example.lacks} == set(SUPPLIES)
