"""How a map is written: colours, 16 bits, floats, beside its picture, as points."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from dav2.disk import write_npy
from dav2.encoding import to_levels
from dav2.errors import UserError
from dav2.infer.points import relative_depth, write_ply
from dav2.picture import colourise

LEVELS_PER_METRE = 256  # of metric 16-bit files, as in KITTI's: 0 to 256 m in steps of 4 mm
WHITE_SPREAD = 0.1  # of the map's range: what is white in a picture of the spread


def nearness(values: np.ndarray, metric: bool) -> np.ndarray:
    """Return what colours show: disparity, which metric depth becomes by its inverse."""
    return 1 / values.clip(min=1e-3) if metric else values


class Prediction(NamedTuple):
    """A picture uint8 [H, W, 3] and its map [H, W]: relative disparity, or depth in metres."""

    image: np.ndarray
    values: np.ndarray
    metric: bool
    focal_px: float | None = None
    spread: np.ndarray | None = None  # see `Predictor.spread`

    def colours(self) -> np.ndarray:
        """Colour the map as uint8 [H, W, 3]; red is near."""
        return colourise(nearness(self.values, self.metric))


def _save_array(path: Path, prediction: Prediction) -> None:
    write_npy(path, prediction.values)


def _save_colour(path: Path, prediction: Prediction) -> None:
    Image.fromarray(prediction.colours()).save(path)


def _save_16_bit(path: Path, prediction: Prediction) -> None:
    if prediction.metric:
        farthest = 65535 / LEVELS_PER_METRE
        if (cut := (prediction.values > farthest).mean()) > 0:
            warnings.warn(
                f"{cut:.0%} of a map lies beyond {farthest:.0f} m, where its 16 bits end",
                stacklevel=2,
            )
        levels = (prediction.values * LEVELS_PER_METRE).round().clip(0, 65535).astype(np.uint16)
    else:
        levels = to_levels(prediction.values)
    Image.fromarray(levels).save(path)


def _save_side_by_side(path: Path, prediction: Prediction) -> None:
    Image.fromarray(np.concatenate([prediction.image, prediction.colours()], axis=1)).save(path)


def _save_spread(path: Path, prediction: Prediction) -> None:
    assert prediction.spread is not None  # `check_formats` asks for it
    grey = (prediction.spread / WHITE_SPREAD).clip(0, 1) * 255
    Image.fromarray(grey.round().astype(np.uint8)).save(path)


def _save_points(path: Path, prediction: Prediction) -> None:
    depth = prediction.values if prediction.metric else relative_depth(prediction.values)
    assert prediction.focal_px is not None
    write_ply(path, prediction.image, depth, prediction.focal_px)


class Format(NamedTuple):
    """How a map is written: what is appended to the picture's name, and the function.

    `{}` in the ending becomes `disparity`, or `depth` for metric networks.
    """

    ending: str
    save: Callable[[Path, Prediction], None]


FORMATS: dict[str, Format] = {
    "png": Format("_{}.png", _save_colour),
    "png16": Format("_{}16.png", _save_16_bit),  # disparity: least 0, greatest 65535
    "npy": Format("_{}.npy", _save_array),  # float32, as the network gave it
    "side": Format("_side.png", _save_side_by_side),
    "spread": Format("_spread.png", _save_spread),  # grey: where map and mirror image disagree
    "ply": Format("_points.ply", _save_points),
}


def check_formats(formats: Sequence[str], metric: bool, has_spread: bool) -> None:
    """Raise UserError for an unknown format, or one that needs more than maps; warn of guesses."""
    if unknown := sorted(set(formats) - set(FORMATS)):
        raise UserError(f"unknown format {', '.join(unknown)}; there are {', '.join(FORMATS)}")
    if "spread" in formats and not has_spread:
        raise UserError(
            "the format spread needs a function that computes it, such as Predictor.spread"
        )
    if "ply" in formats and not metric:
        warnings.warn(
            "relative disparity has no metric scale and an unknown shift: the point cloud's size "
            "and its stretch along the view are a guess; give known distances (--known) or take a metric "
            "network to measure in it",
            stacklevel=3,
        )
