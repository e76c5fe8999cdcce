import json
import shutil
import warnings
from pathlib import Path, PurePath

import numpy as np
import pytest
import trimesh
from PIL import ExifTags, Image

from dav2.cli import main
from dav2.infer import predict_files
from dav2.infer.files import find_inputs
from dav2.model import build_model, save_checkpoint
from dav2.runs import Work
from tests.helpers.video import moving_square, write_video


def ramp(images: list[np.ndarray]) -> list[np.ndarray]:
    """A stand-in for a network: nearer to the right."""
    return [np.tile(np.arange(i.shape[1], dtype=np.float32) + 5, (len(i), 1)) for i in images]


def test_every_format_holds_the_map(photo_folder, tmp_path):
    out = tmp_path / "out"
    made = predict_files(
        ramp, [photo_folder / "a.jpg"], out, ("png", "png16", "npy", "side"), progress=False
    )
    assert (made, made.made, made.there) == ([], 1, 0)
    (expected,) = ramp([np.zeros((48, 64, 3))])
    np.testing.assert_array_equal(np.load(out / "a_disparity.npy"), expected)
    levels = np.array(Image.open(out / "a_disparity16.png"))
    assert levels.dtype == np.uint16
    np.testing.assert_allclose(levels / 65535, (expected - 5) / 63, atol=1e-5)
    colours = np.array(Image.open(out / "a_disparity.png")).astype(int)
    assert colours[0, -1, 0] > colours[0, -1, 2], "near is red"
    assert colours[0, 0, 2] > colours[0, 0, 0], "far is blue"
    assert Image.open(out / "a_side.png").size == (128, 48)


