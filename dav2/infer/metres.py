"""Metres out of relative disparity and a few distances that somebody measured."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from dav2.alignment import scale_and_shift
from dav2.disk import read_text
from dav2.errors import UserError

FARTHEST_M = 1000.0  # what lies at the fitted horizon or beyond it
SAME = 1e-3  # of a map's range or of the largest 1 / metres: what cannot be told apart
HEADING = ["row", "column", "metres"]


class Metres(NamedTuple):
    """Depth in metres, and how well it meets the distances that it was fitted to.

    Attributes:
        depth: float32 [H, W], metres; at most 1000: there the fitted disparity is nearly 0, or below.
        scale: with `shift`, 1 / metres = scale * disparity + shift.
        errors: metres [N], fitted minus known, one for each point. Of two points both are 0: nothing
            is left to check the fit with.
    """

    depth: np.ndarray
    scale: float
    shift: float
    errors: np.ndarray


def metres_from_points(
    disparity: np.ndarray, points: Sequence[tuple[float, float, float]] | np.ndarray
) -> Metres:
    """Turn relative disparity into metres, given the distance of a few points.

    Fits scale and shift to 1 / metres by least squares (MiDaS, arXiv 1907.01341, eq. 4), so near
    points weigh most, as in training.

    Args:
        disparity: [H, W], larger is nearer, as `Predictor.predict` gives it.
        points: (row, column, metres), two at least. Rows and columns count from 0, from the top left of
            the upright picture; metres along the camera's axis, up to 1000.

    Raises:
        UserError: a point outside the picture or without a distance, points that do not tell scale
            from shift, or such that farther points have the larger disparity.
    """
    known = np.asarray(points, dtype=np.float64)
    if known.ndim != 2 or known.shape[1] != 3 or len(known) < 2:
        raise UserError(
            "two points at least are needed, each (row, column, metres), not an array of shape "
            f"{known.shape}"
        )
    (height, width), (rows, columns, metres) = disparity.shape, known.T
    outside = ~((rows >= 0) & (rows < height) & (columns >= 0) & (columns < width))
    if outside.any():
        row, column, _ = known[outside.argmax()]
        raise UserError(
            f"row {row:g}, column {column:g} lies outside the picture of {height} rows and {width} "
            "columns; rows count from the top, and come first"
        )
    wrong = ~((metres > 0) & (metres <= FARTHEST_M))
    if wrong.any():
        row, column, said = known[wrong.argmax()]
        raise UserError(
            f"row {row:g}, column {column:g}: {said:g} is no distance from 0 to {FARTHEST_M:g} metres"
        )
    seen, inverse = disparity[rows.astype(int), columns.astype(int)].astype(np.float64), 1 / metres
    for what, values, whole in (
        ("distance", inverse, inverse.max()),
        ("disparity", seen, float(np.ptp(disparity))),
    ):
        if not np.ptp(values) > SAME * whole:
            raise UserError(
                f"all points have the same {what}, which tells no scale: give points at different "
                "distances"
            )
    pred, target = (torch.from_numpy(values)[None, None, None] for values in (seen, inverse))
    scale, shift = map(
        float, scale_and_shift(pred, target, torch.ones_like(pred, dtype=torch.bool))
    )
    if not scale > 0:
        raise UserError(
            "the points that are farther away have the larger disparity: are rows and columns "
            "exchanged, or does the map see these points wrong?"
        )

    def depth(values: np.ndarray) -> np.ndarray:
        return 1 / (scale * values + shift).clip(min=1 / FARTHEST_M)

    errors = depth(seen) - metres
    return Metres(depth(disparity.astype(np.float64)).astype(np.float32), scale, shift, errors)


def read_known(
    path: Path | str, size: tuple[int, int], depth_scale: float | None = None
) -> np.ndarray:
    """Read known distances [N, 3] of a picture: row, column, metres.

    From a table (.csv, `row,column,metres` a line, a heading allowed), or from depth of the picture's
    size that is known in places: .npy or .exr in metres, .png of 16 bits; 0 and what is not finite is
    unknown.

    Args:
        size: (height, width) of the picture.
        depth_scale: of depth in whole numbers, steps a metre: 256 as KITTI writes LiDAR, 1000 for
            millimetres.

    Raises:
        UserError: it cannot be read, has another size, or holds no distance; names the fix.
    """
    from dav2.data.labelled.files import read_exr, read_npy, read_png16  # with it come all sets

    readers = {".png": read_png16, ".npy": read_npy, ".exr": read_exr}
    path = Path(path)
    kind = path.suffix.lower()
    if kind == ".csv":
        if depth_scale is not None:
            raise UserError(f"{path} is a table in metres; it takes no depth scale")
        return _table(path)
    if kind not in readers:
        kinds = ", ".join([".csv", *readers])
        raise UserError(
            f"{path}: known distances come as {kinds}, not {kind or 'without a suffix'}"
        )
    try:
        depth = readers[kind](path)
    except UserError:
        raise
    except (ValueError, EOFError) as error:  # NumPy's own names no file
        raise UserError(f"{path} cannot be read: {error}") from error
    if depth.shape != tuple(size) or depth.dtype.kind not in "fiu":
        raise UserError(
            f"{path} is {depth.dtype} {depth.shape}, not numbers of the picture's size {tuple(size)}"
        )
    if depth_scale is None and depth.dtype.kind != "f":
        raise UserError(
            f"{path} does not say how many steps are a metre: give --depth-scale, 256 as KITTI writes "
            "LiDAR, 1000 for millimetres"
        )
    metres = depth.astype(np.float64) / (depth_scale or 1.0)
    rows, columns = np.nonzero(np.isfinite(metres) & (metres > 0))
    if not len(rows):
        raise UserError(f"{path} holds no distance above 0")
    return np.stack([rows, columns, metres[rows, columns]], axis=1)


def _table(path: Path) -> np.ndarray:
    points = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        parts = [part.strip(' "') for part in line.split(",")]
        if parts == [""] or (number == 1 and [p.lower() for p in parts] == HEADING):
            continue
        try:
            row, column, metres = map(float, parts)
        except ValueError as error:
            raise UserError(
                f"{path}, line {number}, must look like 120,340,2.5 (row, column, metres; the heading "
                f"may be {','.join(HEADING)}), not {line:.60}"
            ) from error
        points.append((row, column, metres))
    if not points:
        raise UserError(f"{path} holds no distance")
    return np.array(points)
