"""KITTI: streets with accumulated laser depth, uint16 in 1/256 m."""

import re
from functools import partial
from pathlib import Path

import numpy as np

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labelled.files import find_files, frame_name, read_png16
from dav2.disk import read_text
from dav2.errors import UserError

DEPTHS = "val/*/proj_depth/groundtruth/image_02/*.png"
LISTS = ("*eigen_test*.txt", "val.txt")
RGB = re.compile(r"\d{4}_\d\d_\d\d/\w+/image_02/data/\w+\.(png|jpg)$")
DEPTH = re.compile(r"\w+/proj_depth/groundtruth/image_02/\w+\.png$")
RGB_PLACES = ("", "raw_data")
DEPTH_PLACES = tuple(f"{above}{part}" for above in ("", "data_depth_annotated/") for part in ("", "val", "train"))  # fmt: skip
# Drives of Eigen's list that lie in the official `val` of the annotated depth: MiDaS's 161 pictures.
MIDAS_DRIVES = {
    *(f"2011_09_26_drive_{number}_sync" for number in ("0002", "0013", "0020", "0023", "0036")),
    "2011_09_30_drive_0016_sync",
    "2011_10_03_drive_0047_sync",
}


def _there(root: Path, places: tuple[str, ...], tail: str) -> Path:
    found = [root / place / tail for place in places]
    return next((path for path in found if path.is_file()), found[0])


def _listed(root: Path, table: Path) -> list[Frame]:
    frames = []
    for number, line in enumerate(read_text(table).replace("\\", "/").splitlines(), 1):
        if not line.strip():
            continue
        columns = line.split()
        if len(columns) not in (2, 3):
            raise UserError(f"{table}:{number} is not 'rgb depth' or 'rgb depth focal': {line!r}")
        if columns[1] == "None":
            continue
        # Whatever folders of its author stand before them.
        rgb, depth = RGB.search(columns[0]), DEPTH.search(columns[1])
        if rgb is None or depth is None:
            raise UserError(f"{table}:{number} names no picture and depth of KITTI: {line!r}")
        image = _there(root, RGB_PLACES, rgb[0])
        frames.append(Frame(frame_name(root, image), image, _there(root, DEPTH_PLACES, depth[0])))
    return frames


def find_frames(root: Path, drives: set[str] | None = None) -> list[Frame]:
    """Find the frames of the Eigen list in `root` that have depth; without a list, all of `val`.

    Args:
        drives: only what a list names of these; None: all.

    Raises:
        FileNotFoundError: no list and no depth, or none of these drives in a list.
        UserError: several lists, or a line of it is broken.
    """
    lists = sorted(path for pattern in LISTS for path in root.glob(pattern))
    if len(lists) > 1:
        raise UserError(f"{root} has several lists, keep one: {', '.join(p.name for p in lists)}")
    if lists:
        frames = _listed(root, lists[0])
        if not frames:
            raise FileNotFoundError(f"{lists[0]} lists no frame with depth")
    elif drives is not None:
        raise FileNotFoundError(
            f"{root} has no list ({' or '.join(LISTS)}) to choose these pictures from"
        )
    else:
        frames = []
        for depth in find_files(root, [DEPTHS]):
            drive = depth.parents[3].name
            image = root / drive[:10] / drive / "image_02" / "data" / depth.name
            frames.append(Frame(frame_name(root, image), image, depth))
    if drives is not None:
        frames = [frame for frame in frames if frame.depth.parents[3].name in drives]
        if not frames:
            raise FileNotFoundError(f"{root} has no picture of {', '.join(sorted(drives))}")
    return sorted(frames)


def read_depth(frame: Frame) -> np.ndarray:
    """Read planar depth [H, W] in metres; 0, where the laser measured nothing, is unknown (NaN)."""
    stored = read_png16(frame.depth)
    return np.where(stored == 0, np.nan, stored / np.float32(256)).astype(np.float32)


KITTI = LabelledSet(
    "kitti",
    find_frames,
    read_depth,
    parts={"midas": partial(find_frames, drives=MIDAS_DRIVES)},
)
