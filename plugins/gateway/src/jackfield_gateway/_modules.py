"""Objects in files, by name: how handlers, callbacks and extensions get loaded.

``module.object`` is the file ``module.py`` beside the config (``package/module.py`` for ``package.module.object``), or
else an installed module. A file is executed once in a process, whatever names it, under the name that an import gives
it: files beside it import it and each other as usual, since their folder is the last place that Python looks in.
Where something installed has that name already, the file is loaded all the same, by itself under a name of its own.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import sys
import traceback
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from jackfield import ConfigurationError

from .config._references import reference_problem

__all__ = ["changed_files", "load_object"]

Stamp = tuple[int, int]


_modules: dict[Path, ModuleType] = {}
"""File → the module that it became in this process."""

_stamps: dict[Path, Stamp | None] = {}
"""File beside a config → its time and size when it was executed."""


def load_object(reference: str, base: Path) -> Any:
    """Return the object that ``module.object`` names, seen from the folder ``base``.

    Raises ConfigurationError, which says what is wrong and where in the file, for a name that leads to no object, a
    file that does not import, and a class (an instance is meant).
    """
    if problem := reference_problem(reference):
        raise ConfigurationError(f"{reference!r} {problem}")
    name, _, attribute = reference.rpartition(".")
    module = _module(name, base)
    if not hasattr(module, attribute):
        near = get_close_matches(attribute, vars(module), n=1)
        advice = f"; did you mean {near[0]!r}?" if near else ""
        raise ConfigurationError(f"{reference}: {_place(module)} defines no {attribute!r}{advice}")
    found = getattr(module, attribute)
    if inspect.isclass(found):
        raise ConfigurationError(
            f"{reference} is a class, and an instance is meant: write my_{attribute.lower()} = {attribute}() in "
            f"{_place(module)} and name that"
        )
    return found


def changed_files() -> list[Path]:
    """Return the files beside a config that were executed and are others by now: only a restart loads them anew."""
    return sorted(file for file, stamp in _stamps.items() if _stamp(file) != stamp)


def _module(name: str, base: Path) -> ModuleType:
    folder = base.resolve()
    file = _file(name, folder)
    if file is None:
        return _imported(name, folder)
    if file not in _modules:
        before = set(sys.modules)
        _modules[file] = _executed(name, file, folder)
        _remember({file, *_new_files(before, folder)})
    return _modules[file]


def _file(name: str, folder: Path) -> Path | None:
    path = folder.joinpath(*name.split("."))
    for file in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
        if file.is_file():
            return file.resolve()
    return None


def _imported(name: str, folder: Path) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise _failed(f"the module {name}", error) from error
        file = Path(*name.split("."))
        raise ConfigurationError(
            f"there is no file {file}.py in {folder}, and no module {name} is installed: check the name, or install it"
        ) from error
    except (Exception, SystemExit) as error:
        raise _failed(f"the module {name}", error) from error


def _executed(name: str, file: Path, folder: Path) -> ModuleType:
    importlib.invalidate_caches()
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    try:
        return importlib.import_module(name) if _is_free(name, file, folder) else _apart(file)
    except (Exception, SystemExit) as error:
        raise _failed(str(file), error, folder) from error


def _is_free(name: str, file: Path, folder: Path) -> bool:
    """Tell whether a plain import of this name leads to this file, and to nothing that is installed."""
    top = name.partition(".")[0]
    try:
        spec = importlib.util.find_spec(top)
    except ValueError:  # a module such as __main__, which nothing can be found for
        return False
    if spec is None:
        return False
    if top == name:
        return spec.origin is not None and Path(spec.origin).resolve() == file
    return [Path(place).resolve() for place in spec.submodule_search_locations or ()] == [(folder / top).resolve()]


def _apart(file: Path) -> ModuleType:
    name = f"jackfield_handler_{hashlib.sha256(bytes(file)).hexdigest()[:12]}_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _failed(what: str, error: BaseException, folder: Path | None = None) -> ConfigurationError:
    """Return an error that tells the cause and its line, and no traceback."""
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    advice = ""
    if isinstance(error, ModuleNotFoundError) and f"{error.name}.".startswith("litellm."):
        advice = "; a handler for LiteLLM imports from jackfield, jackfield.types and jackfield_custom_format here"
    elif isinstance(error, ImportError) and error.name in ("jackfield", "jackfield.types", "jackfield_custom_format"):
        advice = "; of LiteLLM's names there are those that the README of jackfield-custom-format lists"
    return ConfigurationError(
        f"{what} does not load: {type(error).__name__}: {message}{_line_of(error, folder)}{advice}"
    )


def _line_of(error: BaseException, folder: Path | None) -> str:
    """Return where in the files beside the config it went wrong, the innermost place."""
    if isinstance(error, SyntaxError):
        return f" ({error.filename}, line {error.lineno})"
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    ours = [frame for frame in frames if folder is not None and Path(frame[0]).resolve().is_relative_to(folder)]
    return f" ({ours[-1][0]}, line {ours[-1][1]})" if ours else ""


def _place(module: ModuleType) -> str:
    return getattr(module, "__file__", None) or f"the module {module.__name__}"


def _new_files(before: set[str], folder: Path) -> set[Path]:
    """Return the files of a folder that became modules since: those that a handler imports of its own."""
    names = [name for name in sys.modules if name not in before]
    files = {Path(file).resolve() for name in names if (file := getattr(sys.modules[name], "__file__", None))}
    return {
        file for file in files if file.is_relative_to(folder) and not file.is_relative_to(Path(sys.prefix).resolve())
    }


def _remember(files: set[Path]) -> None:
    for file in files:
        _stamps[file] = _stamp(file)


def _stamp(file: Path) -> Stamp | None:
    try:
        state = file.stat()
    except OSError:
        return None  # it is gone, which is a change as well
    return state.st_mtime_ns, state.st_size
