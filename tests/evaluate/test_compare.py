"""Two models on the same pairs, by hand; and the pictures of what they get wrong."""

import numpy as np
import pytest

from dav2.cli import main
from dav2.disk import read_json
from dav2.evaluate import compare_da2k, evaluate_da2k, format_comparison
from dav2.evaluate.compare import mcnemar_exact
from dav2.evaluate.gallery import da2k_sheet, disputed_pairs, wrong_pairs
from tests.helpers.da2k import change, rows


@pytest.mark.parametrize(
    ("only_a", "only_b", "p"),
    [
        (0, 0, 1),
        (3, 3, 1),
        (1, 5, 14 / 64),  # 2 (1 + 6) / 2^6
        (0, 10, 2 / 1024),
        (2, 8, 2 * (1 + 10 + 45) / 1024),
    ],
)
def test_mcnemar_by_hand(only_a, only_b, p):
    assert mcnemar_exact(only_a, only_b) == p == mcnemar_exact(only_b, only_a)


def test_mcnemar_is_the_binomial_test():
    stats = pytest.importorskip("scipy.stats")
    for a, b in ((7, 19), (150, 57), (1, 0)):
        assert mcnemar_exact(a, b) == pytest.approx(stats.binomtest(a, a + b).pvalue)


A = {
    "right": {
        "images/indoor/1.jpg": [True, True, False],
        "images/indoor/2.jpg": [True],
        "images/outdoor/3.jpg": [True, False],
    }
}
B = {
    "right": {
        "images/indoor/1.jpg": [True, False, False],
        "images/indoor/2.jpg": [False],
        "images/outdoor/3.jpg": [False, True],
    }
}


def test_a_comparison_by_hand():
    compared = compare_da2k(A, B)
    assert (compared["only_a"], compared["only_b"], compared["pairs"]) == (3, 1, 6)
    assert compared["difference"] == pytest.approx(4 / 6 - 2 / 6)
    assert compared["p"] == 2 * (1 + 4) / 16
    assert compared["scenes"]["indoor"] == {
        "difference": pytest.approx(3 / 4 - 1 / 4),
        "pairs": 4,
        "only_a": 2,
        "only_b": 0,
    }
    outdoor = compared["scenes"]["outdoor"]
    assert (outdoor["difference"], outdoor["only_a"], outdoor["only_b"]) == (0, 1, 1)
    # Images gain 1 of 3, 1 of 1 and 0 of 2 pairs: three times the last is 0, the second 1.
    assert compared["interval"] == [0.0, 1.0]


def test_swapping_mirrors():
    one, other = compare_da2k(A, B), compare_da2k(B, A)
    assert one["difference"] == -other["difference"]
    assert one["interval"] == [-value for value in reversed(other["interval"])]
    assert (one["only_a"], one["only_b"]) == (other["only_b"], other["only_a"])
    assert one["p"] == other["p"]
    same = compare_da2k(A, A)
    assert (same["difference"], same["interval"], same["p"]) == (0, [0, 0], 1)
    assert "not more than luck" in format_comparison("a", "a", same)


def test_pairing_is_finer_than_two_intervals(tmp_path):
    """A model that is right wherever another is, and once more in each image, is surely better."""
    rng = np.random.default_rng(0)
    weak, strong = {}, {}
    for number in range(40):
        answers = [bool(rng.random() < 0.5)] * 4
        weak[f"images/a/{number}.jpg"] = [*answers, False]
        strong[f"images/a/{number}.jpg"] = [*answers, True]
    compared = compare_da2k({"right": strong}, {"right": weak})
    assert compared["interval"] == pytest.approx([0.2, 0.2])
    assert (compared["only_a"], compared["only_b"]) == (40, 0)


def test_results_of_different_benchmarks_are_refused():
    short = {"right": {**B["right"], "images/indoor/2.jpg": [False, True]}}
    with pytest.raises(ValueError, match=r"1 images differ, such as images/indoor/2\.jpg"):
        compare_da2k(A, short)
    with pytest.raises(ValueError, match="different benchmarks"):
        compare_da2k({**A, "benchmark": "x"}, {**B, "benchmark": "y"})
    with pytest.raises(ValueError, match="result of teacher lacks `right`"):
        compare_da2k(A, {"accuracy": 1, "model": "teacher"})


