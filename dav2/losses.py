"""The losses of Depth Anything V2, exact per sample, over valid pixels only.

The relative losses take `pred` and `target` disparity and `valid` bool, all [B, 1, H, W], and return
the mean over the samples that have valid pixels: a scalar, in float32 (float64 if `pred` is).
Taught in lesson 04.
Sources: V1 = arXiv 2401.10891, V2 = arXiv 2406.09414, MiDaS = 1907.01341.
"""

from collections.abc import Iterator
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dav2.alignment import normalise

TrimBy = Literal["pixel", "region"]

GRADIENT_WEIGHT = 2.0  # V2 section 7.1
GRADIENT_SCALES = 4  # the MiDaS reference code; V2 does not state it
TRIM = 0.1  # V2 section 5.2, on pseudo-labels
REGION_PX = 14  # side of a region of `trim_by="region"`: a patch. Ours
SILOG_VARIANCE = 0.5  # V2 metric_depth/: share of the squared mean that is forgiven
TOLERANCE = 0.85  # V1 section 4.1: patches already this similar are left alone


def depth_anything_loss(
    pred: Tensor,
    target: Tensor,
    valid: Tensor,
    trim: float = 0.0,
    gradient_weight: float = GRADIENT_WEIGHT,
    *,
    trim_by: TrimBy = "pixel",
    trim_gradient: bool = False,
    region: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Compute the training loss `ssi + gradient_weight * gradient`; returns (total, ssi, gradient).

    The weights 1 : 2 are the paper's (V2 section 7.1 and B.7).

    Args:
        pred, target: disparity [B, 1, H, W], any scale and shift; target may be anything where
            not valid. A sample without valid pixels is left out of the mean.
        valid: bool, same shape.
        trim: share of each sample with the largest error that is left out (V2 section 5.2: 0.1 on
            pseudo-labels). The median and the deviation are taken before that, over everything.
        trim_by: "pixel", as the author answered (Depth-Anything-V2#108: of the map of losses of one
            picture, the mean of what lies below its largest tenth), or "region", which is ours: a
            square block of `REGION_PX`, from the top left corner, whose error is the mean over its
            valid pixels; blocks without any do not count.
        trim_gradient: leave the same pixels out of the second term too; not stated, so no.
        region: bool [B, 1, H, W], for pictures put together from two by CutMix (V1 eq. 5-8):
            True where the picture comes from the first. Each of the two parts is normalised
            and trimmed on its own, as if it were a picture, and weighs as much as its share of
            the area. One without valid pixels adds nothing, and its weight goes to nobody: a
            picture of which little is known teaches little.

    Raises:
        ValueError: shapes or types differ, trim is not in [0, 1), trim_by is unknown.
    """
    _check(pred, target, valid)
    if not 0 <= trim < 1 or trim_by not in ("pixel", "region"):
        raise ValueError(
            f"trim must lie in 0 <= trim < 1, not {trim}; "
            f"trim_by must be pixel or region, not {trim_by}"
        )
    if pred.dtype != torch.float64:
        pred = pred.float()
    target = target.to(pred.dtype)
    ssi = gradient = torch.zeros_like(pred[:, 0, 0, 0])  # [B]
    for part, share in _parts(valid, region):
        residual = normalise(pred, part) - normalise(target, part)  # [B, 1, H, W]
        error = residual.abs()
        kept = _without_largest(error.detach(), part, trim, trim_by) if trim else part
        ssi = ssi + share * _mean(error, kept)
        gradient = gradient + share * _gradient(residual, kept if trim_gradient else part)
    samples = valid.flatten(1).any(1)  # [B]; one without valid pixels has the loss 0
    ssi, gradient = (loss.sum() / samples.sum().clamp(min=1) for loss in (ssi, gradient))
    return ssi + gradient_weight * gradient, ssi, gradient


def ssi_loss(
    pred: Tensor,
    target: Tensor,
    valid: Tensor,
    trim: float = 0.0,
    *,
    trim_by: TrimBy = "pixel",
    region: Tensor | None = None,
) -> Tensor:
    """Compute the scale-and-shift-invariant L1: mean |R|, R = pred^ - target^, both normalised.

    V1 eq. 1-3. Arguments, shapes and errors are those of `depth_anything_loss`.
    """
    return depth_anything_loss(pred, target, valid, trim, trim_by=trim_by, region=region)[1]


def gradient_loss(
    pred: Tensor, target: Tensor, valid: Tensor, *, region: Tensor | None = None
) -> Tensor:
    """Compute multi-scale gradient matching: |d/dx R| + |d/dy R| of the same residual R.

    MiDaS, eq. 11, summed over `GRADIENT_SCALES` levels, each sub-sampled by 2 and divided by its
    own number of valid pixels. A pair of pixels counts only if both are valid.
    """
    return depth_anything_loss(pred, target, valid, region=region)[2]


def _check(pred: Tensor, target: Tensor, valid: Tensor) -> None:
    if not pred.shape == target.shape == valid.shape or pred.ndim != 4 or pred.shape[1] != 1:
        raise ValueError(
            "pred, target and valid must share one shape [B, 1, H, W], not "
            f"{tuple(pred.shape)}, {tuple(target.shape)}, {tuple(valid.shape)}"
        )
    if valid.dtype != torch.bool:
        raise ValueError(f"valid must be bool, not {valid.dtype}")


def _parts(valid: Tensor, region: Tensor | None) -> Iterator[tuple[Tensor, Tensor | float]]:
    """Yield what is normalised on its own, bool [B, 1, H, W], and its share of the area [B]."""
    if region is None:
        yield valid, 1.0
        return
    _check(valid, valid, region)
    for part in (region, ~region):
        yield valid & part, part.flatten(1).float().mean(1)


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    """Average over the mask, per sample [B]; 0 where the mask is empty."""
    return (values * mask).flatten(1).sum(1) / mask.flatten(1).sum(1).clamp(min=1)


def _without_largest(error: Tensor, valid: Tensor, trim: float, trim_by: TrimBy) -> Tensor:
    """Take the `trim` of the blocks with the largest mean errors out of `valid` [B, 1, H, W]."""
    side = 1 if trim_by == "pixel" else REGION_PX

    def sums(values: Tensor) -> Tensor:
        return F.avg_pool2d(values, side, ceil_mode=True, divisor_override=1).flatten(1)

    pixels = sums(valid.to(error.dtype))  # [B, blocks]
    # A block without valid pixels comes last in the order, and is none of those counted.
    mean = (sums(error) / pixels).masked_fill(pixels == 0, torch.inf)
    blocks = (pixels > 0).sum(1, keepdim=True)
    kept = blocks - (blocks.double() * trim).floor()
    # Not `error <= k-th error`, which would keep all of several equal ones.
    order = mean.argsort(1)
    first = torch.arange(order.shape[1], device=order.device) < kept
    height, width = error.shape[-2:]
    grid = torch.empty_like(first).scatter_(1, order, first)
    grid = grid.view(len(error), 1, -(-height // side), -(-width // side))
    grid = grid.repeat_interleave(side, 2).repeat_interleave(side, 3)
    return grid[..., :height, :width] & valid


def _gradient(residual: Tensor, mask: Tensor) -> Tensor:
    """Sum the changes between neighbours that are both in the mask, per sample [B], over scales."""
    total = torch.zeros_like(residual[:, 0, 0, 0])
    for scale in range(GRADIENT_SCALES):
        # Slicing, not averaging: an averaged residual would blur the very edges it should sharpen.
        r, m = (values[..., :: 2**scale, :: 2**scale] for values in (residual, mask))
        across = (r[..., 1:] - r[..., :-1]).abs() * (m[..., 1:] & m[..., :-1])
        down = (r[..., 1:, :] - r[..., :-1, :]).abs() * (m[..., 1:, :] & m[..., :-1, :])
        changes = across.flatten(1).sum(1) + down.flatten(1).sum(1)
        total = total + changes / m.flatten(1).sum(1).clamp(min=1)
    return total


def feature_loss(features: Tensor, reference: Tensor, tolerance: float = TOLERANCE) -> Tensor:
    """Align features with a frozen encoder: 1 - cosine, where it is not yet `tolerance` similar.

    V1 eq. 9, on unlabelled photographs only. `features` and `reference` are final encoder maps
    [B, C, h, w] of the student and of the frozen encoder of the same size. Positions whose
    cosine already exceeds the tolerance carry no loss, so that parts of one object may still
    differ in depth.
    """
    if features.shape != reference.shape:
        same_place = features.shape[-2:] == reference.shape[-2:]
        raise ValueError(
            f"features {tuple(features.shape)} and reference {tuple(reference.shape)} differ; "
            + (
                "FeatureAlignment puts a linear projection before the comparison"
                if same_place
                else "choose an encoder of the same stride"
            )
        )
    cosine = F.cosine_similarity(features.float(), reference.float().detach(), dim=1)
    active = cosine <= tolerance
    return ((1 - cosine) * active).sum() / active.sum().clamp(min=1)


class FeatureAlignment(nn.Module):
    """Compare features of a student and a frozen encoder whose widths may differ, by `feature_loss`.

    Where they do, a linear projection of the student's features is learned along and thrown away
    after the training (V1#224, an author); equal widths are compared as they are.

    Args:
        width: channels C of the student's final map [B, C, h, w].
        reference_width: channels of the frozen encoder's.
    """

    def __init__(self, width: int, reference_width: int, tolerance: float = TOLERANCE):
        super().__init__()
        self.tolerance = tolerance
        same = width == reference_width
        self.projection = nn.Identity() if same else nn.Conv2d(width, reference_width, 1)

    def forward(self, features: Tensor, reference: Tensor) -> Tensor:
        return feature_loss(self.projection(features), reference, self.tolerance)


def silog_loss(pred: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Compute the scale-invariant logarithmic loss of metric depth, over all valid pixels of the batch.

    sqrt(mean(g^2) - 0.5 mean(g)^2), g = log target - log pred (V2 metric_depth/). A pred that is
    wrong by one factor pays sqrt(0.5) |log factor|.

    Args:
        pred, target: depth in metres [B, 1, H, W], > 0 where valid.

    Raises:
        ValueError: shapes or types differ, or a valid target is not above 0.
    """
    _check(pred, target, valid)
    if pred.dtype != torch.float64:
        pred = pred.float()
    known = target[valid].to(pred.dtype)
    if not known.numel():
        return pred.sum() * 0
    if not (known > 0).all():
        raise ValueError("valid target depth must be above 0 m; mark missing depth as not valid")
    # A sigmoid can round to 0 m, whose logarithm would end the training.
    gap = known.log() - pred[valid].clamp(min=1e-6).log()
    # Rounding can take a perfect pred below 0, and the root's slope at 0 is infinite.
    return (gap.square().mean() - SILOG_VARIANCE * gap.mean().square()).clamp(min=1e-12).sqrt()
