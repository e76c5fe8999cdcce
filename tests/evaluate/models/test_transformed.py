"""Depth estimators of transformers: small random ones, saved as theirs are, against its own pipeline."""

import numpy as np
import pytest
import torch

from dav2.evaluate.models import open_model
from tests.helpers.models import BOTH, save_depth_anything, save_dpt, save_glpn


def by_pipeline(folder, image):
    from PIL import Image
    from transformers import pipeline

    found = pipeline("depth-estimation", model=str(folder))(Image.fromarray(image))
    return found["predicted_depth"].numpy()


@pytest.mark.parametrize(
    ("make", "declared", "sign", "metric"),
    [
        (save_depth_anything, None, "disparity", False),
        (save_dpt, "disparity", "disparity", False),
        (save_dpt, "depth", "depth", False),
        (save_glpn, None, "depth", True),
    ],
)
def test_transformers_models_see_what_their_pipeline_sees(
    make, declared, sign, metric, image, tmp_path
):
    folder = make(tmp_path / "model")
    model = open_model(f"hf:{folder}", declared)
    found = model.predict(image)
    assert found.shape == image.shape[:2]
    assert np.ptp(found) > 0
    np.testing.assert_allclose(found, by_pipeline(folder, image), rtol=1e-5, atol=1e-6)
    assert (model.sign, model.metric) == (sign, metric)
    expected = found if sign == "disparity" else -found
    np.testing.assert_array_equal(model.nearness(image), expected)


def test_metric_depth_anything_is_known_as_depth(image, tmp_path):
    folder = save_depth_anything(tmp_path, depth_estimation_type="metric", max_depth=20)
    model = open_model(f"hf:{folder}")
    assert (model.sign, model.metric) == ("depth", True)
    np.testing.assert_allclose(model.disparity(image) * model.predict(image), 1, rtol=1e-6)
    with pytest.raises(ValueError, match="gives depth, not disparity"):
        open_model(f"hf:{folder}", "disparity")


def test_a_sign_that_nobody_knows_has_to_be_declared(image, tmp_path):
    folder = save_dpt(tmp_path)
    with pytest.raises(ValueError, match=BOTH):
        open_model(f"hf:{folder}")
    with pytest.raises(ValueError, match="disparity or depth, not 'near'"):
        open_model(f"hf:{folder}", "near")
    # A folder that only transformers knows needs no prefix; relative depth has no inverse.
    model = open_model(str(folder), "depth")
    assert model.description.startswith("hf:")
    with pytest.raises(ValueError, match="only depth in metres"):
        model.disparity(image)


def test_untrained_or_damaged_weights_are_never_used(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = save_depth_anything(tmp_path)
    file = folder / "model.safetensors"
    whole = load_file(file)
    save_file({k: v for k, v in whole.items() if k != "head.conv1.weight"}, file, {"format": "pt"})
    with pytest.raises(ValueError, match=r"lacks 1 of its weights, such as head\.conv1\.weight"):
        open_model(f"hf:{folder}")
    file.write_bytes(b"half")
    with pytest.raises(ValueError, match="no depth-estimation model"):
        open_model(f"hf:{folder}")
    with pytest.raises(ValueError, match="no depth-estimation model"):
        open_model(f"hf:{tmp_path / 'nowhere'}")


def test_weights_that_no_map_needs_may_be_missing(image, tmp_path):
    """Intel/dpt-large lacks them, and they would come out at random."""
    from safetensors.torch import load_file, save_file

    folder = save_dpt(tmp_path)
    whole = open_model(f"hf:{folder}", "disparity").predict(image)
    file = folder / "model.safetensors"
    kept = {k: v for k, v in load_file(file).items() if "layers.0.residual_layer1." not in k}
    assert len(kept) < len(load_file(file))
    save_file(kept, file, {"format": "pt"})
    model, again = (open_model(f"hf:{folder}", "disparity") for _ in range(2))
    np.testing.assert_array_equal(model.predict(image), whole)
    assert model.identity == again.identity


def test_other_weights_have_another_identity(tmp_path):
    torch.manual_seed(1)
    first = open_model(f"hf:{save_depth_anything(tmp_path)}").identity
    torch.manual_seed(2)
    assert open_model(f"hf:{save_depth_anything(tmp_path)}").identity != first
