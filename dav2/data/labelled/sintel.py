"""MPI Sintel: frames of the open film with the renderer's depth, in .dpt files."""

from functools import partial
from pathlib import Path

import numpy as np

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labelled.files import find_files, frames_of
from dav2.errors import UserError

PASSES = ("final", "clean")
TAG = np.float32(202021.25)  # the official reader's test for the right byte order


def find_frames(root: Path, part: str = "final") -> list[Frame]:
    """Find the frames of one pass, final or clean; they share their depth and are never mixed.

    Raises:
        FileNotFoundError: no picture of this pass.
    """
    try:
        images = find_files(root, [f"training/{part}/*/frame_*.png"])
    except FileNotFoundError as error:
        others = [one for one in PASSES if (root / "training" / one).is_dir()]
        raise FileNotFoundError(
            f"{error}{''.join(f'; ask for part {o}' for o in others)}"
        ) from None
    return frames_of(
        root,
        images,
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


SINTEL = LabelledSet(
    "sintel",
    find_frames,
    read_depth,
    parts={part: partial(find_frames, part=part) for part in PASSES},
    part="final",
)