def test_unusable_pictures_are_set_aside_and_listed(photo_folder, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(photo_folder / "a.jpg", folder)
    (folder / "cut.jpg").write_bytes((photo_folder / "a.jpg").read_bytes()[:300])
    predict_files(ramp, [folder], tmp_path / "out", progress=False)
    listed = json.loads((tmp_path / "out" / "set_aside.json").read_text())
    assert [entry["file"] for entry in listed] == [str(folder / "cut.jpg")]
    assert (tmp_path / "out" / "a_disparity.png").exists()
    assert not (tmp_path / "out" / "cut_disparity.png").exists()


def test_an_interrupted_call_goes_on_and_leaves_nothing_half_written(photo_folder, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in "abc":
        shutil.copy(photo_folder / "a.jpg", folder / f"{name}.jpg")
    seen = []

    def interrupted(images):
        seen.append(len(images))
        if len(seen) == 2:
            raise KeyboardInterrupt
        return ramp(images)

    with pytest.raises(KeyboardInterrupt):
        predict_files(interrupted, [folder], out, identity="ramp", progress=False)
    assert sorted(path.name for path in out.glob("*.png")) == ["a_disparity.png"]
    again = predict_files(interrupted, [folder], out, identity="ramp", progress=False)
    assert (again.made, again.there) == (2, 1)
    assert len(list(out.glob("*.png"))) == 3
    assert len(seen) == 4, "what was finished is not made again"


def test_pictures_of_one_stem_do_not_overwrite_each_other(photo_folder, tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    shutil.copy(photo_folder / "a.jpg", folder / "a.jpg")
    Image.open(photo_folder / "a.jpg").save(folder / "a.png")
    predict_files(ramp, [folder], out, progress=False)
    assert {path.name for path in out.glob("*.png")} == {
        "a_jpg_disparity.png",
        "a_png_disparity.png",
    }
    with pytest.raises(ValueError, match="rename one"):
        predict_files(ramp, [folder / "a.jpg", folder / "a.jpg"], tmp_path / "two", progress=False)


def test_bad_requests_name_the_fix(photo_folder, tmp_path):
    with pytest.raises(ValueError, match="unknown format gif; there are png"):
        predict_files(ramp, [photo_folder], tmp_path / "out", ("gif",))
    with pytest.raises(FileNotFoundError, match=r"nowhere\.jpg is not there"):
        predict_files(ramp, [tmp_path / "nowhere.jpg"], tmp_path / "out")
    predict_files(ramp, [photo_folder / "a.jpg"], tmp_path / "out", identity="one", progress=False)
    with pytest.raises(ValueError, match=r"begun otherwise.*model was"):
        predict_files(ramp, [photo_folder / "a.jpg"], tmp_path / "out", identity="two")


@pytest.mark.parametrize("huggingface", [False, True])
def test_the_command_takes_a_file_of_weights(
    photo_folder, tmp_path, huggingface, capsys, monkeypatch
):
    save_checkpoint(build_model("vits"), tmp_path / "weights.safetensors", huggingface)
    model, out = str(tmp_path / "weights.safetensors"), str(tmp_path / "out")
    options = ["--model", model, "--out", out, "--formats", "npy", "--shorter_px", "70"]
    arguments = ["dav2", "predict", str(photo_folder / "a.jpg"), *options]
    monkeypatch.setattr("sys.argv", arguments)
    main()
    assert np.load(tmp_path / "out" / "a_disparity.npy").shape == (48, 64)
    assert "0 set aside" in capsys.readouterr().out


def test_pictures_of_mixed_sizes_go_through_in_batches(photo_folder, tmp_path):
    sizes = []

    def counting(images):
        sizes.append(len(images))
        return ramp(images)

    (photo_folder / "bb.jpg").write_text("no picture")
    out = tmp_path / "out"
    made = predict_files(counting, [photo_folder], out, ("npy",), batch_size=2, progress=False)
    assert sizes == [2, 1, 1]  # a, b; (bb) c; d
    assert [entry["file"] for entry in made] == [str(photo_folder / "bb.jpg")]
    assert np.load(out / "d_disparity.npy").shape == (40, 100)


def test_metres_are_written_as_metres(photo_folder, tmp_path):
    def wall(images):
        return [np.full(image.shape[:2], 12.5, np.float32) for image in images]

    out = tmp_path / "out"
    formats = ("png", "png16", "npy", "ply")
    predict_files(
        wall, [photo_folder / "a.jpg"], out, formats, metric=True, focal_px=50, progress=False
    )
    assert (np.array(Image.open(out / "a_depth16.png")) == 12.5 * 256).all()
    assert (np.load(out / "a_depth.npy") == 12.5).all()
    cloud = trimesh.load(out / "a_points.ply")
    assert len(cloud.vertices) == 48 * 64
    assert set(cloud.vertices[:, 2]) == {-12.5}, "in front of a viewer's camera"
    assert (out / "a_depth.png").exists()


def test_near_is_red_for_metres_too(photo_folder, tmp_path):
    out = tmp_path / "out"
    predict_files(ramp, [photo_folder / "a.jpg"], out, metric=True, progress=False)
    colours = np.array(Image.open(out / "a_depth.png")).astype(int)
    assert colours[0, 0, 0] > colours[0, 0, 2], "5 m, the nearest, is red"
    assert colours[0, -1, 2] > colours[0, -1, 0]


def test_point_clouds_warn_of_their_scale(photo_folder, tmp_path):
    with pytest.warns(UserWarning, match="no metric scale"):
        predict_files(
            ramp, [photo_folder / "a.jpg"], tmp_path / "out", ("ply",), focal_px=50, progress=False
        )
    depth = -trimesh.load(tmp_path / "out" / "a_points.ply").vertices[:, 2]
    assert depth.min() == pytest.approx(1)
    assert depth.max() == pytest.approx(20)


def test_a_point_cloud_takes_its_focal_length_from_exif_or_says_that_it_guesses(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    plain, exif = Image.new("RGB", (64, 48)), Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = 26
    plain.save(folder / "a.jpg")
    plain.save(folder / "b.jpg", exif=exif)

    def ahead(images):
        return [np.full(one.shape[:2], 2, np.float32) for one in images]

    def right(name):  # of the right-most pixel, at 2 m
        return trimesh.load(out / f"{name}_points.ply").vertices[:, 0].max()

    ours = {"identity": "ahead", "metric": True, "progress": False}
    with pytest.warns(UserWarning, match=r"in their EXIF: 1; .* 60 degrees.*--fov"):
        predict_files(ahead, [folder], out, ["ply"], **ours)
    assert right("a") == pytest.approx(2 * np.tan(np.radians(30)) * 31.5 / 32)
    assert right("b") == pytest.approx(2 * 31.5 / (26 / np.hypot(36, 24) * 80))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        predict_files(ahead, [folder], out, ["ply"], fov=90, **ours)
    assert right("a") == right("b") == pytest.approx(2 * 31.5 / 32)


def test_the_spread_is_white_where_map_and_mirror_image_disagree_by_a_tenth(photo_folder, tmp_path):
    def doubt(image):
        return np.linspace(0, 0.2, image.shape[1], dtype=np.float32)[None].repeat(len(image), 0)

    photo, out = photo_folder / "a.jpg", tmp_path / "out"
    with pytest.raises(ValueError, match=r"spread needs .* Predictor\.spread"):
        predict_files(ramp, [photo], out, ["spread"], progress=False)
    predict_files(ramp, [photo], out, ["spread"], spread=doubt, progress=False)
    grey = np.array(Image.open(out / "a_spread.png"))
    assert (grey[0, 0], grey[0, -1]) == (0, 255)
    assert grey[0, 20] == round(20 / 63 * 0.2 / 0.1 * 255)


def test_videos_become_videos_and_damaged_ones_are_set_aside(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    write_video(folder / "walk.mp4", moving_square(6))
    (folder / "cut.mp4").write_bytes((folder / "walk.mp4").read_bytes()[:100])
    ours = {"identity": "ramp", "progress": False}
    made = predict_files(ramp, [folder], out, **ours)
    assert [entry["file"] for entry in made] == [str(folder / "cut.mp4")]
    assert [path.name for path in out.glob("*.mp4")] == ["walk_disparity.mp4"]
    before = (out / "walk_disparity.mp4").stat().st_mtime_ns
    assert predict_files(ramp, [folder], out, **ours).there == 1
    assert (out / "walk_disparity.mp4").stat().st_mtime_ns == before
    predict_files(ramp, [folder], out, ("side",), **ours)
    assert (out / "walk_side.mp4").exists()
    assert predict_files(ramp, [folder], out, smooth=0.9, **ours).made == 1, "asked otherwise"
    assert (out / "walk_disparity.mp4").stat().st_mtime_ns != before


def test_the_command_takes_metric_weights_and_says_metres(photo_folder, tmp_path, monkeypatch):
    file = tmp_path / "depth_anything_v2_metric_vkitti_vits.safetensors"
    save_checkpoint(build_model("vits", max_depth=80.0), file)
    options = ["--model", str(file), "--out", str(tmp_path / "out"), "--shorter_px", "70"]
    options += ["--formats", "npy", "--tiles", "2"]
    monkeypatch.setattr("sys.argv", ["dav2", "predict", str(photo_folder / "a.jpg"), *options])
    main()
    depth = np.load(tmp_path / "out" / "a_depth.npy")
    assert 0 < depth.min() <= depth.max() < 80


def two_pictures(folder):
    folder.mkdir()
    Image.new("RGB", (64, 48), "white").save(folder / "a.png")
    Image.linear_gradient("L").convert("RGB").save(folder / "b.png")
    return folder


def test_a_constant_map_has_no_points_and_stops_nothing(tmp_path):
    def flat_where_white(images):
        return [
            np.zeros(one.shape[:2], np.float32)
            if one.min() == 255
            else one[..., 0].astype(np.float32)
            for one in images
        ]

    out = tmp_path / "out"
    with pytest.warns(UserWarning, match="no metric scale"):
        aside = predict_files(
            flat_where_white,
            [two_pictures(tmp_path / "in")],
            out,
            ["ply"],
            focal_px=50.0,
            progress=False,
        )
    assert [Path(one["file"]).name for one in aside] == ["a.png"]
    assert [path.name for path in out.glob("*.ply")] == ["b_points.ply"]


@pytest.mark.parametrize("batch_size", [1, 2])
@pytest.mark.parametrize("wrong", ["nan", "small", "raises"])
def test_what_is_no_map_of_its_picture_is_set_aside(tmp_path, wrong, batch_size):
    def predict(images):
        maps = [one[..., 0].astype(np.float32) for one in images]
        for index, one in enumerate(images):
            if one.min() == 255 and wrong == "raises":
                raise ValueError("the network's map is not finite")
            if one.min() == 255:
                maps[index] = np.full(one.shape[:2], np.nan) if wrong == "nan" else np.ones((5, 5))
        return maps

    folder, out = two_pictures(tmp_path / "in"), tmp_path / "out"
    aside = predict_files(predict, [folder], out, batch_size=batch_size, progress=False)
    assert [Path(one["file"]).name for one in aside] == ["a.png"]
    assert aside.made == 1
    assert [path.name for path in out.glob("*.png")] == ["b_disparity.png"]


def test_another_picture_under_a_known_name_and_other_points_are_made_anew(photo_folder, tmp_path):
    out, picture = tmp_path / "out", tmp_path / "a.jpg"
    ours = {"identity": "ramp", "metric": True, "progress": False}

    def red(images):
        return [one[..., 0].astype(np.float32) + 1 for one in images]

    def call(**options):
        return predict_files(red, [picture], out, ["npy", "ply"], **ours, **options).made

    shutil.copy(photo_folder / "a.jpg", picture)
    assert call(focal_px=50) == 1
    first = np.load(out / "a_depth.npy"), (out / "a_points.ply").read_bytes()
    assert call(focal_px=50) == 0
    assert call(focal_px=90) == 1
    assert (out / "a_points.ply").read_bytes() != first[1]
    shutil.copy(photo_folder / "c.jpg", picture)
    assert call(focal_px=90) == 1
    assert np.load(out / "a_depth.npy").shape != first[0].shape


def test_a_name_too_long_for_the_disk_is_set_aside(photo_folder, tmp_path):
    folder = two_pictures(tmp_path / "in")
    (folder / "b.png").rename(folder / f"{'n' * 248}.png")
    aside = predict_files(ramp, [folder], tmp_path / "out", progress=False)
    assert aside.made == 1
    assert "too long for this disk" in aside[0]["reason"]


def test_a_video_too_small_or_too_long_stops_nothing(tmp_path):
    folder, out = two_pictures(tmp_path / "in"), tmp_path / "out"
    for name, size in (("tiny.mp4", (8, 8)), ("thin.mp4", (16, 640))):
        write_video(folder / name, [np.zeros((*size, 3), np.uint8)] * 2)
    aside = predict_files(ramp, [folder], out, progress=False)
    assert sorted(Path(one["file"]).name for one in aside) == ["thin.mp4", "tiny.mp4"]
    assert aside.made == 2
    assert json.loads((out / "set_aside.json").read_text()) == list(aside)
    assert not list(out.glob("*.frames"))


@pytest.mark.parametrize("ended_at", ["clip_disparity.mp4", "set_aside.json"])
def test_ended_before_it_is_written_down_a_file_is_still_ours(tmp_path, monkeypatch, ended_at):
    write_video(tmp_path / "clip.avi", moving_square(3))
    record = Work.record

    def killed(self, name, of=None):
        if name == ended_at:
            raise KeyboardInterrupt
        record(self, name, of)

    inputs, out = [tmp_path / "clip.avi"], tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(Work, "record", killed)
        with pytest.raises(KeyboardInterrupt):
            predict_files(ramp, inputs, out, identity="ramp", progress=False)
    assert (out / ended_at).exists()
    assert predict_files(ramp, inputs, out, identity="ramp", progress=False) == []


def test_a_users_own_files_survive_and_maps_are_no_inputs(photo_folder, tmp_path):
    folder = tmp_path / "mine"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.part-1.jpg", "b.jpg"):
        shutil.copy(photo_folder / "a.jpg", folder / name)
    for name in ("sub/sa1b.part-01.tar", "plan.json", "settings.json", "manifest.txt"):
        (folder / name).write_text("mine")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert predict_files(ramp, [folder], folder, identity="ramp", progress=False).made == 2
    again = predict_files(ramp, [folder], folder, identity="ramp", progress=False)
    assert (again.made, again.there) == (0, 2)
    assert {path: path.read_bytes() for path in before} == before


def test_listing_many_files_does_not_compare_each_with_all_others(tmp_path, monkeypatch):
    for number in range(300):
        (tmp_path / f"{number}.jpg").touch()
    compared, equal = [], PurePath.__eq__
    monkeypatch.setattr(PurePath, "__eq__", lambda a, b: compared.append(1) or equal(a, b))
    assert len(find_inputs([tmp_path])) == 300
    assert len(compared) < 20 * 300
