"""State dicts from files: read without running code, and fitted strictly into a network."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from dav2.model.conversion import State, from_huggingface, is_huggingface, swiglu_to_timm

PREFIXES = ("module.", "model.", "network.")  # DDP, and common names of attributes
UNUSED = "mask_token"  # only DINOv2's own pre-training used it; timm's files lack it


class CheckpointMismatch(ValueError):
    """The file's keys or shapes are not the model's."""


def read_state(path: Path | str) -> dict[str, Tensor]:
    """The state dict in a `.pth`, `.ckpt` or `.safetensors` file, prefixes of wrappers taken off.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it cannot be read as weights alone (damaged, or it holds code).
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no checkpoint at {path}")
    try:
        if path.suffix == ".safetensors":
            content: Any = load_file(path)
        else:
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # each reader has its own; whatever it is, the file is at fault
        raise ValueError(
            f"{path} cannot be read as weights alone; it is damaged or holds code: {error}"
        ) from error
    if isinstance(content, dict):
        # Lightning's name, and that of the official metric training.
        content = content.get("state_dict", content.get("model", content))
    if (
        not isinstance(content, dict)
        or not content
        or not all(isinstance(value, Tensor) for value in content.values())
    ):
        raise ValueError(f"{path} holds no state dict")
    return {_without_wrappers(key): value for key, value in content.items()}


def _without_wrappers(key: str) -> str:
    while key.startswith(PREFIXES):
        key = key.split(".", 1)[1]
    return key


def fill(target: nn.Module, state: State, path: Path | str) -> None:
    """Load `state` into `target`, all of it and nothing else; `path` is what messages call it.

    Raises:
        CheckpointMismatch: keys are missing, unexpected or of another shape; ten are listed.
    """
    own = target.state_dict()
    for key in own:
        if key.endswith(UNUSED):
            state.setdefault(key, own[key])
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
    target.load_state_dict(state)


def load_backbone(model: nn.Module, path: Path | str) -> nn.Module:
    """Load an encoder into `model.pretrained`; the head stays as it is.

    From DINOv2's file (official or timm's), as the paper's networks start (V2 section 7.1), or from
    a whole network's, as metric models start (V2 metric_depth/train.py).

    Raises:
        CheckpointMismatch: it is another network; a DINOv2 with registers is named as such.
    """
    state = read_state(path)
    if any("register_token" in key for key in state):
        raise CheckpointMismatch(
            f"{path} is a DINOv2 with registers; Depth Anything uses those without (V2, B.6)"
        )
    if is_huggingface(state):
        state = from_huggingface(state)
    named = {
        key if key.startswith("pretrained.") else f"pretrained.{key}": value
        for key, value in state.items()
        if not key.startswith("depth_head.")
    }
    encoder = {
        key.removeprefix("pretrained."): value for key, value in swiglu_to_timm(named).items()
    }
    fill(model.pretrained, encoder, path)
    return model
