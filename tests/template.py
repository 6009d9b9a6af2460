"""Writes the plugin templates into the data file of the core that `jackfield new` reads: `python3 dev.py template`.

`plugin-template/` is the template of the kind "http", a package of this workspace like any other. The folders in its
`kinds` are the other kinds: what they have of their own, and for the rest the files that all kinds share.
"""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["DATA", "KINDS", "TEMPLATE", "data", "texts"]

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = ROOT / "plugin-template"
DATA = ROOT / "core" / "src" / "jackfield" / "_cli" / "_templates.json"
NAME = "acme"
KINDS = {"http": TEMPLATE, "openai": TEMPLATE / "kinds" / "openai", "python": TEMPLATE / "kinds" / "python"}
SHARED = [".github/workflows/ci.yml", ".gitignore", "CHANGELOG.md", "LICENSE", f"src/jackfield_{NAME}/py.typed"]
"""What a kind takes from the kind "http" where it has none of its own."""
OWN = [".gitattributes", "README.md", "pyproject.toml", f"src/jackfield_{NAME}", "tests"]
"""What a kind has of its own. Nothing else in its folder is a part of it: builds and tools leave things there."""


def data() -> str:
    """Return what the data file has to hold."""
    kinds = {kind: dict(sorted(texts(folder).items())) for kind, folder in KINDS.items()}
    return json.dumps({"name": NAME, "kinds": kinds}, ensure_ascii=False, indent=1) + "\n"


def texts(folder: Path) -> dict[str, str]:
    """Return the files of a kind: path → text."""
    files = {name: folder / name if (folder / name).exists() else TEMPLATE / name for name in SHARED}
    for file in (file for name in OWN for file in [folder / name, *(folder / name).rglob("*")]):
        name, *inside = file.relative_to(folder).parts
        if file.is_file() and not any(part.startswith((".", "__pycache__")) for part in inside):
            files["/".join((name, *inside))] = file
    return {name: file.read_bytes().decode() for name, file in files.items()}


if __name__ == "__main__":
    DATA.write_text(data(), encoding="utf-8", newline="\n")
    print(f"{DATA.relative_to(ROOT)} is written.")
