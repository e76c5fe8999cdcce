"""Relative depth: how far is a prediction from the truth, once its scale and shift are found?

Four protocols, side by side; what they are and do in each set stands in `dav2/evaluate/protocols.py`.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torchmetrics import Metric
from tqdm import tqdm

from dav2.data.frames import BrokenFrame, DepthSet, Frame
from dav2.errors import UserError
from dav2.evaluate.boundary import BoundaryScore
from dav2.evaluate.predictions import (
    Item,
    load_map,
    predicted,
    write_maps,
)
from dav2.evaluate.protocols import (
    PARTS,
    Protocol,
    Rules,
    Unusable,
    align_prediction,
    check_protocol,
    crop,
    for_boundaries,
    rules_of,
    space_of,
)
from dav2.metrics import (
    AbsoluteRelativeError,
    DeltaAccuracy,
    Log10Error,
    RootMeanSquareError,
    ScaleInvariantLogError,
)
from dav2.progress import is_hidden
from dav2.runs import identity_of
from dav2.sample import check_map
from dav2.tables import markdown_table
from dav2.types import Predict, Sign


def _metrics() -> dict[str, Metric]:
    """Make all metrics, averaged over images as Marigold does; Depth Anything does not say."""
    return {
        "abs_rel": AbsoluteRelativeError(),
        **{f"delta{n}": DeltaAccuracy(n) for n in (1, 2, 3)},
        "rmse": RootMeanSquareError(),
        "log10": Log10Error(),
        "silog": ScaleInvariantLogError(),
    }


def _remarks(pred: np.ndarray, scale: float, protocol: Protocol, sign: Sign) -> list[str]:
    if pred.min() == pred.max():
        return ["the prediction is constant; scored as the mean of the truth"]
    if protocol == "marigold" and sign == "disparity" and pred.max() <= 0:
        return ["no prediction is positive; all pixels were used for scale and shift"]
    return [f"the fitted scale is negative: is it really {sign}?"] if scale < 0 else []


def read_cropped(depth_set: DepthSet, frame: Frame, rules: Rules) -> tuple[np.ndarray, np.ndarray]:
    """Read picture and depth of a frame, cropped. Raises BrokenFrame or Unusable."""
    image, depth = depth_set.read(frame)
    return crop(image, rules), crop(depth, rules)


def _picture(depth_set: DepthSet, frame: Frame, rules: Rules) -> np.ndarray:
    return read_cropped(depth_set, frame, rules)[0]


def predict_relative(
    predict: Predict,
    depth_set: DepthSet,
    out: Path | str,
    rules: Rules,
    frames: Sequence[Frame] | None = None,
    progress: bool = True,
    identity: str = "",
) -> Path:
    """Write the predictions of a set's frames to `out`, see `write_maps`; repeat it to resume.

    Args:
        identity: what `predict` is (model and settings). A `Predictor`'s is known without it; any
            other function needs one to go on in a folder that it began.
    """
    frames = depth_set.frames if frames is None else frames
    items = (
        Item(frame.name, frame.stamp(), partial(_picture, depth_set, frame, rules))
        for frame in frames
    )
    asked = {"model": identity or identity_of(predict), "crop_px": rules.crop_px}
    return write_maps(predict, items, out, asked, progress)


def load_prediction(folder: Path | str, image: np.ndarray, name: str) -> np.ndarray:
    """Load what `predict_relative` wrote for a frame.

    Raises:
        FileNotFoundError, UserError: see `load_map`.
    """
    pred = np.array(load_map(folder, name, image.shape[:2]))
    return check_map(pred, image.shape[:2], f"{Path(folder) / name}.npy")


def _score(
    metrics: Mapping[str, Metric],
    pred: np.ndarray,
    depth: np.ndarray,
    protocol: Protocol,
    sign: Sign,
    rules: Rules,
) -> tuple[dict[str, Any], list[str]]:
    """Align a frame's prediction and add it to the metrics.

    Returns:
        Its own numbers, and remarks. Raises Unusable.
    """
    aligned = align_prediction(pred, depth, protocol, sign, rules)
    maps = {"boundary": for_boundaries(aligned, depth, protocol, rules)} if rules.dense else {}
    entry: dict[str, Any] = {
        "pixels": int(aligned.valid.sum()),
        "scale": aligned.scale,
        "shift": aligned.shift,
    }
    for key, metric in metrics.items():
        value = metric(*(torch.from_numpy(m)[None, None] for m in maps.get(key, aligned[:3])))
        entry |= _numbers(key, value)
    remarks = _remarks(pred, aligned.scale, protocol, sign)
    if rules.dense and "boundary_f1" not in entry:
        remarks.append("its depth has no occluding contour; not among the boundary scores")
    return entry, remarks


def evaluate_relative(
    predict: Predict,
    depth_set: DepthSet,
    protocol: Protocol,
    sign: Sign = "disparity",
    out: Path | None = None,
    limit: int | None = None,
    progress: bool = True,
    rules: Rules | None = None,
    identity: str = "",
) -> dict[str, Any]:
    """Score a model's relative depth on a labelled set.

    Args:
        predict: any callable from uint8 RGB [H, W, 3] to [H, W] of the same size.
        protocol: depth_anything, midas, marigold or moge, see `dav2/evaluate/protocols.py`.
        sign: whether predictions are disparity (larger is nearer) or depth (larger is farther),
            each up to scale and shift.
        out: where predictions are kept, and taken from when the call is repeated; not kept if None.
        limit: only the first so many frames.
        rules: other limits, window and crop than those of the protocol for this set.
        identity: see `predict_relative`.

    Returns:
        {"metrics": {name: mean over frames}, "protocol", "sign", "space": "disparity" or "depth",
        "set", "part" or None, "frames": number scored, "upside_down": number fitted with a negative scale,
        "skipped": [{"frame", "reason"}], "remarks": the same form, "rules", "parts": {part of the
        set: {"metrics", "frames", "upside_down"}} where it has several (DIODE), "per_frame":
        [{"frame", "pixels", "scale", "shift", **metrics}]}. Where the truth is dense, `boundary_f1`,
        `boundary_precision` and `boundary_recall` are among the metrics.

    Raises:
        UserError: no frame could be scored (with the first reason), a prediction has another size
            than its image or is not finite, or the protocol does not take such predictions.
    """
    check_protocol(protocol, sign)
    name = depth_set.labelled.name
    rules = rules or rules_of(protocol, name)
    frames = depth_set.frames[:limit]
    if out is not None:
        predict_relative(predict, depth_set, out, rules, frames, progress, identity)
    metrics = _metrics() | ({"boundary": BoundaryScore()} if rules.dense else {})
    for metric in metrics.values():
        metric.set_dtype(torch.float64)
    skipped, remarks, per_frame = [], [], []
    for frame in tqdm(frames, unit="image", desc=protocol, disable=is_hidden(progress)):
        try:
            image, depth = read_cropped(depth_set, frame, rules)
            if out is None:
                pred = predicted(predict, image, frame.name)
            else:
                pred = load_prediction(out, image, frame.name)
            entry, found = _score(metrics, pred, depth, protocol, sign, rules)
        except (BrokenFrame, Unusable) as error:
            skipped.append({"frame": frame.name, "reason": str(error)})
            continue
        per_frame.append({"frame": frame.name, **entry})
        remarks += [{"frame": frame.name, "reason": reason} for reason in found]
    if not per_frame:
        first = f"{skipped[0]['frame']}: {skipped[0]['reason']}" if skipped else "there is none"
        raise UserError(f"no frame of {name} could be scored; {first}")
    means = [_numbers(key, metric.compute()) for key, metric in metrics.items()]
    return {
        "metrics": {key: value for numbers in means for key, value in numbers.items()},
        "protocol": protocol,
        "sign": sign,
        "space": space_of(protocol),
        "set": name,
        "part": depth_set.labelled.part,
        "frames": len(per_frame),
        "upside_down": _upside_down(per_frame),
        "parts": _parts(name, per_frame),
        "skipped": skipped,
        "remarks": remarks,
        "rules": {
            **rules._asdict(),
            "farthest_m": None if np.isinf(rules.farthest_m) else rules.farthest_m,
            "window": rules.window and rules.window.__name__,
        },
        "per_frame": per_frame,
    }


def _upside_down(entries: Sequence[Mapping[str, Any]]) -> int:
    return sum(entry["scale"] < 0 for entry in entries)


def _parts(name: str, per_frame: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Average the frames of each part of a set apart; nothing if only one part is there."""
    parts = {}
    for part in PARTS.get(name, ()):
        entries = [entry for entry in per_frame if part in entry["frame"].split("/")]
        if 0 < len(entries) < len(per_frame):
            values = {key: [entry[key] for entry in entries if key in entry] for key in COLUMNS}
            parts[part] = {
                "metrics": {key: float(np.mean(some)) for key, some in values.items() if some},
                "frames": len(entries),
                "upside_down": _upside_down(entries),
            }
    return parts


