"""Every protocol in every published set, against plain float64 arithmetic with numbers of its own."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dav2.evaluate.protocols import (
    RULES,
    Rules,
    Unusable,
    align_prediction,
    countable,
    rules_of,
    space_of,
)
from dav2.evaluate.relative import _metrics

SIZES = {
    "nyuv2": (480, 640),
    "kitti": (352, 1216),
    "eth3d": (30, 2048),
    "sintel": (40, 50),
    "diode": (40, 50),
    "motorcycle": (40, 50),
}
CASES = [
    (protocol, sign, name)
    for protocol in ("depth_anything", "midas", "marigold", "moge")
    for sign in ("disparity", "depth")
    for name in SIZES
    if sign == "disparity" or protocol == "marigold"
]


def random_maps(name, sign, seed):
    """Truth with holes and sky, some beyond every limit; a noisy prediction of it, perhaps negative."""
    rng = np.random.default_rng(seed)
    depth = np.exp(rng.uniform(np.log(0.3), np.log(120), SIZES[name]))
    depth[rng.random(depth.shape) < 0.3] = np.nan
    depth[rng.random(depth.shape) < 0.1] = np.inf
    if name == "sintel":
        depth[rng.random(depth.shape) < 0.05] = 1e6
    truth = np.nan_to_num(depth, nan=5, posinf=100)
    perfect = truth if sign == "depth" else 1 / truth
    noise = np.exp(rng.normal(0, rng.uniform(0.1, 0.8), depth.shape))
    scale, shift = rng.uniform(0.1, 20), rng.uniform(-0.3, 3)
    return (scale * perfect * noise + shift).astype(np.float32), depth.astype(np.float32)


def counted(protocol, name, depth):
    """The pixels that count, from the protocols' own texts."""
    valid = np.isfinite(depth)
    if protocol == "moge":
        valid &= depth <= 1000 * np.nanquantile(np.where(valid, depth, np.nan), 0.01)
        return valid
    if name == "sintel":
        return valid & (depth < (80 if protocol == "marigold" else 72))
    if name == "diode" and protocol != "marigold":
        return valid & (depth > 0.6) & (depth < 350)
    if protocol == "marigold" and name in ("nyuv2", "kitti"):
        valid &= (depth > 1e-3) & (depth < (10 if name == "nyuv2" else 80))
        inside = np.zeros_like(valid)
        if name == "nyuv2":
            inside[45:471, 41:601] = True
        else:
            inside[117:321, 43:1172] = True
        valid &= inside
    return valid


def by_hand(protocol, sign, name, pred, depth):
    """Scale, shift, and the seven numbers of a frame."""
    pred, depth = pred.astype(np.float64), depth.astype(np.float64)
    valid = counted(protocol, name, depth)
    fitted = valid & (pred > 0) if (protocol, sign) == ("marigold", "disparity") else valid
    columns = slice(None, None, 2 if (protocol, name) == ("marigold", "eth3d") else 1)
    x, t = pred[:, columns][fitted[:, columns]], depth[:, columns][fitted[:, columns]]
    y = t if sign == "depth" else 1 / t
    scale, shift = np.linalg.lstsq(np.stack([x, np.ones_like(x)], 1), y, rcond=None)[0]
    line, truth = scale * pred[valid] + shift, depth[valid]
    near, far = {
        "nyuv2": (1e-3 if protocol == "marigold" else 0, 10),
        "kitti": (1e-5 if protocol == "marigold" else 0, 80),
        "eth3d": (1e-5, np.inf) if protocol == "marigold" else (0, 72),
        "sintel": (0, 80 if protocol == "marigold" else 72),
        "diode": (0.6, 350),
        "motorcycle": (0, np.inf),
    }[name]
    if protocol == "moge":
        result = 1 / np.clip(line, 1 / truth.max(), None)
    elif protocol == "depth_anything":
        result, truth = np.clip(line, 1 / min(far, 1000), None), 1 / truth
    elif sign == "depth":
        result = np.clip(line, max(near, 1e-6), far)
    else:
        result = np.clip(1 / np.clip(line, 1e-3, None), near, far)
    log = np.log(result) - np.log(truth)
    ratio = np.maximum(result / truth, truth / result)
    numbers = {
        "abs_rel": np.mean(np.abs(result - truth) / truth),
        **{f"delta{n}": np.mean(ratio < 1.25**n) for n in (1, 2, 3)},
        "rmse": np.sqrt(np.mean((result - truth) ** 2)),
        "log10": np.mean(np.abs(np.log10(result) - np.log10(truth))),
        "silog": 100 * np.sqrt(np.mean(log**2) - np.mean(log) ** 2),
    }
    return scale, shift, valid, numbers


