"""TartanAir: rendered flights through many worlds; depth is float32 metres."""

from pathlib import Path

import numpy as np

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labelled.files import find_files, frames_of, read_npy

PICTURES = tuple(
    f"{world}/{level}/P*/image_left/*_left.png"
    for world in ("*", "*/*")
    for level in ("Easy", "Hard")
)
SKY_M = 1e4  # castacks/tartanair_tools, data_type.md: the sky sphere is "e.g. 10000" away


def find_frames(root: Path) -> list[Frame]:
    """Find the left camera of all worlds, at both levels.

    Raises:
        FileNotFoundError: no picture.
    """
    return frames_of(
        root,
        find_files(root, PICTURES),
        lambda image: image.parents[1] / "depth_left" / f"{image.stem}_depth.npy",
    )


def read_depth(frame: Frame) -> np.ndarray:
    """Read planar depth [H, W] in metres; from 10 km on it is sky (inf), 0 is unknown (NaN)."""
    depth = read_npy(frame.depth).astype(np.float32)
    return np.select([depth >= SKY_M, depth == 0], [np.inf, np.nan], depth).astype(np.float32)


TARTANAIR = LabelledSet("tartanair", find_frames, read_depth)
