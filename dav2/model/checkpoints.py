"""Reading weights without running code, and saying what does not fit."""

import pickle
from pathlib import Path

import torch
from torch import Tensor, nn

PREFIXES = ("module.", "model.", "network.")
UNUSED = {"pretrained.mask_token"}  # in the official files; only DINOv2's own pre-training used it


class CheckpointMismatch(ValueError):
    """The file's keys or shapes are not the model's."""


def read_state(path: Path | str) -> dict[str, Tensor]:
    """The state dict in a `.pth`, `.ckpt` or `.safetensors` file.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it cannot be read as weights alone (damaged, or it holds code).
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no checkpoint at {path}")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise ValueError(
            f"{path} cannot be read as weights alone; it is damaged or holds code: {error}"
        ) from error
    state = content.get("state_dict", content) if isinstance(content, dict) else None
    if not state or not all(isinstance(value, Tensor) for value in state.values()):
        raise ValueError(f"{path} holds no state dict")
    return state


def load_checkpoint(model: nn.Module, path: Path | str) -> nn.Module:
    """Load weights from `path` into `model`, strictly, and return the model.

    Accepts our Lightning checkpoints, plain state dicts (official names) and safetensors;
    prefixes of wrappers are taken off.

    Raises:
        CheckpointMismatch: keys are missing, unexpected or of another shape; all are listed.
    """
    own = model.state_dict()
    state = {}
    for key, value in read_state(path).items():
        for prefix in PREFIXES:
            key = key.removeprefix(prefix)
        if key not in UNUSED:
            state[key] = value
    problems = [f"missing {key}" for key in own if key not in state]
    problems += [f"unexpected {key}" for key in state if key not in own]
    problems += [
        f"{key} is {tuple(state[key].shape)}, the model has {tuple(own[key].shape)}"
        for key in own
        if key in state and state[key].shape != own[key].shape
    ]
    if problems:
        shown = "\n  ".join(problems[:10])
        more = f"\n  and {len(problems) - 10} more" if len(problems) > 10 else ""
        raise CheckpointMismatch(f"{path} does not fit the model:\n  {shown}{more}")
    model.load_state_dict(state)
    return model
