"""Depth and disparity in 16 bits: PNG files that every tool opens, small and with a known error.

Two encodings, because two things are kept. A perfect *depth* must stay right in relation to itself,
near and far: its logarithm is stored. A pseudo-label is a *disparity* of unknown scale and shift:
it is stored evenly between its minimum and maximum.
"""

import io
import zlib

import numpy as np
from PIL import Image

from dav2.errors import UserError

LEVELS = 65535
NEAREST_M = (
    1e-3  # a level more multiplies depth by 1 + STEP; the last known level is far beyond any sky
)
STEP = 1e-3
_UNKNOWN, _SKY = 0, LEVELS


def _png(levels: np.ndarray, **compression: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, "PNG", **compression)
    return buffer.getvalue()


def read_levels(png: bytes, name: object = "it") -> np.ndarray:
    """The levels [H, W] of a 16-bit grey PNG as uint16; `name` is what errors call it.

    Raises:
        UserError: it is another picture, for instance a copy with 8 bits, or damaged.
    """
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as opened:
            if not opened.mode.startswith("I"):
                raise UserError(f"{name} is not a 16-bit grey PNG but of mode {opened.mode}")
            return np.array(opened).astype(np.uint16)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(f"{name} cannot be read as a PNG: {error}") from error


def encode_depth(depth: np.ndarray) -> bytes:
    """Depth [H, W] in metres as a 16-bit PNG of its logarithm; relative error at most 5e-4.

    Infinite depth (sky) is level 65535, NaN (unknown) is level 0.

    Raises:
        UserError: a depth is not positive.
    """
    if np.any(depth <= 0):
        raise UserError("depth must be positive; mark missing depth with NaN")
    known = np.isfinite(depth)
    steps = np.log(np.where(known, depth, 1.0) / NEAREST_M) / np.log1p(STEP)
    levels = np.clip(1 + np.round(steps), 1, LEVELS - 1)
    levels = np.where(known, levels, np.where(np.isnan(depth), _UNKNOWN, _SKY))
    return _png(levels.astype(np.uint16))


def decode_depth(png: bytes) -> np.ndarray:
    """The depth [H, W] float32 of `encode_depth`: metres, sky infinite, unknown NaN.

    Raises:
        UserError: it is no such PNG.
    """
    levels = read_levels(png)
    depth = NEAREST_M * np.exp((levels.astype(np.float64) - 1) * np.log1p(STEP))
    depth[levels == _SKY] = np.inf
    depth[levels == _UNKNOWN] = np.nan
    return depth.astype(np.float32)


def to_levels(disparity: np.ndarray) -> np.ndarray:
    """Disparity [H, W] as uint16, minimum 0 and maximum 65535; a constant map is 0."""
    low, high = float(disparity.min()), float(disparity.max())
    unit = (disparity - low) / (high - low if high > low else 1.0)
    return np.round(unit * LEVELS).astype(np.uint16)


def encode_disparity(disparity: np.ndarray) -> bytes:
    """Disparity [H, W] as a 16-bit PNG, minimum 0 and maximum 65535 (V1 section 3.1).

    Raises:
        UserError: it is not finite, or constant (a label that says nothing).
    """
    low, high = float(disparity.min()), float(disparity.max())
    if not (np.isfinite(low) and np.isfinite(high) and high > low):
        raise UserError(f"the label spans {low} to {high}: nothing to learn from")
    # A network's smooth map repeats nothing: looking for more than runs takes three times as long
    # and saves 2 % (lab teacher).
    return _png(to_levels(disparity), compress_level=1, compress_type=zlib.Z_RLE)


def decode_disparity(png: bytes) -> np.ndarray:
    """The disparity [H, W] float32 in 0..1 of `encode_disparity`.

    Raises:
        UserError: it is no such PNG.
    """
    return read_levels(png).astype(np.float32) / LEVELS
