"""Where networks compute: one rule for all commands."""

import torch

from dav2.errors import UserError


def choose_device(name: str = "auto") -> torch.device:
    """The device of that name; auto takes CUDA, then MPS (Apple's), then the CPU.

    Raises:
        UserError: this machine does not have it.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        name = next(one for one, is_there in there.items() if is_there)
    if not there.get(name.partition(":")[0], False):
        found = ", ".join(one for one, is_there in there.items() if is_there)
        raise UserError(f"there is no device {name!r} here; there are auto, {found}")
    return torch.device(name)
