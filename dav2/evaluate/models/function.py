"""A Python function as a model: whatever runs on this machine can be measured."""

from dav2.errors import UserError
from dav2.evaluate.models.model import Model, resolve_sign
from dav2.lookup import load_own, own_hash
from dav2.types import Sign


def open_function(name: str, sign: Sign | None = None) -> Model:
    """Open `module:function`, uint8 RGB [H, W, 3] -> [H, W]; modules of the current folder count too.

    Raises:
        UserError: there is no such function in the module, or no sign is declared.
        ModuleNotFoundError: there is no such module.
    """
    sign = resolve_sign(None, sign, name)
    function = load_own(name)
    if not callable(function):
        raise UserError(f"{name} is no function but {type(function).__name__}")
    says = f"{name}: Python function, {sign}, as declared"
    return Model(function, sign, False, says, f"{says} {own_hash(name)}")
