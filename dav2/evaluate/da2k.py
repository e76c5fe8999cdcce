"""DA-2K: which of two points is nearer? (V2 section 6 and appendix C; DA-2K.md)

Predictions go to disk first; scoring reads them from there and needs no model.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from tqdm import tqdm

from dav2.errors import UserError
from dav2.evaluate.pairs import (
    SCENES,
    Annotation,
    fingerprint,
    read_benchmark,
    read_da2k,
    read_photograph,
    scene_of,
    stamp_of,
)
from dav2.evaluate.predictions import KIND, Item, load_map, write_maps
from dav2.evaluate.trivial import TRIVIAL_RULES
from dav2.manifests import require
from dav2.progress import is_hidden
from dav2.runs import identity_of
from dav2.types import Predict

BOOTSTRAP_ROUNDS = 2000


def predict_da2k(
    predict: Predict,
    root: Path | str,
    out: Path | str,
    progress: bool = True,
    identity: str = "",
) -> Path:
    """Write `predict(image)` of every annotated image to `out` as float32, at original size.

    See `write_maps`; a repeated call goes on.

    Args:
        identity: what `predict` is (model and settings). A `Predictor`'s is known without it; any
            other function needs one to go on in a folder that it began.

    Raises:
        UserError: see `write_maps`; or two images would share a map.
    """
    root = Path(root)
    names = [annotation.name for annotation in read_da2k(root)]
    items = [
        Item(_stem(name), stamp_of(root, name), partial(read_photograph, root, name))
        for name in names
    ]
    if len({item.name for item in items}) < len(items):
        raise UserError(f"{root}: two images differ in their suffix alone; rename one of them")
    return write_maps(predict, items, out, {"model": identity or identity_of(predict)}, progress)


def _stem(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix()


def map_of(predictions: Path | str, annotation: Annotation) -> np.ndarray:
    """Load the map that `predict_da2k` wrote for an image, [H, W]; raises what `load_map` does."""
    return load_map(predictions, _stem(annotation.name), annotation.size_px)


def at_points(disparity: np.ndarray, annotation: Annotation) -> tuple[np.ndarray, np.ndarray]:
    """Read the values [N] of a map at the nearer and at the farther points of all pairs."""
    return disparity[tuple(annotation.nearer.T)], disparity[tuple(annotation.farther.T)]


def bootstrap_images(images: int) -> np.ndarray:
    """Draw the images of each of `BOOTSTRAP_ROUNDS` resamplings, int [rounds, images]."""
    return np.random.default_rng(0).integers(images, size=(BOOTSTRAP_ROUNDS, images))


def _accuracy(right: Sequence[np.ndarray]) -> dict[str, Any]:
    """Average over pairs, with the 95 % interval bootstrapped over images (None for one image)."""
    hits, pairs = np.array([part.sum() for part in right]), np.array([len(part) for part in right])
    draw = bootstrap_images(len(right))
    interval = np.quantile(hits[draw].sum(1) / pairs[draw].sum(1), [0.025, 0.975]).tolist()
    return {
        "accuracy": float(hits.sum() / pairs.sum()),
        "pairs": int(pairs.sum()),
        "images": len(right),
        "interval": interval if len(right) > 1 else None,
    }


def _summary(right: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Sum up the answers to all pairs of every image, overall and per scene type."""
    scenes: dict[str, list[np.ndarray]] = {}
    for name, part in right.items():
        scenes.setdefault(scene_of(name), []).append(part)
    by_scene = {scene: _accuracy(parts) for scene, parts in sorted(scenes.items())}
    overall = _accuracy(list(right.values()))
    return {
        **overall,
        "interval": overall["interval"] or [0.0, 1.0],  # one image tells nothing of others
        "scene_mean": sum(one["accuracy"] for one in by_scene.values()) / len(by_scene),
        "scenes": by_scene,
    }


def score_da2k(root: Path | str, predictions: Path | str) -> dict[str, Any]:
    """Score predictions on disk: pair accuracy, overall and per scene type.

    The overall accuracy is the mean over pairs (the paper's "Mean" is pair-weighted). Its 95 %
    interval is bootstrapped over images, because pairs of one image are not independent. A tie is
    wrong.

    Returns:
        {"accuracy", "interval": [low, high], "pairs", "images", "scene_mean": the mean over scene
        types, "scenes": {name: {"accuracy", "pairs", "images", "interval"}}, "other_scenes": those
        that DA-2K has not, "repeated": pairs that stood there again, "set_aside": what cannot be
        used, [{"image", "reason"}], "ties", "constant": images whose map has one value, "benchmark": its fingerprint, "right": {image: [bool, ...]}}

    Raises:
        MissingArtefact: predictions are not there or not finished.
        FileNotFoundError, UserError: see `read_benchmark` and `map_of`.
    """
    root, predictions = Path(root), Path(predictions)
    command = f"dav2 evaluate da2k --root {root} --model MODEL --predictions {predictions}"
    require(predictions, command, KIND)
    annotations, set_aside = read_benchmark(root)
    right: dict[str, np.ndarray] = {}
    constant, ties = [], 0
    for annotation in annotations:
        disparity = map_of(predictions, annotation)
        nearer, farther = at_points(disparity, annotation)
        right[annotation.name] = np.asarray(nearer > farther)
        ties += int((nearer == farther).sum())
        if (disparity == disparity[0, 0]).all():
            constant.append(annotation.name)
    summary = _summary(right)
    return {
        **summary,
        "other_scenes": [name for name in summary["scenes"] if name not in SCENES],
        "set_aside": set_aside,
        "repeated": sum(annotation.repeated for annotation in annotations),
        "ties": ties,
        "constant": constant,
        "benchmark": fingerprint(annotations),
        "right": {name: part.tolist() for name, part in right.items()},
    }


def evaluate_da2k(
    predict: Predict,
    root: Path | str,
    out: Path | str | None = None,
    progress: bool = True,
    identity: str = "",
) -> dict[str, Any]:
    """Predict every image of a benchmark in DA-2K's layout, then score from disk; see `score_da2k`.

    Args:
        predict: any callable from uint8 RGB [H, W, 3] to disparity [H, W], larger is nearer.
        root: folder, or zip archive as downloaded.
        out: where predictions are kept; a temporary folder if None.
        identity: see `predict_da2k`.
    """
    if out is not None:
        return score_da2k(root, predict_da2k(predict, root, out, progress, identity))
    with TemporaryDirectory() as folder:
        return score_da2k(root, predict_da2k(predict, root, folder, progress, identity))


def trivial_baselines(
    root: Path | str,
    rules: Mapping[str, Predict] = TRIVIAL_RULES,
    progress: bool = True,
) -> dict[str, dict[str, Any]]:
    """Score rules without any learning on a benchmark.

    Returns:
        {rule: the numbers of `score_da2k` up to "scenes"}
    """
    right: dict[str, dict[str, np.ndarray]] = {name: {} for name in rules}
    for annotation in tqdm(
        read_da2k(root), unit="image", desc="baselines", disable=is_hidden(progress)
    ):
        image = read_photograph(root, annotation.name)
        for name, rule in rules.items():
            # As they would come from disk: rounding makes ties.
            nearer, farther = at_points(rule(image).astype(np.float32), annotation)
            right[name][annotation.name] = nearer > farther
    return {name: _summary(answers) for name, answers in right.items()}
