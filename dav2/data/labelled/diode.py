"""DIODE: rooms and outdoor scenes with laser depth, as .npy beside a mask."""

from pathlib import Path

import numpy as np

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labelled.files import find_files, frames_of, read_npy
from dav2.errors import UserError

PICTURES = tuple(
    f"{part}{place}/scene_*/scan_*/*.png"
    for part in ("", "val/")
    for place in ("indoors", "outdoor")
)


def find_frames(root: Path) -> list[Frame]:
    """Find indoor and outdoor frames of the validation part (its folder, or the one above).

    Raises:
        FileNotFoundError: no picture.
    """
    return frames_of(
        root, find_files(root, PICTURES), lambda image: image.with_name(f"{image.stem}_depth.npy")
    )


def read_depth(frame: Frame) -> np.ndarray:
    """Read planar depth [H, W] in metres; what the mask leaves out is unknown (NaN).

    Raises:
        UserError: depth and mask have other shapes than [H, W, 1] and [H, W].
    """
    depth = read_npy(frame.depth)
    valid = read_npy(frame.depth.with_name(f"{frame.depth.stem}_mask.npy"))
    if depth.shape != (*valid.shape, 1):
        raise UserError(f"depth is {depth.shape}, its mask {valid.shape}")
    return np.where(valid == 0, np.nan, depth[..., 0]).astype(np.float32)


DIODE = LabelledSet("diode", find_frames, read_depth)
