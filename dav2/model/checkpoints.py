"""Whole networks from files and into files: whose they are, what does not fit, and for whom."""

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

from safetensors.torch import save_file
from torch import nn

from dav2.disk import atomic_path, check_record, read_json
from dav2.errors import UserError
from dav2.model.conversion import (
    State,
    from_huggingface,
    is_huggingface,
    swiglu_to_official,
    swiglu_to_timm,
    to_huggingface,
)
from dav2.model.network import DepthAnything, build_model
from dav2.model.preprocessing import OFFICIAL, Preprocessing
from dav2.model.presets import PRESETS, WEIGHTS
from dav2.model.states import CheckpointMismatch, fill, read_state
from dav2.runs import damaged_files, read_manifest


class Claims(NamedTuple):
    """What a file's name, or Hugging Face's config beside it, says and its keys do not."""

    version: int | None = None
    max_depth: float | None = None  # of a metric model


def claims(path: Path) -> Claims:
    """Read `Claims`; None where nothing is said.

    Names: `depth_anything_v2_vits.pth`, `depth_anything_v2_metric_hypersim_vits.pth` (20 m),
    `..._vkitti_...` (80 m), `depth_anything_vits14.pth` (V1).
    """
    config = path.with_name("config.json")
    if config.is_file():
        facts = read_json(config)
        if "preset" in facts:  # ours, by `save_pretrained`
            return Claims(facts["version"], facts["max_depth"])
        taps = (facts.get("backbone_config") or {}).get("out_indices")
        if facts.get("model_type") == "depth_anything" and taps:
            last_four = list(range(taps[-1] - 3, taps[-1] + 1))
            metric = facts.get("depth_estimation_type") == "metric"
            return Claims(1 if taps == last_four else 2, facts["max_depth"] if metric else None)
    if "depth_anything_v2" in path.name:
        metres = {"metric_hypersim": 20.0, "metric_vkitti": 80.0}
        return Claims(2, next((m for name, m in metres.items() if name in path.name), None))
    return Claims(1 if re.search(r"depth_anything_vit[sbl]14", path.name) else None)


def load_checkpoint(model: nn.Module, path: Path | str) -> nn.Module:
    """Load weights from `path` into `model`, strictly, and return the model.

    Accepts official files of Depth Anything V1, V2 and their metric models, Hugging Face's
    safetensors (either spelling), our Lightning checkpoints and safetensors.

    Raises:
        CheckpointMismatch: keys are missing, unexpected or of another shape (ten are listed), or
            the file says that it is V1's or metric and the model is not so built (see `claims`):
            their keys are the same, their maps would be silently wrong.
        UserError: the file is damaged or holds code.
    """
    return _load(model, read_state(path), Path(path))


def _load(model: nn.Module, state: State, path: Path) -> nn.Module:
    claimed = claims(path)
    if claimed.version is not None and claimed.version != getattr(model, "version", 2):
        raise CheckpointMismatch(
            f"{path} is of Depth Anything V{claimed.version}, the model taps the blocks of "
            f"V{model.version}; build it with build_model(..., version={claimed.version})"
        )
    if claimed.max_depth is not None and getattr(model, "max_depth", None) is None:
        raise CheckpointMismatch(
            f"{path} is of a metric model, the network ends in relative disparity; "
            f"build it with build_model(..., max_depth={claimed.max_depth:g})"
        )
    if is_huggingface(state):
        state = from_huggingface(state)
    fill(model, swiglu_to_timm(state), path)
    return model


def open_checkpoint(path: Path | str) -> nn.Module:
    """The DINOv2 network of a file of weights, its size read from its shapes.

    V1 and metric models are built as such where the file's name or the `config.json` beside it
    says so (see `claims`); all others as V2's relative models.

    Raises:
        UserError: damaged, or no network of the table has these sizes.
        CheckpointMismatch: see `load_checkpoint`.
    """
    state = read_state(path)
    if is_huggingface(state):
        state = from_huggingface(state)
    features = getattr(state.get("depth_head.scratch.output_conv1.weight"), "shape", (0, 0))[1]
    for name, preset in PRESETS.items():
        if preset.encoder.endswith("dinov2") and preset.features == features:
            claimed = claims(Path(path))
            model = build_model(name, version=claimed.version or 2, max_depth=claimed.max_depth)
            return _load(model, state, Path(path)).eval()
    raise UserError(
        f"{path} is of none of the DINOv2 networks; build its preset and use load_checkpoint"
    )


# What is used where no model is named; made by benchmarks/ship.py, its card is datasets/shipped/README.md.
SHIPPED = Path(__file__).parents[1] / "shipped" / "lite0"


def open_stage(folder: Path | str) -> DepthAnything:
    """Open the network of a finished stage, ready to predict.

    Raises:
        MissingArtefact: there is no finished stage.
        UserError: it is a stage of another kind, or damaged.
    """
    manifest = read_manifest(folder, "network")
    fields = {"preset": str, "max_depth": (float, type(None)), "preprocessing": dict}
    check_record(manifest, fields, folder)
    if damaged := damaged_files(folder, manifest):
        raise UserError(f"{damaged[WEIGHTS]}; repeat the call that made it, it goes on")
    try:
        preprocessing = Preprocessing(**manifest["preprocessing"])
    except (TypeError, ValueError) as error:
        raise UserError(f"{folder}: its preprocessing is none of ours: {error}") from error
    network = build_model(
        manifest["preset"], max_depth=manifest["max_depth"], preprocessing=preprocessing
    )
    load_checkpoint(network, Path(folder) / WEIGHTS)
    return network.eval()


def official_state(model: nn.Module) -> State:
    """The model's weights under the official names."""
    state = model.state_dict()
    gated = any(
        key.endswith(".mlp.fc1.weight") and len(value) != state[key.replace("fc1", "fc2")].shape[1]
        for key, value in state.items()
    )
    return swiglu_to_official(state) if gated else dict(state)


def save_checkpoint(model: nn.Module, path: Path | str, huggingface: bool = False) -> Path:
    """Write the weights as safetensors, under official or Hugging Face's names, atomically."""
    state = official_state(model)
    if huggingface:
        state = to_huggingface(state)
    with atomic_path(path) as temporary:
        save_file(
            {key: value.detach().cpu().contiguous() for key, value in state.items()}, temporary
        )
    return Path(path)


def network_hash(model: nn.Module) -> str:
    """SHA-256 over all that decides a map: names and bytes of all weights, and what no weight says.

    Two teachers are the same if this is.
    """
    digest = hashlib.sha256()
    preprocessing = getattr(model, "preprocessing", OFFICIAL)
    facts = [
        getattr(model, "version", None),
        getattr(model, "max_depth", None),
        getattr(getattr(model, "pretrained", None), "position_offset", None),
        getattr(model, "compute", None),  # of an export
        preprocessing.mean,
        preprocessing.std,
    ]
    digest.update(repr(facts).encode())
    for name, value in model.state_dict().items():
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
