"""One network: timm encoder, DPT head, disparity."""

from dav2.model.checkpoints import (
    CheckpointMismatch,
    load_backbone,
    load_checkpoint,
    open_checkpoint,
    save_checkpoint,
)
from dav2.model.network import DepthAnything, build_model
from dav2.model.presets import PRESETS, Preset

__all__ = [
    "PRESETS",
    "CheckpointMismatch",
    "DepthAnything",
    "Preset",
    "build_model",
    "load_backbone",
    "load_checkpoint",
    "open_checkpoint",
    "save_checkpoint",
]
