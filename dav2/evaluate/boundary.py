"""How sharp are depth's edges? Boundary F1, precision and recall (Depth Pro, arXiv 2410.02073, 3.2).

Two neighbours have an occluding contour between them if one is more than t times as far as the
other. These are found in prediction and truth for ten t from 1.05 to 1.25, left to right, right to
left, down and up; scores are averaged over the four directions and, weighted by t, over the t.
No scale changes them. A shift of depth or disparity does: relative predictions must be aligned first.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torchmetrics import Metric

from dav2.errors import UserError

THRESHOLDS = torch.linspace(1.05, 1.25, 10, dtype=torch.float64)


class Boundary(NamedTuple):
    """Scores from 0 to 1, or NaN where the truth has no contour at all."""

    f1: float
    precision: float  # share of the predicted contours that are true
    recall: float  # share of the true contours that were predicted


def _ratios(depth: Tensor, valid: Tensor) -> list[Tensor]:
    """Divide depth by the neighbour's depth, for four neighbours; 0 if either is unknown."""
    depth = depth.double().masked_fill(~valid, 1)
    ratios = []
    for axis in (1, 0):
        size = depth.shape[axis] - 1
        first, second = depth.narrow(axis, 0, size), depth.narrow(axis, 1, size)
        known = valid.narrow(axis, 0, size) & valid.narrow(axis, 1, size)
        ratios += [second / first * known, first / second * known]
    return ratios


def boundary_scores(pred: Tensor, target: Tensor, valid: Tensor | None = None) -> Boundary:
    """Compute boundary F1, precision and recall of a depth map; disparity gives the same numbers.

    Precision divides by what was predicted and recall by what is true, as in Depth Pro's code
    (eval/boundary_metrics.py, `boundary_f1`). Eq. 3 of the paper, with the hat read as "predicted",
    has the two names the other way round; F1 is the same. A direction without true contours says
    nothing about recall, and one without any contour nothing about precision; Depth Pro counts them
    as 0, by which a perfect prediction could miss 1. All else is equal, and so are the numbers where
    the truth has contours in all directions.

    For mattes and segmentation masks the paper has a recall of its own, which is not here.

    Args:
        pred, target: [H, W], positive and finite where valid.
        valid: bool [H, W]; a pair with an unknown pixel has no contour. None: all.

    Raises:
        UserError: sizes differ, or a value is not positive and finite.
    """
    valid = torch.ones_like(target, dtype=torch.bool) if valid is None else valid
    if not (pred.ndim == 2 and pred.shape == target.shape == valid.shape):
        raise UserError(
            f"pred, target and valid must be [H, W], not {tuple(pred.shape)}, "
            f"{tuple(target.shape)}, {tuple(valid.shape)}"
        )
    for name, depth in (("pred", pred), ("target", target)):
        if not ((depth > 0) & depth.isfinite() | ~valid).all():
            raise UserError(f"{name} must be positive and finite where valid; clip it first")
    counts = torch.zeros(3, len(THRESHOLDS), 4, dtype=torch.float64)  # both, predicted, true
    for i, (found, true) in enumerate(
        zip(_ratios(pred, valid), _ratios(target, valid), strict=True)
    ):
        for j, threshold in enumerate(THRESHOLDS):
            found_here, true_here = found > threshold, true > threshold
            counts[:, j, i] = torch.stack(
                [(found_here & true_here).sum(), found_here.sum(), true_here.sum()]
            )
    both, found, true = counts
    nan = torch.tensor(torch.nan, dtype=torch.float64)
    recall = torch.where(true > 0, both / true.clamp(min=1), nan).nanmean(1)
    precision = torch.where((found > 0) | (true > 0), both / found.clamp(min=1), nan).nanmean(1)
    f1 = 2 * precision * recall / (precision + recall).masked_fill(precision + recall == 0, 1)
    known = true.sum(1) > 0
    weights = THRESHOLDS * known / (THRESHOLDS * known).sum()  # NaN if no threshold is known
    return Boundary(
        *(float((weights * one.masked_fill(~known, 0)).sum()) for one in (f1, precision, recall))
    )


class BoundaryScore(Metric):
    """`boundary_scores`, averaged over images; images without a true contour are left out."""

    full_state_update = False
    total: Tensor
    images: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.zeros(3), dist_reduce_fx="sum")
        self.add_state("images", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, pred: Tensor, target: Tensor, valid: Tensor) -> None:
        """Add depths [B, 1, H, W], positive and finite where valid."""
        for sample in zip(pred, target, valid, strict=True):
            scores = torch.tensor(boundary_scores(*(one[0] for one in sample)))
            if not scores.isnan().any():
                self.total += scores.to(self.total)
                self.images += 1

    def compute(self) -> dict[str, Tensor]:
        names = (f"boundary_{name}" for name in Boundary._fields)
        return dict(zip(names, self.total / self.images, strict=True))
