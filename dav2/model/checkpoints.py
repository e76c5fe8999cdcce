"""Whole networks from files and into files: whose they are, what does not fit, and for whom."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import nn

from dav2.disk import Fields, atomic_path, check_record, file_hash
from dav2.errors import UserError
from dav2.manifests import damaged_files, read_manifest
from dav2.model.claims import WHICH, Claims, claims, settled
from dav2.model.conversion import (
    State,
    to_huggingface,
    to_official,
    to_ours,
)
from dav2.model.encoder import Module
from dav2.model.network import DepthAnything, build_model
from dav2.model.preprocessing import OFFICIAL, Preprocessing
from dav2.model.presets import PRESETS, WEIGHTS, Preset
from dav2.model.states import KEY, CheckpointMismatch, fill, read_weights


def load_checkpoint(model: Module, path: Path | str) -> Module:
    """Load weights from `path` into `model`, strictly, and return the model.

    Accept official files of Depth Anything V1, V2 and their metric models, Hugging Face's
    safetensors (either spelling), our Lightning checkpoints and safetensors.

    Raises:
        CheckpointMismatch: keys are missing, unexpected or of another shape (ten are listed), or
            the file says that it is V1's or metric and the model is not so built (see `claims`):
            their keys are the same, their maps would be silently wrong.
        UserError: the file is damaged or holds code.
    """
    state, beside = read_weights(path)
    return _load(model, state, path, claims(Path(path), beside))


def _load(model: Module, state: State, path: Path | str, claimed: Claims) -> Module:
    version, max_depth = getattr(model, "version", 2), getattr(model, "max_depth", None)
    if claimed.version not in (None, version):
        raise CheckpointMismatch(
            f"{path} is of Depth Anything V{claimed.version}, the model taps the blocks of "
            f"V{version}; build it with build_model(..., version={claimed.version})"
        )
    if claimed.metric and max_depth is None:
        known = claimed.max_depth and f"{claimed.max_depth:g})"
        raise CheckpointMismatch(
            f"{path} is of a metric model, the network ends in relative disparity; "
            f"build it with build_model(..., max_depth={known or f'METRES), {WHICH}'}"
        )
    if max_depth is not None and claimed.metric is False:
        raise CheckpointMismatch(
            f"{path} is of a relative model, the network ends in metres; build it without "
            "max_depth, or start its encoder only, build_model(..., pretrained=PATH)"
        )
    if max_depth is not None and claimed.max_depth not in (None, max_depth):
        raise CheckpointMismatch(
            f"{path} is of a metric model of {claimed.max_depth:g} m, the network's are "
            f"{max_depth:g}; build it with build_model(..., max_depth={claimed.max_depth:g})"
        )
    fill(model, to_ours(state), path)
    return model


def open_checkpoint(
    path: Path | str, *, version: int | None = None, max_depth: float | None = None
) -> DepthAnything:
    """Open the network of a file of weights: as our files say, else DINOv2's, its size by its shapes.

    V1 and metric models are built as such where the file says so (see `claims`) or the caller does.
    Where neither does, it warns, and builds V2's relative model. It looks at pictures as the file
    says, else as released weights do.

    Args:
        version: 1 or 2, of weights that do not say it.
        max_depth: metres, of metric weights that do not say it (20 indoors, Hypersim; 80 outdoors,
            VKITTI).

    Raises:
        UserError: damaged, no network of the table has these sizes, it is metric and nobody says
            how far, or it says something else than the caller.
        CheckpointMismatch: see `load_checkpoint`.
    """
    state, beside = read_weights(path)
    state, claimed = to_ours(state), claims(Path(path), beside)
    preset = claimed.preset or _dinov2_of(state)
    if preset is None:
        raise UserError(
            f"{path} is of none of the DINOv2 networks; build its preset and use load_checkpoint"
        )
    known = settled(claimed, path, version, max_depth)
    assert known.version is not None  # `settled` takes 2 for unknown
    model = build_model(
        preset,
        version=known.version,
        max_depth=known.max_depth,
        preprocessing=known.preprocessing,
    )
    return _load(model, state, path, known).eval()


def _dinov2_of(state: State) -> Preset | None:
    features = getattr(state.get("head.out.0.weight"), "shape", (0, 0))[1]
    fits = (one for one in PRESETS.values() if one.is_dinov2 and one.features == features)
    return next(fits, None)


# What is used where no model is named; made by benchmarks/ship.py, its card is datasets/shipped/README.md.
SHIPPED = Path(__file__).parents[1] / "shipped" / "lite0"


def open_stage(folder: Path | str) -> DepthAnything:
    """Open the network of a finished stage, ready to predict.

    Raises:
        MissingArtefact: there is no finished stage.
        UserError: it is a stage of another kind, or damaged.
    """
    manifest = read_manifest(folder, "network")
    fields: Fields = {
        "preset": str,
        "max_depth": (float, type(None)),
        "preprocessing": dict,
    }
    check_record(manifest, fields, folder)
    if damaged := damaged_files(folder, manifest):
        first = next(iter(damaged.values()))
        raise UserError(f"{first}; repeat the call that made it, it goes on")
    weights = Path(folder) / WEIGHTS
    vouched = manifest["files"].get(WEIGHTS, {}).get("sha256")
    if (
        vouched is not None and file_hash(weights) != vouched
    ):  # wrong weights give maps all the same
        raise UserError(
            f"{weights} is not what was written: its SHA-256 differs; delete it and repeat the call "
            "that made it"
        )
    try:
        preprocessing = Preprocessing(**manifest["preprocessing"])
    except (TypeError, ValueError) as error:
        raise UserError(f"{folder}: its preprocessing is none of ours: {error}") from error
    network = build_model(
        manifest["preset"], max_depth=manifest["max_depth"], preprocessing=preprocessing
    )
    load_checkpoint(network, weights)
    return network.eval()


def official_state(model: nn.Module) -> State:
    """Return the model's weights under the official names, as `torch.save` writes them for others."""
    return to_official(model.state_dict())


def says(model: DepthAnything) -> str:
    """What weights are and their keys do not say, as JSON; `claims` reads it."""
    facts: dict[str, Any] = {"version": model.version, "max_depth": model.max_depth}
    facts["preset"] = asdict(model.preset)
    return json.dumps(facts | {"preprocessing": asdict(model.preprocessing)})


def save_checkpoint(model: nn.Module, path: Path | str, huggingface: bool = False) -> Path:
    """Write the weights as safetensors, under our or Hugging Face's names, atomically."""
    state = to_huggingface(official_state(model)) if huggingface else model.state_dict()
    with atomic_path(path) as temporary:
        save_file(
            {key: value.detach().cpu().contiguous() for key, value in state.items()},
            temporary,
            {KEY: says(model)} if isinstance(model, DepthAnything) else None,
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
        getattr(model, "position_offset", None),
        getattr(model, "compute", None),  # of an export
        preprocessing.mean,
        preprocessing.std,
    ]
    digest.update(repr(facts).encode())
    for name, value in model.state_dict().items():
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
