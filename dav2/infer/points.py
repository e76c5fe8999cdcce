"""Point clouds: a picture and its depth as coloured points in space."""

from pathlib import Path

import numpy as np

from dav2.errors import UserError
from dav2.geometry import Intrinsics, unproject

FAR_RATIO = 20.0
VERTEX = np.dtype([("point", "<f4", 3), ("colour", "u1", 3)])
HEADER = """ply
format binary_little_endian 1.0
element vertex {}
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
end_header
"""


def relative_depth(disparity: np.ndarray, far_ratio: float = FAR_RATIO) -> np.ndarray:
    """Make a depth without unit of relative disparity [H, W]: 1 at the nearest pixel.

    Disparity is known up to a scale and a shift. The scale only sizes the cloud; the shift bends it,
    and nothing in the picture tells it: we place the farthest pixel `far_ratio` times as far away
    as the nearest.

    Raises:
        UserError: the map is constant.
    """
    low, high = float(disparity.min()), float(disparity.max())
    if not high > low:
        raise UserError("a constant disparity map has no shape")
    unit = (disparity - low) / (high - low)
    return 1 / (unit + (1 - unit) / far_ratio)


def sky_mask(disparity: np.ndarray, share: float = 0.02) -> np.ndarray:
    """Mark the farthest pixels, bool [H, W]: within `share` of the map's range of its smallest value.

    Out of doors that is the sky, indoors the farthest wall: a map cannot tell. benchmarks/LOG.md says
    how well it does on rendered views ("Where is the sky").

    Raises:
        UserError: the map is constant.
    """
    low, high = float(disparity.min()), float(disparity.max())
    if not high > low:
        raise UserError("a constant disparity map has no farthest part")
    return disparity <= low + share * (high - low)


def write_ply(path: Path | str, image: np.ndarray, depth: np.ndarray, focal_px: float) -> None:
    """Write every pixel as a coloured point: x right, y up, z towards the viewer, in the unit of `depth`.

    So viewers show it upright and from the camera's side.

    Args:
        image: uint8 RGB [H, W, 3].
        depth: planar depth [H, W].
        focal_px: focal length in pixels of this picture; the principal point is its centre.

    Raises:
        UserError: the focal length is not above 0.
    """
    if not focal_px > 0:
        raise UserError(f"the focal length must be above 0 px, not {focal_px}")
    height, width = depth.shape
    camera = Intrinsics(fx=focal_px, fy=focal_px, cx=width / 2, cy=height / 2)
    points = (unproject(depth, camera) * [1, -1, -1]).reshape(-1, 3).astype(np.float32)
    vertices = np.empty(len(points), VERTEX)
    vertices["point"], vertices["colour"] = points, image.reshape(-1, 3)
    with Path(path).open("wb") as file:
        file.write(HEADER.format(len(points)).encode())
        file.write(vertices.tobytes())
