"""What is measured, as torchmetrics that reduce rightly over batches and processes."""

import torch
from torch import Tensor
from torchmetrics import Metric

from dav2.alignment import align


class PairAccuracy(Metric):
    """Share of point pairs whose nearer point has the larger disparity; a tie is wrong (DA-2K)."""

    correct: Tensor
    pairs: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("correct", torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("pairs", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, nearer: Tensor, farther: Tensor) -> None:
        """Disparities [N] at the nearer and the farther points."""
        self.correct += (nearer > farther).sum()
        self.pairs += nearer.numel()

    def compute(self) -> Tensor:
        return self.correct / self.pairs


class _MeanOverSamples(Metric):
    """A number per sample, summed over batches and processes, and divided by how many there were."""

    total: Tensor
    samples: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.tensor(0.0), dist_reduce_fx="sum")
        self.add_state("samples", torch.tensor(0), dist_reduce_fx="sum")

    def compute(self) -> Tensor:
        return self.total / self.samples


class AffineInvariantError(_MeanOverSamples):
    """Mean over samples of |aligned pred - target| / target range, after least squares.

    In disparity space, over valid pixels; 0 is perfect, a constant prediction scores the target's
    relative spread. Used to watch training; the benchmark tables have their own protocols.
    """

    def update(self, pred: Tensor, target: Tensor, valid: Tensor) -> None:
        """All [B, 1, H, W]; samples without valid pixels or without range are left out."""
        error = (align(pred.float(), target, valid) - target).abs() * valid
        count = valid.flatten(1).sum(1)
        high = target.masked_fill(~valid, -torch.inf).flatten(1).amax(1)
        low = target.masked_fill(~valid, torch.inf).flatten(1).amin(1)
        usable = (count > 0) & (high > low)
        span = torch.where(usable, high - low, 1.0)
        per_sample = error.flatten(1).sum(1) / count.clamp(min=1) / span
        self.total += (per_sample * usable).sum()
        self.samples += usable.sum()


class AbsoluteRelativeError(_MeanOverSamples):
    """Mean over samples of |pred - target| / target of metric depth (AbsRel), without alignment."""

    def update(self, pred: Tensor, target: Tensor, valid: Tensor) -> None:
        """All [B, 1, H, W], metres, target > 0 where valid; samples without valid pixels are left out."""
        error = ((pred.float() - target).abs() / target.masked_fill(~valid, 1.0)) * valid
        count = valid.flatten(1).sum(1)
        self.total += (error.flatten(1).sum(1) / count.clamp(min=1)).sum()
        self.samples += (count > 0).sum()
