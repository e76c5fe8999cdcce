import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dav2.infer import Predictor
from dav2.infer.tiles import OVERLAP, predict_in_tiles, tile_starts


@pytest.mark.parametrize(("length", "tile"), [(100, 100), (101, 100), (250, 100), (1036, 518)])
def test_tiles_cover_everything_and_overlap(length, tile):
    starts = tile_starts(length, tile)
    assert starts[0] == 0
    assert starts[-1] + tile == length
    steps = np.diff(starts)
    assert all(0 < step <= (1 - OVERLAP) * tile for step in steps)


def test_a_tile_larger_than_the_picture_is_an_error():
    with pytest.raises(ValueError, match="does not fit"):
        tile_starts(90, 100)


def moody(x):
    """Brightness, with another scale and shift at every call: what a relative network may do."""
    scale, shift = 0.5 + torch.rand(2)
    return scale * x.mean(1, keepdim=True) + shift


def test_tiles_agree_although_each_has_its_own_scale_and_shift():
    small = torch.rand(1, 3, 9, 12)
    picture = F.interpolate(small, (96, 128), mode="bilinear", align_corners=True)
    truth = picture.mean(1, keepdim=True)
    coarse = F.interpolate(truth, (48, 64), mode="bilinear", align_corners=True)
    tiled = predict_in_tiles(moody, picture, coarse, (48, 64))
    assert tiled.shape == truth.shape
    assert (tiled - truth).abs().max() < 0.02 * (truth.max() - truth.min())


def test_detail_that_the_coarse_map_cannot_show_keeps_its_contrast():
    picture = torch.zeros(1, 3, 96, 128)
    picture[..., ::4] = 1  # stripes that vanish at a quarter of the size
    picture += torch.linspace(0, 1, 128)
    truth = picture.mean(1, keepdim=True)
    coarse = F.interpolate(truth, (24, 32), mode="bilinear", antialias=True)
    tiled = predict_in_tiles(moody, picture, coarse, (24, 32))
    inside = (..., slice(8, -8), slice(8, -8))
    assert tiled[inside].std() == pytest.approx(float(truth[inside].std()), rel=0.15)


class Brightness(torch.nn.Module):
    stride = 8

    def forward(self, x):
        return x.mean(1, keepdim=True)


def test_predictor_looks_more_closely_on_request():
    image = np.zeros((128, 160, 3), np.uint8)
    image += np.linspace(0, 120, 160).astype(np.uint8)[:, None]
    image[:, ::4] += 80
    plain = Predictor(Brightness(), 32).predict(image)
    closer = Predictor(Brightness(), 32, tiles=4).predict(image)
    truth = image.mean(-1) / 255
    assert closer.shape == truth.shape
    stripes = truth[:, 4:] - truth[:, 2:-2]
    likeness = [
        np.corrcoef((m[:, 4:] - m[:, 2:-2]).ravel(), stripes.ravel())[0, 1] for m in (plain, closer)
    ]
    assert likeness[0] < 0.5
    assert likeness[1] > 0.9
