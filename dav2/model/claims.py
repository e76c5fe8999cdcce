"""What weights are and their keys do not say: V1 or V2, relative or metric. It is never guessed.

V1's and V2's relative networks and the metric ones have the same keys and shapes, and each gives
silently wrong maps of another's weights.
"""

import json
import math
import re
import warnings
from pathlib import Path
from typing import Any, NamedTuple

from dav2.disk import read_record
from dav2.errors import UserError
from dav2.model.preprocessing import Preprocessing
from dav2.model.presets import WEIGHTS, Preset
from dav2.model.states import INDEX, KEY, PYTORCH

# Of the official metric models (V2 metric_depth/), and how the Hub calls them.
METRES = {"hypersim": 20.0, "indoor": 20.0, "vkitti": 80.0, "outdoor": 80.0}
WHICH = "20 of those trained on Hypersim (indoors), 80 on VKITTI (outdoors)"


class Claims(NamedTuple):
    """What is known of weights; None where nothing is said.

    Attributes:
        version: 1 or 2.
        metric: whether their maps are depth in metres.
        max_depth: metres, of a metric model.
        preprocessing: how they look at pictures.
        preset: what network they are of.
    """

    version: int | None = None
    metric: bool | None = None
    max_depth: float | None = None
    preprocessing: Preprocessing | None = None
    preset: Preset | None = None


def _by_name(name: str) -> Claims:
    name = name.lower().replace("-", "_")
    version = 2 if "depth_anything_v2" in name else None
    if re.search(r"depth_anything_vit[sbl]14", name):
        version = 1
    if not re.search(r"(?<![a-z])metric(?![a-z])", name):
        return Claims(version)
    return Claims(version, True, next((far for word, far in METRES.items() if word in name), None))


def _by_config(config: Path) -> Claims:
    facts = read_record(config, {})
    if "preset" in facts:  # ours, by `save_pretrained`
        return _ours(facts, config)
    if facts.get("model_type") != "depth_anything":
        return Claims()
    backbone = facts.get("backbone_config")
    taps = backbone.get("out_indices") if isinstance(backbone, dict) else None
    version = None
    if isinstance(taps, list) and taps and all(type(tap) is int for tap in taps):
        version = 1 if taps == list(range(taps[-1] - 3, taps[-1] + 1)) else 2
    metric = facts.get("depth_estimation_type") == "metric"
    far = facts.get("max_depth") if metric else None
    return Claims(version, metric, None if far is None else _metres(far, config))


def _metres(value: Any, where: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise UserError(f"{where}: the largest depth must be metres above 0, not {value!r:.60}")
    return float(value)


def _ours(facts: Any, where: object) -> Claims:
    far, version = facts.get("max_depth"), facts.get("version")
    if version not in (1, 2):
        raise UserError(f"{where}: 'version' must be 1 or 2, not {version!r:.60}")
    described: dict[str, Any] = {}
    for field, kind in (("preprocessing", Preprocessing), ("preset", Preset)):
        try:
            said = facts.get(field)
            described[field] = None if said is None else kind(**said)
        except (TypeError, ValueError) as error:
            raise UserError(f"{where}: {field!r} is none of ours: {error}") from error
    metres = None if far is None else _metres(far, where)
    return Claims(version, far is not None, metres, **described)


def _by_content(beside: dict[str, Any], path: Path) -> Claims:
    best = beside.get("previous_best")
    if isinstance(best, dict) and "abs_rel" in best:  # kept by metric_depth/train.py alone
        return Claims(None, True)
    if KEY not in beside:
        return Claims()
    try:
        facts = json.loads(beside[KEY])
    except ValueError:
        facts = None
    if not isinstance(facts, dict):
        raise UserError(f"{path}: what it says of itself is no JSON object")
    return _ours(facts, path)


def claims(path: Path, beside: dict[str, Any] | None = None) -> Claims:
    """What a file says, by its name, its content, or the `config.json` of its folder of the Hub.

    Names: `depth_anything_v2_vits.pth`, `depth_anything_v2_metric_hypersim_vits.pth` (20 m),
    `..._vkitti_...` (80 m), `depth_anything_vits14.pth` (V1). Contents: our safetensors and checkpoints of a training, and what
    the official metric training keeps beside the weights, which says metric and not how far.

    Args:
        beside: see `read_weights`.

    Raises:
        UserError: two of them contradict each other, or one is damaged.
    """
    said = {"its name": _by_name(path.name), "its content": _by_content(beside or {}, path)}
    config = path.with_name("config.json")
    if path.name in (WEIGHTS, INDEX, PYTORCH) and config.is_file():
        said["config.json beside it"] = _by_config(config)
    found = {}
    for field in Claims._fields:
        by = {getattr(one, field): who for who, one in said.items()}
        by.pop(None, None)
        if len(by) > 1:
            words = ", ".join(f"{who} says {field} {value}" for value, who in by.items())
            raise UserError(f"{path}: {words}; rename the file, or put it into a folder of its own")
        found[field] = next(iter(by), None)
    return Claims(**found)


def settled(
    claimed: Claims, path: object, version: int | None = None, max_depth: float | None = None
) -> Claims:
    """What weights are, by what they say and by what their user says; one of the two must know.

    Warns where neither does: the weights are then taken for V2's relative model.

    Args:
        path: what messages call the weights.
        version: 1 or 2, as the user says.
        max_depth: metres, as the user says.

    Raises:
        UserError: the two contradict each other, or the weights are metric and nobody says how far.
    """
    if version not in (None, 1, 2):
        raise UserError(f"--version must be 1 or 2, not {version!r}")
    if max_depth is not None:
        max_depth = _metres(max_depth, "--max-depth")
    if version is not None and claimed.version not in (None, version):
        raise UserError(f"{path} says that it is V{claimed.version}: leave --version out")
    if max_depth is not None and claimed.metric is False:
        raise UserError(f"{path} says that it is a relative model: leave --max-depth out")
    if max_depth is not None and claimed.max_depth not in (None, max_depth):
        raise UserError(f"{path} says {claimed.max_depth:g} metres: leave --max-depth out")
    far = max_depth if claimed.max_depth is None else claimed.max_depth
    if claimed.metric and far is None:
        raise UserError(
            f"{path} is of a metric model and does not say how far it sees: give --max-depth METRES "
            f"(max_depth in Python), {WHICH}"
        )
    known = claimed.version or version
    if known is None and far is None:
        warnings.warn(
            f"{path} does not say what it is, and is taken for Depth Anything V2's relative model; "
            "--version 1 or --max-depth METRES say otherwise, --version 2 that this is right "
            "(version and max_depth in Python)",
            stacklevel=2,
        )
    return claimed._replace(
        version=known or 2, metric=far is not None, max_depth=far
    )  # V1's metric models have other keys
