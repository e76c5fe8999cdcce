"""BlendedMVS and BlendedMVG: photographs blended with renderings of their reconstruction."""

from pathlib import Path

import numpy as np

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labelled.files import find_files, frames_of
from dav2.errors import UserError

PICTURES = (
    "*/blended_images/[0-9]*[0-9].jpg",
    "*/*/blended_images/[0-9]*[0-9].jpg",
)


def find_frames(root: Path) -> list[Frame]:
    """Find pictures without masks, of one subset or of several side by side.

    Raises:
        FileNotFoundError: no picture.
    """
    return frames_of(
        root,
        find_files(root, PICTURES),
        lambda image: image.parents[1] / "rendered_depth_maps" / f"{image.stem}.pfm",
    )


def read_pfm(path: Path) -> np.ndarray:
    """Read a grey PFM file as float32 [H, W], first row on top (the file begins with the last).

    Raises:
        UserError: not a grey PFM file, or cut off.
    """
    kind, size, scale, values = [*path.read_bytes().split(b"\n", 3), b"", b"", b""][:4]
    if kind.strip() != b"Pf":
        raise UserError(f"{path} is not a grey PFM file")
    width, height = map(int, size.split())
    if len(values) != width * height * 4:
        raise UserError(f"{path} has {len(values)} bytes of values, not {width}x{height}x4")
    order = "<f4" if float(scale) < 0 else ">f4"
    return np.frombuffer(values, order).reshape(height, width)[::-1].astype(np.float32)


def read_depth(frame: Frame) -> np.ndarray:
    """Read planar depth [H, W] in the scene's own unit; 0, where the model ends, is unknown (NaN)."""
    depth = read_pfm(frame.depth)
    return np.where(depth == 0, np.nan, depth).astype(np.float32)


BLENDEDMVS = LabelledSet("blendedmvs", find_frames, read_depth, up_to_scale=True)
