"""The relative losses in one pass: value and derivative of SSI and gradient loss together.

A sample at a time on a CPU, because its maps then fit into the cache, and without autograd, because
no step has to be kept. `benchmarks/losses.py` measures what that is worth; what is computed, and
why, is in `losses.py`; `tests/test_losses.py` compares it with plain loops over pixels.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from dav2.alignment import EPSILON

SSI_WEIGHT, GRADIENT_WEIGHT = 1.0, 2.0  # V2 section 7.1
GRADIENT_SCALES = 4  # the MiDaS reference code; V2 does not state it
BLOCK_PX = 14  # side of a region of `trim_by="region"`: a patch. Ours; V2 states no size
CACHE_PX = 2**18  # on a CPU, about as many pixels at a time as its cache holds in all their maps
SAMPLE_STEP = 61  # odd, so that a sample of pixels does not fall on few columns of the picture

TrimBy = Literal["pixel", "region"]


class Recipe(NamedTuple):
    """Weights and trim; see `losses.depth_anything_loss`."""

    ssi_weight: float = SSI_WEIGHT
    gradient_weight: float = GRADIENT_WEIGHT
    scales: int = GRADIENT_SCALES
    trim: float = 0.0
    trim_by: TrimBy = "pixel"
    block_px: int = BLOCK_PX
    trim_gradient: bool = False


def _number(mask: Tensor) -> Tensor:
    """A contiguous mask as uint8, without a copy: all that PyTorch does to bool is slow on a CPU."""
    return mask.view(torch.uint8)


def count(mask: Tensor) -> Tensor:
    return _number(mask).flatten(1).sum(1, dtype=torch.int32)


def finite(values: Tensor, valid: Tensor) -> Tensor:
    """Blank what is not valid if need be: NaN and infinity would survive a multiplication by 0."""
    return values if values.detach().sum().isfinite() else torch.where(valid, values, 0)


def _select(row: np.ndarray, rank: int) -> tuple[float, int]:
    """The value of a flat array that has `rank` smaller ones before it, exactly, and its place.

    A small sample says between which two values it lies; only what lies there is looked at
    (Floyd and Rivest, 1975). Where the sample was wrong, everything is.
    """
    sample = np.sort(row[::SAMPLE_STEP])
    centre, margin = rank * len(sample) // len(row), 2 * int(len(sample) ** 0.5)
    low = sample[max(centre - margin, 0)]
    high = sample[min(centre + margin, len(sample) - 1)]
    below = np.count_nonzero(row < low)
    between = np.compress((row >= low) & (row <= high), row)
    if not below <= rank < below + len(between):
        below, between = 0, row
    value = np.partition(between, rank - below)[rank - below]
    return value, int(np.argmax(row == value))


def _kth(values: Tensor, rank: Tensor) -> tuple[Tensor, Tensor]:
    """Per row of [B, N], the value that has rank [B] smaller ones before it; place, both [B, 1]."""
    rank = rank.long()
    if values.device.type != "cpu" or values.shape[1] < 2**12:
        ordered, places = values.sort(1)
        rank = rank[:, None]
        return ordered.gather(1, rank), places.gather(1, rank)
    found = [_select(row, k) for row, k in zip(values.numpy(), rank.tolist(), strict=True)]
    value, place = zip(*found, strict=True)
    return values.new_tensor(value)[:, None], torch.tensor(place)[:, None]


class _Pixels(NamedTuple):
    """Which pixels of [B, N] count, in the three forms that are needed."""

    known: Tensor  # 1 where valid, else 0
    hidden: Tensor  # 0 where valid, else infinity: what is hidden comes last in an order
    count: Tensor  # [B, 1], of valid pixels, at least 1


def _normalise(values: Tensor, pixels: _Pixels) -> tuple[Tensor, Tensor, Tensor]:
    """What `dav2.alignment.normalise` returns, with the deviation and the place of the median."""
    median, place = _kth(values + pixels.hidden, (pixels.count[:, 0] - 1) // 2)
    median = torch.where(median.isinf(), 0, median)  # no pixel is valid
    centred = (values - median).mul_(pixels.known)
    deviation = centred.abs().sum(1, keepdim=True) / pixels.count + EPSILON
    return centred.div_(deviation), deviation, place


def _kept_pixels(error: Tensor, pixels: _Pixels, trim: float) -> Tensor:
    """[B, N]: 0 for the `trim` of the valid pixels with the largest errors, else 1; ties share."""
    kept = pixels.count - (pixels.count.double() * trim).floor()
    last, _ = _kth(error + pixels.hidden, kept[:, 0] - 1)
    weight = _number(error < last) * pixels.known
    tied = _number(error == last) * pixels.known
    share = (kept - weight.sum(1, keepdim=True)) / tied.sum(1, keepdim=True).clamp(min=1)
    return weight.add_(tied.mul_(share))


def _kept_regions(error: Tensor, known: Tensor, trim: float, block: int) -> Tensor:
    """[B, H, W]: 0 in the `trim` of the blocks with the largest mean error, else `known`."""
    height, width = error.shape[-2:]

    def sums(values: Tensor) -> Tensor:
        edge = (0, -width % block, 0, -height % block)
        rows = F.pad(values, edge).unflatten(-2, (-1, block)).unflatten(-1, (-1, block))
        return rows.sum((-3, -1))  # [B, rows of blocks, columns of blocks]

    pixels = sums(known)
    # A block without valid pixels comes last in the order, and is none of those counted.
    mean = (sums(error) / pixels.clamp(min=1)).masked_fill(pixels == 0, -1)
    order = mean.flatten(1).argsort(1, descending=True)
    dropped = ((pixels > 0).flatten(1).sum(1, keepdim=True).double() * trim).floor()
    rank = torch.arange(order.shape[1], device=order.device).expand_as(order)
    kept = torch.empty_like(mean.flatten(1)).scatter_(1, order, (rank >= dropped).to(mean.dtype))
    kept = kept.view_as(mean).repeat_interleave(block, 1).repeat_interleave(block, 2)
    return kept[:, :height, :width] * known


def _changes(residual: Tensor, known: Tensor, slope: Tensor, weight: float, scales: int) -> Tensor:
    """Sum over scales of |d/dx R| + |d/dy R| per valid pixel [B]; adds its derivative to `slope`.

    All [B, H, W]; `known` is 1 where valid, else 0. The derivative is multiplied by `weight`.
    """
    total = residual.new_zeros(len(residual))
    if not scales:
        return total
    per_pixel = 1 / known.sum((1, 2)).clamp(min=1)
    for axis in (1, 2):
        length = residual.shape[axis] - 1
        before, after = (axis, 0, length), (axis, 1, length)
        change = residual.narrow(*after) - residual.narrow(*before)
        # A pair counts only if both its pixels are valid.
        change.mul_(known.narrow(*after)).mul_(known.narrow(*before))
        total += change.abs().sum((1, 2)) * per_pixel
        # |x| has the derivative sign(x): one pixel of the pair gets it, the other its negative.
        change.sign_().mul_(weight * per_pixel[:, None, None])
        slope.narrow(*after).add_(change)
        slope.narrow(*before).sub_(change)
    # Slicing, not averaging: an averaged residual would blur the very edges it should sharpen.
    residual, known = (values[:, ::2, ::2].contiguous() for values in (residual, known))
    coarse = torch.zeros_like(residual)
    total += _changes(residual, known, coarse, weight, scales - 1)
    slope[:, ::2, ::2] += coarse
    return total


def _value_and_slope(
    pred: Tensor, target: Tensor, valid: Tensor, recipe: Recipe
) -> tuple[Tensor, Tensor, Tensor]:
    """SSI and gradient loss [B], and the derivative [B, H, W] of their weighted sum by pred."""
    shape = pred.shape  # [B, H, W]
    known = _number(valid).flatten(1).to(pred.dtype)
    pixels = _Pixels(known, known.reciprocal().sub_(1), known.sum(1, keepdim=True).clamp(min=1))
    p, deviation, place = _normalise(pred.flatten(1), pixels)
    residual = _normalise(target.flatten(1), pixels)[0].neg_().add_(p)
    error, slope = residual.abs(), residual.sign()  # |x| has the derivative sign(x)

    kept, kept_count = known, pixels.count
    if recipe.trim:
        if recipe.trim_by == "pixel":
            kept = _kept_pixels(error, pixels, recipe.trim)
        else:
            maps = error.view(shape), known.view(shape)
            kept = _kept_regions(*maps, recipe.trim, recipe.block_px).flatten(1)
        kept_count = kept.sum(1, keepdim=True).clamp(min=1)
        error *= kept
        slope *= kept
    ssi = error.sum(1) / kept_count[:, 0]
    slope *= recipe.ssi_weight / kept_count

    used = (kept > 0).to(known.dtype) if recipe.trim_gradient else known
    maps = residual.view(shape), used.view(shape), slope.view(shape)
    gradient = _changes(*maps, recipe.gradient_weight, recipe.scales)

    # Back through (pred - median) / deviation, whose deviation and median depend on pred as well.
    through_deviation = (slope * p).sum(1, keepdim=True) / pixels.count
    slope -= p.sign_().mul_(through_deviation)
    slope /= deviation
    slope.scatter_(1, place, slope.gather(1, place) - slope.sum(1, keepdim=True))
    return ssi, gradient, slope.view(shape)


class Relative(torch.autograd.Function):
    """sum_i weight_i (ssi_i + gradient_i), each with its own factor; the derivative comes along."""

    @staticmethod
    def forward(
        ctx: Any, pred: Tensor, target: Tensor, valid: Tensor, weight: Tensor, recipe: Recipe
    ) -> tuple[Tensor, Tensor, Tensor]:
        batch, _, height, width = pred.shape
        on_cpu = pred.device.type == "cpu"
        at_once = max(1, CACHE_PX // (height * width)) if on_cpu else batch
        slope = torch.empty_like(pred, memory_format=torch.contiguous_format)
        ssi, gradient = torch.empty_like(weight), torch.empty_like(weight)
        for part in (slice(i, i + at_once) for i in range(0, batch, at_once)):
            ssi[part], gradient[part], slopes = _value_and_slope(
                *(maps[part, 0].contiguous() for maps in (pred, target, valid)), recipe
            )
            torch.mul(slopes, weight[part, None, None], out=slope[part, 0])
        ctx.save_for_backward(slope)
        ssi, gradient = (ssi * weight).sum(), (gradient * weight).sum()
        ctx.mark_non_differentiable(ssi, gradient)
        return recipe.ssi_weight * ssi + recipe.gradient_weight * gradient, ssi, gradient

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        return ctx.saved_tensors[0] * upstream, None, None, None, None
