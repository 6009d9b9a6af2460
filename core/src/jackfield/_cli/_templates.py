"""The plugin templates that the core carries as data, under another name.

Each template is a package that works, of a provider with a made-up name. That name stands in it in five forms and is
part of no other word, so plain replacement makes the package another's:

    where it is                            becomes, for my-models
    lower case beside an underscore        my_models      packages, modules, variables
    lower case                             my-models      provider, distribution, entry point, headers, addresses
    upper case                             MY_MODELS      environment variables
    capitalised beside a letter            MyModels       classes
    capitalised                            My Models      what people read
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["kinds", "rendered", "written"]

DATA = "_templates.json"
"""``{"name": the made-up name, "kinds": {kind: {path: text}}}``; written by ``dev.py template``."""


def kinds() -> list[str]:
    """Name the kinds of providers that there are templates of."""
    return list(_data()["kinds"])


def rendered(kind: str, name: str) -> dict[str, str]:
    """Return the package of a kind under a name, words joined by dashes: path → text."""
    data = _data()
    forms = _Forms(data["name"], name)
    return {forms.put_into(path): forms.put_into(text) for path, text in data["kinds"][kind].items()}


def written(folder: str, package: Mapping[str, str]) -> None:
    """Write a package into a folder, which is made; raises FileExistsError where there is one."""
    os.makedirs(folder)
    for path, text in package.items():
        file = os.path.join(folder, *path.split("/"))
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "x", encoding="utf-8", newline="\n") as opened:
            opened.write(text)


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((files(__package__) / DATA).read_bytes())
    return data


class _Forms:
    """The forms of a name, and where each of them stands in the place of the made-up one."""

    def __init__(self, made_up: str, name: str) -> None:
        words = name.split("-")
        self._made_up = re.compile(re.escape(made_up), re.IGNORECASE)
        self._dashed = name
        self._snake = "_".join(words)
        self._camel = "".join(word.capitalize() for word in words)
        self._title = " ".join(word.capitalize() for word in words)

    def put_into(self, text: str) -> str:
        """Return a text with the name in the place of the made-up one."""
        return self._made_up.sub(self._form, text)

    def _form(self, found: re.Match[str]) -> str:
        beside = found.string[found.start() - 1 : found.start()] + found.string[found.end() : found.end() + 1]
        if found[0].isupper():
            return self._snake.upper()
        if found[0].islower():
            return self._snake if "_" in beside else self._dashed
        return self._camel if any(map(str.isalpha, beside)) else self._title
