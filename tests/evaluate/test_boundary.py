"""Boundary scores: by hand, against Depth Pro's formula, and what blur and noise do."""

import math

import numpy as np
import pytest
import torch

from dav2.evaluate.boundary import THRESHOLDS, Boundary, BoundaryScore, boundary_scores


def row(*values):
    return torch.tensor([values], dtype=torch.float64)


def blocks(seed=0):
    """A depth map of boxes before a wall: contours in all directions, at all thresholds."""
    rng = np.random.default_rng(seed)
    depth = np.full((48, 64), 8.0)
    for _ in range(8):
        top, left = rng.integers(2, 36), rng.integers(2, 50)
        depth[top : top + 9, left : left + 11] = rng.uniform(1, 6)
    return torch.from_numpy(depth)


def blurred(depth, times):
    for _ in range(times):
        padded = torch.nn.functional.pad(depth[None, None], (1, 1, 1, 1), mode="replicate")
        depth = torch.nn.functional.avg_pool2d(padded, 3, 1)[0, 0]
    return depth


@pytest.mark.parametrize(
    ("pred", "precision", "recall"),
    [
        ((1, 1, 2, 2), 1, 1),
        ((5, 5, 9, 9), 1, 1),  # the step need not be as high
        ((1, 1, 2, 4), 1 / 2, 1),  # a step too many
        ((1, 1, 1, 2), 0, 0),  # one pixel off
        ((2, 2, 1, 1), 0, 0),  # the other side is nearer
        ((1, 1, 1, 1), 0, 0),
    ],
)
def test_one_step_by_hand(pred, precision, recall):
    found = boundary_scores(row(*pred), row(1, 1, 2, 2))
    f1 = 2 * precision * recall / (precision + recall) if precision else 0
    assert found == pytest.approx(Boundary(f1, precision, recall))


def test_two_steps_of_three_are_found():
    found = boundary_scores(row(1, 2, 4, 4, 4), row(1, 2, 4, 8, 8))
    assert found == pytest.approx(Boundary(2 * (2 / 3) / (5 / 3), 1, 2 / 3))


def test_thresholds_are_weighted_by_themselves():
    # True ratios 1.1 and 1.3; the first is found. Three of ten thresholds lie below 1.1: there two
    # contours are true and one is found; above, the only true one is not.
    assert THRESHOLDS.tolist() == pytest.approx([1.05 + i * 0.2 / 9 for i in range(10)])
    below = (1.05 + 1.0722222 + 1.0944444) / 11.5
    found = boundary_scores(row(1, 1.1, 1.1), row(1, 1.1, 1.43))
    assert found == pytest.approx(Boundary(below * 2 / 3, below, below / 2))


def test_precision_is_of_what_was_predicted_and_recall_of_what_is_true():
    few, many = row(1, 1, 2, 2, 2), row(1, 1, 2, 4, 8)
    assert boundary_scores(few, many) == pytest.approx(Boundary(0.5, 1, 1 / 3))
    assert boundary_scores(many, few) == pytest.approx(Boundary(0.5, 1 / 3, 1))


def depth_pro(pred, target):
    """Their formula, pixel by pixel, on disparity as in their code."""
    pred, target = 1 / pred, 1 / target
    height, width = target.shape
    sums = np.zeros(3)
    for threshold in np.linspace(1.05, 1.25, 10):
        precision = recall = 0
        for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            both = found = true = 0
            for y in range(max(0, -down), height - max(0, down)):
                for x in range(max(0, -right), width - max(0, right)):
                    p = pred[y + down, x + right] / pred[y, x] > threshold
                    t = target[y + down, x + right] / target[y, x] > threshold
                    both, found, true = both + (p and t), found + p, true + t
            precision += both / max(found, 1) / 4
            recall += both / max(true, 1) / 4
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0
        sums += threshold * np.array([f1, precision, recall])
    return sums / np.linspace(1.05, 1.25, 10).sum()


def test_depth_pro_gives_the_same_numbers():
    rng = np.random.default_rng(3)
    target = rng.lognormal(0, 0.3, (9, 11))
    pred = target * rng.lognormal(0, 0.1, target.shape)
    scores = boundary_scores(torch.from_numpy(pred), torch.from_numpy(target))
    assert scores == pytest.approx(depth_pro(pred, target))
    assert 0.2 < scores.f1 < 0.98


def test_scale_changes_nothing_and_disparity_gives_the_same_numbers():
    target = blocks()
    pred = blurred(target, 1)
    scores = boundary_scores(pred, target)
    assert boundary_scores(7 * pred, 0.1 * target) == pytest.approx(scores)
    assert boundary_scores(1 / pred, 1 / target) == pytest.approx(scores)
    assert boundary_scores(target, target) == pytest.approx(Boundary(1, 1, 1))


def test_blur_lowers_recall_and_noise_lowers_precision():
    target = blocks()
    blurs = [boundary_scores(blurred(target, times), target) for times in (0, 2, 8, 40)]
    assert [b.recall for b in blurs] == sorted({b.recall for b in blurs}, reverse=True)
    noise = torch.randn_like(target)
    noisy = [
        boundary_scores(target * (amount * noise).exp(), target) for amount in (0, 0.05, 0.2, 0.5)
    ]
    assert [n.precision for n in noisy] == sorted({n.precision for n in noisy}, reverse=True)


def test_pairs_with_an_unknown_pixel_do_not_count():
    target, pred = row(1, 1, 2, 2, 4), row(1, 1, 2, 2, 2)
    valid = torch.tensor([[True, True, True, True, False]])
    assert boundary_scores(pred, target).recall == 0.5
    for unknown in (torch.nan, 0.0, torch.inf):
        pred[0, 4] = target[0, 4] = unknown
        assert boundary_scores(pred, target, valid) == pytest.approx(Boundary(1, 1, 1))


def test_a_truth_without_contours_has_no_score_and_is_left_out_of_the_mean():
    flat, step = row(1, 1, 1, 1), row(1, 1, 2, 2)
    assert all(math.isnan(one) for one in boundary_scores(step, flat))
    metric = BoundaryScore()
    pred = torch.stack([step, step, row(1, 1, 2, 4)])[:, None]
    target = torch.stack([flat, step, step])[:, None]
    metric.update(pred, target, torch.ones_like(target, dtype=torch.bool))
    values = {name: float(value) for name, value in metric.compute().items()}
    assert values == pytest.approx(
        {"boundary_f1": (1 + 2 / 3) / 2, "boundary_precision": 0.75, "boundary_recall": 1}
    )


@pytest.mark.parametrize(
    ("pred", "message"),
    [
        (row(1, 2, 3), r"\[H, W\]"),
        (row(1, 2, 3, 4)[None], r"\[H, W\]"),
        (row(1, 2, 3, 0), "pred must be positive"),
        (row(1, 2, 3, torch.nan), "pred must be positive"),
        (row(1, 2, 3, torch.inf), "finite"),
    ],
)
def test_bad_input_is_named(pred, message):
    with pytest.raises(ValueError, match=message):
        boundary_scores(pred, row(1, 1, 2, 2))
