"""One network: timm encoder, DPT head, disparity."""

from dav2.model.checkpoints import (
    WEIGHTS,
    CheckpointMismatch,
    load_backbone,
    load_checkpoint,
    open_checkpoint,
    save_checkpoint,
    weights_hash,
)
from dav2.model.network import DepthAnything, build_model
from dav2.model.presets import PRESETS, Preset

__all__ = [
    "PRESETS",
    "WEIGHTS",
    "CheckpointMismatch",
    "DepthAnything",
    "Preset",
    "build_model",
    "load_backbone",
    "load_checkpoint",
    "open_checkpoint",
    "save_checkpoint",
    "weights_hash",
]
