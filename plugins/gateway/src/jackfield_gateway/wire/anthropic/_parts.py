"""Content blocks of Anthropic's messages and content parts of chats: text, images, documents.

| block                                | part                                             |
|--------------------------------------|--------------------------------------------------|
| text                                 | text                                             |
| image, source base64 or url          | image_url with a data URL or an address          |
| document, source base64, url or file | file with a data URL, an address or a file's id  |
| document, source text                | text: a model that takes no files can read it    |

Fields beyond these (``cache_control``, ``citations``, a document's ``context``) stand on the part as on the block.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..shape import a_list, a_string, an_object, refused, rest, wrong

if TYPE_CHECKING:
    from jackfield import BadRequestError

__all__ = ["blocks_in", "content_of", "misfit", "to_blocks", "to_part"]

Translate = Callable[[dict[str, Any], str], dict[str, Any]]

MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
PDF = "application/pdf"
UNTITLED = "document.pdf"  # a file part that holds its data needs a name
AUTOMATIC = {None, "auto"}
PLAIN = {"type", "text"}

AT_ANTHROPIC = {
    *("server_tool_use", "web_search_tool_result", "web_fetch_tool_result", "code_execution_tool_result"),
    *("bash_code_execution_tool_result", "text_editor_code_execution_tool_result", "tool_search_tool_result"),
    *("container_upload", "mcp_tool_use", "mcp_tool_result", "tool_reference"),
}
"""Blocks of tools that run at Anthropic: nobody else could make anything of them."""

ELSEWHERE = {"image", "document", "tool_use", "tool_result", "thinking", "redacted_thinking"}


def blocks_in(content: Any, where: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give place, type and block of each block in a list; raises BadRequestError, as all of these do."""
    if not isinstance(content, list):
        raise wrong(where, "a string or a list of content blocks", content)
    for number, block in enumerate(content):
        place = f"{where}[{number}]"
        yield place, a_string(an_object(block, place).get("type"), f"{place}.type"), block


