"""Things by name: from a table of ours, or `module:name` of one's own."""

import re
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from dav2.disk import file_hash
from dav2.errors import UserError, nearest

OWN = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
T = TypeVar("T")


def is_own(name: str) -> bool:
    """Tell whether a name is `module:name`."""
    return OWN.fullmatch(name) is not None


def load_own(name: str) -> Any:
    """Import what `module:name` names; modules of the current folder are found, too.

    Raises:
        UserError: the module has nothing of that name.
        ModuleNotFoundError: there is no such module.
    """
    module_name, _, attribute = name.partition(":")
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{name}: {error}; write {module_name}.py here, or install what it needs"
        ) from error
    finally:
        sys.path.remove(here)
    if not hasattr(module, attribute):
        raise UserError(f"{module.__file__} has nothing called {attribute!r}")
    return getattr(module, attribute)


def own_hash(name: str) -> str:
    """SHA-256 of the file in which `module:name` stands: other code gives other results."""
    load_own(name)
    source = sys.modules[name.partition(":")[0]].__file__
    return file_hash(source) if source else ""


def find_named(name: str, table: Mapping[str, T], what: str) -> T:
    """Find something in a table, or as `module:name`.

    Args:
        what: what it is, for the error, such as "collection".

    Raises:
        UserError: it is in neither; suggests the nearest, or lists all.
    """
    if name in table:
        return table[name]
    if is_own(name):
        return load_own(name)
    raise UserError(f"unknown {what} {name!r}; {nearest(name, table)} (your own: module:name)")