@pytest.mark.parametrize("upside_down", [False, True])
@pytest.mark.parametrize(("protocol", "sign", "name"), CASES)
def test_plain_float64_agrees(protocol, sign, name, upside_down):
    for seed in range(3):
        pred, depth = random_maps(name, sign, seed)
        if upside_down:
            pred = 5 - pred
        scale, shift, valid, numbers = by_hand(protocol, sign, name, pred, depth)
        aligned = align_prediction(pred, depth, protocol, sign, rules_of(protocol, name))
        assert (aligned.scale, aligned.shift) == pytest.approx((scale, shift), rel=1e-9)
        np.testing.assert_array_equal(aligned.valid, valid)
        for key, metric in _metrics().items():
            metric.set_dtype(torch.float64)
            value = metric(*(torch.from_numpy(one)[None, None] for one in aligned[:3]))
            assert float(value) == pytest.approx(numbers[key], rel=1e-9), key
        assert (aligned.scale < 0) == upside_down


def test_moge_ends_at_the_farthest_truth_of_the_frame():
    depth = np.repeat([1.0, 2.0, 4.0], [8, 4, 4]).reshape(4, 4).astype(np.float32)
    pred = 1 / depth
    pred[3, 3] = -7
    rules = rules_of("moge", "nyuv2")
    aligned = align_prediction(pred, depth, "moge", "disparity", rules)
    assert aligned.scale * -7 + aligned.shift < 1 / 4
    assert aligned.pred[3, 3] == pytest.approx(4)  # no farther than the truth, wherever it is
    assert align_prediction(pred, depth, "midas", "disparity", Rules()).pred[3, 3] > 4


def test_moge_leaves_out_truth_that_is_a_thousand_times_as_far_as_what_is_near():
    depth = np.full((10, 20), 2.0, np.float32)
    depth[0] = [1999, 2000, 2001] * 6 + [1e9, np.inf]
    counts = countable(depth, rules_of("moge", "sintel"))
    assert counts[0].tolist() == [True, True, False] * 6 + [False, False]
    assert counts[1:].all()


def test_midas_caps_at_its_published_depths():
    caps = {"nyuv2": 10, "kitti": 80, "eth3d": 72, "sintel": 72}
    for protocol in ("midas", "depth_anything"):
        rules = {name: rules_of(protocol, name) for name in caps}
        assert {name: one.farthest_m for name, one in rules.items()} == caps
        assert [name for name, one in rules.items() if one.limit_truth] == ["sintel"]
        assert all("1907.01341" in one.source for one in rules.values())
    depth = np.linspace(1, 90, 400, dtype=np.float32).reshape(20, 20)
    aligned = align_prediction(1 / depth, depth, "midas", "disparity", rules_of("midas", "eth3d"))
    assert aligned.valid.all()
    assert aligned.pred.max() == pytest.approx(72)
    aligned = align_prediction(1 / depth, depth, "midas", "disparity", rules_of("midas", "sintel"))
    assert depth[aligned.valid].max() < 72


def test_every_protocol_has_rules_for_every_set_even_yours():
    for protocol in RULES:
        assert all(rules.source for rules in RULES[protocol].values())
        assert rules_of(protocol, "yours").farthest_m == np.inf
    assert rules_of("moge", "yours").truth_span == 1000
    assert [space_of(protocol) for protocol in RULES] == ["disparity", "depth", "depth", "depth"]


@pytest.mark.parametrize("protocol", RULES)
def test_truth_of_zero_never_counts(protocol):
    with pytest.raises(Unusable, match="0 pixels"):
        align_prediction(
            np.eye(9), np.zeros((9, 9)), protocol, "disparity", rules_of(protocol, "eth3d")
        )


@pytest.mark.parametrize(
    ("name", "paper", "others"),
    [
        ("nyuv2", ".045", [".043"]),
        ("kitti", ".074", [".071"]),
        ("eth3d", ".131", [".089", ".047"]),
        ("sintel", ".487", [".232", ".222", ".214"]),
        ("diode", ".066", [".214", ".053"]),
    ],
)
def test_the_card_of_a_set_says_what_others_measured_and_where(name, paper, others):
    card = (Path(__file__).parents[2] / "datasets" / name / "README.md").read_text("utf-8")
    section = card.partition("## What others measured")[2]
    rows = [line for line in section.splitlines() if line.startswith("| ")][2:]
    assert all(row.split("|")[4].strip() for row in rows)  # a source each
    assert f"| Table 2 of the paper | {paper} |" in rows[0]
    for number in others:
        assert any(number in row.split("|")[3] for row in rows[1:]), number
