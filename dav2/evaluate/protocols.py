"""Two ways to compare relative depth with the truth, and what they do in each set.

| protocol | scale and shift | numbers are of | prediction |
| --- | --- | --- | --- |
| depth_anything | least squares in disparity space | disparity, 1/m | disparity |
| marigold | least squares in the prediction's own space | depth, m | disparity or depth |

depth_anything: Depth Anything's tables, "in disparity space without converting back to depth"
(Depth-Anything#174, and V1 section 6: at original resolution, aligned as MiDaS does). Their masks,
limits and crops were never published: those below are ours, and so is the floor of 0.001 1/m that
keeps ratios and logarithms finite (MiDaS: the inverse of the depth limit).

marigold: script/depth/eval.py of github.com/prs-eth/Marigold. Depth: `least_square`. Disparity:
`least_square_disparity`, over pixels whose prediction is positive, then clipped at 0.001 1/m and
inverted. Both are clipped to the set's limits. A shift that changes which disparities are positive
can therefore change the result, which no other change of scale and shift can.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch

from dav2.alignment import scale_and_shift
from dav2.errors import UserError
from dav2.types import Sign

Protocol = Literal["depth_anything", "marigold"]
FLOOR = 1e-3  # 1/m
FEWEST_PIXELS = 10  # ours; two would do for a line
Window = Callable[[int, int], tuple[slice, slice]]


class Unusable(UserError):
    """A frame that cannot be scored; the message is the reason."""


def nyu_eigen(height: int, width: int) -> tuple[slice, slice]:
    """Return the rows and columns of NYUv2 that count (Marigold, nyu_dataset.py)."""
    if (height, width) != (480, 640):
        raise UserError(f"NYUv2's window is for pictures of 640x480, not {width}x{height}")
    return slice(45, 471), slice(41, 601)


def kitti_eigen(height: int, width: int) -> tuple[slice, slice]:
    """Return the rows and columns of KITTI that count after Eigen et al. (Marigold, kitti_dataset.py)."""
    rows = slice(int(0.3324324 * height), int(0.91351351 * height))
    return rows, slice(int(0.0359477 * width), int(0.96405229 * width))


def kitti_garg(height: int, width: int) -> tuple[slice, slice]:
    """Return the rows and columns of KITTI that count after Garg et al. (Marigold, kitti_dataset.py)."""
    rows = slice(int(0.40810811 * height), int(0.99189189 * height))
    return rows, slice(int(0.03594771 * width), int(0.96405229 * width))


class Rules(NamedTuple):
    """What one protocol does in one set.

    Attributes:
        nearest_m, farthest_m: predictions are clipped to these depths.
        limit_truth: whether only truth between them counts.
        window: the part of the picture that counts; None: all.
        crop_px: height and width that are cut out, below and in the middle, before predicting.
        fit_longest_px: scale and shift are found on a copy of at most this size (nearest pixels).
        dense: whether nearly every pixel is known, edges too, so that boundaries can be measured.
        source: where this comes from.
    """

    nearest_m: float = 0.0
    farthest_m: float = float("inf")
    limit_truth: bool = True
    window: Window | None = None
    crop_px: tuple[int, int] | None = None
    fit_longest_px: int | None = None
    dense: bool = False
    source: str = "no limits: ours"


_OUTDOOR = Rules(farthest_m=80, dense=True, source="80 m, V2's outdoor metric model: our choice")
_INDOOR = Rules(farthest_m=20, dense=True, source="20 m, V2's indoor metric model: our choice")
_OURS: dict[str, Rules] = {
    "rendered": _OUTDOOR,
    "vkitti2": _OUTDOOR,
    "tartanair": _OUTDOOR,
    "sintel": _OUTDOOR,
    "hypersim": _INDOOR,
    "irs": _INDOOR,
    "motorcycle": Rules(dense=True),
}
_V1 = "not published; as Depth-Anything/metric_depth, zoedepth/utils/config.py"
_MARIGOLD = "Marigold, src/dataset and config/dataset_depth"
RULES: dict[Protocol, dict[str, Rules]] = {
    "depth_anything": _OURS
    | {
        "nyuv2": Rules(1e-3, 10, window=nyu_eigen, source=_V1),
        "kitti": Rules(1e-3, 80, window=kitti_garg, source=_V1),
        "eth3d": Rules(1e-5, source="not published; no limit, as Marigold"),
        "diode": Rules(0.6, 350, source="not published; Marigold's limits, on the truth too"),
    },
    "marigold": _OURS
    | {
        "nyuv2": Rules(1e-3, 10, window=nyu_eigen, source=_MARIGOLD),
        "kitti": Rules(1e-5, 80, window=kitti_eigen, crop_px=(352, 1216), source=_MARIGOLD),
        "eth3d": Rules(1e-5, fit_longest_px=1024, source=f"{_MARIGOLD}, 32_eval_eth3d.sh"),
        "diode": Rules(0.6, 350, limit_truth=False, source=_MARIGOLD),
    },
}


def check_protocol(protocol: str, sign: str) -> None:
    """Raise UserError unless there is such a protocol, and it takes such predictions."""
    if protocol not in get_args(Protocol):
        raise UserError(f"there is no protocol {protocol!r}, only {' and '.join(RULES)}")
    if sign not in get_args(Sign):
        raise UserError(f"sign must be disparity or depth, not {sign!r}")
    if protocol == "depth_anything" and sign == "depth":
        raise UserError(
            "protocol depth_anything aligns disparity, and relative depth has no inverse: use "
            "marigold, or predict 1 / depth if it is metric"
        )


def crop(array: np.ndarray, rules: Rules) -> np.ndarray:
    """Cut out the part of a picture or depth map [H, W, ...] that this set's rules name."""
    if rules.crop_px is None:
        return array
    (height, width), (rows, columns) = array.shape[:2], rules.crop_px
    if rows > height or columns > width:
        raise Unusable(f"{width}x{height} px is smaller than the crop of {columns}x{rows}")
    left = (width - columns) // 2
    return array[height - rows :, left : left + columns]


