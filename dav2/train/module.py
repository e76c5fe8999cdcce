"""One Lightning module for teacher and student; what differs is the stage."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Self

import lightning as L
import torch
from lightning.pytorch.utilities.types import LRSchedulerConfigType, OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.checkpoint import checkpoint

from dav2.errors import UserError
from dav2.losses import FeatureAlignment, depth_anything_loss, silog_loss
from dav2.metrics import AbsoluteRelativeError, AffineInvariantError
from dav2.model import DepthAnything, build_model
from dav2.model.checkpoints import says
from dav2.model.claims import claims
from dav2.model.encoder import Encoder
from dav2.model.states import KEY, read_weights
from dav2.sample import Sample
from dav2.stage import Photos, Stage, stage_from
from dav2.transforms import Mixed, cutmix


def metric_target(disparity: Tensor, valid: Tensor, max_depth: float) -> tuple[Tensor, Tensor]:
    """Turn disparity into depth in metres and its valid pixels; disparity is in 1/m, all [B, 1, H, W].

    What is farther than `max_depth`, the sky among it, is not valid, as in the official training.
    """
    valid = valid & (disparity >= 1 / max_depth)
    return 1 / disparity.masked_fill(~valid, 1.0), valid


def encoder_blocks(encoder: Encoder) -> Iterator[nn.Module]:
    """Yield what timm runs one after the other: blocks of a transformer, stages of a CNN."""
    for part in encoder.body.children():
        if isinstance(part, nn.Sequential | nn.ModuleList):
            yield from (block for block in part if next(block.parameters(), None) is not None)


def large_parts(network: DepthAnything) -> Iterator[nn.Module]:
    """Yield encoder blocks and fusions: where most activations are."""
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
    """Train a network as a stage says, on batches per source: {"scenes": Sample, "photos": Sample}.

    AdamW, one learning rate for the encoder and one for the head, linear decay (V1 section 4.1).
    Pseudo-labels lose their 10 % largest errors (V2 section 5.2); perfect labels are used whole. A
    metric network learns metres from scenes by SiLog (V2 metric_depth/).

    A loss of your own is a subclass that overrides `loss`; `fit(..., module=YourModule)` trains it.

    Args:
        feature_encoder: that photographs' features are held to, if the stage gives that a weight;
            None: the network's own, as it is now.
    """

    def __init__(
        self, network: DepthAnything, stage: Stage, feature_encoder: Encoder | None = None
    ):
        super().__init__()
        self.network, self.stage = network, stage
        self.save_hyperparameters({"stage": asdict(stage)})
        metric = network.max_depth is not None
        self.validation_error = AbsoluteRelativeError() if metric else AffineInvariantError()
        self.reference: Encoder | None = None
        if stage.photos is not None and stage.photos.feature_weight:
            # V1 eq. 9: the student must not forget what the pretrained encoder knows.
            if feature_encoder is None:
                feature_encoder = copy.deepcopy(network.encoder)
            self.reference = feature_encoder.requires_grad_(False)
            self.alignment = FeatureAlignment(
                network.encoder.channels[-1], feature_encoder.channels[-1]
            )

    @classmethod
    def load_from_checkpoint(  # type: ignore[override]  # it takes none of Lightning's others
        cls, checkpoint_path: Path | str, **options: Any
    ) -> Self:
        """Read a checkpoint that `fit` or a trainer of your own wrote: network, stage and weights.

        Args:
            options: further arguments of a subclass's own `__init__`.

        Raises:
            UserError: this module did not write it, or it is damaged.
        """
        path = Path(checkpoint_path)
        _, kept = read_weights(path)
        if "stage" not in kept.get("hyper_parameters", {}):
            raise UserError(f"{path} says no stage: no DepthModule wrote it")
        stage = stage_from(kept["hyper_parameters"]["stage"])
        network = build_model(
            stage.preset,
            max_depth=stage.max_depth_m,
            preprocessing=claims(path, kept).preprocessing,
        )
        if stage.photos is not None and stage.photos.feature_encoder is not None:
            options.setdefault("feature_encoder", build_model(stage.photos.feature_encoder).encoder)
        module = cls(network, stage, **options)
        module.load_state_dict(kept["state_dict"])
        return module

    def forward(self, image: Tensor) -> Tensor:
        return self.network(image)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint[KEY] = says(self.network)  # so that the file alone can be opened, too

    def _mixed(self, batch: Sample, step: int, cutmix_chance: float) -> Mixed:
        """Mix a batch by CutMix, drawn anew for every step and rank, and the same after a kill."""
        number = (torch.initial_seed() * 1_000_003 + step) * 10_007 + self.global_rank
        generator = torch.Generator().manual_seed(number % 2**63)
        return cutmix(batch.image, batch.disparity, batch.valid, cutmix_chance, generator)

    def _metric_loss(self, source: str, batch: Sample, max_depth: float) -> Tensor:
        depth, valid = metric_target(batch.disparity, batch.valid, max_depth)
        image = batch.image.contiguous(memory_format=torch.channels_last)
        loss = silog_loss(self.network(image), depth, valid)
        self.log(f"{source}/silog", loss.detach(), prog_bar=True, batch_size=len(batch.name))
        return loss

    def loss(self, source: str, batch: Sample, step: int) -> Tensor:
        """Compute the loss of one source's samples; override it to train with your own.

        Args:
            source: "scenes" or "photos"; what the stage says of it is `self.stage.sources[source]`.
            step: number of the batch, for what is drawn anew in each.
        """
        if self.network.max_depth is not None:
            return self._metric_loss(source, batch, self.network.max_depth)
        size, numbers = len(batch.name), self.stage.sources[source]
        options: dict[str, Any] = {"gradient_weight": numbers.gradient_weight}
        if isinstance(numbers, Photos):
            trimming = "trim", "trim_by", "trim_gradient"
            options |= {name: getattr(numbers, name) for name in trimming}
            if numbers.cutmix:
                image, target, valid, own = self._mixed(batch, step, numbers.cutmix)
                batch = Sample(image, target, valid, batch.name)
                options["region"] = own
        image = batch.image.contiguous(memory_format=torch.channels_last)
        maps = self.network.features(image)
        pred = self.network.head(maps, image.shape[-2:])
        loss, ssi, gradient = depth_anything_loss(pred, batch.disparity, batch.valid, **options)
        if self.reference is not None and isinstance(numbers, Photos):
            with torch.no_grad():
                frozen = self.reference(image)  # by its own mean and std
            features = self.alignment(maps[-1], frozen[-1])
            loss = loss + numbers.feature_weight * features
            self.log(f"{source}/features", features.detach())
        self.log(f"{source}/ssi", ssi.detach(), prog_bar=True, batch_size=size)
        self.log(f"{source}/gradient", gradient.detach(), batch_size=size)
        return loss

    def training_step(self, batches: Mapping[str, Sample], step: int) -> Tensor:
        sizes = {source: len(batch.name) for source, batch in batches.items()}
        total = sum(sizes.values())
        # Plain concatenation, as in the paper: every sample has the same weight.
        loss: Tensor = sum(  # type: ignore[assignment]  # of one source at least
            self.loss(source, batch, step) * (sizes[source] / total)
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

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        groups = [
            {"params": self.network.encoder.parameters(), "lr": self.stage.encoder_lr},
            {"params": self.network.head.parameters(), "lr": self.stage.head_lr},
        ]
        if self.reference is not None and (projection := list(self.alignment.parameters())):
            groups.append({"params": projection, "lr": self.stage.head_lr})
        # Fused: the same update in one pass over memory.
        optimiser = torch.optim.AdamW(
            groups, betas=self.stage.betas, weight_decay=self.stage.weight_decay, fused=True
        )

        def factor(step: int) -> float:
            warm = min(1.0, (step + 1) / (self.stage.warmup_steps + 1))
            return warm * max(0.0, 1 - step / self.stage.steps) ** self.stage.decay_power

        schedule: LRSchedulerConfigType = {
            "scheduler": LambdaLR(optimiser, factor),
            "interval": "step",
        }
        return {"optimizer": optimiser, "lr_scheduler": schedule}
