import io

import numpy as np
import pytest
from PIL import Image

from dav2.encoding import decode_depth, decode_disparity, encode_depth, encode_disparity


def test_labels_keep_sixteen_bits():
    rng = np.random.default_rng(0)
    disparity = rng.random((40, 50), dtype=np.float32) * 9 + 4
    expected = (disparity - disparity.min()) / np.ptp(disparity)
    assert np.abs(decode_disparity(encode_disparity(disparity)) - expected).max() < 1 / 65535
    with pytest.raises(ValueError, match="nothing to learn"):
        encode_disparity(np.ones((4, 4), np.float32))


def test_depth_keeps_its_relative_precision_near_and_far_and_its_two_marks():
    rng = np.random.default_rng(0)
    depth = np.exp(rng.uniform(np.log(0.01), np.log(20_000), (50, 60)))
    depth[0, :2] = np.inf, np.nan
    again = decode_depth(encode_depth(depth))
    assert again.dtype == np.float32
    assert np.isinf(again[0, 0])
    assert np.isnan(again[0, 1])
    known = np.isfinite(depth)
    assert np.abs(again[known] / depth[known] - 1).max() < 5.01e-4


@pytest.mark.parametrize("bad", [0.0, -1.0, -np.inf])
def test_depth_that_is_not_positive_is_refused(bad):
    with pytest.raises(ValueError, match="mark missing depth with NaN"):
        encode_depth(np.array([[1.0, bad]]))


@pytest.mark.parametrize("decode", [decode_depth, decode_disparity])
@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_a_copy_with_8_bits_is_refused(decode, mode):
    buffer = io.BytesIO()
    Image.new(mode, (8, 6)).save(buffer, "PNG")
    with pytest.raises(ValueError, match=f"not a 16-bit grey PNG but of mode {mode}"):
        decode(buffer.getvalue())
    with pytest.raises(ValueError, match="cannot be read as a PNG"):
        decode(encode_depth(np.ones((60, 80), np.float32))[:60])
