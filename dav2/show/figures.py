"""Figures as pure functions: arrays in, matplotlib figure out. Nothing is kept, nothing is global."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from dav2.evaluate.pairs import Annotation
from dav2.picture import FAR, NEAR, Picture


def alignment(pred: np.ndarray, target: np.ndarray, scale: float, shift: float) -> Picture:
    """Draw one image row of target and `scale * pred + shift`, and the map of their difference."""
    aligned = scale * pred + shift
    error = np.abs(aligned - target)
    row = target.shape[0] * 2 // 3
    figure = Picture(figsize=(9, 3), layout="constrained")
    curve, picture = figure.subplots(1, 2, gridspec_kw={"width_ratios": [1.4, 1]})
    curve.plot(target[row], color="black", label="target")
    curve.plot(aligned[row], color=NEAR, label=f"{scale:.2f} x prediction + {shift:.2f}")
    curve.set(
        xlabel=f"column of row {row}",
        ylabel="disparity",
        ylim=(-0.1, 1.2 * float(target.max()) + 0.1),
    )
    curve.legend(fontsize=8)
    picture.imshow(error, cmap="magma", vmin=0, vmax=float(np.ptp(target)) / 2 or 1)
    picture.set(title=f"mean |difference| = {error.mean():.4f}", xticks=[], yticks=[])
    return figure


def point_pairs(
    image: np.ndarray, annotation: Annotation, right: Sequence[bool] | None = None
) -> Picture:
    """Draw point pairs on their image: red is the nearer point, blue the farther.

    Args:
        right: per pair, whether a model got it right; wrong pairs get a dashed line.
    """
    figure = Picture(figsize=(6, 6 * image.shape[0] / image.shape[1] + 0.3), layout="constrained")
    axes = figure.subplots()
    axes.imshow(image)
    for index, (near, far) in enumerate(zip(annotation.nearer, annotation.farther, strict=True)):
        fine = right is None or right[index]
        axes.plot(
            [near[1], far[1]],
            [near[0], far[0]],
            color="yellow",
            linestyle="-" if fine else ":",
            linewidth=1.5,
        )
        for point, colour in ((near, NEAR), (far, FAR)):
            axes.plot(point[1], point[0], "o", color=colour, markeredgecolor="white", markersize=7)
        axes.annotate(f"{index}{'' if fine else ' wrong'}", near[::-1], color="white", fontsize=9)
    axes.set(xticks=[], yticks=[], title=annotation.name)
    return figure


def logged(stage: Path, key: str) -> np.ndarray:
    """Read steps and values [2, N] of one logged number; every restart of a run has its own file."""
    values: dict[int, float] = {}
    for file in sorted((stage / "logs" / "csv").glob("version_*/metrics.csv")):
        with file.open(newline="") as opened:
            values |= {int(r["step"]): float(r[key]) for r in csv.DictReader(opened) if r.get(key)}
    return np.array(sorted(values.items())).T.reshape(2, -1)


def training_curves(stages: Mapping[str, Path], smooth: int = 5) -> Picture:
    """Draw training loss and validation error over steps, read from the logs of finished stages."""
    figure = Picture(figsize=(9, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name, stage in stages.items():
        for axes, key, window in ((left, "loss", smooth), (right, "validation/error", 1)):
            steps, values = logged(Path(stage), key)
            window = min(window, len(values))
            if window:
                smoothed = np.convolve(values, np.ones(window) / window, mode="valid")
                marker = "o" if len(values) < 20 else ""
                axes.plot(steps[window - 1 :], smoothed, marker=marker, label=name)
    left.set(xlabel="step", ylabel="loss")
    right.set(xlabel="step", ylabel="error on held-out scenes")
    if stages:
        right.legend(fontsize=8)
    return figure


def accuracy_bars(results: Mapping[str, Mapping]) -> Picture:
    """Draw DA-2K accuracy of several models with 95 % intervals; the line is chance."""
    figure = Picture(figsize=(7, 0.4 * len(results) + 0.8), layout="constrained")
    axes = figure.subplots()
    names = list(results)[::-1]
    values = np.array([results[name]["accuracy"] for name in names])
    low, high = np.array([results[name]["interval"] for name in names]).T
    axes.barh(
        names,
        values,
        xerr=[np.maximum(values - low, 0), np.maximum(high - values, 0)],
        color="#457b9d",
        ecolor="black",
        capsize=3,
    )
    axes.axvline(0.5, color="grey", linestyle=":")
    axes.set(xlim=(0, 1), xlabel="pairs ordered rightly")
    return figure


def loss_landscape(scales: np.ndarray, losses: Mapping[str, np.ndarray], label: str) -> Picture:
    """Draw some losses as functions of one number."""
    figure = Picture(figsize=(5, 3), layout="constrained")
    axes = figure.subplots()
    for name, values in losses.items():
        axes.plot(scales, values, label=name)
    axes.set(xlabel=label, ylabel="loss")
    axes.legend(fontsize=8)
    return figure
