import numpy as np
import pytest
import torch

from dav2.infer import Predictor, input_size
from dav2.model import build_model


@pytest.mark.parametrize(
    ("size", "shorter", "stride", "expected"),
    [
        ((480, 640), 518, 14, (518, 686)),  # 690.7 -> 49 patches
        ((518, 518), 518, 14, (518, 518)),
        ((1000, 400), 518, 14, (1288, 518)),  # 1295 -> 92 patches
        ((60, 80), 100, 32, (128, 128)),  # rounding 100 to 96 would fall below the bound
    ],
)
def test_input_size_is_the_official_lower_bound(size, shorter, stride, expected):
    assert input_size(*size, shorter, stride) == expected


def test_prediction_has_the_picture_s_size_and_takes_paths(photo_folder):
    predictor = Predictor(build_model("tiny"), 64)
    from_path = predictor.predict(photo_folder / "a.jpg")
    assert from_path.shape == (48, 64)
    assert from_path.dtype == np.float32


@pytest.mark.parametrize("batch_size", [1, 3])
def test_a_list_of_mixed_sizes_gives_each_picture_its_own_map(batch_size, photo_folder):
    rng = np.random.default_rng(0)
    shapes = [(48, 64, 3), (64, 48, 3), (48, 64, 3), (96, 128, 3), (48, 64, 3), (50, 64, 3)]
    images = [rng.integers(0, 255, shape, dtype=np.uint8) for shape in shapes]
    images.append(photo_folder / "a.jpg")
    predictor = Predictor(build_model("tiny"), 64, batch_size=batch_size)
    together = predictor.predict(images)
    alone = Predictor(predictor.model, 64)
    for image, disparity in zip(images, together, strict=True):
        np.testing.assert_allclose(disparity, alone.predict(image), atol=1e-5)
    assert predictor.predict([]) == []


def test_pictures_of_one_size_share_a_batch():
    class Counting(torch.nn.Module):
        stride, batches = 8, ()

        def forward(self, x):
            self.batches += (len(x),)
            return x.mean(1, keepdim=True)

    model = Counting()
    sizes = [(40, 40, 3), (40, 80, 3), (40, 40, 3), (40, 80, 3), (40, 40, 3)]
    images = [np.zeros(size, np.uint8) for size in sizes]
    Predictor(model, 16, batch_size=2).predict(images)
    assert model.batches == (2, 1, 2)


def test_damaged_weights_give_an_error_not_a_map():
    model = build_model("tiny")
    with torch.no_grad():
        model.encoder.body.norm.bias[0] = float("nan")
    with pytest.raises(ValueError, match="not finite"):
        Predictor(model, 64).predict(np.zeros((48, 64, 3), np.uint8))


def test_sizes_below_one_are_refused():
    for wrong in ({"shorter_px": 0}, {"tiles": 0}, {"batch_size": 0}):
        with pytest.raises(ValueError, match="at least 1"):
            Predictor(build_model("tiny"), **wrong)


def test_flip_average_is_symmetric():
    predictor = Predictor(build_model("tiny"), 64, flip=True)
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    plain = Predictor(predictor.model, 64).predict(image)
    assert not np.allclose(predictor.predict(image), plain)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 3)),
        np.zeros((8, 8, 4), np.uint8),
        np.full((20, 20, 3), np.nan, np.float32),
    ],
)
def test_other_arrays_are_refused(array):
    with pytest.raises(ValueError, match="uint8"):
        Predictor(build_model("tiny"), 64).predict(array)


def test_predicts_where_the_model_lives():
    model = build_model("tiny").to(torch.float32)
    assert (
        Predictor(model, 32).prepare(np.zeros((20, 30, 3), np.uint8)).device
        == next(model.parameters()).device
    )


def cubic(samples: np.ndarray, length: int) -> np.ndarray:
    """OpenCV's INTER_CUBIC along the first axis as written: a = -0.75, pixel centres, borders
    repeated, no smoothing when shrinking."""
    at = (np.arange(length) + 0.5) * len(samples) / length - 0.5
    first = np.floor(at).astype(int)
    out = np.zeros((length, *samples.shape[1:]))
    for tap in range(-1, 3):
        d = np.abs(at - (first + tap))
        near = 1.25 * d**3 - 2.25 * d**2 + 1
        far = -0.75 * (d**3 - 5 * d**2 + 8 * d - 4)
        weight = np.where(d <= 1, near, np.where(d < 2, far, 0))
        index = np.clip(first + tap, 0, len(samples) - 1)
        out += weight[:, None, None] * samples[index]
    return out


@pytest.mark.parametrize("size", [(40, 60), (150, 100)])  # enlarged and shrunk
def test_official_preprocessing_follows_its_written_definition(size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    prepared = Predictor(build_model("tiny"), 96).prepare(image)
    height, width = prepared.shape[-2:]
    assert (height, width) == input_size(*size, 96, 16)
    rows = cubic(image / 255, height)
    expected = cubic(rows.transpose(1, 0, 2), width).transpose(1, 0, 2)
    np.testing.assert_allclose(prepared[0].permute(1, 2, 0).numpy(), expected, atol=5e-5)
    assert expected.max() > 1, "overshoot that the official code does not clip"


def test_output_is_bilinear_with_aligned_corners():
    """Corners of the network's map stay the corners of the result; between them it is linear."""
    predictor = Predictor(build_model("tiny"), 64)
    image = np.random.default_rng(0).integers(0, 256, (127, 127, 3), dtype=np.uint8)
    _, small = predictor.predict_at_network_size(image)
    full, small = predictor.predict(image), small[0, 0].numpy()
    assert small.shape == (64, 64)
    np.testing.assert_allclose(full[::2, ::2], small, atol=1e-5)  # 127 = 2 * 64 - 1
    np.testing.assert_allclose(full[1::2, 0], (small[1:, 0] + small[:-1, 0]) / 2, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "fix"),
    [
        ((0, 50, 3), "shortest useful side"),
        ((1, 50, 3), "shortest useful side"),
        ((20, 20_000, 3), "shrink it"),
        ((20, 1000, 3), "factor of 16"),
    ],
)
def test_unusable_sizes_name_the_fix(shape, fix):
    with pytest.raises(ValueError, match=fix):
        Predictor(build_model("tiny"), 64).predict(np.zeros(shape, np.uint8))


class Leftmost(torch.nn.Module):
    """Sees the brightness, and besides something that grows to the right and is not in the picture."""

    stride = 8

    def forward(self, x):
        return x.mean(1, keepdim=True) + self.wrong * torch.linspace(0, 1, x.shape[3])


def test_the_spread_is_zero_where_a_picture_and_its_mirror_image_are_seen_alike():
    model, image = Leftmost(), np.zeros((40, 80, 3), np.uint8)
    image[:20] = 255
    model.wrong = 0.0
    assert Predictor(model, 40).spread(image).max() < 1e-6
    model.wrong = 0.2
    spread = Predictor(model, 40).spread(image)
    # 0.2 x against 0.2 (1 - x), on a map from 0 to 1.2: in the middle they agree.
    assert spread.shape == (40, 80)
    np.testing.assert_allclose(spread[5, [0, -1]], 0.2 / 1.2, atol=0.02)
    assert spread[5, 39:41].max() < 0.02
