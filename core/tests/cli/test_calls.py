"""The commands that call a model: what they send, what they print, and how they fail."""

from __future__ import annotations

import base64
import json

import pytest

PNG = b"\x89PNG and so on"
JPEG = b"\xff\xd8\xff and so on"


def encoded(content):
    return {"b64_json": base64.b64encode(content).decode()}


# ---------------------------------------------------------------------------------------------------------------- chat


def test_chat_prints_what_the_model_says(house, invoke):
    result = invoke("chat", "house/small", "Hi")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "small: user Hi\n", "")
    assert house.requests[0].stream is True


def test_chat_puts_a_system_message_before_the_prompt(house, invoke):
    assert invoke("chat", "house/small", "Hi", "--system", "Be brief").stdout == "small: system Be brief | user Hi\n"


@pytest.mark.parametrize("arguments", [["-"], []], ids=["a dash", "no prompt"])
def test_chat_reads_the_prompt_from_stdin(house, invoke, arguments):
    result = invoke("chat", "house/small", *arguments, input="two\nlines\n")
    assert result.stdout == "small: user two\nlines\n"


def test_stdin_that_is_no_text_is_an_error(house, invoke):
    result = invoke("chat", "house/small", "-", input=b"\xff")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: stdin is no text: 'utf-8' codec can't decode byte 0xff")


def test_chat_sends_only_what_was_given(house, invoke):
    invoke("chat", "house/small", "Hi")
    invoke(
        "chat", "house/small", "Hi", "--temperature", "0.5", "--api-base", "http://localhost:9", "--api-key", "a-key"
    )
    assert [dict(request.params) for request in house.requests] == [{}, {"temperature": 0.5}]
    assert [(one.api_base, one.api_key) for one in house.settings] == [(None, None), ("http://localhost:9", "a-key")]


def test_chat_without_streaming_asks_for_a_whole_answer(house, invoke):
    assert invoke("chat", "house/small", "Hi", "--no-stream").stdout == "small: user Hi\n"
    assert house.requests[0].stream is False


def test_chat_as_json_prints_the_whole_answer(house, invoke):
    answer = json.loads(invoke("chat", "house/small", "Hi", "--json").stdout)
    assert answer["choices"] == [
        {"finish_reason": "stop", "index": 0, "message": {"content": "small: user Hi", "role": "assistant"}}
    ]
    assert (answer["object"], answer["model"]) == ("chat.completion", "small")


def test_a_failing_call_is_one_line_on_stderr(house, invoke):
    result = invoke("chat", "house/failing", "Hi", "--no-stream")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "Error: the house is on fire\n")


def test_a_stream_that_fails_keeps_what_was_printed(house, invoke):
    result = invoke("chat", "house/failing", "Hi")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "failing:\n", "Error: the house is on fire\n")


