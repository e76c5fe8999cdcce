"""One picture of how a model does on a set: its best, its median and its worst frame."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from dav2.data.frames import DepthSet
from dav2.evaluate.predictions import predicted
from dav2.evaluate.protocols import Rules, align_prediction, rules_of, space_of
from dav2.evaluate.relative import load_prediction, read_cropped
from dav2.picture import Picture, colourise
from dav2.types import Predict

UNKNOWN = 128  # grey: what does not count
LARGEST_SHOWN = 0.5  # relative error at the end of its colours
WIDTH_IN = 3.0


def _chosen(result: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Choose the best, the median and the worst frame by AbsRel; fewer if there are fewer."""
    ranked = sorted(result["per_frame"], key=lambda entry: entry["abs_rel"])
    named: dict[int, str] = {}
    for name, place in {"best": 0, "median": len(ranked) // 2, "worst": len(ranked) - 1}.items():
        named[place] = f"{named[place]}, {name}" if place in named else name
    return [(name, ranked[place]) for place, name in named.items()]


def relative_sheet(
    result: Mapping[str, Any],
    depth_set: DepthSet,
    predictions: Path | Predict,
    rules: Rules | None = None,
) -> Picture:
    """Draw image, truth, aligned prediction and relative error of the best, median and worst frame.

    Truth and prediction are shown as disparity, in the same colours; grey does not count.

    Args:
        result: what `evaluate_relative` returned for this set.
        predictions: the folder that it wrote, or the model itself.
        rules: those that it was given.
    """
    protocol = result["protocol"]
    rules = rules or rules_of(protocol, result["set"])
    frames = {frame.name: frame for frame in depth_set.frames}
    rows = []
    for rank, entry in _chosen(result):
        image, depth = read_cropped(depth_set, frames[entry["frame"]], rules)
        if callable(predictions):
            pred = predicted(predictions, image, entry["frame"])
        else:
            pred = load_prediction(predictions, image, entry["frame"])
        aligned = align_prediction(pred, depth, protocol, result["sign"], rules)
        rows.append((rank, entry, image, aligned))

    ratios = [row[2].shape[0] / row[2].shape[1] for row in rows]
    size = (4 * WIDTH_IN + 0.8, sum(ratios) * WIDTH_IN + 0.25 * len(rows) + 0.3)
    figure = Picture(figsize=size, layout="constrained")
    grid = figure.subplots(len(rows), 4, squeeze=False, gridspec_kw={"height_ratios": ratios})
    colours = ScalarMappable(Normalize(0, LARGEST_SHOWN), "magma")
    for axes, (rank, entry, image, aligned) in zip(grid, rows, strict=True):
        pred, target, valid = aligned[:3]
        error = np.abs(pred - target) / target
        shown = [target, pred] if space_of(protocol) == "disparity" else [1 / target, 1 / pred]
        low, high = np.quantile(shown[0][valid], [0.02, 0.98])
        pictures = [image, *(colourise(one, low, high) for one in shown)]
        pictures.append((colours.to_rgba(error)[..., :3] * 255).astype(np.uint8))
        for picture in (pictures[1], pictures[3]):
            picture[~valid] = UNKNOWN
        titles = [
            f"{rank}: {entry['frame']}",
            f"truth ({valid.mean():.0%} counts)",
            f"prediction x {entry['scale']:.3g} + {entry['shift']:.3g}",
            f"AbsRel {entry['abs_rel']:.3f}, δ1 {entry['delta1']:.3f}",
        ]
        if "boundary_f1" in entry:
            titles[3] += f", edge F1 {entry['boundary_f1']:.3f}"
        for axis, picture, title in zip(axes, pictures, titles, strict=True):
            axis.imshow(picture)
            axis.set(xticks=[], yticks=[])
            axis.set_title(title if len(title) <= 44 else "…" + title[-43:], fontsize=8)
    figure.colorbar(colours, ax=grid[:, 3], label="|error| / truth", extend="max", shrink=0.8)
    figure.suptitle(
        f"{result['set']}, {protocol}: frames {result['frames']}, "
        f"AbsRel {result['metrics']['abs_rel']:.3f}, δ1 {result['metrics']['delta1']:.3f}",
        fontsize=10,
    )
    return figure
