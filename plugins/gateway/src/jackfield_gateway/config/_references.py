"""Names of objects in files: ``module.object``, as ``custom_handler`` and ``callbacks`` take them."""

from __future__ import annotations

import re

__all__ = ["reference_problem"]

_REFERENCE = re.compile(r"[^\W\d][\w-]*(\.[^\W\d][\w-]*)*\.[^\W\d]\w*")


def reference_problem(reference: str) -> str | None:
    """Return what is wrong with a reference and what to do, or None for one that can be looked for."""
    if _REFERENCE.fullmatch(reference):
        return None
    written = "write 'module.object', such as 'custom_handler.my_handler' for my_handler in custom_handler.py"
    if "://" in reference:
        return f"is an address: a handler is a file beside the config, or installed; {written}"
    if "/" in reference or "\\" in reference:
        return f"is a path: {written}"
    if "." not in reference.strip("."):
        return f"names no object of a module: {written}"
    return f"is no name of an object: {written}"
