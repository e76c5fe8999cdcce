"""Motorcycle of Middlebury 2014: one photograph with depth by structured light, from scikit-image."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labelled.files import find_files, frames_of
from dav2.errors import UserError

PICTURE, DISPARITY = "motorcycle_left.png", "motorcycle_disp.npz"
# The docstring of skimage.data.stereo_motorcycle, for its pictures of a quarter of the size.
FOCAL_PX, BASELINE_M, OFFSET_PX = 994.978, 0.193001, 31.086


def find_frames(root: Path) -> list[Frame]:
    """Find the left picture, in the folder where scikit-image keeps its data.

    Raises:
        FileNotFoundError: no picture.
    """
    return frames_of(root, find_files(root, [PICTURE]), lambda image: image.with_name(DISPARITY))


def read_depth(frame: Frame) -> np.ndarray:
    """Read planar depth [H, W] in metres, focal x baseline / (disparity + offset); NaN is unknown.

    Raises:
        UserError: damaged, or another archive.
    """
    try:
        with np.load(frame.depth, allow_pickle=False) as opened:
            disparity = opened["arr_0"].astype(np.float32)
    except (zipfile.BadZipFile, zlib.error, TypeError, AttributeError) as error:
        raise UserError(f"{frame.depth} cannot be read as .npz: {error}") from error
    known = np.isfinite(disparity)
    depth = np.full(disparity.shape, np.nan, np.float32)
    return np.divide(FOCAL_PX * BASELINE_M, disparity + OFFSET_PX, out=depth, where=known)


MOTORCYCLE = LabelledSet("motorcycle", find_frames, read_depth)
