"""IRS: rendered rooms in stereo; EXR files hold the disparity in pixels."""

from pathlib import Path

import numpy as np

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labelled.files import find_files, frames_of, read_exr

PICTURES = "*/*/l_*.png"
FOCAL_PX = 480  # github.com/HKBU-HPML/IRS, dataloader/IRSLoader.py
BASELINE_M = 0.1  # of "most of the data", blackjack2015/IRS#2; elsewhere depth is off by a factor


def find_frames(root: Path) -> list[Frame]:
    """Find the left pictures of all scenes.

    Raises:
        FileNotFoundError: no picture.
    """
    return frames_of(
        root, find_files(root, [PICTURES]), lambda image: image.with_name(f"d_{image.stem[2:]}.exr")
    )


def read_depth(frame: Frame) -> np.ndarray:
    """Read planar depth [H, W] in metres, 48 / disparity; disparity that is not positive is unknown."""
    disparity = read_exr(frame.depth)
    known = np.isfinite(disparity) & (disparity > 0)
    depth = np.full(disparity.shape, np.nan, np.float32)
    return np.divide(FOCAL_PX * BASELINE_M, disparity, out=depth, where=known)


IRS = LabelledSet("irs", find_frames, read_depth)
