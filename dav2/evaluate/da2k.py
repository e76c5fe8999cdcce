"""DA-2K: which of two points is nearer? (V2 section 6 and appendix C; DA-2K.md)

A benchmark folder holds `annotations.json`, {"images/<scene>/<file>": [pair, ...]}, where a pair is
{"point1": [row, column], "point2": [row, column], "closer_point": "point1"} in pixels of the
original image. Predictions go to disk first; scoring reads them from there and needs no model.
"""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from dav2.data.photos import read_image
from dav2.metrics import PairAccuracy
from dav2.runs import (
    atomic_path,
    is_finished,
    read_json,
    require,
    sweep_temporaries,
    write_manifest,
)

BOOTSTRAP_ROUNDS = 2000
Predict = Callable[[np.ndarray], np.ndarray]  # uint8 [H, W, 3] -> disparity [H, W]


class Annotation(NamedTuple):
    """The pairs of one image; `nearer` and `farther` are int [N, 2], (row, column)."""

    name: str  # as in annotations.json
    scene: str
    nearer: np.ndarray
    farther: np.ndarray


def _point(value: Any, size: tuple[int, int], where: str) -> tuple[int, int]:
    if not (isinstance(value, list) and len(value) == 2 and all(isinstance(v, int) for v in value)):
        raise ValueError(f"{where}: a point must be [row, column] in whole pixels, not {value!r}")
    row, column = value
    height, width = size
    if not (0 <= row < height and 0 <= column < width):
        raise ValueError(f"{where}: point {value} is outside the image of {height} rows x {width}")
    return row, column


def read_da2k(root: Path | str) -> list[Annotation]:
    """Read and check a benchmark folder in DA-2K's layout.

    Raises:
        FileNotFoundError: no `annotations.json`, or an image that it names is missing.
        ValueError: a path that leaves the folder, a point outside its image, a wrong
            `closer_point`, or no pairs at all; the message names file and image.
    """
    root = Path(root)
    file = root / "annotations.json"
    if not file.is_file():
        raise FileNotFoundError(f"{file} is not there; {root} is no DA-2K folder")
    annotations = []
    for name, pairs in read_json(file).items():
        where = f"{file}, {name}"
        path = root / name
        if not path.resolve().is_relative_to(root.resolve()):
            raise ValueError(f"{where}: the path leaves the benchmark folder")
        if not path.is_file():
            raise FileNotFoundError(
                f"{where}: there is no such image; restore it or drop its pairs"
            )
        with Image.open(path) as opened:
            width, height = opened.size
            if opened.getexif().get(0x0112, 1) in (5, 6, 7, 8):  # stored lying on its side
                width, height = height, width
        nearer, farther = [], []
        for pair in pairs:
            points = [_point(pair.get(key), (height, width), where) for key in ("point1", "point2")]
            closer = pair.get("closer_point")
            if closer not in ("point1", "point2"):
                raise ValueError(f"{where}: closer_point must be point1 or point2, not {closer!r}")
            nearer.append(points[closer == "point2"])
            farther.append(points[closer == "point1"])
        if nearer:
            scene = Path(name).parent.name
            annotations.append(Annotation(name, scene, np.array(nearer), np.array(farther)))
    if not annotations:
        raise ValueError(f"{file} holds no pairs")
    return annotations


def predict_da2k(
    predict: Predict, root: Path | str, out: Path | str, progress: bool = True
) -> Path:
    """Write `predict(image)` of every annotated image to `out` as float32, at original size.

    Finished predictions are kept when a killed call is repeated; the manifest is written last.

    Raises:
        ValueError: a prediction has another size than its image or is not finite.
    """
    root, out = Path(root), Path(out)
    if is_finished(out):
        return out
    annotations = read_da2k(root)
    sweep_temporaries(out)
    for annotation in tqdm(annotations, unit="image", desc="predict", disable=not progress):
        target = (out / annotation.name).with_suffix(".npy")
        if target.exists():
            continue
        image = read_image(root / annotation.name)
        disparity = np.asarray(predict(image), dtype=np.float32)
        if disparity.shape != image.shape[:2]:
            raise ValueError(
                f"{annotation.name}: the prediction is {disparity.shape}, the image {image.shape[:2]}"
            )
        if not np.isfinite(disparity).all():
            raise ValueError(f"{annotation.name}: the prediction is not finite everywhere")
        with atomic_path(target) as temporary:
            np.save(temporary, disparity)
    write_manifest(out, kind="predictions", images=[annotation.name for annotation in annotations])
    return out


def _accuracy(right: list[np.ndarray]) -> dict[str, Any]:
    metric = PairAccuracy()
    for part in right:
        metric.update(torch.from_numpy(part).int(), torch.zeros(len(part)))
    return {"accuracy": float(metric.compute()), "pairs": int(metric.pairs)}


def score_da2k(root: Path | str, predictions: Path | str) -> dict[str, Any]:
    """Pair accuracy of predictions on disk, overall and per scene type.

    The overall accuracy is the mean over pairs (the paper's "Mean" is pair-weighted). Its 95 %
    interval is bootstrapped over images, because pairs of one image are not independent.

    Returns:
        {"accuracy", "interval": [low, high], "pairs", "images", "scenes": {name: {"accuracy",
        "pairs"}}, "right": {image: [bool, ...]}}
    """
    root, predictions = Path(root), Path(predictions)
    require(predictions, "dav2 evaluate da2k --root ROOT --model MODEL")
    right: dict[str, np.ndarray] = {}
    scenes: dict[str, list[np.ndarray]] = {}
    for annotation in read_da2k(root):
        file = (predictions / annotation.name).with_suffix(".npy")
        if not file.exists():
            raise FileNotFoundError(f"no prediction for {annotation.name} in {predictions}")
        disparity = np.load(file, mmap_mode="r", allow_pickle=False)
        nearer, farther = (disparity[tuple(points.T)] for points in annotation[2:])
        right[annotation.name] = nearer > farther  # a tie is wrong
        scenes.setdefault(annotation.scene, []).append(right[annotation.name])

    hits = np.array([part.sum() for part in right.values()])
    pairs = np.array([len(part) for part in right.values()])
    draw = np.random.default_rng(0).integers(len(hits), size=(BOOTSTRAP_ROUNDS, len(hits)))
    resampled = hits[draw].sum(1) / pairs[draw].sum(1)
    low, high = np.quantile(resampled, [0.025, 0.975])
    return {
        **_accuracy(list(right.values())),
        "interval": [float(low), float(high)],
        "images": len(right),
        "scenes": {name: _accuracy(parts) for name, parts in sorted(scenes.items())},
        "right": {name: part.tolist() for name, part in right.items()},
    }


def evaluate_da2k(
    predict: Predict, root: Path | str, out: Path | str | None = None, progress: bool = True
) -> dict[str, Any]:
    """Predict every image of a DA-2K folder, then score from disk; see `score_da2k`.

    Args:
        predict: any callable from uint8 RGB [H, W, 3] to disparity [H, W], larger is nearer.
        out: where predictions are kept; a temporary folder if None.
    """
    if out is not None:
        return score_da2k(root, predict_da2k(predict, root, out, progress))
    with TemporaryDirectory() as folder:
        return score_da2k(root, predict_da2k(predict, root, folder, progress))
