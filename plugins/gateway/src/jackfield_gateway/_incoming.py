"""What a client sent, as the core takes it: a checked body, files, the options it may set, what a handler may know."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from jackfield import BadRequestError, CallOptions
from jackfield.errors import APIStatusError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request

from ._attendance import ClientLeft, Receive, Scope
from ._serving import GROUPS, Serving
from .config import Config
from .wire.bodies import Kind
from .wire.parse import parse, parse_form, refused

__all__ = ["body_of", "metadata_of", "options_of"]

OPTIONS = {"base_url": "api_base", "max_retries": "num_retries"}
"""Other names of options."""

CREDENTIALS = frozenset({b"authorization", b"proxy-authorization", b"cookie", b"x-api-key"})

DATA_URL = re.compile(
    r"data:(?P<type>[\w.+-]+/[\w.+-]+)?(?:;[\w-]+=[\w-]+)*(?P<base64>;base64)?,(?P<data>.*)", re.DOTALL
)


async def body_of(kind: Kind, scope: Scope, receive: Receive, config: Config) -> dict[str, Any]:
    """Read and check a request's body; raises BadRequestError naming what is wrong, 415 for another content type."""
    content_type = _content_type(scope)
    if kind == "image_edit" and content_type == "multipart/form-data":
        return await _form(scope, receive, config)
    if content_type in ("application/json", ""):
        body = parse(kind, await _read(receive), max_nesting=config.limits.max_nesting)
        if kind == "image_edit":
            body = _with_files(body)
    else:
        wanted = "application/json or multipart/form-data" if kind == "image_edit" else "application/json"
        raise APIStatusError(f"the content type must be {wanted}, not {content_type}", status_code=415)
    refused(body, config.allowed_client_options)
    return body


def options_of(body: dict[str, Any], serving: Serving) -> CallOptions:
    """Return the call's options: through the model groups, with what the config lets clients set."""
    options = serving.options(body["model"])
    if not serving.config.allowed_client_options:
        return options
    given = {name: body.pop(name) for name in serving.config.allowed_client_options & body.keys()}
    if (names := given.pop("fallbacks", None)) is not None:
        given["fallbacks"] = [{"model": name, "provider": GROUPS} for name in _names(names)]
    return cast("CallOptions", {**options, **{OPTIONS.get(name, name): value for name, value in given.items()}})


def metadata_of(scope: Scope, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a handler may know of the request that it answers; no credential is in it."""
    headers = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
        if name not in CREDENTIALS and not name.endswith((b"key", b"token", b"secret"))
    }
    request = {"url": scope["path"], "method": scope["method"], "headers": headers, "body": dict(body)}
    return {"proxy_server_request": request}


def _names(fallbacks: Any) -> list[str]:
    if isinstance(fallbacks, list) and all(isinstance(name, str) and name for name in fallbacks):
        return fallbacks
    raise BadRequestError("fallbacks must be a list of models' names", param="fallbacks", code="invalid_type")


def _content_type(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"content-type":
            return cast("str", value.decode("latin-1").partition(";")[0].strip().lower())
    return ""


async def _read(receive: Receive) -> bytes:
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return cast("bytes", message.get("body", b""))
    pieces = []
    while message["type"] == "http.request":
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(pieces)
        message = await receive()
    raise ClientLeft


async def _form(scope: Scope, receive: Receive, config: Config) -> dict[str, Any]:
    """Read a form: files stay what the parser made of them, in memory or, when they are large, on disk."""
    try:
        form = await Request(scope, receive).form()
    except ClientDisconnect as error:
        raise ClientLeft from error
    except MultiPartException as error:
        raise BadRequestError(f"the form does not parse: {error.message}") from error
    try:
        body = _read_form(form)
        refused(body, config.allowed_client_options)
    except BaseException:
        await form.close()  # else whoever has answered lets go of the files
        raise
    return body


def _read_form(form: FormData) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    files: dict[str, list[Any]] = {"image": [], "mask": []}
    for name, value in form.multi_items():
        plain = name.removesuffix("[]")
        if isinstance(value, UploadFile):
            if plain not in files:
                raise BadRequestError(f"{name} is no file of an image edit: image and mask are", param=name)
            files[plain].append((value.filename or plain, value.file, value.content_type or "application/octet-stream"))
        elif plain in files:
            raise BadRequestError(f"{name} must be a file", param=plain)
        else:
            fields[plain] = value
    return _placed(parse_form("image_edit_form", fields), files["image"], files["mask"])


def _with_files(body: dict[str, Any]) -> dict[str, Any]:
    """Take the images of a JSON body out of their data URLs; the gateway fetches no other URL."""
    if "image" in body and "images" in body:
        raise BadRequestError("image and images are the same: send one of them", param="images")
    images = body.pop("image", None) if "image" in body else body.pop("images", [])
    items = images if isinstance(images, list) else [images]
    mask = body.pop("mask", None)
    files = [_file(item, f"image[{index}]") for index, item in enumerate(items)]
    return _placed(body, files, [] if mask is None else [_file(mask, "mask")])


def _placed(body: dict[str, Any], images: list[Any], masks: list[Any]) -> dict[str, Any]:
    if not images:
        raise BadRequestError("image is missing: send a file, or a data URL in a JSON body", param="image")
    if len(masks) > 1:
        raise BadRequestError("mask must be one file", param="mask")
    return {**body, "image": images, **({"mask": masks[0]} if masks else {})}


def _file(item: Any, param: str) -> tuple[str, bytes, str]:
    url = item.get("image_url") if isinstance(item, Mapping) else item
    url = url.get("url") if isinstance(url, Mapping) else url
    match = DATA_URL.fullmatch(url) if isinstance(url, str) else None
    if match is None:
        raise BadRequestError(f"{param} must be a data URL (data:image/png;base64,…)", param=param)
    kind = match["type"] or "application/octet-stream"
    try:
        content = base64.b64decode(match["data"], validate=True) if match["base64"] else unquote_to_bytes(match["data"])
    except binascii.Error as error:
        raise BadRequestError(f"{param} holds base64 that does not decode", param=param) from error
    name = f"image.{kind.rpartition('/')[2]}" if kind.startswith("image/") else "image"
    return name, content, kind