def content_of(parts: list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    """Return parts as a chat's content: a lone text is a string, which every server takes, and means the same."""
    if len(parts) == 1 and parts[0].keys() == PLAIN:
        text: str = parts[0]["text"]
        return text
    return parts


def to_part(kind: str, block: dict[str, Any], where: str) -> dict[str, Any]:
    """Return a content block as a content part."""
    if (translate := _TO_PART.get(kind)) is None:
        raise misfit(kind, where)
    return translate(block, where)


def misfit(kind: str, where: str) -> BadRequestError:
    """Return the error for a content block that a chat's message cannot hold here."""
    if kind in AT_ANTHROPIC:
        return refused(where, f"{kind} belongs to tools that run at Anthropic")
    if kind == "search_result":
        return refused(where, "a chat has no search results; send their text")
    if kind in ELSEWHERE:
        return refused(where, f"no block of type {kind} can stand in a message of this role")
    return wrong(f"{where}.type", "the type of a content block", kind)


def to_blocks(content: Any, where: str) -> list[dict[str, Any]]:
    """Return a chat's content, a string or a list of parts, as content blocks; an empty string is none."""
    if content is None or isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return [_block(part, f"{where}[{number}]") for number, part in enumerate(a_list(content, where))]


def _block(part: Any, where: str) -> dict[str, Any]:
    kind = a_string(an_object(part, where).get("type"), f"{where}.type")
    if (translate := _TO_BLOCK.get(kind)) is None:
        raise refused(where, f"Anthropic's messages have nothing like {kind}")
    return translate(part, where)


# ----------------------------------------------------------------------------------------------------- block to part


def _text_part(block: dict[str, Any], where: str) -> dict[str, Any]:
    return {"type": "text", "text": a_string(block.get("text"), f"{where}.text"), **rest(block, PLAIN)}


def _image_part(block: dict[str, Any], where: str) -> dict[str, Any]:
    url = _address(_source(block, where), f"{where}.source")
    return {"type": "image_url", "image_url": {"url": url}, **rest(block, {"type", "source"})}


def _document_part(block: dict[str, Any], where: str) -> dict[str, Any]:
    source, place = _source(block, where), f"{where}.source"
    if source["type"] == "text":
        text = a_string(source.get("data"), f"{place}.data")
        return {"type": "text", "text": text, **rest(block, {"type", "source"})}
    file: dict[str, Any]
    if source["type"] == "file":
        file = {"file_id": a_string(source.get("file_id"), f"{place}.file_id")}
    else:
        file = {"file_data": _address(source, place)}
        if source["type"] == "base64":
            file["filename"] = UNTITLED
    if (title := block.get("title")) is not None:
        file["filename"] = a_string(title, f"{where}.title")
    return {"type": "file", "file": file, **rest(block, {"type", "source", "title"})}


def _source(block: dict[str, Any], where: str) -> dict[str, Any]:
    source = an_object(block.get("source"), f"{where}.source")
    a_string(source.get("type"), f"{where}.source.type")
    return source


def _address(source: dict[str, Any], where: str) -> str:
    """Return a source as an address, of the web or one that holds the data itself."""
    if source["type"] == "url":
        return a_string(source.get("url"), f"{where}.url")
    if source["type"] == "base64":
        data = a_string(source.get("data"), f"{where}.data")
        media_type = a_string(source.get("media_type"), f"{where}.media_type")
        if not MEDIA_TYPE.fullmatch(media_type):
            raise wrong(f"{where}.media_type", "a media type such as image/png", media_type)
        return f"data:{media_type};base64,{data}"
    if source["type"] in {"file", "content"}:
        raise refused(where, f"a chat cannot hold a source of type {source['type']} here; send base64 or url")
    raise wrong(f"{where}.type", '"base64" or "url"', source["type"])


_TO_PART: dict[str, Translate] = {"text": _text_part, "image": _image_part, "document": _document_part}


# ----------------------------------------------------------------------------------------------------- part to block


def _text_block(part: dict[str, Any], where: str) -> dict[str, Any]:
    return {"type": "text", "text": a_string(part.get("text"), f"{where}.text"), **rest(part, PLAIN)}


def _refusal_block(part: dict[str, Any], where: str) -> dict[str, Any]:
    return {"type": "text", "text": a_string(part.get("refusal"), f"{where}.refusal")}


def _image_block(part: dict[str, Any], where: str) -> dict[str, Any]:
    image = an_object(part.get("image_url"), f"{where}.image_url")
    if image.get("detail") not in AUTOMATIC:
        raise refused(f"{where}.image_url.detail", "Anthropic's images have no such field")
    source = _source_of(a_string(image.get("url"), f"{where}.image_url.url"), f"{where}.image_url.url")
    return {"type": "image", "source": source, **rest(part, {"type", "image_url"})}


def _document_block(part: dict[str, Any], where: str) -> dict[str, Any]:
    file = an_object(part.get("file"), f"{where}.file")
    source: Mapping[str, Any]
    if (file_id := file.get("file_id")) is not None:
        source = {"type": "file", "file_id": a_string(file_id, f"{where}.file.file_id")}
    else:
        place = f"{where}.file.file_data"
        source = _source_of(a_string(file.get("file_data"), place), place)
        if source.get("media_type", PDF) != PDF:
            raise wrong(place, f"data of the type {PDF}", source["media_type"])
    title = file.get("filename")
    named = {} if title in {None, UNTITLED} else {"title": a_string(title, f"{where}.file.filename")}
    return {"type": "document", "source": source, **named, **rest(part, {"type", "file"})}


def _source_of(address: str, where: str) -> dict[str, Any]:
    head, comma, data = address.partition(",")
    if not head.startswith("data:"):
        return {"type": "url", "url": address}
    if not (comma and head.endswith(";base64")):
        raise wrong(where, "a data URL in base64", address)
    return {"type": "base64", "media_type": head[len("data:") : -len(";base64")], "data": data}


_TO_BLOCK: dict[str, Translate] = {
    "text": _text_block,
    "refusal": _refusal_block,
    "image_url": _image_block,
    "file": _document_block,
}
