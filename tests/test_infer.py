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


def test_flip_average_is_symmetric():
    predictor = Predictor(build_model("tiny"), 64, flip=True)
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    plain = Predictor(predictor.model, 64).predict(image)
    assert not np.allclose(predictor.predict(image), plain)


@pytest.mark.parametrize(
    "array", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3)), np.zeros((8, 8, 4), np.uint8)]
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
