"""Packages that only some of the work needs."""

import re
from importlib import import_module, metadata
from types import ModuleType


def extra_of(package: str) -> str | None:
    """Name the extra of dav2 that installs a package; None if there is none."""
    wanted = re.escape(package.lower()).replace("_", "[-_]").replace(r"\-", "[-_]")
    for line in metadata.requires("dav2") or ():
        if found := re.match(rf"{wanted}(?![\w-]).*extra == ['\"]([\w-]+)", line.lower()):
            return found[1]
    return None


def optional(module: str, need: str, extra: str) -> ModuleType:
    """Import a module of an extra, when it is first needed.

    Args:
        need: the error's first words, such as "video needs PyAV".

    Raises:
        ModuleNotFoundError: it is not installed; the message names the command that does it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{need}: pip install 'dav2[{extra}]'") from error
