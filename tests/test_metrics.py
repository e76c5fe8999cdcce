"""Depth metrics: by hand, against numpy, at their limits, and over two processes."""

import math
import socket

import numpy as np
import pytest
import torch
import torch.distributed as dist

from dav2.metrics import (
    AbsoluteRelativeError,
    DeltaAccuracy,
    Log10Error,
    RootMeanSquareError,
    ScaleInvariantLogError,
)

ORACLES = {
    "abs_rel": (AbsoluteRelativeError, {}, lambda p, t: np.mean(np.abs(p - t) / t)),
    "delta1": (DeltaAccuracy, {}, lambda p, t: np.mean((p < 1.25 * t) & (t < 1.25 * p))),
    "delta2": (DeltaAccuracy, {"n": 2}, lambda p, t: np.mean(np.abs(np.log(p / t)) < 2 * LOG)),
    "delta3": (DeltaAccuracy, {"n": 3}, lambda p, t: np.mean(np.abs(np.log(p / t)) < 3 * LOG)),
    "rmse": (RootMeanSquareError, {}, lambda p, t: np.linalg.norm(p - t) / np.sqrt(p.size)),
    "log10": (Log10Error, {}, lambda p, t: np.mean(np.abs(np.log10(p / t)))),
    "silog": (ScaleInvariantLogError, {}, lambda p, t: 100 * np.std(np.log(p) - np.log(t))),
}
LOG = np.log(1.25)
every_metric = pytest.mark.parametrize("name", ORACLES)


def make(name):
    kind, arguments, _ = ORACLES[name]
    return kind(**arguments)


def score(metric, pred, target, valid=None):
    target = torch.as_tensor(target)
    valid = torch.ones_like(target, dtype=torch.bool) if valid is None else valid
    metric.update(torch.as_tensor(pred), target, valid)
    return float(metric.compute())


def row(*values):
    return torch.tensor(values).view(1, 1, 1, -1)


def test_by_hand():
    pred, target = row(1.0, 3.0, 4.0, 4.0), row(1.0, 2.0, 4.0, 8.0)
    logs = [0, math.log(1.5), 0, -math.log(2)]
    spread = sum(g * g for g in logs) / 4 - (sum(logs) / 4) ** 2
    expected = {
        "abs_rel": (0 + 0.5 + 0 + 0.5) / 4,
        "delta1": 2 / 4,  # 1.5 is too far
        "delta2": 3 / 4,  # and is below 1.5625
        "delta3": 3 / 4,  # 2 is above 1.953
        "rmse": math.sqrt((0 + 1 + 0 + 16) / 4),
        "log10": (math.log10(1.5) + math.log10(2)) / 4,
        "silog": 100 * math.sqrt(spread),
    }
    for name, value in expected.items():
        assert score(make(name), pred, target) == pytest.approx(value, rel=1e-6), name


@every_metric
def test_numpy_agrees_and_images_count_alike(name):
    rng = np.random.default_rng(1)
    target = rng.uniform(0.5, 10, (3, 1, 8, 9))
    pred = target * rng.lognormal(0, 0.3, target.shape)
    valid = rng.random(target.shape) < np.array([0.9, 0.5, 0.1])[:, None, None, None]
    oracle = ORACLES[name][2]
    one_by_one = np.mean([oracle(p[v], t[v]) for p, t, v in zip(pred, target, valid, strict=True)])
    together = oracle(pred[valid], target[valid])
    assert one_by_one != pytest.approx(together, rel=1e-3), "or the test shows nothing"
    pred[~valid], target[~valid] = np.nan, -1  # what does not count may be anything
    tensors = [torch.from_numpy(one) for one in (pred, target, valid)]
    metric = make(name)
    metric.update(*(one[:2] for one in tensors))
    metric.update(*(one[2:] for one in tensors))
    assert float(metric.compute()) == pytest.approx(one_by_one, rel=1e-5)


@every_metric
def test_perfect_is_perfect_and_noise_makes_it_worse(name):
    target = torch.rand(2, 1, 32, 32) * 5 + 1
    noise = torch.randn_like(target)
    values = [
        score(make(name), target * (amount * noise).exp(), target)
        for amount in (0.0, 0.1, 0.3, 1.0)
    ]
    best = 1.0 if name.startswith("delta") else 0.0
    assert values[0] == pytest.approx(best, abs=1e-3)
    assert values == sorted(values, reverse=best == 1)
    assert len(set(values)) > 2


@every_metric
def test_a_sample_without_valid_pixels_counts_for_nothing(name):
    target = torch.rand(1, 1, 4, 4) + 1
    nothing = torch.zeros_like(target, dtype=torch.bool)
    metric = make(name)
    assert math.isnan(score(metric, target, target, nothing))
    first = score(metric, target * 1.3, target)
    assert score(metric, target * 9, target, nothing) == first


def test_silog_ignores_scale_and_the_others_do_not():
    target = torch.rand(1, 1, 16, 16, dtype=torch.float64) + 1
    pred = target * torch.rand_like(target).exp()
    for name in ("silog", "abs_rel"):
        one, three = score(make(name), pred, target), score(make(name), 3 * pred, target)
        assert (abs(one - three) < 1e-9) == (name == "silog")


def test_predictions_that_are_not_positive():
    pred, target = row(-1.0, 0.0, 1.0, 2.0), row(1.0, 1.0, 1.0, 2.0)
    assert score(DeltaAccuracy(), pred, target) == 0.5, "-1 / 1 is below 1.25, and wrong"
    assert score(AbsoluteRelativeError(), pred, target) == 0.75
    for name in ("log10", "silog"):
        with pytest.raises(ValueError, match="predictions > 0"):
            score(make(name), pred, target)
        assert score(make(name), pred, target, pred > 0) == 0


def one_of_two(rank, port, queue):
    dist.init_process_group("gloo", init_method=f"tcp://localhost:{port}", rank=rank, world_size=2)
    pred, target = torch.tensor([[2.0, 1, 1, 1], [3, 3, 3, 4]])[rank], torch.ones(4)
    valid = torch.tensor([[True] * 4, [True, False, False, True]])[rank]
    maps = [one.view(1, 1, 2, 2) for one in (pred, target, valid)]
    values = {name: score(make(name), *maps) for name in ("abs_rel", "silog")}
    dist.destroy_process_group()
    queue.put(values)


def test_two_processes_reduce_rightly():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    context = torch.multiprocessing.get_context("spawn")
    queue = context.Queue()
    other = context.Process(target=one_of_two, args=(1, port, queue))
    other.start()
    one_of_two(0, port, queue)
    first, second = queue.get(timeout=600), queue.get(timeout=600)
    other.join()
    logs = [np.log([2, 1, 1, 1]), np.log([3, 4])]
    assert first == second
    assert first["abs_rel"] == pytest.approx((1 / 4 + 5 / 2) / 2)
    assert first["silog"] == pytest.approx(100 * np.mean([np.std(g) for g in logs]))
