"""What is measured, as torchmetrics that reduce rightly over batches and processes."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torchmetrics import Metric

from dav2.alignment import align


class AffineInvariantError(Metric):
    """Mean over samples of |aligned pred - target| / target range, after least squares.

    In disparity space, over valid pixels; 0 is perfect, a constant prediction scores the target's
    relative spread. Used to watch training; the benchmark tables have their own protocols.
    """

    total: Tensor
    samples: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.tensor(0.0), dist_reduce_fx="sum")
        self.add_state("samples", torch.tensor(0), dist_reduce_fx="sum")

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

    def compute(self) -> Tensor:
        return self.total / self.samples


class DepthMetric(Metric):
    """Average one number about depth, or disparity, that was aligned already, over images.

    `pixelwise` gives what is averaged over the valid pixels of an image, `finish` makes the number
    of these means; images count alike (Marigold, src/util/metric.py). A sample without valid pixels
    counts for nothing; NaN if there was no other.
    """

    full_state_update = False
    total: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.tensor(0.0), dist_reduce_fx="sum")
        self.add_state("count", torch.tensor(0), dist_reduce_fx="sum")

    def pixelwise(self, pred: Tensor, target: Tensor) -> Sequence[Tensor]:
        """Return one or several maps of the inputs' shape."""
        raise NotImplementedError

    def finish(self, means: Tensor) -> Tensor:
        """Return the number [B] of an image from the means [maps, B]."""
        return means[0]

    def update(self, pred: Tensor, target: Tensor, valid: Tensor) -> None:
        """All [B, 1, H, W]; target > 0 where valid."""
        pred = pred.to(torch.promote_types(pred.dtype, torch.float32))
        maps = self.pixelwise(pred.masked_fill(~valid, 1), target.masked_fill(~valid, 1))
        sums = torch.stack([one.masked_fill(~valid, 0).flatten(1).sum(1) for one in maps])
        pixels = valid.flatten(1).sum(1)
        self.total += (self.finish(sums / pixels.clamp(min=1)) * (pixels > 0)).sum()
        self.count += (pixels > 0).sum()

    def compute(self) -> Tensor:
        return self.total / self.count


class AbsoluteRelativeError(DepthMetric):
    """AbsRel: mean |pred - target| / target."""

    def pixelwise(self, pred: Tensor, target: Tensor) -> Sequence[Tensor]:
        return [(pred - target).abs() / target]


class DeltaAccuracy(DepthMetric):
    """delta_n: share of pixels with max(pred / target, target / pred) < 1.25**n.

    A prediction that is not positive is wrong; the ratios alone, being negative, would call it right.
    """

    def __init__(self, n: int = 1) -> None:
        super().__init__()
        self.threshold = 1.25**n

    def pixelwise(self, pred: Tensor, target: Tensor) -> Sequence[Tensor]:
        near = torch.maximum(pred / target, target / pred) < self.threshold
        return [(near & (pred > 0)).to(pred.dtype)]


class RootMeanSquareError(DepthMetric):
    """RMSE: root of the mean (pred - target)^2, in their unit."""

    def pixelwise(self, pred: Tensor, target: Tensor) -> Sequence[Tensor]:
        return [(pred - target).square()]

    def finish(self, means: Tensor) -> Tensor:
        return means[0].sqrt()


def _logarithm(pred: Tensor) -> Tensor:
    if (pred <= 0).any():
        raise ValueError("logarithms need predictions > 0 where valid; clip them first")
    return pred.log()


class Log10Error(DepthMetric):
    """log10: mean |log10 pred - log10 target|. Raises ValueError unless pred > 0 where valid."""

    def pixelwise(self, pred: Tensor, target: Tensor) -> Sequence[Tensor]:
        return [(_logarithm(pred) - target.log()).abs() / math.log(10)]


class ScaleInvariantLogError(DepthMetric):
    """SILog: 100 sqrt(mean g^2 - (mean g)^2), g = log pred - log target.

    With the root and the factor of Marigold's `silog_rmse` and of KITTI's table. Eigen et al. (arXiv
    1406.2283, eq. 1) define the square without them; training losses called SILog subtract only a
    part, often half, of (mean g)^2. Raises ValueError unless pred > 0 where valid.
    """

    def pixelwise(self, pred: Tensor, target: Tensor) -> Sequence[Tensor]:
        ratio = _logarithm(pred) - target.log()
        return [ratio, ratio.square()]

    def finish(self, means: Tensor) -> Tensor:
        return 100 * (means[1] - means[0].square()).clamp(min=0).sqrt()
