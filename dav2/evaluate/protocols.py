"""Four ways to compare relative depth with the truth, and what they do in each set.

| protocol | scale and shift | numbers are of | prediction | no farther than | source |
| --- | --- | --- | --- | --- | --- |
| depth_anything | least squares, disparity | disparity, 1/m | disparity | as midas | V1, section 6; V1#174 |
| midas | least squares, disparity | depth, m | disparity | the set's cap | arXiv 1907.01341, "Test datasets" |
| marigold | least squares, as predicted | depth, m | disparity or depth | the set's limit | its script/depth/eval.py |
| moge | least squares, disparity | depth, m | disparity | the frame's truth | its moge/test/metrics.py |

depth_anything: V1 aligns at original resolution "following MiDaS", and evaluates "in the disparity
space, without converting it back to the depth space" (Depth-Anything#174). So the limits are those
of MiDaS. Its code was never published.

midas: predictions are capped at 72 m (ETH3D), 80 m (KITTI) and 10 m (NYUv2), the largest truth of
the set; in Sintel only truth below 72 m counts, and 72 m is the cap. No window is named. MiDaS takes
1,064 frames of Sintel, one pass, and 161 of KITTI; which frames are scored is up to the folder.

marigold: github.com/prs-eth/Marigold. Depth: `least_square`. Disparity: `least_square_disparity`,
over pixels whose prediction is positive, then clipped at 0.001 1/m and inverted. Both are clipped to
the set's limits. A shift that changes which disparities are positive can therefore change the
result, which no other change of scale and shift can. In ETH3D scale and shift are found on a copy of
which only the width was shrunk: its `Upsample` is given [1, H, W], and takes H for channels.

moge: github.com/microsoft/MoGe, `disparity_affine_invariant`: disparity is raised to 1 / (the
farthest truth of this frame) and inverted. Truth beyond 1000 times its 1 % quantile does not count
(`drop_max_depth` of moge/test/dataloader.py). MoGe's tables are of its own copies of the sets (our
set `moge`: cleaned, other sizes, and turned before they are shown, which is not done here): with the
original data its numbers differ.

Elsewhere a floor of 0.001 1/m keeps ratios and logarithms finite; it is ours but in marigold.

No protocol is known that gives Table 2 of V2 in ETH3D, Sintel and DIODE. What others measured with
the released weights (Depth-Anything-V2#280, #281, plumbline) stands on the cards of the sets.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch

from dav2.alignment import scale_and_shift
from dav2.errors import UserError
from dav2.types import Sign

Protocol = Literal["depth_anything", "midas", "marigold", "moge"]
FLOOR = 1e-3  # 1/m
NEAREST = 1e-6  # m, Marigold
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


class Rules(NamedTuple):
    """What one protocol does in one set.

    Attributes:
        nearest_m, farthest_m: predictions are clipped to these depths.
        limit_truth: whether only truth between them counts.
        window: the part of the picture that counts; None: all.
        crop_px: height and width that are cut out, below and in the middle, before predicting.
        fit_longest_px: scale and shift are found on a copy of this longest side (nearest pixels), of
            which only the width was shrunk.
        truth_span: only truth up to so many times its 1 % quantile counts.
        dense: whether nearly every pixel is known, edges too, so that boundaries can be measured.
        source: where this comes from.
    """

    nearest_m: float = 0.0
    farthest_m: float = float("inf")
    limit_truth: bool = True
    window: Window | None = None
    crop_px: tuple[int, int] | None = None
    fit_longest_px: int | None = None
    truth_span: float | None = None
    dense: bool = False
    source: str = "no limits: ours"


_OUTDOOR = Rules(farthest_m=80, dense=True, source="80 m, V2's outdoor metric model: our choice")
_INDOOR = Rules(farthest_m=20, dense=True, source="20 m, V2's indoor metric model: our choice")
_OURS: dict[str, Rules] = {
    "rendered": _OUTDOOR,
    "vkitti2": _OUTDOOR,
    "tartanair": _OUTDOOR,
    "hypersim": _INDOOR,
    "irs": _INDOOR,
    "motorcycle": Rules(dense=True),
}
_CAPPED = Rules(limit_truth=False, source="MiDaS, arXiv 1907.01341, Test datasets and metrics")
_MIDAS = {
    "nyuv2": _CAPPED._replace(farthest_m=10),
    "kitti": _CAPPED._replace(farthest_m=80),
    "eth3d": _CAPPED._replace(farthest_m=72),
    "sintel": _CAPPED._replace(farthest_m=72, limit_truth=True, dense=True),
    "diode": Rules(0.6, 350, source="MiDaS has no DIODE; Marigold's limits, on the truth too"),
}
_MARIGOLD = "Marigold, src/dataset and config/dataset_depth"
_MOGE = Rules(limit_truth=False, truth_span=1000, source="MoGe, moge/test, on the original data")
RULES: dict[Protocol, dict[str, Rules]] = {
    "depth_anything": _OURS | _MIDAS,
    "midas": _OURS | _MIDAS,
    "marigold": _OURS
    | {
        "nyuv2": Rules(1e-3, 10, window=nyu_eigen, source=_MARIGOLD),
        "kitti": Rules(1e-5, 80, window=kitti_eigen, crop_px=(352, 1216), source=_MARIGOLD),
        "eth3d": Rules(1e-5, fit_longest_px=1024, source=f"{_MARIGOLD}, 32_eval_eth3d.sh"),
        "sintel": _OUTDOOR,
        "diode": Rules(0.6, 350, limit_truth=False, source=_MARIGOLD),
    },
    "moge": {name: rules._replace(truth_span=1000) for name, rules in _OURS.items()}
    | {"sintel": _MOGE._replace(dense=True)}
    | dict.fromkeys(("nyuv2", "kitti", "eth3d", "diode"), _MOGE),
}
# Folders of a set whose frames are reported apart too.
PARTS = {"diode": ("indoors", "outdoor")}


def rules_of(protocol: Protocol, name: str) -> Rules:
    """Return what a protocol does in a set; one that it does not know has no limits."""
    return RULES[protocol].get(name, _MOGE if protocol == "moge" else Rules())


def space_of(protocol: Protocol) -> Literal["disparity", "depth"]:
    """Tell what a protocol's numbers are of."""
    return "disparity" if protocol == "depth_anything" else "depth"


