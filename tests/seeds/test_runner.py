"""The tools that take examples out of documents, on documents of our own."""

from __future__ import annotations

import re

import pytest
from seeds.changes import REPLACEMENTS, RESTORATIONS, called, moved, redirected, restored, started, undefined
from seeds.documents import blocks, folder
from seeds.shapes import differences, nulls, value_of

FENCED = """\
# A tour

Greet:
```python
import house
house.greet()
```
which prints
```
{"said": "Hi!", "by": null,}
```
and is served with
```yaml
model_list:
  - model_name: "small"
```
```bash
litellm --config here.yaml
```
```
curl -X POST 'http://0.0.0.0:4000/'
```
```
something else entirely
```
"""

UNFENCED = """\
Greeting a house
Response
  • Set name="House"
import house

# as loud as you can
house.greet(
"Hi!",
)
print(house)
Response
{
"said": ["Hi!"],
}
Another way
answer = greet(
a-house)
"""


def test_fenced_pieces_are_told_apart_by_what_they_hold():
    found = [(block.line, block.kind) for block in blocks("x", FENCED)]
    assert found == [(5, "python"), (10, "output"), (14, "yaml"), (18, "shell"), (21, "curl"), (24, "unknown")]


def test_statements_are_found_among_prose():
    found = [(block.line, block.kind, len(block.text.splitlines())) for block in blocks("x", UNFENCED)]
    assert found == [(4, "python", 7), (12, "output", 3), (16, "python", 2)]


def test_a_fence_that_is_left_open_is_an_error():
    with pytest.raises(ValueError, match="zip"):
        blocks("x", "```\nimport house\n")


MOVED = {
    "from litellm.llms.base import BaseLLM": "from jackfield_custom_format import BaseLLM",
    "from litellm.llms.custom_llm import CustomLLM": "from jackfield_custom_format import CustomLLM",
    "from litellm.llms.custom_httpx.http_handler import X": "from jackfield_custom_format import X",
    "from litellm.types.utils import ModelResponse": "from jackfield.types import ModelResponse",
    "litellm.completion(**litellm_params)": "jackfield.completion(**litellm_params)",
}


@pytest.mark.parametrize("source", MOVED)
def test_the_three_replacements_take_whole_words_and_the_longest_first(source):
    assert len(REPLACEMENTS) == 3
    assert moved(source) == MOVED[source]


def test_what_is_restored_belongs_to_one_document():
    squeezed = "classHouse(CustomLLM):\ndefgreet(self):\nreturnawait self.say()\n"
    assert (
        restored("000", squeezed) == "class House(CustomLLM):\n    def greet(self):\n        return await self.say()\n"
    )
    assert restored("001", squeezed) == squeezed
    config = 'model_list:\n-model_name:"a"\nlitellm_params:\nmodel:"b/c"\n'
    assert restored("000", config) == 'model_list:\n  - model_name: "a"\n    litellm_params:\n      model: "b/c"\n'
    assert restored("001", config) == config
    assert all(re.compile(restoration.pattern, re.MULTILINE) for restoration in RESTORATIONS)


def test_addresses_become_those_of_the_server():
    source = 'post("https://api.autoai.dev/inference", your-api_base)'
    there = "http://127.0.0.1:1/legacy"
    assert redirected(source, url="", legacy_url=there) == f'post("{there}", "{there}")'


def test_a_gateway_s_commands_change_their_name_their_port_and_their_picture():
    assert started("litellm --config /path/to/config.yaml") == "jackfield serve --config /path/to/config.yaml"
    command = "curl 'http://0.0.0.0:4000/v1/images/edits' -F 'image=@/path/to/image.png'"
    there = "curl 'http://0.0.0.0:8/v1/images/edits' -F 'image=@/here.png'"
    assert called(command, url="http://127.0.0.1:8", image="/here.png") == there


def test_undefined_names_are_found_wherever_they_are_used():
    source = """\
import a
class B(C):
    def d(self, e: F = g) -> "H":
        i = a.b
        return j(i, len(e), B)
k = 1
l = k
"""
    assert undefined(source) == {"C", "F", "g", "j"}


def test_shapes_are_fields_and_kinds():
    expected = {"id": "x", "created": 1, "choices": [{"index": 0, "logprobs": None}], "stop": None}
    assert (
        differences(
            expected, {"id": "y", "created": 2.5, "choices": [{"index": 1, "logprobs": {}}], "stop": 1, "more": 1}
        )
        == []
    )
    assert differences(expected, {"id": 1, "created": True, "choices": [{}]}) == [
        "the answer has no 'stop'",
        "the answer.id is a number, not a text",
        "the answer.created is a bool, not a number",
        "the answer.choices[] has no 'index'",
        "the answer.choices[] has no 'logprobs'",
    ]
    assert differences(expected, {**expected, "choices": []}) == ["the answer.choices is empty"]


def test_nulls_are_found_wherever_they_are():
    assert nulls({"a": None, "b": [{"c": None, "d": 1}, {"e": {"f": None}}]}) == {"a", "b[].c", "b[].e.f"}


def test_outputs_are_read_as_json_and_as_python():
    assert value_of('{"a": [null, true, 1.5,], "b": None}') == {"a": [None, True, 1.5], "b": None}


def test_missing_documents_skip_or_fail_as_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("JACKFIELD_SHARED", str(tmp_path))
    monkeypatch.delenv("JACKFIELD_REQUIRE_SHARED", raising=False)
    with pytest.raises(pytest.skip.Exception, match="the documents are not there"):
        folder()
    monkeypatch.setenv("JACKFIELD_REQUIRE_SHARED", "1")
    with pytest.raises(pytest.fail.Exception, match="the documents are not there"):
        folder()
