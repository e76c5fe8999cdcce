"""Packages that only some of the work needs."""

from importlib import import_module
from types import ModuleType


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
