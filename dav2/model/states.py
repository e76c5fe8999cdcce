"""State dicts from files: read without running code, and fitted strictly into a network."""

import warnings
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from dav2.disk import read_record
from dav2.errors import UserError
from dav2.model.conversion import State, from_official, to_ours
from dav2.model.encoder import timm_network
from dav2.model.presets import WEIGHTS

if TYPE_CHECKING:
    from dav2.model.network import DepthAnything

_numpy_scalar = np.float64(0).__reduce__()[0]
# Of DDP, torch.compile, and common names of attributes.
PREFIXES = ("module.", "_orig_mod.", "model.", "network.")
# Under which trainers keep the weights, the first that is there; averages last.
CONTAINERS = (
    "state_dict",
    "model",
    "model_state_dict",
    "params",
    "ema",
    "params_ema",
    "state_dict_ema",
)
COUNTER = "num_batches_tracked"  # of batch norms, in timm's files; our statistics stay fixed
UNUSED = "mask_token"  # only DINOv2's own pre-training used it; timm's files lack it
INDEX = "model.safetensors.index.json"  # of weights in several files, as the Hub keeps them
PYTORCH = "pytorch_model.bin"  # as the Hub kept them before
KEY = "dav2"  # under which our safetensors say what they are
# Plain data that trainers keep beside weights; nothing in it runs.
HARMLESS: list[Any] = [
    Namespace,
    np.dtype,
    _numpy_scalar,
    *{type(np.dtype(kind)) for kind in "?bhilqBHILQefd"},
]


class CheckpointMismatch(UserError):
    """The file's keys or shapes are not the model's."""


def _what_it_is(start: bytes) -> str | None:
    """What a file is, by its first bytes, that cannot hold weights."""
    if not start:
        return "is empty"
    if start.startswith(b"version https://git-lfs"):
        return "is a Git LFS pointer, not the weights: git lfs pull"
    if start.lstrip().lower().startswith((b"<!doctype", b"<html")):
        return "is a web page, not the weights: download the file itself"
    return None


def _content(path: Path) -> tuple[Any, dict[str, Any]]:
    """What a file holds, and what it says of that: a header, or all that a trainer kept."""
    with path.open("rb") as file:
        start = file.read(64)
    if (wrong := _what_it_is(start)) is not None:
        raise UserError(f"{path} {wrong}")
    try:
        if start[8:9] == b"{" or path.suffix == ".safetensors":  # some of these are named .pth
            with safe_open(path, "pt") as file:
                beside = file.metadata() or {}
            return load_file(path), beside
        with torch.serialization.safe_globals(HARMLESS):
            content = torch.load(path, map_location="cpu", weights_only=True)
            return content, content if isinstance(content, dict) else {}
    except Exception as error:  # each reader has its own; whatever it is, the file is at fault
        text = str(error)
        if isinstance(error, PermissionError):
            raise UserError(f"{path} cannot be read: permission denied") from error
        if "central directory" in text or "EOF" in text or "incomplete" in text.lower():
            raise UserError(f"{path} is cut off; download or copy it again") from error
        if "Weights only load failed" in text:  # and advice that would run code
            text = (
                "it holds more than weights, save them alone: torch.save(model.state_dict(), PATH)"
            )
        raise UserError(f"{path} cannot be read as weights alone: {text}") from error


def _weights(content: Any, path: Path) -> Any:
    """The weights among what a trainer kept; says which, if it kept an average beside them."""
    if not isinstance(content, dict):
        return content
    there = [name for name in CONTAINERS if isinstance(content.get(name), dict)]
    if not there:
        return {key: value for key, value in content.items() if key != "n_averaged"}
    if len(there) > 1:
        warnings.warn(f"{path} holds {' and '.join(there)}: {there[0]} was taken", stacklevel=5)
    return _weights(content[there[0]], path)


def weights_in(folder: Path) -> Path:
    """The file of weights in a folder of the Hub: whole, in parts, or PyTorch's own.

    Raises:
        FileNotFoundError: there is none.
    """
    for name in (WEIGHTS, INDEX, PYTORCH):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"no checkpoint at {folder / WEIGHTS}")


def _parts(index: Path) -> dict[str, Tensor]:
    """All weights of an index, each from the file that it names."""
    named = read_record(index, {"weight_map": dict})["weight_map"].values()
    beside = {path.name for path in index.parent.iterdir() if path.is_file()}
    state: dict[str, Tensor] = {}
    for name in sorted(set(map(str, named))):
        if name not in beside:
            raise UserError(f"{index}: there is no part {name!r:.200} beside it")
        state |= _content(index.parent / name)[0]
    return state


def read_state(path: Path | str) -> dict[str, Tensor]:
    """The state dict in a file of weights; see `read_weights`."""
    return read_weights(path)[0]


def read_weights(path: Path | str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The state dict in a file of weights, prefixes of wrappers taken off, and what lies beside it.

    Beside it lie the header's entries of a safetensors file, or all that a trainer kept.

    Args:
        path: `.pth`, `.ckpt`, `.safetensors`, or the index of several of these.

    Raises:
        FileNotFoundError: no such file.
        UserError: it cannot be read as weights alone (damaged, or it holds code), or what it holds
            are no weights.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no checkpoint at {path}")
    content, beside = (_parts(path), {}) if path.name == INDEX else _content(path)
    content = _weights(content, path)
    if (
        not isinstance(content, dict)
        or not content
        or not all(isinstance(key, str) for key in content)
        or not all(isinstance(value, Tensor) for value in content.values())
    ):
        raise UserError(f"{path} holds no state dict")
    content = {key: value for key, value in content.items() if not key.endswith(COUNTER)}
    for key, value in content.items():
        if value.layout != torch.strided or value.is_meta or not value.is_floating_point():
            raise UserError(f"{path}: {key} is no array of real numbers but {value.dtype}")
        if not torch.isfinite(value).all():
            raise UserError(f"{path}: {key} has values that are not finite; the training failed")
    return {_without_wrappers(key): value for key, value in content.items()}, beside


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


def load_backbone(model: "DepthAnything", path: Path | str) -> "DepthAnything":
    """Load an encoder into `model.encoder`; the head stays as it is.

    From DINOv2's file (official or timm's), as the paper's networks start (V2 section 7.1), from
    timm's file of another encoder, or from a whole network's, as metric models start
    (V2 metric_depth/train.py).

    Raises:
        CheckpointMismatch: it is another network; a DINOv2 with registers is named as such.
    """
    body = model.encoder.body
    state = read_state(path)
    if any("register_token" in key for key in state) and model.preset.is_dinov2:
        raise CheckpointMismatch(
            f"{path} is a DINOv2 with registers; Depth Anything uses those without (V2, B.6)"
        )
    state = to_ours(state)
    if not any(key.startswith("encoder.") for key in state):  # an encoder's own file
        state = from_official(
            {f"pretrained.{key.removeprefix('body.')}": state[key] for key in state}
        )
    with torch.device("meta"):
        complete = timm_network(model.preset.encoder).state_dict()
    own = body.state_dict()
    unused = {
        key for key in complete if key not in own
    }  # the classifier, what lies behind the taps
    encoder = {
        key.removeprefix("encoder.body."): value
        for key, value in state.items()
        if not key.startswith("head.")
    }
    fill(body, {key: value for key, value in encoder.items() if key not in unused}, path)
    return model
