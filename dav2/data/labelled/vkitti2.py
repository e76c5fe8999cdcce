"""Virtual KITTI 2: rendered streets; depth is uint16 centimetres."""

from functools import partial
from pathlib import Path

import numpy as np

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labelled.files import find_files, frame_name, read_png16

PARTS = {"camera_0": "0", "camera_1": "1", "both": "*"}
SKY = 65535  # 655.35 m, the far plane


def find_frames(root: Path, part: str = "camera_0") -> list[Frame]:
    """Find all variants: both archives in one tree, or one folder each (rgb, depth).

    Args:
        part: camera_0, the left one, which Depth Anything V2's own list names alone; camera_1; both.

    Raises:
        FileNotFoundError: no picture.
    """
    pictures = f"Scene*/*/frames/rgb/Camera_{PARTS[part]}/rgb_*.jpg"
    frames = []
    for image in find_files(root, [pictures, f"*rgb/{pictures}"]):
        depth = image.relative_to(root).with_suffix(".png").as_posix().replace("rgb", "depth")
        frames.append(Frame(frame_name(root, image), image, root / depth))
    return sorted(frames)


def read_depth(frame: Frame) -> np.ndarray:
    """Read planar depth [H, W] in metres; the far plane is sky, inf."""
    stored = read_png16(frame.depth)
    return np.where(stored == SKY, np.inf, stored / np.float32(100)).astype(np.float32)


VKITTI2 = LabelledSet(
    "vkitti2",
    find_frames,
    read_depth,
    parts={part: partial(find_frames, part=part) for part in PARTS},
    part="camera_0",
)
