"""RGB-D captures of one's own: pictures with their depth beside them, in any folders.

`NAME.jpg` (or .jpeg, .png) with `NAME_depth.png`, `.npy` or `.exr`. A PNG has 16 bits, in steps that
`depth_scale` counts per metre (1,000: millimetres; TUM's sets have 5,000); 0 is unknown. Other files
hold metres; infinity is sky, NaN and 0 are unknown. Depth is planar, along the optical axis, and of
the picture's size. Intrinsics are not needed.
"""

from functools import partial
from pathlib import Path

import numpy as np

from dav2.data.frames import BrokenFrame, Frame, LabelledSet
from dav2.data.labelled.files import find_files, frames_of, read_exr, read_npy, read_png16
from dav2.errors import UserError

MILLIMETRES = 1000.0
PICTURES, DEPTHS = (".jpg", ".jpeg", ".png"), (".png", ".npy", ".exr")


def _depth_of(image: Path) -> Path:
    there = [
        path for end in DEPTHS if (path := image.with_name(f"{image.stem}_depth{end}")).is_file()
    ]
    return there[0] if there else image.with_name(f"{image.stem}_depth.png")


def find_frames(root: Path) -> list[Frame]:
    """Find the pictures below `root` that are no depth themselves.

    Raises:
        FileNotFoundError: no picture.
    """
    pictures = [
        path
        for path in find_files(root, ["**/*.*"])  # one walk for all kinds
        if path.suffix.lower() in PICTURES and not path.stem.endswith("_depth")
    ]
    if not pictures:
        raise FileNotFoundError(f"{root} holds no picture: NAME.jpg beside NAME_depth.png")
    return frames_of(root, pictures, _depth_of)


def read_depth(frame: Frame, depth_scale: float = MILLIMETRES) -> np.ndarray:
    """Read planar depth float32 [H, W] in metres; sky is inf, unknown is NaN.

    Raises:
        BrokenFrame: there are several files of depth.
        UserError: a PNG without 16 bits, an array of another shape.
    """
    there = [frame.depth.with_suffix(end) for end in DEPTHS]
    if len(several := [path.name for path in there if path.is_file()]) > 1:
        raise BrokenFrame(f"{frame.image} has several depths, keep one: {', '.join(several)}")
    if frame.depth.suffix == ".png":
        depth = read_png16(frame.depth) / np.float32(depth_scale)
    else:
        depth = read_exr(frame.depth) if frame.depth.suffix == ".exr" else read_npy(frame.depth)
    if depth.ndim != 2 or depth.dtype.kind not in "fiu":
        raise UserError(f"{frame.depth} is {depth.dtype} {depth.shape}, not numbers [H, W]")
    depth = depth.astype(np.float32)
    return np.where(depth == 0, np.float32(np.nan), depth)


def rgbd(depth_scale: float = MILLIMETRES) -> LabelledSet:
    """Make the set of captures whose PNGs count `depth_scale` steps a metre."""
    if not 0 < depth_scale < np.inf:
        raise UserError(f"depth_scale must be above 0 steps a metre, not {depth_scale}")
    name = "rgbd" if depth_scale == MILLIMETRES else f"rgbd, {depth_scale:g} steps a metre"
    return LabelledSet(name, find_frames, partial(read_depth, depth_scale=depth_scale))
