"""MPI Sintel: frames of the open film with the renderer's depth, in .dpt files."""

from pathlib import Path

import numpy as np

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labelled.files import find_files, frames_of
from dav2.errors import UserError

PICTURES = ("training/clean/*/frame_*.png", "training/final/*/frame_*.png")
TAG = np.float32(202021.25)  # the official reader's test for the right byte order


def find_frames(root: Path) -> list[Frame]:
    """Find the frames of both passes, as far as they are there; they share one depth.

    Raises:
        FileNotFoundError: no picture.
    """
    return frames_of(
        root,
        find_files(root, PICTURES),
        lambda image: root / "training" / "depth" / image.parent.name / f"{image.stem}.dpt",
    )


def read_depth(frame: Frame) -> np.ndarray:
    """Read planar depth [H, W] in the film's metres; far values are kept as they are.

    Raises:
        UserError: not a .dpt file, or cut off.
    """
    stored = frame.depth.read_bytes()
    if len(stored) < 12 or np.frombuffer(stored, "<f4", 1)[0] != TAG:
        raise UserError(f"{frame.depth} is not a .dpt file")
    width, height = np.frombuffer(stored, "<i4", 2, offset=4).tolist()
    if len(stored) != 12 + width * height * 4:
        raise UserError(f"{frame.depth} has {len(stored)} bytes, not 12 + {width}x{height}x4")
    return np.frombuffer(stored, "<f4", offset=12).reshape(height, width).astype(np.float32)


SINTEL = LabelledSet("sintel", find_frames, read_depth)
