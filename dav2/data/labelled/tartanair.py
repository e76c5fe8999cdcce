"""TartanAir: rendered flights through many worlds; depth is float32 metres."""

from pathlib import Path

import numpy as np

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labelled.files import find_files, frames_of, read_npy
from dav2.data.photos import read_image

PICTURES = tuple(
    f"{world}/{level}/P*/image_left/*_left.png"
    for world in ("*", "*/*")
    for level in ("Easy", "Hard")
)
# castacks/tartanair_tools, data_type.md: the sky is "a large depth value (e.g. 10000)". Planar depth of
# a sphere of 10 km ends at 6,254 m in the corners of 90 degrees x 73.7, and CUT3R takes 1000 m on.
SKY_M = 1000


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
    """Read planar depth [H, W] in metres; from 1000 m on it is sky (inf).

    Unknown (NaN) is 0, and what is exactly black in the picture: it was not rendered.
    """
    depth = read_npy(frame.depth).astype(np.float32)
    unknown = depth == 0
    black = (read_image(frame.image) == 0).all(-1)
    if black.shape == depth.shape:  # another size is refused with the picture
        unknown |= black
    return np.select([unknown, depth >= SKY_M], [np.nan, np.inf], depth).astype(np.float32)


TARTANAIR = LabelledSet("tartanair", find_frames, read_depth)
