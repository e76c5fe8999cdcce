"""One Lightning module for teacher and student; what differs is data and trim."""

import copy
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import lightning as L
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.checkpoint import checkpoint

from dav2.losses import (
    GRADIENT_WEIGHT,
    TRIM,
    FeatureAlignment,
    TrimBy,
    depth_anything_loss,
    silog_loss,
)
from dav2.metrics import AbsoluteRelativeError, AffineInvariantError
from dav2.model import DepthAnything
from dav2.model.checkpoints import says
from dav2.model.states import KEY
from dav2.sample import Sample
from dav2.scale import Scale
from dav2.transforms import Mixed, cutmix

SCENES, PHOTOS = "scenes", "photos"  # the two sources: perfect labels and pseudo-labels


def metric_target(disparity: Tensor, valid: Tensor, max_depth: float) -> tuple[Tensor, Tensor]:
    """Depth in metres and its valid pixels, from disparity in 1/m, all [B, 1, H, W].

    What is farther than `max_depth`, the sky among it, is not valid, as in the official training.
    """
    valid = valid & (disparity >= 1 / max_depth)
    return 1 / disparity.masked_fill(~valid, 1.0), valid


def encoder_blocks(encoder: nn.Module) -> Iterator[nn.Module]:
    """Yield what timm runs one after the other: blocks of a transformer, stages of a CNN."""
    for part in encoder.body.children():
        if isinstance(part, nn.Sequential | nn.ModuleList):
            yield from (block for block in part if next(block.parameters(), None) is not None)


def large_parts(network: DepthAnything) -> Iterator[nn.Module]:
    """Encoder blocks and fusions: where most activations are."""
    yield from encoder_blocks(network.encoder)
    yield from network.head.fuse


def checkpoint_activations(network: DepthAnything) -> DepthAnything:
    """Keep only what enters encoder blocks and fusions; the backward pass computes the rest again.

    Less memory for more time; gradients stay the same. Names of weights do, too.
    """
    for part in large_parts(network):
        # Inside the module's hooks, where FSDP has its weights together again; timm's own
        # set_grad_checkpointing is around them, and the second forward pass meets shares of weights.
        # Nothing in them is random, so no state of it needs to be kept.
        part.forward = partial(
            checkpoint, part.forward, use_reentrant=False, preserve_rng_state=False
        )
    return network


