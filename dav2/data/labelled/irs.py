"""IRS: rendered rooms in stereo; EXR files hold the disparity in pixels."""

from pathlib import Path

import numpy as np

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labelled.files import find_files, frames_of
from dav2.errors import UserError
from dav2.optional import optional

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


def read_exr(path: Path) -> np.ndarray:
    """Read the only channel of an EXR file as float32 [H, W].

    Raises:
        UserError: damaged, or several channels (a normal map, say).
    """
    openexr = optional("OpenEXR", "reading IRS needs OpenEXR", "data")
    try:
        with openexr.File(str(path), separate_channels=True) as opened:
            channels = opened.channels()
            if len(channels) != 1:
                raise UserError(f"{path} has {len(channels)} channels, not 1: {list(channels)}")
            return next(iter(channels.values())).pixels.astype(np.float32)
    except RuntimeError as error:
        raise UserError(f"{path} cannot be read as EXR: {error}") from error


def read_depth(frame: Frame) -> np.ndarray:
    """Read planar depth [H, W] in metres, 48 / disparity; disparity that is not positive is unknown."""
    disparity = read_exr(frame.depth)
    known = np.isfinite(disparity) & (disparity > 0)
    depth = np.full(disparity.shape, np.nan, np.float32)
    return np.divide(FOCAL_PX * BASELINE_M, disparity, out=depth, where=known)


IRS = LabelledSet("irs", find_frames, read_depth)
