"""DA-2K: which of two points is nearer? (V2 section 6 and appendix C; DA-2K.md)

Predictions go to disk first; scoring reads them from there and needs no model.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from dav2.evaluate.pairs import (
    SCENES,
    Annotation,
    fingerprint,
    read_da2k,
    read_photograph,
    scene_of,
)
from dav2.evaluate.trivial import TRIVIAL_RULES
from dav2.metrics import PairAccuracy
from dav2.runs import (
    atomic_path,
    is_finished,
    read_json,
    read_manifest,
    require,
    sweep_temporaries,
    write_json,
    write_manifest,
)

BOOTSTRAP_ROUNDS = 2000
KIND = "predictions"
Predict = Callable[[np.ndarray], np.ndarray]  # uint8 [H, W, 3] -> disparity [H, W]


def _begin(out: Path, identity: str) -> None:
    """Refuse a folder that was begun with another model; remember this one."""
    if is_finished(out) and (kind := read_manifest(out).get("kind")) != KIND:
        raise ValueError(f"{out} holds no {KIND} but {kind!r}; choose another folder")
    plan = {"predict": hashlib.sha256(identity.encode()).hexdigest()}
    # A finished folder without a plan is of the time before there were plans: nobody knows whose.
    unknown = is_finished(out) and identity and not (out / "plan.json").exists()
    if unknown or ((out / "plan.json").exists() and read_json(out / "plan.json") != plan):
        raise ValueError(f"{out} was begun with another model or settings; choose another folder")
    write_json(out / "plan.json", plan)


def predict_da2k(
    predict: Predict,
    root: Path | str,
    out: Path | str,
    progress: bool = True,
    identity: str = "",
) -> Path:
    """Write `predict(image)` of every annotated image to `out` as float32, at original size.

    Finished predictions are kept when a killed call is repeated; the manifest is written last.

    Args:
        identity: what `predict` is (model and settings); a folder begun with another is refused.

    Raises:
        ValueError: a prediction has another size than its image or is not finite, or `out` holds
            something else.
    """
    root, out = Path(root), Path(out)
    annotations = read_da2k(root)
    names = [annotation.name for annotation in annotations]
    if len({_file(out, name) for name in names}) < len(names):
        raise ValueError(f"{root}: two images differ in their suffix alone; rename one of them")
    _begin(out, identity)
    if is_finished(out) and set(names) <= set(read_manifest(out)["images"]):
        return out
    sweep_temporaries(out)
    for name in tqdm(names, unit="image", desc="predict", disable=not progress):
        target = _file(out, name)
        if target.exists():
            continue
        image = read_photograph(root, name)
        disparity = np.asarray(predict(image), dtype=np.float32)
        if disparity.shape != image.shape[:2]:
            raise ValueError(
                f"{name}: the prediction is {disparity.shape}, the image {image.shape[:2]}"
            )
        if not np.isfinite(disparity).all():
            raise ValueError(f"{name}: the prediction is not finite everywhere")
        with atomic_path(target) as temporary:
            np.save(temporary, disparity)
    write_manifest(out, kind=KIND, images=names)
    return out


def _file(predictions: Path, name: str) -> Path:
    return (predictions / name).with_suffix(".npy")


def load_map(predictions: Path | str, annotation: Annotation) -> np.ndarray:
    """The map that `predict_da2k` wrote for an image, [H, W].

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is damaged, or of another size than the image.
    """
    file = _file(Path(predictions), annotation.name)
    if not file.is_file():
        raise FileNotFoundError(
            f"no prediction for {annotation.name} in {predictions}; predict it again"
        )
    try:
        disparity = np.load(file, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise ValueError(f"{file} is damaged; delete it and predict again: {error}") from error
    if disparity.shape != annotation.size_px:
        raise ValueError(
            f"{file} is {disparity.shape}, its image {annotation.size_px}: it belongs to another"
        )
    return disparity


def at_points(disparity: np.ndarray, annotation: Annotation) -> tuple[np.ndarray, np.ndarray]:
    """Values [N] of a map at the nearer and at the farther points of all pairs."""
    return disparity[tuple(annotation.nearer.T)], disparity[tuple(annotation.farther.T)]


def bootstrap_images(images: int) -> np.ndarray:
    """Which images each of `BOOTSTRAP_ROUNDS` resamplings draws, int [rounds, images]."""
    return np.random.default_rng(0).integers(images, size=(BOOTSTRAP_ROUNDS, images))


def _accuracy(right: Sequence[np.ndarray]) -> dict[str, Any]:
    """Mean over pairs and its 95 % interval, bootstrapped over images; unknown (None) for one image."""
    metric = PairAccuracy()
    for part in right:
        metric.update(torch.from_numpy(part).int(), torch.zeros(len(part)))
    hits, pairs = np.array([part.sum() for part in right]), np.array([len(part) for part in right])
    draw = bootstrap_images(len(right))
    interval = np.quantile(hits[draw].sum(1) / pairs[draw].sum(1), [0.025, 0.975]).tolist()
    return {
        "accuracy": float(metric.compute()),
        "pairs": int(metric.pairs),
        "images": len(right),
        "interval": interval if len(right) > 1 else None,
    }


def _summary(right: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Overall, and per scene type, from the answers to all pairs of every image."""
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
    """Pair accuracy of predictions on disk, overall and per scene type.

    The overall accuracy is the mean over pairs (the paper's "Mean" is pair-weighted). Its 95 %
    interval is bootstrapped over images, because pairs of one image are not independent. A tie is
    wrong.

    Returns:
        {"accuracy", "interval": [low, high], "pairs", "images", "scene_mean": the mean over scene
        types, "scenes": {name: {"accuracy", "pairs", "images", "interval"}}, "other_scenes": those
        that DA-2K has not, "repeated": pairs that stood there again, "ties", "constant": images
        whose map has one value, "benchmark": its fingerprint, "right": {image: [bool, ...]}}

    Raises:
        MissingArtefact: predictions are not there or not finished.
        FileNotFoundError, ValueError: see `read_da2k` and `load_map`.
    """
    root, predictions = Path(root), Path(predictions)
    require(predictions, "dav2 evaluate da2k --root ROOT --model MODEL --predictions DIR")
    annotations = read_da2k(root)
    right: dict[str, np.ndarray] = {}
    constant, ties = [], 0
    for annotation in annotations:
        disparity = load_map(predictions, annotation)
        nearer, farther = at_points(disparity, annotation)
        right[annotation.name] = np.asarray(nearer > farther)
        ties += int((nearer == farther).sum())
        if (disparity == disparity[0, 0]).all():
            constant.append(annotation.name)
    summary = _summary(right)
    return {
        **summary,
        "other_scenes": [name for name in summary["scenes"] if name not in SCENES],
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
    """What rules without any learning score on a benchmark.

    Returns:
        {rule: the numbers of `score_da2k` up to "scenes"}
    """
    right: dict[str, dict[str, np.ndarray]] = {name: {} for name in rules}
    for annotation in tqdm(read_da2k(root), unit="image", desc="baselines", disable=not progress):
        image = read_photograph(root, annotation.name)
        for name, rule in rules.items():
            # As they would come from disk: rounding makes ties.
            nearer, farther = at_points(rule(image).astype(np.float32), annotation)
            right[name][annotation.name] = nearer > farther
    return {name: _summary(answers) for name, answers in right.items()}
