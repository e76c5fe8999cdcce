import numpy as np
import pytest
import torch

from dav2.alignment import align, normalise, scale_and_shift


def maps(batch=3, size=(6, 7)):
    return torch.rand(batch, 1, *size), torch.rand(batch, 1, *size)


def test_normalise_by_hand():
    # median 2, deviations 2 1 0 1 8, mean 12 / 5
    values = torch.tensor([0.0, 1, 2, 3, 10]).view(1, 1, 1, 5)
    got = normalise(values, torch.ones_like(values, dtype=torch.bool))
    expected = torch.tensor([-2.0, -1, 0, 1, 8]) / 2.4
    torch.testing.assert_close(got.flatten(), expected, atol=1e-5, rtol=1e-5)


def test_normalise_takes_its_median_over_valid_pixels_only():
    # With the well-known median(mask * x), the masked zeros would pull the median to 0.
    values = torch.tensor([0.0, 0, 0, 5, 6, 7]).view(1, 1, 1, 6)
    valid = torch.tensor([False, False, False, True, True, True]).view(1, 1, 1, 6)
    got = normalise(values, valid).flatten()
    torch.testing.assert_close(got, torch.tensor([0.0, 0, 0, -1.5, 0, 1.5]), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("valid_share", [1.0, 0.5, 0.05])
def test_normalise_ignores_scale_and_shift(valid_share):
    values, noise = maps()
    valid = noise < valid_share
    a, b = normalise(values, valid), normalise(values * 7 + 3, valid)
    torch.testing.assert_close(a, b, atol=2e-3, rtol=1e-3)


def test_no_valid_pixel_gives_zeros_and_finite_gradients():
    values = torch.rand(2, 1, 4, 4, requires_grad=True)
    valid = torch.zeros(2, 1, 4, 4, dtype=torch.bool)
    valid[1] = True
    out = normalise(values, valid)
    assert out[0].abs().max() == 0
    out.abs().sum().backward()
    assert torch.isfinite(values.grad).all()
    assert values.grad[0].abs().max() == 0


def test_scale_and_shift_equals_numpy_least_squares():
    pred, target = maps()
    valid = torch.rand_like(pred) > 0.3
    scale, shift = scale_and_shift(pred, target, valid)
    for i in range(len(pred)):
        expected = np.polyfit(pred[i][valid[i]].double(), target[i][valid[i]].double(), 1)
        np.testing.assert_allclose([scale[i], shift[i]], expected, rtol=1e-4, atol=1e-5)


def test_invalid_pixels_may_hold_anything():
    pred, target = maps()
    valid = torch.rand_like(pred) > 0.3
    expected = scale_and_shift(pred, target, valid)
    got = scale_and_shift(pred, target.masked_fill(~valid, torch.nan), valid)
    torch.testing.assert_close(got, expected)


def test_constant_prediction_becomes_the_mean():
    _, target = maps(1)
    aligned = align(torch.full_like(target, 4.0), target, torch.ones_like(target, dtype=torch.bool))
    torch.testing.assert_close(aligned, target.mean().expand_as(target))
