"""Rules without any learning: what a benchmark must make fail before a score means something.

Each maps an image uint8 [H, W, 3] to a "disparity" [H, W], as a network would.
"""

import numpy as np

from dav2.types import Predict


def _coordinates(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns from -1 to 1, [H, 1] and [1, W]."""
    height, width = image.shape[:2]
    return np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]


def lower_is_nearer(image: np.ndarray) -> np.ndarray:
    """The ground rises towards the horizon."""
    rows, columns = _coordinates(image)
    return rows + 0 * columns


def centre_is_nearer(image: np.ndarray) -> np.ndarray:
    """Photographers put their subject in the middle."""
    rows, columns = _coordinates(image)
    return -np.hypot(rows, columns)


def darker_is_nearer(image: np.ndarray) -> np.ndarray:
    """Skies and hazy distances are bright."""
    return -image.mean(-1)


def warmer_is_nearer(image: np.ndarray) -> np.ndarray:
    """Distance is blue."""
    return image[..., 0].astype(float) - image[..., 2]


def sharper_is_nearer(image: np.ndarray) -> np.ndarray:
    """Backgrounds are out of focus: mean absolute gradient in a window of 1/16 of the width."""
    grey = image.sum(-1, dtype=np.int64)  # whole numbers: exact, and faster
    change = np.abs(np.diff(grey, axis=0, append=grey[-1:]))
    change += np.abs(np.diff(grey, axis=1, append=grey[:, -1:]))
    size = max(1, image.shape[1] // 16)
    for axis in (0, 1):
        length = change.shape[axis]
        padding = [(size, size) if a == axis else (0, 0) for a in (0, 1)]
        total = np.moveaxis(np.cumsum(np.pad(change, padding), axis), axis, 0)
        window = total[2 * size - 1 : 2 * size - 1 + length] - total[:length]
        change = np.moveaxis(window, 0, axis)
    return change / (3 * (2 * size) ** 2)


TRIVIAL_RULES: dict[str, Predict] = {
    "lower is nearer": lower_is_nearer,
    "centre is nearer": centre_is_nearer,
    "darker is nearer": darker_is_nearer,
    "warmer is nearer": warmer_is_nearer,
    "sharper is nearer": sharper_is_nearer,
}
