"""Small image filters in NumPy, for light that is not confined to 0..1."""

import numpy as np


def box_mean(values: np.ndarray, radius: int) -> np.ndarray:
    """Average [H, W, ...] over squares of 2 radius + 1 pixels; what lies outside counts as zero."""
    width = 2 * radius + 1
    for axis in (0, 1):
        padding = [(radius + 1, radius) if a == axis else (0, 0) for a in range(values.ndim)]
        total = np.cumsum(np.pad(values, padding), axis, dtype=np.float64)
        index = np.arange(values.shape[axis])
        values = (np.take(total, index + width, axis) - np.take(total, index, axis)) / width
    return values


def spread(values: np.ndarray, radius: int) -> np.ndarray:
    """Blur nearly as a Gaussian does: three box means."""
    for _ in range(3):
        values = box_mean(values, radius)
    return values


def most_common(picture: np.ndarray, radius: int, levels: int) -> np.ndarray:
    """Give each pixel [H, W, 3] in 0..1 the mean colour of the commonest brightness around it."""
    brightness = np.clip((picture.mean(-1) * levels).astype(int), 0, levels - 1)
    shares = [brightness == k for k in range(levels)]
    votes = [box_mean(share * 1.0, radius) for share in shares]
    winner, out = np.argmax(votes, axis=0), np.zeros_like(picture)
    for k in np.unique(winner):
        won = winner == k
        colours = box_mean(picture * shares[k][..., None], radius)
        out[won] = colours[won] / votes[k][won][:, None]
    return out


def resample(picture: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Take each pixel from another place (row, column) [2, H, W]; beyond the margin, from there."""
    row, column = at.round().astype(int)
    return picture[row.clip(0, len(picture) - 1), column.clip(0, picture.shape[1] - 1)]
