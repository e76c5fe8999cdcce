"""Relative disparity has no scale and no shift: two ways to remove or restore them."""

import torch
from torch import Tensor

EPSILON = 1e-6


def normalise(disparity: Tensor, valid: Tensor) -> Tensor:
    """Subtract the median and divide by the mean absolute deviation from it, per sample.

    Both are taken over the valid pixels only (Depth Anything, arXiv 2401.10891, eq. 2-3; the
    widely copied `median(mask * target)` lets masked zeros in). The result is invariant to any
    scale > 0 and any shift of the input. Invalid pixels come back as 0.

    Args:
        disparity: [B, 1, H, W].
        valid: bool, same shape. A sample without valid pixels comes back as zeros.
    """
    shape = disparity.shape
    flat, known = disparity.flatten(1), valid.flatten(1)  # [B, N]
    count = known.sum(1, keepdim=True).clamp(min=1)
    median = flat.detach().masked_fill(~known, torch.nan).nanmedian(1, keepdim=True)  # [B, 1]
    # Gathering by index keeps the gradient through the median pixel, as torch.median does.
    index = median.indices.clamp(min=0)
    centred = (flat - flat.gather(1, index)).masked_fill(~known, 0)
    deviation = centred.abs().sum(1, keepdim=True) / count
    return (centred / (deviation + EPSILON)).view(shape)


def scale_and_shift(pred: Tensor, target: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """Fit the least-squares scale and shift [B] that bring `pred` closest to `target` on valid pixels.

    Closed form of MiDaS (arXiv 1907.01341, eq. 4). Where the prediction is constant, or fewer
    than two pixels are valid, the scale is 0 and the shift is the target's mean.
    """
    known = valid.flatten(1).double()
    x, y = pred.flatten(1).double(), target.flatten(1).double()
    x, y = x.masked_fill(known == 0, 0), y.masked_fill(known == 0, 0)
    count = known.sum(1).clamp(min=1)
    mean_x, mean_y = x.sum(1) / count, y.sum(1) / count
    dx, dy = (x - mean_x[:, None]) * known, (y - mean_y[:, None]) * known
    variance = dx.square().sum(1)
    flat = variance <= 1e-12 * count * (1 + mean_x.square())
    scale = torch.where(flat, 0.0, (dx * dy).sum(1) / variance.masked_fill(flat, 1))
    shift = mean_y - scale * mean_x
    return scale.to(pred.dtype), shift.to(pred.dtype)


def align(pred: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Apply to `pred` [B, 1, H, W] its least-squares scale and shift towards `target`."""
    scale, shift = scale_and_shift(pred, target, valid)
    return pred * scale[:, None, None, None] + shift[:, None, None, None]
