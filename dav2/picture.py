"""Pictures without global state, and disparity as colours: the same in sheets, reports and files."""

import io
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

COLOUR_MAP = "Spectral_r"  # run.py of the official code
NEAR, FAR = "#e63946", "#38b6ff"  # points of a pair


def colourise(
    disparity: np.ndarray, low: float | None = None, high: float | None = None
) -> np.ndarray:
    """Colour disparity [H, W] as uint8 [H, W, 3]: red is near, blue is far.

    Stretched from its minimum to its maximum unless `low` and `high` are given; a constant map
    comes out in one colour.
    """
    low = float(disparity.min()) if low is None else low
    high = float(disparity.max()) if high is None else high
    stretched = np.clip((disparity - low) / (high - low if high > low else 1.0), 0, 1)
    return (matplotlib.colormaps[COLOUR_MAP](stretched)[..., :3] * 255).astype(np.uint8)


class Picture(Figure):
    """A matplotlib figure that notebooks show without any global state (no pyplot)."""

    def png(self, dpi: int = 100) -> bytes:
        """The picture as PNG."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=dpi)
        return buffer.getvalue()

    def _repr_png_(self) -> bytes:
        return self.png()


def gallery(
    rows: Sequence[Sequence[np.ndarray]],
    titles: Sequence[str] = (),
    names: Sequence[str] = (),
    width: float = 2.4,
) -> Picture:
    """Put pictures in rows and columns; 2-d arrays are taken for disparity and coloured.

    Args:
        titles: one per column.
        names: one per row.
        width: of one picture, in inches.
    """
    columns = max(len(row) for row in rows)
    ratios = [row[0].shape[0] / row[0].shape[1] for row in rows]
    figure = Picture(figsize=(columns * width, sum(ratios) * width + 0.4), layout="constrained")
    grid = figure.subplots(len(rows), columns, squeeze=False, gridspec_kw={"height_ratios": ratios})
    for i, row in enumerate(rows):
        for j in range(columns):
            axes = grid[i][j]
            axes.set_xticks([])
            axes.set_yticks([])
            if j >= len(row):
                axes.set_visible(False)
                continue
            axes.imshow(row[j] if row[j].ndim == 3 else colourise(row[j]))
            if i == 0 and j < len(titles):
                axes.set_title(titles[j], fontsize=9)
            if j == 0 and i < len(names):
                axes.set_ylabel(names[i], fontsize=8)
    return figure
