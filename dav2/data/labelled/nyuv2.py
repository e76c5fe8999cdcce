"""NYU Depth V2: 654 test pictures of rooms, from the official file or as PNG."""

from pathlib import Path

import numpy as np

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labelled.files import find_files, frames_of, open_hdf5, read_png16
from dav2.data.photos import read_image as read_file
from dav2.errors import UserError
from dav2.optional import optional

LABELLED_MAT, SPLITS_MAT = "nyu_depth_v2_labeled.mat", "splits.mat"
PICTURES = "test/*/rgb_*.png"


def find_frames(root: Path) -> list[Frame]:
    """Find the official test pictures: two .mat files, or a folder of PNG.

    Raises:
        FileNotFoundError: neither is there, or the split is missing.
    """
    labelled, splits = root / LABELLED_MAT, root / SPLITS_MAT
    if labelled.is_file():
        if not splits.is_file():
            raise FileNotFoundError(
                f"{splits} is missing; it says which of the pictures are for testing"
            )
        matlab = optional("scipy.io", "reading NYUv2 needs scipy", "data")
        try:
            numbers = matlab.loadmat(splits, variable_names=["testNdxs"])["testNdxs"].ravel()
        except Exception as error:  # damaged files make the reader stumble in every way there is
            reason = str(error) or type(error).__name__
            raise UserError(f"{splits} is damaged ({reason}); download it again") from error
        return [
            Frame(f"{number:04d}", labelled, labelled, int(number) - 1)
            for number in sorted(numbers)
        ]
    try:
        images = find_files(root, [PICTURES])
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{error}, and there is no {LABELLED_MAT}") from None
    return frames_of(
        root, images, lambda image: image.with_name(image.name.replace("rgb", "depth"))
    )


def _slice(frame: Frame, key: str) -> np.ndarray:
    """Read one entry of the official file, turned upright: MATLAB stores columns first."""
    with open_hdf5(frame.depth, key, "reading NYUv2 needs h5py") as stored:
        return np.ascontiguousarray(stored[frame.index].T)


def read_image(frame: Frame) -> np.ndarray:
    """Read RGB uint8 [H, W, 3]."""
    return read_file(frame.image) if frame.index is None else _slice(frame, "images")


def read_depth(frame: Frame) -> np.ndarray:
    """Read planar depth [H, W] in metres as the sensor measured it; 0 is unknown (NaN)."""
    if frame.index is None:
        depth = read_png16(frame.depth) / np.float32(1000)
    else:
        depth = _slice(frame, "rawDepths")
    return np.where(depth == 0, np.nan, depth).astype(np.float32)


NYUV2 = LabelledSet("nyuv2", find_frames, read_depth, read_image)