class DepthModule(L.LightningModule):
    """Trains a network on batches per source: {"scenes": Sample} or {"photos": Sample} or both.

    Adam with decoupled weight decay, one learning rate for the encoder and one for the head, linear
    decay (V1 section 4.1). Pseudo-labels lose their 10 % largest errors (V2 section 5.2); perfect
    labels are used whole. A metric network learns metres from scenes by SiLog (V2 metric_depth/).

    Args:
        decay_power: of the decay of the learning rates over `steps`; 1 is linear.
        trim, trim_by, trim_gradient: of pseudo-labels, see `depth_anything_loss`.
        cutmix: probability that a photograph gets a rectangle of another one (V1 section 3.2).
        gradient_weight: of gradient matching, on both sources (V1 issue 198).
        feature_encoder: that photographs' features are held to, if `feature_weight` is not 0; None:
            the network's own, as it is now.
    """

    def __init__(
        self,
        network: DepthAnything,
        steps: int,
        head_lr: float,
        encoder_lr: float,
        warmup_steps: int = 0,
        weight_decay: float = 0.01,
        feature_weight: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        decay_power: float = 1.0,
        trim: float = TRIM,
        trim_by: TrimBy = "pixel",
        trim_gradient: bool = False,
        cutmix: float = 0.0,
        gradient_weight: float = GRADIENT_WEIGHT,
        feature_encoder: nn.Module | None = None,
    ):
        super().__init__()
        self.network = network
        self.steps, self.warmup_steps, self.decay_power = steps, warmup_steps, decay_power
        self.head_lr, self.encoder_lr, self.betas = head_lr, encoder_lr, betas
        self.weight_decay, self.feature_weight, self.cutmix = weight_decay, feature_weight, cutmix
        self.trimming = {"trim": trim, "trim_by": trim_by, "trim_gradient": trim_gradient}
        metric = network.max_depth is not None
        self.validation_error = AbsoluteRelativeError() if metric else AffineInvariantError()
        self.gradient_weight, self.reference = gradient_weight, None
        if feature_weight:
            # V1 eq. 9: the student must not forget what the pretrained encoder knows.
            if feature_encoder is None:
                feature_encoder = copy.deepcopy(network.encoder)
            self.reference = feature_encoder.requires_grad_(False)
            self.alignment = FeatureAlignment(
                network.encoder.channels[-1], feature_encoder.channels[-1]
            )

    @classmethod
    def of_scale(
        cls,
        network: DepthAnything,
        scale: Scale,
        steps: int,
        photos: bool,
        feature_encoder: nn.Module | None = None,
    ) -> "DepthModule":
        """With the numbers of a scale; only what sees photographs is held to a frozen encoder."""
        metric = network.max_depth is not None
        return cls(
            network,
            steps,
            scale.head_lr,
            scale.encoder_lr,
            scale.warmup_steps,
            scale.weight_decay,
            scale.feature_weight if photos else 0.0,
            scale.betas,
            scale.metric_decay_power if metric else scale.decay_power,
            scale.trim,
            scale.trim_by,
            scale.trim_gradient,
            scale.cutmix,
            scale.gradient_weight,
            feature_encoder,
        )

    def forward(self, image: Tensor) -> Tensor:
        return self.network(image)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint[KEY] = says(self.network)  # so that the file alone can be opened, too

    def _mixed(self, batch: Sample, step: int) -> Mixed:
        """The batch after CutMix, drawn anew for every step and rank, and the same after a kill."""
        number = (torch.initial_seed() * 1_000_003 + step) * 10_007 + self.global_rank
        generator = torch.Generator().manual_seed(number % 2**63)
        return cutmix(batch.image, batch.disparity, batch.valid, self.cutmix, generator)

    def _loss(self, source: str, batch: Sample, step: int) -> Tensor:
        size, regions = len(batch.name), {}
        if self.cutmix and source == PHOTOS:
            image, target, valid, own = self._mixed(batch, step)
            batch, regions = Sample(image, target, valid, batch.name), {"region": own}
        image = batch.image.contiguous(memory_format=torch.channels_last)
        if self.network.max_depth is not None:
            depth, valid = metric_target(batch.disparity, batch.valid, self.network.max_depth)
            loss = silog_loss(self.network(image), depth, valid)
            self.log(f"{source}/silog", loss.detach(), prog_bar=True, batch_size=size)
            return loss
        options = {"gradient_weight": self.gradient_weight}
        if source == PHOTOS:
            options |= self.trimming | regions
        maps = self.network.features(image)
        pred = self.network.head(maps, image.shape[-2:])
        loss, ssi, gradient = depth_anything_loss(pred, batch.disparity, batch.valid, **options)
        if self.reference is not None and source == PHOTOS:
            with torch.no_grad():
                frozen = self.reference(image)  # by its own mean and std
            features = self.alignment(maps[-1], frozen[-1])
            loss = loss + self.feature_weight * features
            self.log(f"{source}/features", features.detach())
        self.log(f"{source}/ssi", ssi.detach(), prog_bar=True, batch_size=size)
        self.log(f"{source}/gradient", gradient.detach(), batch_size=size)
        return loss

    def training_step(self, batches: Mapping[str, Sample], step: int) -> Tensor:
        sizes = {source: len(batch.name) for source, batch in batches.items()}
        total = sum(sizes.values())
        # Plain concatenation, as in the paper: every sample has the same weight.
        loss = sum(
            self._loss(source, batch, step) * (sizes[source] / total)
            for source, batch in batches.items()
        )
        self.log("loss", loss.detach(), batch_size=total)
        return loss

    def validation_step(self, batch: Sample, step: int) -> None:
        target, valid = batch.disparity, batch.valid
        if self.network.max_depth is not None:
            target, valid = metric_target(target, valid, self.network.max_depth)
        self.validation_error.update(self(batch.image), target, valid)
        self.log(
            "validation/error", self.validation_error, prog_bar=True, batch_size=len(batch.name)
        )

    def configure_gradient_clipping(
        self,
        optimizer: torch.optim.Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        # Lightning refuses to clip before any fused step; what it fears is float16's scaler alone.
        if getattr(self.trainer.precision_plugin, "scaler", None) is not None:
            self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)
        elif gradient_clip_val:
            nn.utils.clip_grad_norm_(self.parameters(), gradient_clip_val)

    def configure_optimizers(self) -> dict[str, Any]:
        groups = [
            {"params": self.network.encoder.parameters(), "lr": self.encoder_lr},
            {"params": self.network.head.parameters(), "lr": self.head_lr},
        ]
        if self.reference is not None and (projection := list(self.alignment.parameters())):
            groups.append({"params": projection, "lr": self.head_lr})
        # Fused: the same update in one pass over memory.
        optimiser = torch.optim.AdamW(
            groups, betas=self.betas, weight_decay=self.weight_decay, fused=True
        )

        def factor(step: int) -> float:
            warm = min(1.0, (step + 1) / (self.warmup_steps + 1))
            return warm * max(0.0, 1 - step / self.steps) ** self.decay_power

        schedule = {"scheduler": LambdaLR(optimiser, factor), "interval": "step"}
        return {"optimizer": optimiser, "lr_scheduler": schedule}
