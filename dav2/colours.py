"""Disparity as colours, the same in figures, reports and files."""

import matplotlib
import numpy as np

COLOUR_MAP = "Spectral_r"  # run.py of the official code


def colourise(
    disparity: np.ndarray, low: float | None = None, high: float | None = None
) -> np.ndarray:
    """Disparity [H, W] as colours uint8 [H, W, 3]: red is near, blue is far.

    Stretched from its minimum to its maximum unless `low` and `high` are given; a constant map
    comes out in one colour.
    """
    low = float(disparity.min()) if low is None else low
    high = float(disparity.max()) if high is None else high
    stretched = np.clip((disparity - low) / (high - low if high > low else 1.0), 0, 1)
    return (matplotlib.colormaps[COLOUR_MAP](stretched)[..., :3] * 255).astype(np.uint8)
