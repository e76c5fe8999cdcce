"""Small image filters in NumPy, for light that is not confined to 0..1."""

import numpy as np


def box_mean(values: np.ndarray, radius: int) -> np.ndarray:
    """Mean [H, W, ...] over squares of 2 radius + 1 pixels; what lies outside counts as zero."""
    for axis in (0, 1):
        padding = [(radius + 1, radius) if a == axis else (0, 0) for a in range(values.ndim)]
        total = np.cumsum(np.pad(values, padding), axis, dtype=np.float64)
        count = values.shape[axis]
        ahead = np.take(total, np.arange(2 * radius + 1, 2 * radius + 1 + count), axis)
        values = (ahead - np.take(total, np.arange(count), axis)) / (2 * radius + 1)
    return values


def spread(values: np.ndarray, radius: int) -> np.ndarray:
    """Nearly a Gaussian blur: three box means."""
    for _ in range(3):
        values = box_mean(values, radius)
    return values


def most_common(picture: np.ndarray, radius: int, levels: int) -> np.ndarray:
    """Oil filter [H, W, 3] in 0..1: the mean colour of the commonest brightness around a pixel."""
    brightness = np.clip((picture.mean(-1) * levels).astype(int), 0, levels - 1)
    votes = np.stack([box_mean((brightness == k) * 1.0, radius) for k in range(levels)])
    winner = votes.argmax(0)
    out = np.zeros_like(picture)
    for k in range(levels):
        here = winner == k
        if here.any():
            colours = box_mean(picture * (brightness == k)[..., None], radius)
            out[here] = colours[here] / votes[k][here][:, None]
    return out
