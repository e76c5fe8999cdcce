"""MoGe's copies of evaluation sets: cleaned, resized, depth as the logarithm in 16 bits.

One folder a set (DIODE, ETH3D, KITTI, NYUv2, Sintel, ...) of huggingface.co's data set
Ruicheng/monocular-geometry-evaluation, unzipped: `.index.txt` names the samples, and each has an
`image.jpg` and a `depth.png` (github.com/microsoft/MoGe, moge/utils/io.py).
"""

import math
from pathlib import Path

import numpy as np
from PIL import Image

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labelled.files import read_png16
from dav2.disk import read_text
from dav2.errors import UserError

INDEX = ".index.txt"
UNKNOWN, INFINITE = 0, 65535
LEVELS = INFINITE - 2  # from the nearest, level 1, to the farthest


def find_frames(root: Path) -> list[Frame]:
    """Find the samples that the set's index names.

    Raises:
        FileNotFoundError: there is no index, or nothing in it.
        UserError: a name leads out of the folder.
    """
    if not root.is_dir():
        raise FileNotFoundError(f"{root} is not a folder")
    table = root / INDEX
    if not table.is_file():
        raise FileNotFoundError(
            f"{table} is missing: give one set's folder, such as DIODE, unzipped"
        )
    names = [name for line in read_text(table).splitlines() if (name := line.strip())]
    if not names:
        raise FileNotFoundError(f"{table} names no sample")
    for name in names:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise UserError(f"{table}: {name!r:.200} leads out of the folder")
    return sorted(
        Frame(Path(name).as_posix(), root / name / "image.jpg", root / name / "depth.png")
        for name in names
    )


def read_depth(frame: Frame) -> np.ndarray:
    """Read planar depth float32 [H, W], from level 1, `near`, to 65534, `far`; sky is inf, unknown NaN.

    Raises:
        UserError: the PNG does not say what is near and far.
    """
    levels = read_png16(frame.depth)
    with Image.open(frame.depth, formats=("PNG",)) as opened:
        said = opened.text  # type: ignore[attr-defined]  # of PNGs
    try:
        near, far, unit = float(said["near"]), float(said["far"]), float(said.get("unit", 1))
        if not all(0 < number < math.inf for number in (near, far, unit)):
            raise ValueError
    except (KeyError, ValueError) as error:
        raise UserError(
            f"{frame.depth} does not say which depths are `near` and `far`, and their `unit`: numbers "
            "above 0"
        ) from error
    share = (levels.astype(np.float32) - 1) / LEVELS
    depth = near ** (1 - share) * far**share * unit
    depth[levels == UNKNOWN] = np.nan
    depth[levels == INFINITE] = np.inf
    return depth.astype(np.float32)


MOGE = LabelledSet("moge", find_frames, read_depth)
