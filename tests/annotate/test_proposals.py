import numpy as np
import pytest

from dav2.annotate import mirrored, propose_pairs
from dav2.annotate.proposals import APART, ordered


def halves(left, right, top):
    """A map of 64 x 64: a band at the top, below it two halves."""
    disparity = np.full((64, 64), right, np.float32)
    disparity[:, :32] = left
    disparity[:8] = top
    return disparity


def test_only_pairs_about_which_they_disagree():
    pairs = propose_pairs([halves(0.9, 0.2, 0), halves(0.2, 0.9, 0)], 20, seed=0)
    assert len(pairs) == 20
    for (row, column), (other_row, other_column) in pairs:
        assert column < 32 <= other_column  # the left point first
        assert min(row, other_row) >= 8
        assert np.hypot(row - other_row, column - other_column) > APART * np.hypot(64, 64)
    points = [point for pair in pairs for point in pair]
    assert len(set(points)) == 40
    # Columns 31 and rows 7 and 9 of the grid lie at an edge of the maps.
    assert not [point for point in points if point[1] == 31 or point[0] < 9]


def test_agreement_is_not_asked():
    one = halves(0.9, 0.2, 0)
    assert propose_pairs([one, one], 5, seed=0) == []
    assert propose_pairs([one, 7 * one + 3], 5, seed=0) == []


def test_scale_and_shift_do_not_matter():
    one, other = halves(0.9, 0.2, 0), halves(0.2, 0.9, 0)
    assert propose_pairs([one, other], 5, 1) == propose_pairs([100 * one - 7, other], 5, 1)


def test_one_that_differs_suffices():
    one, other = halves(0.9, 0.2, 0), halves(0.2, 0.9, 0)
    assert len(propose_pairs([one, one, one, other], 3, seed=0)) == 3


@pytest.mark.parametrize(("difference", "asked"), [(0.04, 0), (0.2, 3)])
def test_who_sees_hardly_a_difference_has_no_vote(difference, asked):
    pairs = propose_pairs([halves(0.5, 0, 1), halves(0, difference, 1)], 3, seed=0)
    assert len(pairs) == asked


@pytest.mark.parametrize(("far", "ratio", "asked"), [(0.6, 3, 0), (0.6, 1, 3), (0.2, 3, 3)])
def test_somebody_must_see_depths_in_a_ratio_above_three(far, ratio, asked):
    # 0.9 : 0.6 is 1.5, 0.9 : 0.2 is 4.5; the band at the top is the zero of both maps.
    pairs = propose_pairs([halves(0.9, far, 0), halves(0.6, 0.9, 0)], 3, 0, ratio)
    assert len(pairs) == asked


def test_the_seed_decides():
    maps = [halves(0.9, 0.2, 0), halves(0.2, 0.9, 0)]
    assert propose_pairs(maps, 5, 0) == propose_pairs(maps, 5, 0) != propose_pairs(maps, 5, 1)


def test_a_constant_map_has_no_opinion():
    assert propose_pairs([np.zeros((64, 64)), halves(1, 0, 0)], 5, seed=0) == []


def test_mirrored_mirrors_back():
    image = np.random.default_rng(0).integers(0, 255, (4, 6, 3), dtype=np.uint8)
    assert (mirrored(lambda image: image[..., 0])(image) == image[..., 0]).all()
    assert (
        mirrored(lambda image: np.tile(np.arange(6), (4, 1)))(image)[0] == [5, 4, 3, 2, 1, 0]
    ).all()


def test_left_first_then_upper():
    assert ordered([[9, 5], [3, 2]]) == ((3, 2), (9, 5))
    assert ordered([[9, 5], [3, 5]]) == ((3, 5), (9, 5))


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        ([np.zeros((8, 8))], "at least two"),
        ([np.zeros((8, 8)), np.zeros((8, 9))], "several sizes"),
        ([np.zeros((8, 8)), np.full((8, 8), np.nan)], "not finite"),
    ],
)
def test_bad_predictions(maps, message):
    with pytest.raises(ValueError, match=message):
        propose_pairs(maps, 1, seed=0)
