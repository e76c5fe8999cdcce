"""The contract of every labelled set, on one that lives in memory."""

import numpy as np
import pytest
import torch
from PIL import Image

from dav2.data.frames import BrokenFrame, DepthSet, Frame, LabelledSet
from dav2.sample import check_sample


@pytest.fixture
def frame(tmp_path):
    image, depth = tmp_path / "a.png", tmp_path / "a.depth"
    Image.fromarray(np.full((20, 32, 3), 51, np.uint8)).save(image)
    depth.touch()
    return Frame("room/a", image, depth)


def holding(values):
    """A set of one frame with this depth."""
    return LabelledSet("held", find=lambda root: [], read_depth=lambda frame: values)


def plane():
    return np.full((20, 32), 4.0)


def test_depth_becomes_disparity_sky_is_zero_and_valid_unknown_is_not(frame):
    depth = plane()
    depth[0, :3] = 0.5, np.inf, np.nan
    sample = check_sample(DepthSet(holding(depth), [frame])[0])
    assert sample.disparity[0, 0, :4].tolist() == [2, 0, 0, 0.25]
    assert sample.valid[0, 0, :4].tolist() == [True, True, False, True]
    assert sample.name == "room/a"
    torch.testing.assert_close(sample.image, torch.full((3, 20, 32), 0.2))


def test_reading_gives_pixels_and_depth_as_they_are(frame):
    depth = plane()
    depth[1, 2] = np.nan
    pixels, read = DepthSet(holding(depth), [frame]).read(frame)
    assert (pixels.dtype, pixels.shape, pixels.max()) == (np.uint8, (20, 32, 3), 51)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, depth.astype(np.float32))


@pytest.mark.parametrize("wrong", [0, -1, -np.inf])
def test_one_bad_depth_is_unknown_and_many_break_a_frame(frame, wrong):
    depth = plane()
    depth[3, 4:6] = wrong
    _, read = DepthSet(holding(depth), [frame]).read(frame)
    assert np.isnan(read[3, 4:6]).all()
    assert np.isnan(read).sum() == 2
    depth[:5] = wrong
    with pytest.raises(BrokenFrame, match=r"a\.depth: 25% of its depths are zero or negative"):
        DepthSet(holding(depth), [frame])[0]


def test_a_frame_that_knows_nothing_is_broken(frame):
    with pytest.raises(BrokenFrame, match="no depth is known"):
        DepthSet(holding(plane() * np.nan), [frame])[0]
    DepthSet(holding(plane() * np.inf), [frame])[0]  # sky everywhere is known


def test_sizes_must_agree(frame):
    with pytest.raises(BrokenFrame, match=r"a\.depth is 20x32, its picture 32x20"):
        DepthSet(holding(plane().T), [frame])[0]
    with pytest.raises(BrokenFrame, match="its picture"):
        DepthSet(holding(plane()[..., None]), [frame])[0]


@pytest.mark.parametrize("which", ["image", "depth"])
def test_missing_files_are_named_without_reading(frame, which):
    getattr(frame, which).unlink()
    with pytest.raises(BrokenFrame, match="is missing"):
        DepthSet(holding(plane()), [frame])[0]


@pytest.mark.parametrize(
    "error", [OSError("cut off"), ValueError("odd"), KeyError("dataset"), IndexError(5), EOFError()]
)
def test_what_a_reader_raises_names_the_file(frame, error):
    def fails(frame):
        raise error

    with pytest.raises(BrokenFrame, match=r"a\.depth cannot be read as depth"):
        DepthSet(LabelledSet("held", lambda root: [], fails), [frame])[0]


def test_an_error_that_is_not_the_frame_s_is_not_hidden(frame):
    def fails(frame):
        raise ModuleNotFoundError("reading this needs that")

    with pytest.raises(ModuleNotFoundError, match="needs that"):
        DepthSet(LabelledSet("held", lambda root: [], fails), [frame])[0]


def test_a_set_may_read_its_pictures_itself(frame):
    def many(frame):
        return np.full((20, 32, 3), frame.index, np.uint8)

    labelled = LabelledSet("held", lambda root: [], lambda frame: plane(), many)
    pixels, _ = DepthSet(labelled, [frame]).read(frame._replace(index=7))
    assert pixels.max() == 7
