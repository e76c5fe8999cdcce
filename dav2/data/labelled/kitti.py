"""KITTI: streets with accumulated laser depth, uint16 in 1/256 m."""

from pathlib import Path

import numpy as np

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labelled.files import find_files, frame_name, read_png16
from dav2.disk import read_text
from dav2.errors import UserError

DEPTHS = "val/*/proj_depth/groundtruth/image_02/*.png"
LIST = "*eigen_test*.txt"


def _listed(root: Path, table: Path) -> list[Frame]:
    frames = []
    for number, line in enumerate(read_text(table).replace("\\", "/").splitlines(), 1):
        if not line.strip():
            continue
        try:
            rgb, depth, _focal = line.split()
        except ValueError:
            raise UserError(f"{table}:{number} is not 'rgb depth focal': {line!r}") from None
        if depth == "None":
            continue
        places = [root / part / depth for part in ("", "val", "train")]
        found = next((place for place in places if place.is_file()), places[0])
        frames.append(Frame(frame_name(root, root / rgb), root / rgb, found))
    return frames


def find_frames(root: Path) -> list[Frame]:
    """Find the frames of the Eigen list in `root` that have depth; without a list, all of `val`.

    Raises:
        FileNotFoundError: no list and no depth.
        UserError: several lists, or a line of it is broken.
    """
    lists = sorted(root.glob(LIST))
    if len(lists) > 1:
        raise UserError(f"{root} has several lists, keep one: {', '.join(p.name for p in lists)}")
    if lists:
        frames = _listed(root, lists[0])
        if not frames:
            raise FileNotFoundError(f"{lists[0]} lists no frame with depth")
        return sorted(frames)
    frames = []
    for depth in find_files(root, [DEPTHS]):
        drive = depth.parents[3].name
        image = root / drive[:10] / drive / "image_02" / "data" / depth.name
        frames.append(Frame(frame_name(root, image), image, depth))
    return sorted(frames)


def read_depth(frame: Frame) -> np.ndarray:
    """Read planar depth [H, W] in metres; 0, where the laser measured nothing, is unknown (NaN)."""
    stored = read_png16(frame.depth)
    return np.where(stored == 0, np.nan, stored / np.float32(256)).astype(np.float32)


KITTI = LabelledSet("kitti", find_frames, read_depth)