def _numbers(name: str, value: Any) -> dict[str, float]:
    """Convert a metric's value to plain numbers by name; NaN, for nothing was measured, is left out."""
    values = value if isinstance(value, Mapping) else {name: value}
    return {key: float(one) for key, one in values.items() if not torch.isnan(one)}


COLUMNS = {
    "abs_rel": "AbsRel ↓",
    "delta1": "δ1 ↑",
    "delta2": "δ2 ↑",
    "delta3": "δ3 ↑",
    "rmse": "RMSE ↓",
    "log10": "log10 ↓",
    "silog": "SILog ↓",
    "boundary_f1": "edge F1 ↑",
    "boundary_precision": "edge precision ↑",
    "boundary_recall": "edge recall ↑",
}


def format_relative(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Write a Markdown table with one row per result and part of its set, and what its numbers are of.

    "upside down" counts the frames whose fitted scale is negative: there, near was far.
    """
    columns = [key for key in COLUMNS if any(key in one["metrics"] for one in results.values())]
    header = ["", "set", "protocol", "frames", "upside down"]
    rows = [header + [COLUMNS[key] for key in columns]]
    for name, result in results.items():
        how = f"{result['protocol']} ({result['space']})"
        for part, one in {"": result, **result["parts"]}.items():
            count = f"{one['frames']}"
            if skipped := one.get("skipped"):
                count += f" (+{len(skipped)} skipped)"
            values = [one["metrics"].get(key) for key in columns]
            place = " ".join(filter(None, (result["set"], result.get("part"), part)))
            rows.append(
                ["" if part else name, place, how, count, f"{one['upside_down']}"]
                + ["" if value is None else f"{value:.4g}" for value in values]
            )
    notes = []
    for space, unit in (("disparity", "1/m"), ("depth", "m")):
        ours = list(dict.fromkeys(r["protocol"] for r in results.values() if r["space"] == space))
        if ours:
            notes.append(f"{', '.join(ours)}: numbers of {space}, RMSE in {unit}.")
    return f"{markdown_table(rows)}\n\n{' '.join(notes)}"