def columns(image):
    return np.indices(image.shape[:2])[1].astype(np.float32)


@pytest.fixture
def kept(benchmark, tmp_path):
    """Rows has the desk wrong; columns has the desk, one pair of the room (9,3)-(1,9) and ties wrong."""
    folders = tmp_path / "rows", tmp_path / "columns"
    for predict, folder in zip((rows, columns), folders, strict=True):
        evaluate_da2k(predict, benchmark, folder, progress=False)
    return folders


def test_wrong_pairs_are_the_surest_first_and_one_per_image(benchmark, kept):
    (desk,) = wrong_pairs(benchmark, kept[0])
    assert (desk.annotation.name, desk.index) == ("images/indoor/desk.png", 0)
    assert desk.answers[0].apart == pytest.approx(5 / 24)  # rows 3 to 8 of 24
    found = wrong_pairs(benchmark, kept[1])
    # Scene types take turns: a tie of the hill comes before the second mistake indoors.
    named = [(one.annotation.name.split("/")[-1], one.index) for one in found]
    assert named == [("room.jpg", 1), ("hill.jpg", 0), ("desk.png", 0)]
    assert found[1].answers[0].apart == 0  # a tie
    assert [one.annotation.scene for one in wrong_pairs(benchmark, kept[1], count=1)] == ["indoor"]


def test_disputed_pairs_are_those_that_one_has_right(benchmark, kept):
    found = disputed_pairs(benchmark, kept)
    assert {(one.annotation.name, one.index) for one in found} == {
        ("images/indoor/room.jpg", 1),
        ("images/outdoor/hill.jpg", 0),
    }
    assert all(one.answers[0].right and not one.answers[1].right for one in found)


def test_sheets_show_a_photograph_and_a_map_for_every_model(benchmark, kept):
    one = da2k_sheet(benchmark, {"columns": kept[1]}, title="columns")
    assert sum(bool(axes.images) for axes in one.axes) == 3 * 2
    both = da2k_sheet(benchmark, {"rows": kept[0], "columns": kept[1]})
    assert sum(bool(axes.images) for axes in both.axes) == 2 * 3
    titles = [axes.get_title() for axes in both.axes]
    assert "a: right, 33%" in titles  # rows 1 to 9 of 24
    assert "b: wrong, 19%" in titles  # columns 3 to 9 of 32
    assert "b: tie" in titles
    change(benchmark, lambda c: c.pop("images/indoor/desk.png"))
    assert da2k_sheet(benchmark, {"rows": kept[0]}).png().startswith(b"\x89PNG")


def test_the_commands(benchmark, tmp_path, monkeypatch, capsys):
    def run(text):
        monkeypatch.setattr("sys.argv", ["dav2", "evaluate", *text.split("|")])
        main()
        return capsys.readouterr().out

    files = [tmp_path / f"{name}.json" for name in ("lower", "centre")]
    for file in files:
        model = f"{file.stem} is nearer"
        start = f"da2k|--root|{benchmark}|--model|{model}|--json|{file}"
        run(f"{start}|--predictions|{tmp_path / file.stem}|--gallery|{file.with_suffix('.png')}")
        assert file.with_suffix(".png").stat().st_size > 1000
    a, b = files
    output = run(f"compare|{a}|{b}|--json|{tmp_path / 'c.json'}|--gallery|{tmp_path / 'c.png'}")
    compared = read_json(tmp_path / "c.json")
    expected = read_json(a)["accuracy"] - read_json(b)["accuracy"]
    assert compared["difference"] == pytest.approx(expected)
    assert f"{expected:+.1%}" in output
    assert (tmp_path / "c.png").stat().st_size > 1000
    run(f"da2k|--root|{benchmark}|--model|lower is nearer|--json|{b}")
    with pytest.raises(SystemExit, match=r"centre\.json were not kept.*--predictions"):
        run(f"compare|{a}|{b}|--gallery|{tmp_path / 'c.png'}")
    b.write_text(b.read_text()[:200])
    with pytest.raises(SystemExit, match=r"centre\.json is not valid JSON"):
        run(f"compare|{a}|{b}")
    b.write_text("[]")
    with pytest.raises(SystemExit, match=r"centre\.json is no result"):
        run(f"compare|{a}|{b}")
