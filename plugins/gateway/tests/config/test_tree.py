"""YAML: what is read, and where what is wrong stands."""

import pytest
from jackfield_gateway.config import _tree

MODEL = "model_list:\n  - model_name: a\n    litellm_params: "

SYNTAX = {
    "a: [": "1:5",
    "a: b: c": "1:5",
    "\ta: 1": "1:1",
    "a: *x": "1:4",
    'a: "\\q"': "1:6",
    "- a\nb: 1": "2:1",
    "--- a\n--- b": "2:1",
    "%YAML 3.0\n--- a": "1:1",
    "a: !!python/object:os.system x": "1:4",
    "a: !house x": "1:4",
    "a: !!int x": "1:4",
    "a: !!bool x": "1:4",
    "a: 0b_": "1:4",
    "a: " + "9" * 5000: "1:4",
    "a: !!set {b}": "1:4",
    "? [a]\n: b": "1:3",
    '"\\ud800": b': "1:1",
    "a: {<<: b}": "1:9",
    "a: {<<: [b]}": "1:9",
    "a: &x [*x]": "1:4",
    "a: &x {b: *x}": "1:4",
    "a:\n  b: 1\n  c: 2\n  b: 3": "4:3",
    "a: {b: 1, b: 1}": "1:11",
    "a: 1\na: 1": "2:1",
    "include: x\nb: \x07": "2:4",
}


@pytest.mark.parametrize("text", SYNTAX, ids=repr)
def test_what_is_no_good_yaml_is_one_finding_with_its_place(findings, text):
    found = [each for each in findings(text.encode()) if " has no key" not in each and "cannot be read" not in each]
    assert [each.rpartition(": ")[0] and ":".join(each.split(":")[:2]) for each in found] == [SYNTAX[text]]


def test_a_syntax_error_says_what_yaml_expected(findings):
    [found] = findings("model_list:\n  - model_name: a\n   litellm_params: {}\n")
    assert found.startswith("3:4: this is not YAML: while parsing a block ")
    assert "did not find expected" in found or "expected <block end>" in found


def test_a_duplicate_key_says_where_the_first_stands(findings):
    assert findings("model_list: []\ngeneral_settings: {}\nmodel_list: []\n") == [
        "3:1: 'model_list' stands here already, in line 1: keep one of them"
    ]


def test_a_file_that_nests_without_end_is_a_finding(findings):
    [found] = findings("a: " + "[" * 5_000)
    assert "nests too deeply" in found


def test_aliases_cannot_make_a_small_file_endless(findings, monkeypatch):
    monkeypatch.setattr(_tree, "MOST_VALUES", 1000)
    lines = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"{name}: &{name} [{', '.join([f'*{before}'] * 8)}]" for before, name in zip("abcd", "bcde", strict=True)]
    [found] = findings("\n".join(lines))
    assert "aliases make more than 1,000 values" in found


def test_anchors_and_merges_write_a_thing_once(read):
    config = read("""\
        model_list:
          - model_name: a
            litellm_params: &usual
              model: echo/a
              temperature: 0.5
              top_p: 0.1
          - model_name: b
            litellm_params:
              <<: [*usual, {model: echo/b, seed: 1}]
              temperature: 0.7
        """)
    [first, second] = config.deployments
    assert (first.model, first.params) == ("echo/a", {"temperature": 0.5, "top_p": 0.1})
    assert (second.model, dict(second.params)) == ("echo/a", {"temperature": 0.7, "top_p": 0.1, "seed": 1})


VALUES = {
    "2024-10-21": "2024-10-21",
    "1e-6": 1e-6,
    "1E3": 1000.0,
    "1.5": 1.5,
    "0x10": 16,
    "yes": True,
    "~": None,
    "'yes'": "yes",
    "!!str 1": "1",
    "=": "=",
    "[1, {a: null}]": [1, {"a": None}],
    "{1234: 5, yes: no}": {"1234": 5, "yes": False},
    '"a\\nb"': "a\nb",
    "": None,
}


@pytest.mark.parametrize("text", VALUES)
def test_values_are_what_yaml_reads_but_for_dates_and_small_numbers(read, text):
    config = read(f"{MODEL}\n      model: echo/a\n      x: {text}\n")
    assert config.deployments[0].params == {"x": VALUES[text]}
    assert type(config.deployments[0].params["x"]) is type(VALUES[text])


@pytest.mark.parametrize("text", [".nan", "-.inf", "{a: [.inf]}"])
def test_a_number_that_json_does_not_have_is_a_finding(findings, text):
    [found] = findings(f"{MODEL}\n      model: echo/a\n      x: {text}\n")
    assert "JSON has no such number" in found


def test_half_a_character_is_a_finding(findings):
    [found] = findings(f'{MODEL}\n      model: echo/a\n      x: "\\ud83d"\n')
    assert found.startswith("5:10: a text holds half a character")
