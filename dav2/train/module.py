"""One Lightning module for teacher and student; what differs is data and trim."""

import copy
from collections.abc import Mapping
from typing import Any

import lightning as L
import torch
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR

from dav2.losses import TRIM, depth_anything_loss, feature_loss, silog_loss
from dav2.metrics import AbsoluteRelativeError, AffineInvariantError
from dav2.model import DepthAnything
from dav2.sample import Sample

SCENES, PHOTOS = "scenes", "photos"  # the two sources: perfect labels and pseudo-labels
METRIC_DECAY = 0.9  # power of the decay of metric fine-tuning (V2 metric_depth/train.py)


def metric_target(disparity: Tensor, valid: Tensor, max_depth: float) -> tuple[Tensor, Tensor]:
    """Depth in metres and its valid pixels, from disparity in 1/m, all [B, 1, H, W].

    What is farther than `max_depth`, the sky among it, is not valid, as in the official training.
    """
    valid = valid & (disparity >= 1 / max_depth)
    return 1 / disparity.masked_fill(~valid, 1.0), valid


class DepthModule(L.LightningModule):
    """Trains a network on batches per source: {"scenes": Sample} or {"photos": Sample} or both.

    Adam with decoupled weight decay, one learning rate for the encoder and one for the head, linear
    decay (V1 section 4.1). Pseudo-labels lose their 10 % largest errors (V2 section 5.2); perfect
    labels are used whole. A metric network learns metres from scenes by SiLog (V2 metric_depth/).
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
    ):
        super().__init__()
        self.network = network
        self.steps, self.warmup_steps = steps, warmup_steps
        self.head_lr, self.encoder_lr = head_lr, encoder_lr
        self.weight_decay, self.feature_weight = weight_decay, feature_weight
        metric = network.max_depth is not None
        self.decay_power = METRIC_DECAY if metric else 1.0
        self.validation_error = AbsoluteRelativeError() if metric else AffineInvariantError()
        self.reference = None
        if feature_weight:
            # V1 eq. 9: the student must not forget what the pretrained encoder knows.
            self.reference = copy.deepcopy(network.pretrained).requires_grad_(False)

    def forward(self, image: Tensor) -> Tensor:
        return self.network(image)

    def _loss(self, source: str, batch: Sample) -> Tensor:
        image = batch.image.contiguous(memory_format=torch.channels_last)
        size = len(batch.name)
        if self.network.max_depth is not None:
            depth, valid = metric_target(batch.disparity, batch.valid, self.network.max_depth)
            loss = silog_loss(self.network(image), depth, valid)
            self.log(f"{source}/silog", loss.detach(), prog_bar=True, batch_size=size)
            return loss
        trim = TRIM if source == PHOTOS else 0.0
        maps = self.network.features(image)
        pred = self.network.depth_head(maps, image.shape[-2:])
        loss, ssi, gradient = depth_anything_loss(pred, batch.disparity, batch.valid, trim)
        if self.reference is not None and source == PHOTOS:
            with torch.no_grad():
                frozen = self.reference((image - self.network.mean) / self.network.std)
            features = feature_loss(maps[-1], frozen[-1])
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
            self._loss(source, batch) * (sizes[source] / total) for source, batch in batches.items()
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

    def configure_optimizers(self) -> dict[str, Any]:
        groups = [
            {"params": self.network.pretrained.parameters(), "lr": self.encoder_lr},
            {"params": self.network.depth_head.parameters(), "lr": self.head_lr},
        ]
        optimiser = torch.optim.AdamW(groups, weight_decay=self.weight_decay)

        def factor(step: int) -> float:
            warm = min(1.0, (step + 1) / (self.warmup_steps + 1))
            return warm * max(0.0, 1 - step / self.steps) ** self.decay_power

        schedule = {"scheduler": LambdaLR(optimiser, factor), "interval": "step"}
        return {"optimizer": optimiser, "lr_scheduler": schedule}
