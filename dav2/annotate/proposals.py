"""Pairs on which networks disagree: DA-2K's first pipeline (V2 section 6 and appendix C).

The paper takes two of the points that prompt SAM's masks, lets four networks vote on which is
nearer, and asks people if one of them differs (its author, Depth-Anything#198) and the predicted
ratio of depths is above 3. SAM is not needed here: its prompts are a grid of 32 x 32 points, thinned
out where no stable mask comes of them; ours are the same grid, thinned out where a map has an edge.
"""

from collections.abc import Sequence

import numpy as np

from dav2.errors import UserError
from dav2.types import Predict

Point = tuple[int, int]  # (row, column) in pixels of the upright picture
Pair = tuple[Point, Point]

GRID = 32  # SAM's automatic masks: points_per_side
RATIO = 3.0  # of depths; of whose prediction the paper does not say, here of any that votes
# Ours, the sources state neither.
MARGIN = 0.05  # of a map's range: who sees less between two points has no vote
APART = 0.1  # of the picture's diagonal


def ordered(pair: Sequence[Sequence[int]]) -> Pair:
    """A pair in its one order: the left point first, of two in one column the upper."""
    first, second = sorted(((row, column) for row, column in pair), key=lambda point: point[::-1])
    return first, second


def mirrored(predict: Predict) -> Predict:
    """`predict` of the mirrored picture, mirrored back: another opinion of the same network."""
    return lambda image: np.asarray(predict(np.ascontiguousarray(image[:, ::-1])))[:, ::-1]


def _stretched(disparity: np.ndarray) -> np.ndarray:
    """A map with its farthest 2 % at 0 and its nearest 2 % at 1; a constant one is 0."""
    low, high = np.quantile(disparity, [0.02, 0.98])
    return np.clip((disparity - low) / (high - low), 0, 1) if high > low else 0 * disparity


def _calm(disparity: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Whether a map [H, W] changes by less than MARGIN around points; bool [N]."""
    height, width = disparity.shape
    radius = max(1, round(min(height, width) / 100))
    offsets = np.arange(-radius, radius + 1)
    near_rows = np.clip(rows[:, None] + offsets, 0, height - 1)
    near_columns = np.clip(columns[:, None] + offsets, 0, width - 1)
    return np.ptp(disparity[near_rows[:, :, None], near_columns[:, None]], axis=(1, 2)) < MARGIN


def propose_pairs(
    predictions: Sequence[np.ndarray], count: int, seed: int | Sequence[int], ratio: float = RATIO
) -> list[Pair]:
    """At most `count` pairs of points, about whose order at least two predictions disagree.

    Scale and shift of a prediction do not matter. No point is in two pairs. Fewer pairs come back
    where the predictions disagree less often.

    Args:
        predictions: disparity [H, W] of one picture each, larger is nearer.
        seed: of the choice among all pairs that could be asked.
        ratio: of depths, which one of those that vote must see; 1 asks every disagreement.

    Raises:
        UserError: fewer than two predictions, of several sizes, or not finite.
    """
    if len(predictions) < 2:
        raise UserError("nobody disagrees with himself: give at least two predictions")
    if len({np.shape(prediction) for prediction in predictions}) > 1:
        raise UserError("the predictions have several sizes; they must be of one picture")
    if not all(np.isfinite(prediction).all() for prediction in predictions):
        raise UserError("a prediction is not finite everywhere")
    maps = [_stretched(np.asarray(prediction, np.float32)) for prediction in predictions]
    height, width = maps[0].shape
    middles = (np.arange(GRID) + 0.5) / GRID
    rows, columns = (
        axis.ravel()
        for axis in np.meshgrid(
            np.unique((middles * height).astype(int)),
            np.unique((middles * width).astype(int)),
            indexing="ij",
        )
    )
    calm = np.all([_calm(disparity, rows, columns) for disparity in maps], axis=0)
    rows, columns = rows[calm], columns[calm]

    one, other = np.triu_indices(len(rows), k=1)
    values = np.stack([disparity[rows, columns] for disparity in maps])
    difference = values[:, one] - values[:, other]
    votes = np.abs(difference) > MARGIN
    high, low = (
        np.maximum(values[:, one], values[:, other]),
        np.minimum(values[:, one], values[:, other]),
    )
    asked = (votes & (difference > 0)).any(0) & (votes & (difference < 0)).any(0)
    asked &= (votes & (high > ratio * low)).any(0)
    distance = np.hypot(rows[one] - rows[other], columns[one] - columns[other])
    asked &= distance > APART * np.hypot(height, width)

    chosen: list[Pair] = []
    used: set[int] = set()
    for index in np.random.default_rng(seed).permutation(np.flatnonzero(asked)):
        if len(chosen) == count:
            break
        points = int(one[index]), int(other[index])
        if used.isdisjoint(points):
            used.update(points)
            chosen.append(ordered([(int(rows[point]), int(columns[point])) for point in points]))
    return chosen