def check_protocol(protocol: str, sign: str) -> None:
    """Raise UserError unless there is such a protocol, and it takes such predictions."""
    if protocol not in get_args(Protocol):
        *others, last = get_args(Protocol)
        raise UserError(f"there is no protocol {protocol!r}, only {', '.join(others)} and {last}")
    if sign not in get_args(Sign):
        raise UserError(f"sign must be disparity or depth, not {sign!r}")
    if protocol != "marigold" and sign == "depth":
        raise UserError(
            f"protocol {protocol} aligns disparity, and relative depth has no inverse: use "
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
    """Mark the pixels of the true depth [H, W] that count; sky (inf) and unknown (NaN, 0) never do."""
    valid = np.isfinite(depth) & (depth > 0)
    if rules.limit_truth:
        valid &= (depth > rules.nearest_m) & (depth < rules.farthest_m)
    if rules.window is not None:
        inside = np.zeros_like(valid)
        inside[rules.window(*depth.shape)] = True
        valid &= inside
    if rules.truth_span is not None and valid.any():
        near = np.quantile(depth[valid].astype(np.float64), 0.01)
        valid &= depth <= rules.truth_span * near
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
    maps = [torch.from_numpy(one)[None] for one in (pred, target, valid.astype(np.float64))]
    factor = min((longest_px or np.inf) / side for side in pred.shape)
    if factor < 1:  # [1, H, W]: shrinks W only
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
        aligned = np.clip(scale * pred + shift, max(rules.nearest_m, NEAREST), rules.farthest_m)
        return Aligned(aligned, truth, valid, scale, shift)
    fitted = valid
    if protocol == "marigold" and (valid & (pred > 0)).any():
        fitted = valid & (pred > 0)
    scale, shift = _fit(pred, 1 / truth, fitted, rules.fit_longest_px)
    floor = max(FLOOR, 1 / rules.farthest_m)
    if protocol == "moge":
        floor = 1 / float(truth[valid].max())
    disparity = np.maximum(scale * pred + shift, floor)
    if space_of(protocol) == "disparity":
        return Aligned(disparity, 1 / truth, valid, scale, shift)
    inverse = np.maximum(1 / disparity, max(rules.nearest_m, NEAREST))
    return Aligned(inverse, truth, valid, scale, shift)


def for_boundaries(
    aligned: Aligned, depth: np.ndarray, protocol: Protocol, rules: Rules
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return predicted depth, true depth and what is known of it, [H, W], within the set's limits.

    Sky is at the far limit, or at 1 km where there is none, and counts here.
    """
    low, high = max(rules.nearest_m, FLOOR), min(rules.farthest_m, 1 / FLOOR)
    pred = 1 / aligned.pred if space_of(protocol) == "disparity" else aligned.pred
    known = ~np.isnan(depth)
    return np.clip(pred, low, high), np.clip(np.where(known, depth, high), low, high), known
