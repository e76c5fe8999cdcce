import json

import numpy as np
import pytest
import torch
from PIL import Image

from dav2.evaluate import (
    TRIVIAL_RULES,
    evaluate_da2k,
    format_da2k,
    predict_da2k,
    read_da2k,
    score_da2k,
)
from dav2.metrics import AffineInvariantError, PairAccuracy
from dav2.runs import MissingArtefact
from tests.conftest import ROOT


def rows(image):
    return np.repeat(np.arange(image.shape[0])[:, None], image.shape[1], 1).astype(np.float32)


def test_by_hand(benchmark):
    # "lower is nearer": room 2 of 2, desk 0 of 1, hill 1 of 1.
    result = evaluate_da2k(rows, benchmark, progress=False)
    assert result["pairs"] == 4
    assert result["accuracy"] == 0.75
    indoor = result["scenes"]["indoor"]
    assert (indoor["accuracy"], indoor["pairs"], indoor["images"]) == (pytest.approx(2 / 3), 3, 2)
    # The two photographs are right 2 of 2 and 0 of 1 times, so resampling them reaches from 0 to 1.
    assert indoor["interval"] == [0.0, 1.0]
    assert result["scenes"]["outdoor"]["accuracy"] == 1.0
    assert result["scenes"]["outdoor"]["pairs"] == 1
    low, high = result["interval"]
    assert low <= 0.75 <= high
    assert "75.0%" in format_da2k({"rows": result})


def test_ties_are_wrong_and_the_sign_matters(benchmark):
    assert (
        evaluate_da2k(lambda image: np.zeros(image.shape[:2]), benchmark, progress=False)[
            "accuracy"
        ]
        == 0
    )
    assert evaluate_da2k(lambda image: -rows(image), benchmark, progress=False)["accuracy"] == 0.25


def test_closer_point_may_be_either(benchmark):
    file = benchmark / "annotations.json"
    content = json.loads(file.read_text())
    for pairs in content.values():
        for pair in pairs:
            pair["point1"], pair["point2"], pair["closer_point"] = (
                pair["point2"],
                pair["point1"],
                "point2",
            )
    file.write_text(json.dumps(content))
    assert evaluate_da2k(rows, benchmark, progress=False)["accuracy"] == 0.75


def test_predictions_are_kept_and_a_second_call_predicts_only_what_is_missing(benchmark, tmp_path):
    seen = []

    def predict(image):
        seen.append(1)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return rows(image)

    out = tmp_path / "predictions"
    with pytest.raises(KeyboardInterrupt):
        predict_da2k(predict, benchmark, out, progress=False)
    with pytest.raises(MissingArtefact):
        score_da2k(benchmark, out)
    predict_da2k(predict, benchmark, out, progress=False)
    assert len(seen) == 4
    assert score_da2k(benchmark, out)["accuracy"] == 0.75


@pytest.mark.parametrize(
    ("prediction", "message"),
    [
        (lambda i: np.zeros((3, 3)), r"is \(3, 3\)"),
        (lambda i: np.full(i.shape[:2], np.nan), "not finite"),
    ],
)
def test_bad_predictions_are_named(benchmark, prediction, message):
    with pytest.raises(ValueError, match=message):
        evaluate_da2k(prediction, benchmark, progress=False)


def change(root, edit):
    content = json.loads((root / "annotations.json").read_text())
    edit(content)
    (root / "annotations.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("edit", "error", "message"),
    [
        (
            lambda c: c["images/indoor/desk.png"][0].update(point1=[24, 0]),
            ValueError,
            "desk.png.*outside",
        ),
        (lambda c: c["images/indoor/desk.png"][0].update(point2=[0, -1]), ValueError, "outside"),
        (
            lambda c: c["images/indoor/desk.png"][0].update(point2=[0.5, 1]),
            ValueError,
            "whole pixels",
        ),
        (
            lambda c: c["images/indoor/desk.png"][0].update(closer_point="left"),
            ValueError,
            "closer_point",
        ),
        (
            lambda c: c.update({"images/indoor/gone.jpg": c["images/indoor/desk.png"]}),
            FileNotFoundError,
            "gone.jpg",
        ),
        (lambda c: c.update({"../../secret.jpg": []}), ValueError, "leaves the benchmark"),
        (lambda c: c.clear(), ValueError, "no pairs"),
    ],
)
def test_bad_annotations_are_named(benchmark, edit, error, message):
    change(benchmark, edit)
    with pytest.raises(error, match=message):
        read_da2k(benchmark)


