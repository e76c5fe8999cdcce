"""ONNX files of others, whose map is known beforehand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dav2.evaluate.models import open_model
from tests.helpers.models import BOTH, write_onnx


def expected_mean(image, size, mean, std):
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
    pixels = F.interpolate(pixels, size, mode="bicubic", antialias=True).clamp(0, 1)
    normal = (pixels - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    return F.interpolate(normal.mean(1, keepdim=True), image.shape[:2], mode="bilinear")[0, 0]


IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
HALF = ([0.5] * 3, [0.5] * 3)


@pytest.mark.parametrize("shape", [(1, 3, 28, 42), (1, 28, 42, 3)])
@pytest.mark.parametrize("normal", [None, HALF])
def test_an_onnx_file_gets_what_it_was_trained_with(shape, normal, image, tmp_path):
    file = write_onnx(tmp_path / "other.onnx", shape)
    options = {"mean": normal[0], "std": normal[1]} if normal else {}
    model = open_model(str(file), "depth", **options)
    expected = expected_mean(image, (28, 42), *(normal or IMAGENET))
    np.testing.assert_allclose(model.predict(image), expected, atol=1e-5)
    assert ("assumed" in model.description) == (normal is None)
    assert "depth, as declared" in model.description


def test_what_an_onnx_graph_does_not_say_has_to_be_declared(image, tmp_path):
    file = str(write_onnx(tmp_path / "other.onnx", ("b", 3, "h", "w"), outputs=2))
    with pytest.raises(ValueError, match=BOTH):
        open_model(file)
    with pytest.raises(ValueError, match="--input-size"):
        open_model(file, "depth")
    with pytest.raises(ValueError, match="map, negative; choose one with --output"):
        open_model(file, "depth", input_size=(28, 42))
    with pytest.raises(ValueError, match="no output 'depth'"):
        open_model(file, "depth", input_size=(28, 42), output="depth")
    one, two = (
        open_model(file, "depth", input_size=(28, 42), output=name) for name in ("map", "negative")
    )
    np.testing.assert_allclose(one.predict(image), -two.predict(image))
    with pytest.raises(ValueError, match="three numbers"):
        open_model(file, "depth", input_size=(28, 42), output="map", std=[0, 1, 1])


def test_an_onnx_file_of_bytes_normalises_itself(image, tmp_path):
    file = str(write_onnx(tmp_path / "other.onnx", dtype="UINT8"))
    found = open_model(file, "disparity").predict(image)
    np.testing.assert_allclose(
        found, expected_mean(image, (28, 42), [0] * 3, [1 / 255] * 3), atol=0.51
    )
    with pytest.raises(ValueError, match="normalises itself"):
        open_model(file, "disparity", mean=[0, 0, 0])


def test_onnx_files_that_take_something_else_are_refused(tmp_path):
    with pytest.raises(ValueError, match="neither"):
        open_model(str(write_onnx(tmp_path / "a.onnx", (1, 28, 42, 4))), "depth")
    with pytest.raises(ValueError, match="one batch of pictures"):
        open_model(str(write_onnx(tmp_path / "b.onnx", (1, 3, 28))), "depth")
    fixed = str(write_onnx(tmp_path / "c.onnx"))
    with pytest.raises(ValueError, match="28 px high, not 56"):
        open_model(fixed, "depth", input_size=(56, 42))
    (tmp_path / "d.onnx").write_bytes(b"half")
    with pytest.raises(ValueError, match="damaged"):
        open_model(str(tmp_path / "d.onnx"), "depth")
