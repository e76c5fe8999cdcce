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
    trivial_baselines,
)
from dav2.evaluate.table import format_remarks
from dav2.manifests import MissingArtefact, write_manifest
from dav2.metrics import AffineInvariantError
from tests.helpers.da2k import change, rows
from tests.helpers.project import ROOT


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
    result = evaluate_da2k(lambda image: np.zeros(image.shape[:2]), benchmark, progress=False)
    assert (result["accuracy"], result["ties"], len(result["constant"])) == (0, 4, 3)
    assert "the map of zero is constant: 3 images" in format_remarks("zero", result)[0]
    # A tie alone does not make a map constant.
    stripes = evaluate_da2k(lambda image: rows(image) // 12, benchmark, progress=False)
    assert (stripes["ties"], stripes["constant"]) == (4, [])
    assert not any("constant" in line for line in format_remarks("stripes", stripes))
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
        predict_da2k(predict, benchmark, out, progress=False, identity="rows")
    with pytest.raises(MissingArtefact):
        score_da2k(benchmark, out)
    predict_da2k(predict, benchmark, out, progress=False, identity="rows")
    assert len(seen) == 4
    assert score_da2k(benchmark, out)["accuracy"] == 0.75


def test_kept_predictions_are_of_one_model_and_of_their_images(benchmark, tmp_path):
    out = tmp_path / "predictions"
    evaluate_da2k(rows, benchmark, out, progress=False, identity="first")
    with pytest.raises(ValueError, match=r"begun otherwise.*model was"):
        evaluate_da2k(rows, benchmark, out, progress=False, identity="second")
    with pytest.raises(
        ValueError, match=r"begun otherwise.*model was"
    ):  # nobody knows what a function is
        evaluate_da2k(rows, benchmark, out, progress=False)
    other = tmp_path / "other"
    write_manifest(other, "rendered")
    with pytest.raises(ValueError, match="holds no predictions but 'rendered'"):
        predict_da2k(rows, benchmark, other, progress=False)


def test_an_image_that_is_new_is_predicted_too(benchmark, tmp_path):
    out = predict_da2k(rows, benchmark, tmp_path / "predictions", False, "rows")
    Image.fromarray(np.zeros((24, 32, 3), np.uint8)).save(benchmark / "images/indoor/new.png")
    pair = {"point1": [5, 5], "point2": [4, 4], "closer_point": "point1"}
    change(benchmark, lambda c: c.update({"images/indoor/new.png": [pair]}))
    with pytest.raises(FileNotFoundError, match=r"no prediction for images/indoor/new in"):
        score_da2k(benchmark, out)
    assert evaluate_da2k(rows, benchmark, out, False, "rows")["pairs"] == 5


def test_damaged_and_foreign_predictions_are_named(benchmark, tmp_path):
    out = predict_da2k(rows, benchmark, tmp_path / "predictions", False, "rows")
    file = out / "images/indoor/desk.npy"
    content = file.read_bytes()
    file.write_bytes(content[:100])
    with pytest.raises(ValueError, match=r"desk\.npy is 100 bytes long.*Make it anew with: dav2"):
        score_da2k(benchmark, out)
    np.save(file, np.zeros((32, 24), np.float32))  # as many bytes, and another picture's
    with pytest.raises(ValueError, match=r"desk\.npy is \(32, 24\), its image \(24, 32\)"):
        score_da2k(benchmark, out)
    file.unlink()
    assert evaluate_da2k(rows, benchmark, out, False, "rows")["accuracy"] == 0.75
    assert file.read_bytes() == content


def test_a_picture_that_was_replaced_is_predicted_anew(benchmark, tmp_path):
    def brightness(image):
        return image[..., 0].astype(np.float32)

    out = tmp_path / "predictions"
    before = evaluate_da2k(brightness, benchmark, out, False, "brightness")
    for path in (benchmark / "images").rglob("*.*"):
        image = np.linspace(0, 255, 24 * 32).reshape(24, 32).astype(np.uint8)
        Image.fromarray(np.stack([image] * 3, -1)).save(path.with_suffix(".png"))
        path.with_suffix(".png").replace(path)
    after = evaluate_da2k(brightness, benchmark, out, False, "brightness")
    assert after == evaluate_da2k(brightness, benchmark, progress=False) != before


def test_two_images_never_share_a_prediction(benchmark):
    source = benchmark / "images/indoor/room.jpg"
    source.with_suffix(".png").write_bytes(source.read_bytes())
    change(benchmark, lambda c: c.update({"images/indoor/room.png": c["images/indoor/room.jpg"]}))
    with pytest.raises(ValueError, match="suffix alone"):
        evaluate_da2k(rows, benchmark, progress=False)


def test_scene_types_of_one_s_own_are_named(benchmark):
    (benchmark / "images/outdoor").rename(benchmark / "images/desert")
    file = benchmark / "annotations.json"
    file.write_text(file.read_text().replace("outdoor", "desert"))
    result = evaluate_da2k(rows, benchmark, progress=False)
    assert result["other_scenes"] == ["desert"]
    assert result["scenes"]["desert"]["pairs"] == 1
    assert "scene types that DA-2K has not: desert" in format_remarks("rows", result)


def test_baselines_are_the_rules_scored_one_by_one(benchmark):
    rng = np.random.default_rng(0)
    for path in benchmark.rglob("*.png"):
        Image.fromarray(rng.integers(0, 255, (24, 32, 3), dtype=np.uint8)).save(path)
    baselines = trivial_baselines(benchmark, progress=False)
    assert list(baselines) == list(TRIVIAL_RULES)
    for name, rule in TRIVIAL_RULES.items():
        alone = evaluate_da2k(rule, benchmark, progress=False)
        assert baselines[name] == {key: alone[key] for key in baselines[name]}
    assert baselines["lower is nearer"]["accuracy"] == 0.75
    assert "lower is nearer" in format_da2k(baselines)


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
    """Pairs of one image that agree are one observation: resampling images cannot narrow it."""
    (tmp_path / "images/a").mkdir(parents=True)
    annotations = {}
    for number in range(10):
        name = f"images/a/{number}.png"
        Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(tmp_path / name)
        near, far = (15, 2) if number < 5 else (2, 15)
        annotations[name] = [
            {"point1": [near, column], "point2": [far, column], "closer_point": "point1"}
            for column in range(20)
        ]
    (tmp_path / "annotations.json").write_text(json.dumps(annotations))
    result = evaluate_da2k(rows, tmp_path, progress=False)
    low, high = result["interval"]
    assert result["accuracy"] == 0.5
    assert high - low > 0.5  # over pairs it would be 0.14


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
