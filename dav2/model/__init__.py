"""One network: timm encoder, DPT head, disparity."""

from dav2.model.checkpoints import (
    SHIPPED,
    load_checkpoint,
    network_hash,
    open_checkpoint,
    open_stage,
    save_checkpoint,
)
from dav2.model.network import DepthAnything, build_model
from dav2.model.preprocessing import OFFICIAL, Preprocessing
from dav2.model.presets import PRESETS, WEIGHTS, Preset, find_preset, list_models
from dav2.model.pretrained import encoder_weights
from dav2.model.states import CheckpointMismatch, load_backbone

__all__ = [
    "OFFICIAL",
    "PRESETS",
    "SHIPPED",
    "WEIGHTS",
    "CheckpointMismatch",
    "DepthAnything",
    "Preprocessing",
    "Preset",
    "build_model",
    "encoder_weights",
    "find_preset",
    "list_models",
    "load_backbone",
    "load_checkpoint",
    "network_hash",
    "open_checkpoint",
    "open_stage",
    "save_checkpoint",
]