def test_an_unknown_provider_is_an_error_that_says_what_to_install(invoke):
    result = invoke("chat", "hose/small", "Hi")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: there is no provider 'hose'")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [["chat"], ["chat", "house/small", "Hi", "--temperature", "warm"], ["chat", "--loud", "m", "Hi"], ["chatt"]],
    ids=["no model", "no number", "no such option", "no such command"],
)
def test_wrong_usage_is_status_2_and_says_how_it_is_used(invoke, arguments):
    result = invoke(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: jackfield" in result.stderr


# --------------------------------------------------------------------------------------------------------------- embed


def test_embed_prints_a_line_for_each_text(house, invoke):
    result = invoke("embed", "house/small", "one", "three")
    assert result.stdout == "[3.0, 0.5]\n[5.0, 0.5]\n"
    assert dict(house.requests[0].params) == {}


@pytest.mark.parametrize("arguments", [["-"], []], ids=["a dash", "no text"])
def test_embed_reads_a_text_from_each_line_of_stdin(house, invoke, arguments):
    assert invoke("embed", "house/small", *arguments, input="one\nthree\n").stdout == "[3.0, 0.5]\n[5.0, 0.5]\n"


def test_embed_without_any_text_is_an_error(house, invoke):
    result = invoke("embed", "house/small", input="")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: input must be a text")


def test_embed_passes_dimensions_on_and_prints_json(house, invoke):
    answer = json.loads(invoke("embed", "house/small", "one", "--dimensions", "2", "--json").stdout)
    assert [entry["embedding"] for entry in answer["data"]] == [[3.0, 0.5]]
    assert dict(house.requests[0].params) == {"dimensions": 2}


# --------------------------------------------------------------------------------------------------------------- image


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where the command stands, and writes."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("content", "name"), [(PNG, "image.png"), (JPEG, "image.jpg"), (b"?", "image.png")])
def test_image_writes_a_file_and_prints_its_name(house, invoke, folder, content, name):
    house.pictures = [encoded(content)]
    result = invoke("image", "house/small", "a door")
    assert (result.exit_code, result.stdout) == (0, f"{name}\n")
    assert (folder / name).read_bytes() == content


def test_image_writes_where_it_is_told_to(house, invoke, folder):
    house.pictures = [encoded(PNG)]
    (folder / "door.bin").write_bytes(b"what was there before")
    assert invoke("image", "house/small", "a door", "-o", "door.bin").stdout == "door.bin\n"
    assert (folder / "door.bin").read_bytes() == PNG


def test_image_never_writes_over_a_file_that_was_not_named(house, invoke, folder):
    house.pictures = [encoded(PNG), encoded(PNG)]
    (folder / "image.png").write_bytes(b"mine")
    assert invoke("image", "house/small", "a door").stdout == "image-2.png\nimage-3.png\n"
    assert (folder / "image.png").read_bytes() == b"mine"
    assert (folder / "image-3.png").read_bytes() == PNG


def test_image_writes_to_stdout(house, invoke, folder):
    house.pictures = [encoded(PNG)]
    assert invoke("image", "house/small", "a door", "--output", "-").stdout_bytes == PNG
    assert list(folder.iterdir()) == []


def test_several_images_are_numbered(house, invoke, folder):
    house.pictures = [encoded(PNG), {"url": "https://images.example/2.png"}, encoded(JPEG)]
    result = invoke("image", "house/small", "a door", "-n", "3", "--size", "64x64", "-o", "door.png")
    assert result.stdout == "door-1.png\nhttps://images.example/2.png\ndoor-3.png\n"
    assert dict(house.requests[0].params) == {"size": "64x64", "n": 3}


def test_image_prints_json(house, invoke, folder):
    house.pictures = [{"url": "https://images.example/1.png"}]
    assert json.loads(invoke("image", "house/small", "a door", "--json").stdout) == {
        "created": 1,
        "data": house.pictures,
    }
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        ({"b64_json": "%%"}, "the provider's picture is no base64"),
        ({}, "the provider sent neither a picture nor an address"),
    ],
)
def test_a_picture_that_is_none_is_an_error(house, invoke, picture, message):
    house.pictures = [picture]
    result = invoke("image", "house/small", "a door")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {message}")


@pytest.mark.parametrize(
    ("output", "says"), [("nowhere/door.png", "the folder nowhere does not exist"), (".", "folder")]
)
def test_a_file_that_cannot_be_written_is_an_error_before_anything_is_painted(house, invoke, output, says):
    house.pictures = [encoded(PNG)]
    result = invoke("image", "house/small", "a door", "-o", output)
    assert result.exit_code == 2
    assert says in result.stderr
    assert not house.requests


# -------------------------------------------------------------------------------------------------------------- models


def test_models_prints_a_name_a_line(house, invoke):
    result = invoke("models", "house", "--api-base", "http://localhost:9", "--api-key", "a-key")
    assert (result.exit_code, result.stdout) == (0, "large\nsmall/fast\n")
    assert (house.settings[0].api_base, house.settings[0].api_key) == ("http://localhost:9", "a-key")


def test_models_prints_json(house, invoke):
    answer = json.loads(invoke("models", "house", "--json").stdout)
    assert [model["id"] for model in answer["data"]] == ["large", "small/fast"]
