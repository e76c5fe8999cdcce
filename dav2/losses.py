"""The losses of Depth Anything V2, per sample, over valid pixels only, vectorised over the batch.

All take `pred` and `target` disparity (`silog_loss`: depth) [B, 1, H, W] and `valid` bool of the same shape, and return
a scalar: the mean over the samples that have valid pixels. Everything is computed in float32.
Taught in lesson 04. Sources: V1 = arXiv 2401.10891, V2 = arXiv 2406.09414, MiDaS = 1907.01341.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from dav2.alignment import normalise

SSI_WEIGHT, GRADIENT_WEIGHT = 1.0, 2.0  # V2 section 7.1
GRADIENT_SCALES = 4  # the MiDaS reference code; V2 does not state it
TRIM = 0.1  # V2 section 5.2, on pseudo-labels
SILOG_VARIANCE = 0.5  # V2 metric_depth/: share of the squared mean that is forgiven
TOLERANCE = 0.85  # V1 section 4.1: patches already this similar are left alone


def _check(pred: Tensor, target: Tensor, valid: Tensor) -> None:
    if not pred.shape == target.shape == valid.shape or pred.ndim != 4:
        raise ValueError(
            "pred, target and valid must share one shape [B, 1, H, W], not "
            f"{tuple(pred.shape)}, {tuple(target.shape)}, {tuple(valid.shape)}"
        )
    if valid.dtype != torch.bool:
        raise ValueError(f"valid must be bool, not {valid.dtype}")


def _mean_over_samples(per_sample: Tensor, has_pixels: Tensor) -> Tensor:
    return (per_sample * has_pixels).sum() / has_pixels.sum().clamp(min=1)


def _ssi(pred: Tensor, target: Tensor, valid: Tensor, trim: float) -> Tensor:
    error = (pred - target).abs().flatten(1)  # [B, N], of normalised maps
    known = valid.flatten(1)
    count = known.sum(1)
    if trim:
        # Sorting puts each sample's largest errors first; invalid pixels (-1) come last.
        ordered = error.masked_fill(~known, -1).sort(1, descending=True).values
        rank = torch.arange(ordered.shape[1], device=ordered.device)
        dropped = (count * trim).long()[:, None]
        kept = (rank >= dropped) & (rank < count[:, None])
        error, known = ordered, kept
    kept_count = known.sum(1)
    per_sample = (error * known).sum(1) / kept_count.clamp(min=1)
    return _mean_over_samples(per_sample, kept_count > 0)


def _gradient(pred: Tensor, target: Tensor, valid: Tensor, scales: int) -> Tensor:
    total = pred.new_zeros(())
    for scale in range(scales):
        step = 2**scale
        # Slicing, not averaging: an averaged residual would blur the very edges it should sharpen.
        residual = (pred - target)[..., ::step, ::step]
        known = valid[..., ::step, ::step]
        pairs_x = known[..., :, 1:] & known[..., :, :-1]
        pairs_y = known[..., 1:, :] & known[..., :-1, :]
        change_x = (residual[..., :, 1:] - residual[..., :, :-1]).abs() * pairs_x
        change_y = (residual[..., 1:, :] - residual[..., :-1, :]).abs() * pairs_y
        count = known.flatten(1).sum(1)
        changes = change_x.flatten(1).sum(1) + change_y.flatten(1).sum(1)
        total = total + _mean_over_samples(changes / count.clamp(min=1), count > 0)
    return total


def ssi_loss(pred: Tensor, target: Tensor, valid: Tensor, trim: float = 0.0) -> Tensor:
    """Scale-and-shift-invariant L1: mean |pred^ - target^| of the normalised maps (V1 eq. 1-3).

    Args:
        trim: share of each sample's valid pixels with the largest error that is left out
            (V2 section 5.2: 0.1 on pseudo-labels). The paper says "regions"; whether these are
            pixels or patches is not stated, so pixels are taken here.
    """
    _check(pred, target, valid)
    if not 0 <= trim < 1:
        raise ValueError(f"trim must lie in 0..1, not {trim}")
    pred, target = normalise(pred.float(), valid), normalise(target.float(), valid)
    return _ssi(pred, target, valid, trim)


def gradient_loss(
    pred: Tensor, target: Tensor, valid: Tensor, scales: int = GRADIENT_SCALES
) -> Tensor:
    """Multi-scale gradient matching on the normalised residual (MiDaS, eq. 11).

    Sums |d/dx R| + |d/dy R| over `scales` levels, each sub-sampled by 2 and divided by its own
    number of valid pixels. A pair of pixels counts only if both are valid.
    """
    _check(pred, target, valid)
    pred, target = normalise(pred.float(), valid), normalise(target.float(), valid)
    return _gradient(pred, target, valid, scales)


def depth_anything_loss(
    pred: Tensor,
    target: Tensor,
    valid: Tensor,
    trim: float = 0.0,
    gradient_weight: float = GRADIENT_WEIGHT,
) -> tuple[Tensor, Tensor, Tensor]:
    """The training loss `ssi + gradient_weight * gradient`; returns (total, ssi, gradient).

    The weights 1 : 2 are the paper's (V2 section 7.1 and B.7). Normalises once for both terms.
    Only the first term is trimmed; for the second the paper does not say.
    """
    _check(pred, target, valid)
    pred, target = normalise(pred.float(), valid), normalise(target.float(), valid)
    ssi = _ssi(pred, target, valid, trim)
    gradient = _gradient(pred, target, valid, GRADIENT_SCALES)
    return SSI_WEIGHT * ssi + gradient_weight * gradient, ssi, gradient


def feature_loss(features: Tensor, reference: Tensor, tolerance: float = TOLERANCE) -> Tensor:
    """Feature alignment with a frozen encoder: 1 - cosine, where it is not yet `tolerance` similar.

    V1 eq. 9, on unlabelled photographs only. `features` and `reference` are final encoder maps
    [B, C, h, w] of the student and of the frozen encoder of the same size. Positions whose
    cosine already exceeds the tolerance carry no loss, so that parts of one object may still
    differ in depth.
    """
    if features.shape != reference.shape:
        raise ValueError(
            f"features {tuple(features.shape)} and reference {tuple(reference.shape)} differ; "
            "put a linear projection before the comparison"
        )
    cosine = F.cosine_similarity(features.float(), reference.float().detach(), dim=1)
    active = cosine <= tolerance
    return ((1 - cosine) * active).sum() / active.sum().clamp(min=1)


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
    known = target[valid].float()
    if not known.numel():
        return pred.sum() * 0
    if not (known > 0).all():
        raise ValueError("valid target depth must be above 0 m; mark missing depth as not valid")
    # A sigmoid can round to 0 m, whose logarithm would end the training.
    gap = known.log() - pred[valid].float().clamp(min=1e-6).log()
    # Rounding can take a perfect pred below 0, and the root's slope at 0 is infinite.
    return (gap.square().mean() - SILOG_VARIANCE * gap.mean().square()).clamp(min=1e-12).sqrt()
