"""A Python function as a model: whatever runs on this machine can be measured."""

import inspect
import sys
from importlib import import_module
from pathlib import Path

from dav2.disk import file_hash
from dav2.errors import UserError
from dav2.evaluate.models.model import Model, resolve_sign
from dav2.types import Sign


def open_function(name: str, sign: Sign | None = None) -> Model:
    """Open `module:function`, uint8 RGB [H, W, 3] -> [H, W]; modules of the current folder count too.

    Raises:
        UserError: there is no such function in the module, or no sign is declared.
        ModuleNotFoundError: there is no such module.
    """
    module_name, _, attribute = name.partition(":")
    sign = resolve_sign(None, sign, name)
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
    function = getattr(module, attribute, None)
    if not callable(function):
        raise UserError(f"{module.__file__} has no function {attribute!r}")
    says = f"{name}: Python function, {sign}, as declared"
    source = inspect.getsourcefile(module)
    return Model(function, sign, False, says, f"{says} {file_hash(source) if source else ''}")
