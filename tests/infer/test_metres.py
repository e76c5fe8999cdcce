"""Metres out of a relative map and a few known distances."""

import numpy as np
import pytest
from PIL import ExifTags, Image

from dav2.disk import write_npy
from dav2.infer import Predictor
from dav2.infer.focal import find_focal, focal_from_exif
from dav2.infer.metres import metres_from_points, read_known
from dav2.model import build_model
from tests.helpers.command import called

ROWS, COLUMNS = 12, 16


@pytest.fixture
def truth():
    return 1 / np.linspace(0.1, 2, ROWS * COLUMNS).reshape(ROWS, COLUMNS)  # 0.5 to 10 m


def points(depth, *places):
    return [(row, column, depth[row, column]) for row, column in places]


def test_points_restore_scale_and_shift(truth):
    found = metres_from_points(5 / truth - 0.3, points(truth, (0, 0), (4, 9), (11, 3)))
    np.testing.assert_allclose(found.depth, truth, rtol=1e-6)
    np.testing.assert_allclose((found.scale, found.shift), (0.2, 0.06))
    np.testing.assert_allclose(found.errors, 0, atol=1e-9)
    assert found.depth.dtype == np.float32


def test_two_points_always_fit_and_a_third_shows_the_error(truth):
    disparity = 1 / truth
    wrong = [(0, 0, 10.0), (5, 5, 0.9), (11, 15, 0.5)]  # the second is 1.06 m away
    assert np.abs(metres_from_points(disparity, wrong[::2]).errors).max() < 1e-9
    found = metres_from_points(disparity, wrong)
    design = np.array([[disparity[row, column], 1] for row, column, _ in wrong])
    inverse = 1 / np.array([metres for *_, metres in wrong])
    expected, *_ = np.linalg.lstsq(design, inverse, rcond=None)
    np.testing.assert_allclose((found.scale, found.shift), expected)
    np.testing.assert_allclose(found.errors, 1 / (design @ expected) - 1 / inverse)


def test_what_is_fitted_beyond_the_horizon_is_a_kilometre_away():
    disparity = np.array([[0.0, 1.0, 2.0]])
    found = metres_from_points(disparity, [(0, 1, 10.0), (0, 2, 2.0)])  # 1/z = 0.4 d - 0.3
    np.testing.assert_allclose(found.depth, [[1000, 10, 2]])


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ([(0, 0, 1.0)], "two points at least"),
        ([(0, 0), (1, 1)], "two points at least"),
        ([(0, 0, 1.0), (20, 3, 2.0)], "row 20, column 3 lies outside the picture of 12 rows"),
        ([(0, 0, 1.0), (-1, 3, 2.0)], "row -1, column 3 lies outside"),
        ([(0, 0, 1.0), (1, 3, 0.0)], "row 1, column 3: 0 is no distance"),
        ([(0, 0, 1.0), (1, 3, np.nan)], "is no distance"),
        ([(0, 0, 1.0), (11, 15, 2000.0)], "row 11, column 15: 2000 is no distance from 0 to 1000"),
        ([(0, 0, 1.0), (0, 0, 2.0)], "the same disparity"),
        (
            [(0, 0, 2.7), (5, 5, 2.7), (11, 15, 2.7)],
            "the same distance",
        ),  # 2.7 and 2 round otherwise
        ([(0, 0, 2.0), (5, 5, 2.0), (11, 15, 2.0)], "the same distance"),
        ([(0, 0, 0.5), (11, 15, 10.0)], "the larger disparity: are rows and columns"),
    ],
)
def test_points_that_cannot_be_fitted_are_named(truth, known, message):
    with pytest.raises(ValueError, match=message):
        metres_from_points(1 / truth, known)


def test_known_distances_are_read_from_tables_arrays_and_sparse_pictures(truth, tmp_path):
    expected = [(2, 3, 1.25), (7, 11, 4.0)]
    (tmp_path / "a.csv").write_text("row, column, metres\n2,3,1.25\n\n7,11,4\n")
    (tmp_path / "B.CSV").write_text('"Row","Column","Metres"\r\n2,3,1.25\r\n7,11,4e0\r\n')
    sparse = np.full(truth.shape, np.nan)
    for row, column, metres in expected:
        sparse[row, column] = metres
    write_npy(tmp_path / "a.npy", sparse)
    levels = (np.nan_to_num(sparse) * 256).astype(np.uint16)
    Image.fromarray(levels).save(tmp_path / "a.png")
    write_npy(tmp_path / "mm.npy", (np.nan_to_num(sparse) * 1000).astype(np.uint16))
    for name in ("a.csv", "B.CSV", "a.npy"):
        np.testing.assert_array_equal(read_known(tmp_path / name, truth.shape), expected)
    np.testing.assert_array_equal(read_known(tmp_path / "a.png", truth.shape, 256), expected)
    np.testing.assert_array_equal(read_known(tmp_path / "mm.npy", truth.shape, 1000), expected)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"2,3\n", r"a\.csv, line 1, must look like 120,340,2\.5"),
        ("a.csv", b"2,3,x\n", "line 1"),
        ("a.csv", b"row,column,metres\n", "holds no distance"),
        ("a.npy", b"no array", r"a\.npy cannot be read"),
        ("a.png", b"no picture", r"^\S*a\.png cannot be read as a PNG"),
        (
            "a.txt",
            b"2,3,4",
            r"a\.txt: known distances come as \.csv, \.png, \.npy, \.exr, not \.txt",
        ),
    ],
)
def test_files_of_known_distances_that_cannot_be_used_are_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_known(tmp_path / name, (12, 16), None if name == "a.csv" else 256)