def test_missing_or_broken_annotations_are_named(benchmark):
    with pytest.raises(FileNotFoundError, match=r"annotations\.json"):
        read_da2k(benchmark / "images")
    (benchmark / "annotations.json").write_text("{")
    with pytest.raises(ValueError, match="not valid JSON"):
        read_da2k(benchmark)


def test_points_are_in_the_upright_image(benchmark):
    path = benchmark / "images/outdoor/hill.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.full((24, 32, 3), 9, np.uint8)).save(
        path, exif=exif
    )  # upright: 32 rows, 24 columns
    change(benchmark, lambda c: c["images/outdoor/hill.jpg"][0].update(point1=[31, 3]))
    assert evaluate_da2k(rows, benchmark, progress=False)["scenes"]["outdoor"]["accuracy"] == 1


def test_the_interval_is_over_images_not_pairs(tmp_path):
    """Twenty equal pairs in one image are one observation: resampling images cannot narrow it."""
    (tmp_path / "images/a").mkdir(parents=True)
    annotations = {}
    for number in range(10):
        name = f"images/a/{number}.png"
        Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(tmp_path / name)
        near, far = ([15, 1], [2, 1]) if number < 5 else ([2, 1], [15, 1])
        annotations[name] = [{"point1": near, "point2": far, "closer_point": "point1"}] * 20
    (tmp_path / "annotations.json").write_text(json.dumps(annotations))
    result = evaluate_da2k(rows, tmp_path, progress=False)
    low, high = result["interval"]
    assert result["accuracy"] == 0.5
    assert high - low > 0.5  # over pairs it would be 0.14


def test_pair_accuracy_accumulates():
    metric = PairAccuracy()
    metric.update(torch.tensor([1.0, 2, 3]), torch.tensor([0.0, 2, 4]))
    metric.update(torch.tensor([5.0]), torch.tensor([1.0]))
    assert metric.compute() == 0.5


def test_affine_invariant_error_ignores_scale_and_shift_and_grows_with_noise():
    target = torch.rand(2, 1, 16, 16)
    valid = torch.ones_like(target, dtype=torch.bool)
    noise = torch.randn_like(target)
    values = []
    for amount in (0.0, 0.05, 0.2, 1.0):
        metric = AffineInvariantError()
        metric.update(3 * (target + amount * noise) + 2, target, valid)
        values.append(float(metric.compute()))
    assert values[0] < 1e-5
    assert values == sorted(values)


class TestCommittedBenchmark:
    root = ROOT / "datasets" / "da2k_mini"

    def test_size_and_scene_types(self):
        annotations = read_da2k(self.root)
        assert len(annotations) >= 60
        assert sum(len(a.nearer) for a in annotations) >= 300
        assert {a.scene for a in annotations} == {
            "indoor",
            "outdoor",
            "non_real",
            "transparent_reflective",
            "adverse_style",
            "aerial",
            "underwater",
            "object",
        }

    def test_lower_is_nearer_fails(self):
        annotations = read_da2k(self.root)
        lower = np.concatenate([a.nearer[:, 0] > a.farther[:, 0] for a in annotations])
        assert lower.mean() <= 0.5

    def test_trivial_rules_are_what_the_card_says(self):
        card = (self.root / "README.md").read_text()
        for name, rule in TRIVIAL_RULES.items():
            accuracy = evaluate_da2k(rule, self.root, progress=False)["accuracy"]
            assert f"| {name} | {accuracy:.1%} |" in card
