"""The network that a stage begins with: which weights, and how it is laid out."""

from dataclasses import replace
from pathlib import Path

import torch

from dav2.manifests import require
from dav2.model import (
    WEIGHTS,
    DepthAnything,
    build_model,
    encoder_weights,
    find_preset,
)
from dav2.model.derived import look_of
from dav2.model.encoder import Encoder
from dav2.scale import Machine
from dav2.stage import Stage
from dav2.train.module import checkpoint_activations


def metric_start(run_dir: Path, start: Path | str | None) -> Path:
    """Find the weights whose encoder metric fine-tuning starts from."""
    start = Path(start or run_dir / "student_photos")
    if start.is_file():
        return start
    return require(start, f"dav2 fit student --data photos --run {run_dir}", "network") / WEIGHTS


def encoder_file(stage: Stage, preset: str | None = None) -> Path | None:
    """Find the file that an encoder starts from; None if it needs none.

    Args:
        preset: whose encoder, if not that of the network to train.

    Raises:
        FileNotFoundError: the file that the stage names is not there. Others: see `encoder_weights`.
    """
    chosen = find_preset(preset or stage.preset)
    if not stage.pretrained or chosen.imagenet:
        return None
    if stage.encoder_weights is None:
        # timm fetches others' itself
        return encoder_weights(preset or stage.preset) if chosen.is_dinov2 else None
    if not Path(stage.encoder_weights).is_file():
        raise FileNotFoundError(f"no encoder weights at {stage.encoder_weights}")
    return Path(stage.encoder_weights)


def build_network(
    stage: Stage, machine: Machine, start: Path | None, preset: str | None = None
) -> DepthAnything:
    """Build the network of a stage; `start` holds its encoder's weights, the head is always new."""
    preset = preset or stage.preset
    preprocessing = replace(
        look_of(find_preset(preset).encoder),
        shorter_px=stage.shorter_px,
        label_shorter_px=stage.label_shorter_px,
        antialias=True,
    )
    network = build_model(
        preset,
        start or stage.pretrained,
        max_depth=stage.max_depth_m,
        preprocessing=preprocessing,
    )
    return laid_out(network, machine)


def frozen_encoder(stage: Stage, machine: Machine) -> Encoder | None:
    """Build what `feature_encoder` names, with its pretrained weights; None if it names nothing."""
    photos = stage.photos
    if photos is None or not photos.feature_weight or photos.feature_encoder is None:
        return None
    start = encoder_file(stage, photos.feature_encoder)
    return build_network(stage, machine, start, photos.feature_encoder).encoder


def laid_out(network: DepthAnything, machine: Machine) -> DepthAnything:
    """Apply memory order, what is kept for the backward pass, and compilation."""
    if machine.checkpointing:
        checkpoint_activations(network)
    if machine.compile:
        network.encoder.compile()
        network.head.compile()
    return network.to(memory_format=torch.channels_last)
