"""Relative depth under four protocols: by hand, against numpy, at the limits, and with bad input."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from dav2.data.frames import DepthSet, Frame, LabelledSet
from dav2.data.labelled import LABELLED
from dav2.data.photos import read_image
from dav2.evaluate import evaluate_relative, format_relative
from dav2.evaluate.protocols import (
    RULES,
    Rules,
    Unusable,
    align_prediction,
    countable,
    crop,
    kitti_eigen,
    nyu_eigen,
)
from dav2.evaluate.relative import predict_relative
from dav2.evaluate.sheet import relative_sheet
from dav2.manifests import read_manifest
from tests.helpers.scenes import write_scenes

SIZE = (20, 24)
ALL = [
    ("depth_anything", "disparity"),
    ("midas", "disparity"),
    ("marigold", "disparity"),
    ("marigold", "depth"),
    ("moge", "disparity"),
]
every_protocol = pytest.mark.parametrize(("protocol", "sign"), ALL)


def truth(number):
    """Depth of a frame, 1 to 9 m, with a hole and some sky."""
    rng = np.random.default_rng(number)
    depth = rng.uniform(1, 9, SIZE).astype(np.float32)
    depth[:2] = np.inf
    depth[5:8, 5:8] = np.nan
    return depth


@pytest.fixture
def depth_set(tmp_path):
    """Three frames; the first pixel of a picture is its number."""
    root = tmp_path / "set"
    root.mkdir()
    frames = []
    for number in range(3):
        image, depth = root / f"{number}.png", root / f"{number}.npy"
        pixels = np.full((*SIZE, 3), 100, np.uint8)
        pixels[0, 0] = number
        Image.fromarray(pixels).save(image)
        np.save(depth, truth(number))
        frames.append(Frame(f"scene/{number}", image, depth))
    labelled = LabelledSet("balls", lambda root: frames, lambda frame: np.load(frame.depth))
    return DepthSet(labelled, frames)


def model(sign, scale=1.0, shift=0.0, noise=0.0):
    """The truth of each picture, changed."""

    def predict(image):
        number = int(image[0, 0, 0])
        depth = np.nan_to_num(truth(number), nan=5.0, posinf=1000.0)
        perfect = depth if sign == "depth" else 1 / depth
        random = np.random.default_rng(100 + number).standard_normal(SIZE)
        return scale * perfect * np.exp(noise * random) + shift

    return predict


def evaluate(predict, depth_set, protocol="depth_anything", sign="disparity", **options):
    return evaluate_relative(predict, depth_set, protocol, sign, progress=False, **options)


# What the protocols do


def half_and_half():
    """16 pixels: eight at 1 m, four at 2 m, four at 4 m; the prediction tells two depths apart."""
    depth = np.repeat([1.0, 2.0, 4.0], [8, 4, 4]).reshape(4, 4).astype(np.float32)
    return np.where(depth == 1, 2.0, 1.0), depth


@pytest.mark.parametrize(
    ("protocol", "sign", "far", "abs_rel"),
    [
        # Least squares brings the far half to the mean of its target.
        # In disparity: (1/2 + 1/4) / 2 = 3/8, compared with disparities 1/2 and 1/4 ...
        ("depth_anything", "disparity", 3 / 8, (4 * 1 / 4 + 4 * 1 / 2) / 16),
        # ... or, as depth 8/3, with depths 2 and 4.
        ("marigold", "disparity", 8 / 3, (4 * 1 / 3 + 4 * 1 / 3) / 16),
        ("midas", "disparity", 8 / 3, (4 * 1 / 3 + 4 * 1 / 3) / 16),
        ("moge", "disparity", 8 / 3, (4 * 1 / 3 + 4 * 1 / 3) / 16),
        # In depth: (2 + 4) / 2 = 3.
        ("marigold", "depth", 3, (4 * 1 / 2 + 4 * 1 / 4) / 16),
    ],
)
def test_the_protocols_differ_as_computed_by_hand(protocol, sign, far, abs_rel):
    pred, depth = half_and_half()
    aligned = align_prediction(pred, depth, protocol, sign, Rules())
    assert aligned.pred[0, 0] == pytest.approx(1)
    assert aligned.pred[3, 3] == pytest.approx(far)
    error = np.abs(aligned.pred - aligned.target) / aligned.target
    assert error.mean() == pytest.approx(abs_rel)


@every_protocol
def test_numpy_agrees(depth_set, protocol, sign):
    predict = model(sign, 3, 2, noise=0.3)
    result = evaluate(predict, depth_set, protocol, sign)
    expected = []
    for number in range(3):
        depth = truth(number).astype(np.float64)
        known = np.isfinite(depth)
        depth = depth[known]
        image = np.full((*SIZE, 3), number, np.uint8)
        pred = predict(image).astype(np.float32)[known]
        target = depth if sign == "depth" else 1 / depth
        matrix = np.stack([pred, np.ones_like(pred)], 1)
        aligned = matrix @ np.linalg.lstsq(matrix, target, rcond=None)[0]
        if sign == "disparity":
            aligned = np.maximum(aligned, target.min() if protocol == "moge" else 1e-3)
            if protocol != "depth_anything":
                aligned, target = 1 / aligned, depth
        ratio = np.log(aligned / target)
        expected.append(
            [
                np.mean(np.abs(aligned - target) / target),
                *(np.mean(np.abs(ratio) < n * np.log(1.25)) for n in (1, 2, 3)),
                np.sqrt(np.mean((aligned - target) ** 2)),
                np.mean(np.abs(ratio)) / np.log(10),
                100 * np.std(ratio),
            ]
        )
    assert list(result["metrics"].values()) == pytest.approx(np.mean(expected, 0), rel=1e-4)
    assert [entry["abs_rel"] for entry in result["per_frame"]] == pytest.approx(
        [one[0] for one in expected], rel=1e-4
    )


@every_protocol
def test_a_perfect_prediction_is_perfect_whatever_its_scale_and_shift(depth_set, protocol, sign):
    for scale, shift in ((1, 0), (250, 3), (0.01, 0.5)):
        metrics = evaluate(model(sign, scale, shift), depth_set, protocol, sign)["metrics"]
        assert metrics["abs_rel"] < 1e-4
        assert metrics["delta1"] == 1


@every_protocol
def test_no_affine_change_matters(depth_set, protocol, sign):
    first = evaluate(model(sign, 1, 1, 0.2), depth_set, protocol, sign)["metrics"]
    for scale, shift in ((10, 0), (0.2, 7), (-3, 100)):
        changed = lambda image, a=scale, b=shift: a * model(sign, 1, 1, 0.2)(image) + b  # noqa: E731
        assert evaluate(changed, depth_set, protocol, sign)["metrics"] == pytest.approx(
            first, rel=1e-3
        )


@every_protocol
def test_noise_makes_it_worse(depth_set, protocol, sign):
    results = [
        evaluate(model(sign, noise=noise), depth_set, protocol, sign)["metrics"]
        for noise in (0.0, 0.05, 0.2, 0.6)
    ]
    for name in ("abs_rel", "rmse", "silog", "log10"):
        values = [one[name] for one in results]
        assert values == sorted(set(values)), name
    deltas = [one["delta1"] for one in results]
    assert deltas == sorted(deltas, reverse=True)


def test_marigold_fits_only_disparities_that_are_positive():
    pred, depth = half_and_half()
    pred[depth == 4] = 0
    rules = Rules()
    aligned = align_prediction(pred, depth, "marigold", "disparity", rules)
    assert (aligned.scale, aligned.shift) == pytest.approx((0.5, 0))  # through 2 -> 1 and 1 -> 1/2
    assert aligned.pred[3, 3] == pytest.approx(1000)  # 0 becomes 0.001
    aligned = align_prediction(pred, depth, "depth_anything", "disparity", rules)
    assert aligned.scale != pytest.approx(0.5)


def test_limits_clip_predictions_and_choose_pixels():
    depth = np.linspace(0.5, 100, 400, dtype=np.float32).reshape(20, 20)
    rules = Rules(nearest_m=1, farthest_m=80)
    aligned = align_prediction(depth, depth, "marigold", "depth", rules)
    assert (aligned.pred.min(), aligned.pred.max()) == pytest.approx((1, 80))
    assert depth[aligned.valid].min() > 1
    assert depth[aligned.valid].max() < 80
    assert countable(depth, rules._replace(limit_truth=False)).all()
    far = align_prediction(depth, depth, "depth_anything", "disparity", rules)
    assert far.pred.min() >= 1 / 80


def test_windows_and_crops_are_the_published_ones():
    assert nyu_eigen(480, 640) == (slice(45, 471), slice(41, 601))
    with pytest.raises(ValueError, match="640x480"):
        nyu_eigen(240, 320)
    assert kitti_eigen(352, 1216) == (slice(117, 321), slice(43, 1172))
    rules = RULES["marigold"]["kitti"]
    place = np.arange(375 * 1242).reshape(375, 1242)
    assert crop(place, rules).shape == (352, 1216)
    assert crop(place, rules)[-1, 0] == 374 * 1242 + 13  # bottom, centred
    assert crop(np.zeros((375, 1242, 3)), rules).shape == (352, 1216, 3)
    with pytest.raises(Unusable, match="smaller than the crop"):
        crop(place[:300], rules)
    inside = countable(np.full((352, 1216), 5.0), rules)
    assert inside.sum() == (321 - 117) * (1172 - 43)
    for protocol, sets in RULES.items():
        assert {"nyuv2", "kitti", "sintel", "eth3d", "diode"} <= sets.keys() <= LABELLED.keys()
        assert [n for n in ("nyuv2", "kitti", "eth3d", "diode") if sets[n].dense] == [], protocol


def test_scale_and_shift_may_be_found_on_a_smaller_copy():
    rng = np.random.default_rng(0)
    depth = rng.uniform(1, 9, (40, 60)).astype(np.float32)
    pred = depth.copy()
    pred[:, 1::2] = 50  # columns that the copy leaves out
    small = align_prediction(pred, depth, "marigold", "depth", Rules(fit_longest_px=30))
    assert (small.scale, small.shift) == pytest.approx((1, 0), abs=1e-5)
    pred[1, 0] = 50  # rows it keeps
    small = align_prediction(pred, depth, "marigold", "depth", Rules(fit_longest_px=30))
    assert small.scale < 0.99
    whole = align_prediction(pred, depth, "marigold", "depth", Rules())
    assert whole.scale < 0.5


# Frames and predictions as they come


def test_what_cannot_be_scored_is_counted_with_its_reason(depth_set):
    depth_set.frames[0].depth.unlink()
    np.save(depth_set.frames[1].depth, np.where(np.arange(480).reshape(SIZE) < 9, 2.0, np.nan))
    result = evaluate(model("disparity"), depth_set)
    assert result["frames"] == 1
    reasons = {entry["frame"]: entry["reason"] for entry in result["skipped"]}
    assert "0.npy is missing" in reasons["scene/0"]
    assert "9 pixels of its depth count, fewer than 10" in reasons["scene/1"]
    assert "1 (+2 skipped)" in format_relative({"model": result})
    depth_set.frames[2].image.write_bytes(b"")
    with pytest.raises(ValueError, match=r"no frame.*scored; scene/0:.*missing"):
        evaluate(model("disparity"), depth_set)


@pytest.mark.parametrize(
    ("predict", "message"),
    [
        (lambda image: np.zeros((3, 3)), r"scene/0: its map is \(3, 3\)"),
        (lambda image: np.full(SIZE, np.nan), "scene/0: its map is not finite"),
        (lambda image: np.full(SIZE, np.inf), "not finite"),
    ],
)
@pytest.mark.parametrize("kept", [False, True])
def test_bad_predictions_are_named(depth_set, tmp_path, predict, message, kept):
    with pytest.raises(ValueError, match=message):
        evaluate(predict, depth_set, out=tmp_path / "out" if kept else None)


def test_protocols_and_signs_that_do_not_fit_are_refused(depth_set):
    known = "no protocol 'mida', only depth_anything, midas, marigold and moge"
    with pytest.raises(ValueError, match=known):
        evaluate(model("depth"), depth_set, "mida")
    with pytest.raises(ValueError, match="sign must be"):
        evaluate(model("depth"), depth_set, "marigold", "height")
    for protocol in RULES.keys() - {"marigold"}:
        with pytest.raises(ValueError, match=f"protocol {protocol} .*use marigold"):
            evaluate(model("depth"), depth_set, protocol, "depth")


@every_protocol
def test_a_constant_prediction_scores_as_the_mean_and_is_remarked(depth_set, protocol, sign):
    result = evaluate(lambda image: np.full(SIZE, 3.0), depth_set, protocol, sign)
    assert result["frames"] == 3
    assert [entry["scale"] for entry in result["per_frame"]] == [0, 0, 0]
    assert result["metrics"]["abs_rel"] > 0.2
    assert len(result["remarks"]) == 3
    assert "constant" in result["remarks"][0]["reason"]


def test_the_wrong_sign_is_remarked(depth_set):
    result = evaluate(model("depth"), depth_set)
    assert "is it really disparity?" in result["remarks"][0]["reason"]
    assert evaluate(model("disparity"), depth_set)["remarks"] == []
    assert result["upside_down"] == 3
    assert evaluate(model("disparity", 2, -1), depth_set)["upside_down"] == 0
    below = evaluate(model("disparity", 1, -10), depth_set, "marigold")
    assert "no prediction is positive" in below["remarks"][0]["reason"]


def test_upside_down_frames_are_counted_and_parts_shown_apart(tmp_path):
    labelled = LABELLED["diode"]
    rng = np.random.default_rng(0)
    places = {"indoors": (1, 2), "outdoor": (3,)}  # the first pixel of a picture is its number
    for place, numbers in places.items():
        folder = tmp_path / "val" / place / "scene_00000" / "scan_00000"
        folder.mkdir(parents=True)
        for number in numbers:
            pixels = np.full((*SIZE, 3), 100, np.uint8)
            pixels[0, 0] = number
            Image.fromarray(pixels).save(folder / f"{number}.png")
            np.save(folder / f"{number}_depth.npy", 1 + rng.random((*SIZE, 1)).astype(np.float32))
            np.save(folder / f"{number}_depth_mask.npy", np.ones(SIZE, np.float32))

    def first_is_upside_down(image):
        number = int(image[0, 0, 0])
        near = 1 / np.load(next(tmp_path.rglob(f"{number}_depth.npy")))[..., 0]
        noise = np.random.default_rng(number).normal(0, 0.02, SIZE)
        return (-1 if number == 1 else 1) * near + noise

    depth_set = DepthSet(labelled, labelled.find(tmp_path))
    result = evaluate(first_is_upside_down, depth_set)
    errors = [entry["abs_rel"] for entry in result["per_frame"]]
    assert len(set(errors)) == 3
    assert (result["frames"], result["upside_down"]) == (3, 1)
    assert {name: (one["frames"], one["upside_down"]) for name, one in result["parts"].items()} == {
        "indoors": (2, 1),
        "outdoor": (1, 0),
    }
    assert result["metrics"]["abs_rel"] == pytest.approx(np.mean(errors))
    assert result["parts"]["indoors"]["metrics"]["abs_rel"] == pytest.approx(np.mean(errors[:2]))
    assert result["parts"]["outdoor"]["metrics"]["abs_rel"] == pytest.approx(errors[2])
    cells = [line.split("|")[1:6] for line in format_relative({"m": result}).splitlines()[:5]]
    assert [[cell.strip() for cell in line] for line in (cells[0], *cells[2:])] == [
        ["", "set", "protocol", "frames", "upside down"],
        ["m", "diode", "depth_anything (disparity)", "3", "1"],
        ["", "diode indoors", "depth_anything (disparity)", "2", "1"],
        ["", "diode outdoor", "depth_anything (disparity)", "1", "0"],
    ]
    assert evaluate(first_is_upside_down, depth_set, limit=2)["parts"] == {}


# Predictions on disk


def test_a_killed_prediction_is_continued_and_scores_are_the_same(depth_set, tmp_path):
    seen = []

    def predict(image):
        seen.append(int(image[0, 0, 0]))
        if len(seen) == 2:
            raise KeyboardInterrupt
        return model("disparity", noise=0.2)(image)

    out = tmp_path / "predictions"
    with pytest.raises(KeyboardInterrupt):
        evaluate(predict, depth_set, out=out, identity="noisy")
    assert not (out / "manifest.json").exists()
    result = evaluate(predict, depth_set, out=out, identity="noisy")
    assert seen == [0, 1, 1, 2]
    assert result == evaluate(model("disparity", noise=0.2), depth_set)

    def never(image):
        raise AssertionError("predicted again")

    assert evaluate(never, depth_set, out=out, identity="noisy") == result
    assert evaluate(never, depth_set, "marigold", out=out, identity="noisy")["frames"] == 3
    with pytest.raises(ValueError, match=r"begun otherwise.*model was"):
        evaluate(never, depth_set, out=out, identity="another")
    with pytest.raises(ValueError, match=r"begun otherwise.*model was"):
        evaluate(never, depth_set, out=out)


def test_more_frames_continue_the_same_folder(depth_set, tmp_path):
    out = tmp_path / "predictions"
    options = {"out": out, "identity": "perfect"}
    assert evaluate(model("disparity"), depth_set, limit=1, **options)["frames"] == 1
    assert list(read_manifest(out)["files"]) == ["scene/0.npy"]
    whole = evaluate(model("disparity"), depth_set, **options)
    assert whole["frames"] == 3
    assert evaluate(model("disparity"), depth_set, limit=2, **options)["frames"] == 2
    assert len(read_manifest(out)["files"]) == 3
    (out / "scene/1.npy").unlink()
    assert evaluate(model("disparity"), depth_set, **options) == whole
    (out / "scene/1.npy").write_bytes(b"")
    assert evaluate(model("disparity"), depth_set, **options) == whole


def test_predictions_of_other_crops_and_other_folders_are_refused(depth_set, tmp_path):
    out = tmp_path / "predictions"
    cropped = Rules(crop_px=(16, 20))

    def by_hand(image):
        assert image.shape == (16, 20, 3)
        return np.arange(320.0).reshape(16, 20)

    predict_relative(by_hand, depth_set, out, cropped, progress=False, identity="one")
    assert np.load(out / "scene/2.npy").shape == (16, 20)
    with pytest.raises(ValueError, match=r"crop_px was \[16, 20\], now None"):
        evaluate(model("disparity"), depth_set, out=out, identity="one")
    scenes = write_scenes(tmp_path / "scenes", 1)
    with pytest.raises(ValueError, match="no predictions but 'rendered'"):
        evaluate(model("disparity"), depth_set, out=scenes)


# A real set, from disk to table and picture


@pytest.fixture
def rendered(tmp_path):
    labelled = LABELLED["rendered"]
    return DepthSet(labelled, labelled.find(write_scenes(tmp_path / "scenes", 4)))


def brightness(image):
    """Near things are bright in these scenes, except for the sky."""
    return image[..., 0].astype(np.float32)


def test_a_set_that_reads_a_known_layout_otherwise_keeps_the_rules_of_its_name(rendered):
    own = rendered.labelled._replace(read_image=lambda frame: read_image(frame.image))
    result = evaluate(brightness, DepthSet(own, rendered.frames))
    assert result["set"] == "rendered"
    assert result["rules"]["farthest_m"] == 80


def test_dense_sets_have_boundary_scores_and_others_have_not(rendered, depth_set):
    perfect = iter([1 / rendered.read(frame)[1] for frame in rendered.frames])
    result = evaluate(lambda image: next(perfect), rendered)
    assert result["metrics"]["boundary_f1"] == pytest.approx(1)
    assert result["metrics"]["abs_rel"] < 1e-4
    poor = evaluate(brightness, rendered)["metrics"]
    assert 0 < poor["boundary_precision"] < 0.99
    assert 0 < poor["boundary_recall"] < 0.99
    assert not any("boundary" in name for name in evaluate(brightness, depth_set)["metrics"])
    assert "edge" not in format_relative({"m": evaluate(brightness, depth_set)})


def test_a_frame_without_contours_is_remarked(depth_set):
    slope = np.fromfunction(lambda y, x: 5 + 0.01 * x, SIZE)
    for frame in depth_set.frames:
        np.save(frame.depth, slope)
    result = evaluate(lambda image: 1 / slope, depth_set, rules=Rules(dense=True))
    assert "no occluding contour" in result["remarks"][0]["reason"]
    assert len(result["remarks"]) == 3
    assert "boundary_f1" not in result["metrics"]


def test_results_are_json_and_markdown(rendered):
    results = {
        f"brightness, {protocol}": evaluate(brightness, rendered, protocol, limit=2)
        for protocol in RULES
    }
    again = json.loads(json.dumps(results, allow_nan=False))
    assert again.keys() == results.keys()
    one = again["brightness, marigold"]
    assert (one["set"], one["protocol"], one["space"]) == ("rendered", "marigold", "depth")
    assert (one["frames"], len(one["per_frame"]), one["rules"]["farthest_m"]) == (2, 2, 80)
    for name, value in one["metrics"].items():
        assert value == pytest.approx(np.mean([entry[name] for entry in one["per_frame"]])), name
    lines = format_relative(results).splitlines()
    assert len({len(line) for line in lines[:6]}) == 1
    assert f"{one['metrics']['abs_rel']:.4g}" in lines[4]
    assert lines[-1] == (
        "depth_anything: numbers of disparity, RMSE in 1/m. "
        "midas, marigold, moge: numbers of depth, RMSE in m."
    )


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_the_sheet_shows_best_median_and_worst(rendered, tmp_path, limit):
    result = evaluate(brightness, rendered, "marigold", out=tmp_path / "out", limit=limit)
    figure = relative_sheet(result, rendered, tmp_path / "out")
    titles = [axes.get_title() for axes in figure.axes]
    ranked = sorted(result["per_frame"], key=lambda entry: entry["abs_rel"])
    assert sum("AbsRel" in title for title in titles) == min(limit, 3)
    assert titles[0].endswith(ranked[0]["frame"])
    assert f"AbsRel {ranked[-1]['abs_rel']:.3f}" in " ".join(titles)
    drawn = figure.png()
    with Image.open(io.BytesIO(drawn)) as opened:
        assert np.array(opened).std() > 20
    assert relative_sheet(result, rendered, brightness).png() == drawn
