"""The network that a stage begins with: which weights, and how it is laid out."""

from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from dav2.manifests import require
from dav2.model import (
    WEIGHTS,
    DepthAnything,
    build_model,
    encoder_weights,
    find_preset,
)
from dav2.model.derived import look_of
from dav2.scale import Scale
from dav2.train.module import checkpoint_activations


def metric_start(run_dir: Path, start: Path | str | None) -> Path:
    """The weights whose encoder metric fine-tuning starts from."""
    start = Path(start or run_dir / "student_photos")
    if start.is_file():
        return start
    return require(start, f"dav2 fit student --data photos --run {run_dir}", "network") / WEIGHTS


def encoder_file(scale: Scale, preset: str) -> Path | None:
    """Find the file that this preset's encoder starts from; None if it needs none.

    Raises:
        FileNotFoundError: the file that the scale names is not there. Others: see `encoder_weights`.
    """
    chosen = find_preset(preset)
    if not scale.pretrained or chosen.imagenet:
        return None
    if scale.encoder_weights is None:
        return encoder_weights(preset) if chosen.is_dinov2 else None  # timm fetches others' itself
    if not Path(scale.encoder_weights).is_file():
        raise FileNotFoundError(f"no encoder weights at {scale.encoder_weights}")
    return Path(scale.encoder_weights)


def build_network(scale: Scale, preset: str, start: Path | None, metric: bool) -> DepthAnything:
    """The network of a stage; `start` holds its encoder's weights, the head is always new."""
    depth = scale.max_depth_m if metric else None
    preprocessing = replace(
        look_of(find_preset(preset).encoder),
        shorter_px=scale.shorter_px,
        label_shorter_px=scale.label_shorter_px,
        antialias=True,
    )
    network = build_model(
        preset, start or scale.pretrained, max_depth=depth, preprocessing=preprocessing
    )
    return lay_out(network, scale)


def frozen_encoder(scale: Scale) -> nn.Module | None:
    """What `feature_encoder` names, with its pretrained weights; None: the trained one's own copy."""
    if scale.feature_encoder is None:
        return None
    start = encoder_file(scale, scale.feature_encoder)
    return build_network(scale, scale.feature_encoder, start, metric=False).encoder


def lay_out(network: DepthAnything, scale: Scale) -> DepthAnything:
    """As the scale says: memory order, what is kept for the backward pass, compiled or not."""
    if scale.checkpointing:
        checkpoint_activations(network)
    if scale.compile:
        network.encoder.compile()
        network.head.compile()
    return network.to(memory_format=torch.channels_last)
