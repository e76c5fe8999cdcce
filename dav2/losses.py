"""The losses of Depth Anything V2, exact per sample, over valid pixels only.

The relative losses take `pred` and `target` disparity and `valid` bool, all [B, 1, H, W], and return
the mean over the samples that have valid pixels: a scalar, in float32 (float64 if `pred` is).
Only `pred` learns. Taught in lesson 04.
Sources: V1 = arXiv 2401.10891, V2 = arXiv 2406.09414, MiDaS = 1907.01341.

What is done to the pixels is in `relative_loss.py`, written for speed.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dav2.alignment import normalise
from dav2.relative_loss import (
    BLOCK_PX,
    GRADIENT_SCALES,
    GRADIENT_WEIGHT,
    Recipe,
    Relative,
    TrimBy,
    count,
    finite,
)

__all__ = [
    "GRADIENT_WEIGHT",
    "TRIM",
    "FeatureAlignment",
    "TrimBy",
    "depth_anything_loss",
    "feature_loss",
    "gradient_loss",
    "normalise",
    "silog_loss",
    "ssi_loss",
]

TRIM = 0.1  # V2 section 5.2, on pseudo-labels
SILOG_VARIANCE = 0.5  # V2 metric_depth/: share of the squared mean that is forgiven
TOLERANCE = 0.85  # V1 section 4.1: patches already this similar are left alone


def _check(pred: Tensor, target: Tensor, valid: Tensor) -> None:
    if not pred.shape == target.shape == valid.shape or pred.ndim != 4 or pred.shape[1] != 1:
        raise ValueError(
            "pred, target and valid must share one shape [B, 1, H, W], not "
            f"{tuple(pred.shape)}, {tuple(target.shape)}, {tuple(valid.shape)}"
        )
    if valid.dtype != torch.bool:
        raise ValueError(f"valid must be bool, not {valid.dtype}")


def _relative(
    pred: Tensor, target: Tensor, valid: Tensor, region: Tensor | None, recipe: Recipe
) -> tuple[Tensor, Tensor, Tensor]:
    """(total, ssi, gradient), the mean over samples; `region` splits each into two."""
    _check(pred, target, valid)
    if not 0 <= recipe.trim < 1:
        raise ValueError(f"trim must lie in 0 <= trim < 1, not {recipe.trim}")
    if recipe.trim_by not in ("pixel", "region") or recipe.block_px < 1:
        raise ValueError(
            f"trim_by must be pixel or region, not {recipe.trim_by}; block_px at least 1, "
            f"not {recipe.block_px}"
        )
    if pred.dtype != torch.float64:
        pred = pred.float()
    pred, target = finite(pred, valid), finite(target.to(pred.dtype), valid)
    samples = (count(valid.contiguous()) > 0).to(pred.dtype)
    weight = samples / samples.sum().clamp(min=1)
    if region is None:
        return Relative.apply(pred, target, valid, weight, recipe)
    _check(pred, target, region)
    share = count(region.contiguous()) / region[0].numel()
    one = Relative.apply(pred, target, valid & region, weight * share, recipe)
    other = Relative.apply(pred, target, valid & ~region, weight * (1 - share), recipe)
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def ssi_loss(
    pred: Tensor,
    target: Tensor,
    valid: Tensor,
    trim: float = 0.0,
    *,
    trim_by: TrimBy = "pixel",
    block_px: int = BLOCK_PX,
    region: Tensor | None = None,
) -> Tensor:
    """Scale-and-shift-invariant L1: mean |pred^ - target^| of the normalised maps (V1 eq. 1-3).

    Arguments, shapes and errors are those of `depth_anything_loss`.
    """
    recipe = Recipe(1.0, 0.0, 0, trim, trim_by, block_px)
    return _relative(pred, target, valid, region, recipe)[0]


def gradient_loss(
    pred: Tensor,
    target: Tensor,
    valid: Tensor,
    scales: int = GRADIENT_SCALES,
    *,
    region: Tensor | None = None,
) -> Tensor:
    """Multi-scale gradient matching on the normalised residual (MiDaS, eq. 11).

    Sums |d/dx R| + |d/dy R| over `scales` levels, each sub-sampled by 2 and divided by its own
    number of valid pixels. A pair of pixels counts only if both are valid.
    """
    return _relative(pred, target, valid, region, Recipe(0.0, 1.0, scales))[0]


def depth_anything_loss(
    pred: Tensor,
    target: Tensor,
    valid: Tensor,
    trim: float = 0.0,
    gradient_weight: float = GRADIENT_WEIGHT,
    *,
    trim_by: TrimBy = "pixel",
    block_px: int = BLOCK_PX,
    trim_gradient: bool = False,
    region: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """The training loss `ssi + gradient_weight * gradient`; returns (total, ssi, gradient).

    The weights 1 : 2 are the paper's (V2 section 7.1 and B.7). Only the total can be
    differentiated (once); the two parts are for the log.

    Args:
        pred, target: disparity [B, 1, H, W], any scale and shift; target may be anything where
            not valid. A sample without valid pixels is left out of the mean.
        valid: bool, same shape.
        trim: share of each sample with the largest error that is left out (V2 section 5.2: 0.1 on
            pseudo-labels). The median and the deviation are taken before that, over everything.
        trim_by: "pixel" or "region". The paper says "regions"; whether these are pixels or
            patches is not stated. A region is a square block of `block_px`, from the top left
            corner; its error is the mean over its valid pixels; blocks without any do not count.
        block_px: side of a region; 14 px, a patch, is ours.
        trim_gradient: leave the same pixels out of the second term too; not stated, so no.
        region: bool [B, 1, H, W], for pictures put together from two by CutMix (V1 eq. 5-8):
            True where the picture comes from the first. Each of the two regions is normalised
            and trimmed on its own, as if it were a picture, and weighs as much as its share of
            the area. One without valid pixels adds nothing, and its weight goes to nobody: a
            picture of which little is known teaches little.

    Raises:
        ValueError: shapes or types differ, trim is not in [0, 1), trim_by or block_px is unknown.
    """
    recipe = Recipe(
        gradient_weight=gradient_weight,
        trim=trim,
        trim_by=trim_by,
        block_px=block_px,
        trim_gradient=trim_gradient,
    )
    return _relative(pred, target, valid, region, recipe)


def feature_loss(features: Tensor, reference: Tensor, tolerance: float = TOLERANCE) -> Tensor:
    """Feature alignment with a frozen encoder: 1 - cosine, where it is not yet `tolerance` similar.

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
    """`feature_loss` of a student and a frozen encoder whose widths may differ.

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
    """Scale-invariant logarithmic loss of metric depth, over all valid pixels of the batch.

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
