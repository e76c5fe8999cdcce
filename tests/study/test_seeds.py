"""Numbers over seeds: intervals by hand, and what may be put into one table."""

import json

import pytest

from dav2.runs import record_results
from dav2.study import format_seeds, mean_and_half, read_seeds, record_seed
from dav2.study.seeds import STUDENT_T

SETTINGS = {"scale": "lab", "steps": 300, "crop_px": (96, 128)}


def cells_of(table):
    lines = table.splitlines()
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]


def test_mean_and_half_by_hand():
    # Mean 0.8, standard deviation 0.1, so 4.303 * 0.1 / sqrt(3).
    mean, half = mean_and_half([0.7, 0.8, 0.9])
    assert mean == pytest.approx(0.8)
    assert half == pytest.approx(0.24843, abs=1e-5)
    mean, half = mean_and_half([0.6, 0.8])  # deviation 0.1 * sqrt(2): 12.706 * 0.1
    assert (mean, half) == (pytest.approx(0.7), pytest.approx(1.2706))


def test_one_value_has_no_interval_and_none_is_an_error():
    assert mean_and_half([0.7]) == (0.7, None)
    with pytest.raises(ValueError, match="no value"):
        mean_and_half([])


def test_many_values_get_an_interval_that_is_rather_too_wide():
    values = [0.0, 1.0] * 50
    exact = 1.984 * 0.50252 / 10  # t for 99 degrees of freedom
    assert exact < mean_and_half(values)[1] < 1.06 * exact


def test_quantiles_are_students():
    t = pytest.importorskip("scipy.stats").t
    assert pytest.approx([t.ppf(0.975, n) for n in range(1, 21)], abs=5e-4) == list(STUDENT_T)


def test_seeds_of_a_run_and_of_those_beside_it_come_together(tmp_path):
    record_results(tmp_path / "lab-0", "08_da2k", gain=0.06)  # a lesson's: no seeds in it
    record_seed(tmp_path / "lab-0", "table", 0, SETTINGS, {"a": 0.5})
    record_seed(tmp_path / "lab-0", "table", 2, SETTINGS, {"a": 0.7})
    record_seed(tmp_path / "lab-1", "table", 1, SETTINGS, {"a": 0.6})
    record_seed(tmp_path / "lab-1", "other", 3, SETTINGS, {"a": 0.9})
    expected = {0: {"a": 0.5}, 1: {"a": 0.6}, 2: {"a": 0.7}}
    assert read_seeds(tmp_path / "lab-0", "table", SETTINGS) == expected
    assert list(read_seeds(tmp_path / "lab-1", "table", SETTINGS)) == [0, 1, 2]
    assert json.loads((tmp_path / "lab-0" / "results.json").read_text())["08_da2k"]["gain"] == 0.06


def test_other_settings_stay_out(tmp_path):
    record_seed(tmp_path / "lab-0", "table", 0, SETTINGS, {"a": 0.5})
    record_seed(tmp_path / "lab-1", "table", 1, SETTINGS | {"steps": 400}, {"a": 0.6})
    assert list(read_seeds(tmp_path / "lab-0", "table", SETTINGS)) == [0]


def test_a_run_s_own_seed_is_preferred_and_replaced_when_repeated(tmp_path):
    for run in ("a", "b", "c"):
        record_seed(tmp_path / run, "table", 0, SETTINGS, {"a": ord(run)})
    assert read_seeds(tmp_path / "b", "table", SETTINGS)[0]["a"] == ord("b")
    assert read_seeds(tmp_path / "new", "table", SETTINGS)[0]["a"] == ord("c")
    record_seed(tmp_path / "b", "table", 0, SETTINGS, {"a": 0.1})
    assert read_seeds(tmp_path / "b", "table", SETTINGS) == {0: {"a": 0.1}}


def test_a_broken_neighbour_is_named(tmp_path):
    record_seed(tmp_path / "a", "table", 0, SETTINGS, {"a": 0.5})
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "results.json").write_text("{")
    with pytest.raises(ValueError, match=r"b.results\.json is not valid JSON"):
        read_seeds(tmp_path / "a", "table", SETTINGS)


def test_differences_are_taken_seed_by_seed():
    # a - b is 0.1, 0.2, 0.3: mean 0.2, half 4.303 * 0.1 / sqrt(3) = 0.248
    seeds = {
        0: {"b": 0.5, "a": 0.6},
        1: {"b": 0.4, "a": 0.6},
        4: {"b": 0.6, "a": 0.9, "new": 0.7},
    }
    lines = cells_of(format_seeds(seeds, "b"))
    assert lines[0] == ["row", "seed 0", "seed 1", "seed 4", "mean", "minus b"]
    assert lines[2] == ["b", "50.0", "40.0", "60.0", "50.0 ± 24.8", ""]
    assert lines[3] == ["a", "60.0", "60.0", "90.0", "70.0 ± 43.0", "+20.0 ± 24.8"]
    assert lines[4] == ["new", "", "", "70.0", "70.0", "+10.0"]


def test_one_seed_says_so():
    text = format_seeds({3: {"a": 0.5}})
    assert cells_of(text)[:3] == [["row", "seed 3"], ["---", "---"], ["a", "50.0"]]
    assert "one seed" in text.splitlines()[-1]
    with pytest.raises(ValueError, match="no seed"):
        format_seeds({})
