"""The content of a message, or what a call gave: in parts of this format, or of a chat's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..shape import a_string, an_object, one_of, refused, rest, wrong

__all__ = ["Content", "chat_content", "parts_of"]

Content = str | list[dict[str, Any]]

DESCRIBING = frozenset({"annotations", "logprobs", "parsed"})
UPLOADED = "it names an upload that only OpenAI has; send the content itself"


def chat_content(value: Any, where: str, *, may_refuse: bool = False) -> tuple[Content, list[str]]:
    """Return a content as a chat's, and its refusals, for which a chat has a place of their own.

    A text that stands alone becomes a string: older servers and custom handlers read no parts.
    """
    if isinstance(value, str):
        return value, []
    if not isinstance(value, list):
        raise wrong(where, "a string or a list of content parts", value)
    parts: list[dict[str, Any]] = []
    refusals: list[str] = []
    kinds = (*PARTS, "refusal") if may_refuse else tuple(PARTS)
    for place, item in enumerate(value):
        here = f"{where}[{place}]"
        part = an_object(item, here)
        kind = one_of(part.get("type"), f"{here}.type", *kinds)
        if kind == "refusal":
            refusals.append(a_string(part.get("refusal"), f"{here}.refusal"))
        else:
            parts.append(PARTS[kind](part, here))
    return _plain(parts), refusals


def parts_of(content: Content) -> list[dict[str, Any]]:
    """Return a chat's content as parts."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _plain(parts: list[dict[str, Any]]) -> Content:
    if not parts:
        return ""
    alone = parts[0]
    return alone["text"] if len(parts) == 1 and alone.keys() == {"type", "text"} else parts


def _text(part: dict[str, Any], where: str) -> dict[str, Any]:
    text = a_string(part.get("text"), f"{where}.text")
    return {"type": "text", "text": text, **rest(part, DESCRIBING | {"type", "text"})}


def _image(part: dict[str, Any], where: str) -> dict[str, Any]:
    _refuse(part, where, "file_id", UPLOADED)
    image = {"url": a_string(part.get("image_url"), f"{where}.image_url")}
    if part.get("detail") is not None:
        image["detail"] = a_string(part["detail"], f"{where}.detail")
    return {"type": "image_url", "image_url": image, **rest(part, ("type", "image_url", "detail", "file_id"))}


def _file(part: dict[str, Any], where: str) -> dict[str, Any]:
    _refuse(part, where, "file_id", UPLOADED)
    _refuse(part, where, "file_url", "a chat takes no address of a file; send its content in file_data")
    file = {"file_data": a_string(part.get("file_data"), f"{where}.file_data")}
    if part.get("filename") is not None:
        file["filename"] = a_string(part["filename"], f"{where}.filename")
    return {"type": "file", "file": file, **rest(part, ("type", "file_data", "filename", "file_id", "file_url"))}


def _refuse(part: dict[str, Any], where: str, name: str, why: str) -> None:
    if part.get(name) is not None:
        raise refused(f"{where}.{name}", why)


PARTS: dict[str, Callable[[dict[str, Any], str], dict[str, Any]]] = {
    "input_text": _text,
    "output_text": _text,
    "input_image": _image,
    "input_file": _file,
}