def countable(depth: np.ndarray, rules: Rules) -> np.ndarray:
    """Mark the pixels of the true depth [H, W] that count; sky (inf) and unknown (NaN) never do."""
    valid = np.isfinite(depth)
    if rules.limit_truth:
        valid &= (depth > rules.nearest_m) & (depth < rules.farthest_m)
    if rules.window is not None:
        inside = np.zeros_like(valid)
        inside[rules.window(*depth.shape)] = True
        valid &= inside
    return valid


class Aligned(NamedTuple):
    """A prediction after its scale and shift, and the truth, [H, W], in the protocol's space."""

    pred: np.ndarray  # float64, > 0
    target: np.ndarray  # float64, 1 where it does not count
    valid: np.ndarray
    scale: float
    shift: float


def _fit(
    pred: np.ndarray, target: np.ndarray, valid: np.ndarray, longest_px: int | None
) -> tuple[float, float]:
    maps = [torch.from_numpy(one)[None, None] for one in (pred, target, valid.astype(np.float64))]
    factor = min((longest_px or np.inf) / side for side in pred.shape)
    if factor < 1:
        maps = [torch.nn.functional.interpolate(one, scale_factor=factor) for one in maps]
    scale, shift = scale_and_shift(maps[0], maps[1], maps[2] > 0)
    return float(scale), float(shift)


def align_prediction(
    pred: np.ndarray, depth: np.ndarray, protocol: Protocol, sign: Sign, rules: Rules
) -> Aligned:
    """Bring a finite prediction [H, W] to the true depth [H, W] as the protocol says.

    A constant prediction becomes the mean of the truth.

    Raises:
        Unusable: fewer than `FEWEST_PIXELS` of the truth count.
    """
    valid = countable(depth, rules)
    if (count := int(valid.sum())) < FEWEST_PIXELS:
        raise Unusable(f"{count} pixels of its depth count, fewer than {FEWEST_PIXELS}")
    pred = pred.astype(np.float64)
    truth = np.where(valid, depth, 1).astype(np.float64)
    if sign == "depth":
        scale, shift = _fit(pred, truth, valid, rules.fit_longest_px)
        aligned = np.clip(scale * pred + shift, max(rules.nearest_m, 1e-6), rules.farthest_m)
        return Aligned(aligned, truth, valid, scale, shift)
    fitted = valid
    if protocol == "marigold" and (valid & (pred > 0)).any():
        fitted = valid & (pred > 0)
    scale, shift = _fit(pred, 1 / truth, fitted, rules.fit_longest_px)
    aligned = scale * pred + shift
    if protocol == "depth_anything":
        return Aligned(
            np.maximum(aligned, max(FLOOR, 1 / rules.farthest_m)), 1 / truth, valid, scale, shift
        )
    inverse = 1 / np.maximum(aligned, FLOOR)
    inverse = np.clip(inverse, max(rules.nearest_m, 1e-6), rules.farthest_m)
    return Aligned(inverse, truth, valid, scale, shift)


def for_boundaries(
    aligned: Aligned, depth: np.ndarray, protocol: Protocol, rules: Rules
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return predicted depth, true depth and what is known of it, [H, W], within the set's limits.

    Sky is at the far limit, or at 1 km where there is none, and counts here.
    """
    low, high = max(rules.nearest_m, FLOOR), min(rules.farthest_m, 1 / FLOOR)
    pred = 1 / aligned.pred if protocol == "depth_anything" else aligned.pred
    known = ~np.isnan(depth)
    return np.clip(pred, low, high), np.clip(np.where(known, depth, high), low, high), known