@pytest.mark.parametrize("kind", ["U3", "M8[D]", "c16", [("a", "f8")]])
def test_arrays_that_are_no_numbers_are_refused(tmp_path, kind):
    np.save(tmp_path / "a.npy", np.zeros((12, 16), kind))
    with pytest.raises(ValueError, match="not numbers of the picture's size"):
        read_known(tmp_path / "a.npy", (12, 16))


def test_known_distances_of_another_size_or_without_a_scale_are_refused(tmp_path):
    Image.fromarray(np.ones((12, 16), np.uint16)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="--depth-scale, 256 as KITTI"):
        read_known(tmp_path / "a.png", (12, 16))
    write_npy(tmp_path / "a.npy", np.ones((12, 16), np.uint16))
    with pytest.raises(ValueError, match=r"a\.npy does not say .* --depth-scale"):
        read_known(tmp_path / "a.npy", (12, 16))
    (tmp_path / "a.csv").write_text("2,3,4\n")
    with pytest.raises(ValueError, match="a table in metres; it takes no depth scale"):
        read_known(tmp_path / "a.csv", (12, 16), 1000)
    with pytest.raises(
        ValueError, match=r"\(12, 16\), not numbers of the picture's size \(24, 32\)"
    ):
        read_known(tmp_path / "a.png", (24, 32), 1000)
    Image.fromarray(np.zeros((12, 16), np.uint16)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="no distance above 0"):
        read_known(tmp_path / "a.png", (12, 16), 1000)


def test_the_command_writes_metres(photo_folder, tmp_path):
    model, photo, table = build_model("tiny"), photo_folder / "a.jpg", tmp_path / "known.csv"
    model.save_pretrained(tmp_path / "mine")
    disparity = Predictor(model, 64).predict(photo)
    places = [np.unravel_index(at(disparity), disparity.shape) for at in (np.argmax, np.argmin)]
    (row, column), far = places

    def call(*inputs, known, more=()):
        table.write_text("".join(f"{r},{c},{metres}\n" for (r, c), metres in known))
        options = ["--model", tmp_path / "mine", "--shorter-px", "64", "--formats", "npy", "png16"]
        options += ["--known", table, "--out", tmp_path / "maps", *more]
        return called("predict", *(inputs or [photo]), *options)

    wrong = call(known=[(places[0], 0.5), ((999, 0), 8)])
    assert "known.csv: row 999, column 0 lies outside the picture" in wrong.stderr
    assert not (tmp_path / "maps").exists(), "nothing is begun with a mistake"
    done = call(known=[(places[0], 0.5), (far, 8)])
    assert done.returncode == 0, done.stderr
    assert "2 known distances, which always fits" in done.stdout
    depth = np.load(tmp_path / "maps" / "a_depth.npy")
    np.testing.assert_allclose((depth[row, column], depth[far]), (0.5, 8), rtol=1e-4)
    assert 0.49 < depth.min() <= depth.max() < 8.01
    again = call(known=[(places[0], 1), (far, 8), (far, 9)])
    assert "1 made" in again.stdout, "other distances, another map, in the same folder"
    assert "3 known distances; largest error -0.5" in again.stdout
    assert "1 were there" in call(known=[(places[0], 1), (far, 8), (far, 9)]).stdout
    assert "1 made" in call(photo_folder / "c.jpg", known=[(places[0], 1), (far, 8)]).stdout

    assert "give this picture alone" in call(photo_folder, known=[(far, 8)]).stderr
    absent = call(tmp_path / "absent.jpg", known=[(far, 8)])
    assert "absent.jpg" in absent.stderr
    assert absent.returncode != 0
    both = call(known=[(places[0], 1), (far, 8)], more=["--fov", "60", "--focal-px", "9"])
    assert "give one of them" in both.stderr
    alone = called("predict", photo, "--out", tmp_path / "x", "--depth-scale", "256")
    assert "--depth-scale is of --known" in alone.stderr


def photograph(path, size, **tags):
    exif = Image.Exif()
    for name, value in tags.items():
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base[name]] = value
    Image.new("RGB", size).save(path, exif=exif)
    return path


def test_exif_says_the_focal_length_of_pictures_that_were_not_cropped(tmp_path):
    full = photograph(tmp_path / "a.jpg", (600, 400), FocalLengthIn35mmFilm=36)
    assert focal_from_exif(full) == pytest.approx(600), "as 36 mm in front of 36 mm of film"
    size = {"ExifImageWidth": 6000, "ExifImageHeight": 4000}
    shrunk = photograph(tmp_path / "b.jpg", (300, 200), FocalLengthIn35mmFilm=36, **size)
    assert focal_from_exif(shrunk) == pytest.approx(300)
    turned = photograph(tmp_path / "c.jpg", (200, 300), FocalLengthIn35mmFilm=36, **size)
    assert focal_from_exif(turned) == pytest.approx(300)
    cropped = photograph(tmp_path / "d.jpg", (300, 100), FocalLengthIn35mmFilm=36, **size)
    assert focal_from_exif(cropped) is None
    assert focal_from_exif(photograph(tmp_path / "e.jpg", (300, 200))) is None
    assert (
        focal_from_exif(photograph(tmp_path / "f.jpg", (300, 200), FocalLengthIn35mmFilm=0)) is None
    )


def test_what_is_given_wins_over_exif_and_a_guess_is_called_one(tmp_path):
    photo = photograph(tmp_path / "a.jpg", (600, 400), FocalLengthIn35mmFilm=36)
    assert find_focal(photo, 600, focal_px=50, fov=90) == (50, "given")
    assert find_focal(photo, 600, fov=90) == (pytest.approx(300), "field of view")
    assert find_focal(photo, 600) == (pytest.approx(600), "EXIF")
    plain = photograph(tmp_path / "b.jpg", (600, 400))
    assert find_focal(plain, 600) == (pytest.approx(300 * 3**0.5), "assumed")
