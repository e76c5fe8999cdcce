"""Somebody else's ONNX file: what its graph does not say has to be declared."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from dav2.disk import file_hash
from dav2.errors import UserError
from dav2.evaluate.models.model import Model, resolve_sign
from dav2.model.preprocessing import IMAGENET_MEAN, IMAGENET_STD
from dav2.optional import optional
from dav2.types import Sign

TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}


class Input(NamedTuple):
    """What the graph says about its input."""

    name: str
    dtype: type
    channels_last: bool
    size_px: tuple[int | None, int | None]  # height, width; None where any is taken


def open_session(path: Path) -> Any:
    """Open ONNX Runtime's session of a file; ValueError if it is none."""
    runtime = optional("onnxruntime", "ONNX files need ONNX Runtime", "export")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    try:
        return runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # each kind of damage has its own class, all private
        raise UserError(f"{path} is no ONNX model, or damaged: {error}") from error


def _input(session: Any, path: Path) -> Input:
    inputs = session.get_inputs()
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].type not in TYPES:
        found = ", ".join(f"{one.name} {one.type} {one.shape}" for one in inputs)
        raise UserError(f"{path} must take one batch of pictures, and takes {found}")
    shape = inputs[0].shape
    if 3 not in (shape[1], shape[3]):
        raise UserError(f"{path} takes {shape}; neither [B, 3, H, W] nor [B, H, W, 3]")
    channels_last = shape[1] != 3
    sides = shape[1:3] if channels_last else shape[2:4]
    height, width = (side if isinstance(side, int) else None for side in sides)
    return Input(inputs[0].name, TYPES[inputs[0].type], channels_last, (height, width))


def _size(taken: Input, declared: tuple[int, int] | None, path: Path) -> tuple[int, int]:
    for name, fixed, asked in zip(("high", "wide"), taken.size_px, declared or (), strict=False):
        if fixed not in (None, asked):
            raise UserError(f"{path} takes pictures {fixed} px {name}, not {asked}")
    if declared is not None:
        return declared
    height, width = taken.size_px
    if height is None or width is None:
        raise UserError(
            f"{path} takes pictures of any size, and its graph does not say which it was meant "
            "for: declare --input-size WIDTHxHEIGHT, such as 518x518"
        )
    return height, width


def _output(session: Any, wanted: str | None, path: Path) -> str:
    names = [one.name for one in session.get_outputs()]
    if wanted is None and len(names) > 1:
        raise UserError(f"{path} has the outputs {', '.join(names)}; choose one with --output")
    if wanted not in (None, *names):
        raise UserError(f"{path} has no output {wanted!r}, only {', '.join(names)}")
    return wanted or names[0]


def _three(values: Sequence[float] | None, default: Sequence[float], name: str) -> np.ndarray:
    values = default if values is None else values
    if len(values) != 3 or not np.isfinite(values).all() or (name == "std" and min(values) <= 0):
        raise UserError(f"{name} must be three numbers, one per channel, not {values!r}")
    return np.array(values, np.float32)


def open_onnx(
    path: Path | str,
    sign: Sign | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    input_size: tuple[int, int] | None = None,
    output: str | None = None,
) -> Model:
    """Open a network in an `.onnx` file that was not exported by dav2, on the CPU.

    Pictures are resized to the input's size (bicubic, smooth) and maps back (bilinear).

    Args:
        mean, std: of RGB in 0..1, that the network was trained with; ImageNet's if not given, which
            `Model.description` tells. Files that take uint8 normalise themselves.
        input_size: height, width; needed where the graph takes any.
        output: name of the map, where there are several outputs.

    Raises:
        UserError: damaged, it takes something else than pictures, or something must be declared.
        ModuleNotFoundError: ONNX Runtime is not installed.
    """
    path = Path(path)
    sign = resolve_sign(None, sign, str(path))
    session = open_session(path)
    taken = _input(session, path)
    height, width = _size(taken, input_size, path)
    name = _output(session, output, path)
    raw = taken.dtype is np.uint8
    if raw and (mean or std):
        raise UserError(f"{path} takes uint8 and normalises itself: leave --mean and --std out")
    mean_, std_ = _three(mean, IMAGENET_MEAN, "mean"), _three(std, IMAGENET_STD, "std")

    def predict(image: np.ndarray) -> np.ndarray:
        pixels = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float() / 255
        pixels = F.interpolate(pixels, (height, width), mode="bicubic", antialias=True).clamp(0, 1)
        array = pixels.permute(0, 2, 3, 1).numpy()
        array = (array * 255).round() if raw else (array - mean_) / std_
        if not taken.channels_last:
            array = array.transpose(0, 3, 1, 2)
        found = session.run([name], {taken.name: np.ascontiguousarray(array, taken.dtype)})[0]
        found = np.squeeze(found)
        if found.ndim != 2:
            raise UserError(f"{path}: output {name} is {found.shape}, no map")
        values = torch.from_numpy(found.astype(np.float32))[None, None]
        return F.interpolate(values, image.shape[:2], mode="bilinear")[0, 0].numpy()

    source = "as declared" if mean or std else "ImageNet's, assumed: --mean and --std change it"
    numbers = ", ".join(
        f"{key} {value.tolist()}" for key, value in (("mean", mean_), ("std", std_))
    )
    normalised = "uint8" if raw else f"{numbers} ({source})"
    says = f"{path}: ONNX, input {width}x{height} px, {normalised}, {sign}, as declared"
    return Model(predict, sign, False, says, f"{says} {name} {file_hash(path)}")
