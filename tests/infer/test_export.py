"""Exported networks against PyTorch: everywhere, at every size, with and without dav2."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from timm.layers import resample_abs_pos_embed

from dav2.cli import main
from dav2.errors import UserError
from dav2.infer import Predictor, export, open_exported
from dav2.infer.export import ExportMismatch, compare, export_onnx, export_openvino
from dav2.infer.graph import cubic_positions, smooth_positions
from dav2.model import build_model, network_hash

PHOTO = Path(__file__).parents[2] / "datasets" / "photos" / "images" / "alpaca.jpg"
# Of the map's range. Measured: tiny 3e-6, lite0 3e-6, vits 1.1e-5 (at 518 x 518).
TOLERANCE = 1e-4

ort = pytest.importorskip("onnxruntime")
ov = pytest.importorskip("openvino")


def network(preset: str, max_depth: float | None = None) -> torch.nn.Module:
    torch.manual_seed(0)
    model = build_model(preset, max_depth=max_depth).eval()
    if hasattr(model.encoder.body, "pos_embed"):  # so that a wrong position shows
        torch.nn.init.normal_(model.encoder.body.pos_embed, std=0.2)
    return model


def images(model: torch.nn.Module, *shapes: tuple[int, int, int]) -> list[torch.Tensor]:
    """Noise of (batch, rows, columns) patches."""
    return [torch.rand(b, 3, h * model.stride, w * model.stride) for b, h, w in shapes]


@pytest.fixture(scope="module", autouse=True)
def _converted_once():
    """Conversion takes seconds per network, and gives the same every time."""
    remembered = {}

    def once(function, key, copied=lambda result: result):
        def call(*args):
            name = (function, key(*args))
            if name not in remembered:
                remembered[name] = function(*args)
            return copied(remembered[name])

        return call

    def same_weights(model):
        return network_hash(model), model.max_depth

    def same_program(program, *args):
        return id(program), *args

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "trace", once(export.trace, same_weights))
        patch.setattr(export, "_onnx_graph", once(export._onnx_graph, same_program))
        graph = once(export._openvino_graph, same_program, lambda found: found.clone())
        patch.setattr(export, "_openvino_graph", graph)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("exported")


@pytest.fixture(scope="module")
def tiny():
    return network("tiny")


@pytest.fixture(scope="module")
def metric():
    return network("tiny", max_depth=20.0)


@pytest.fixture(scope="module")
def onnx_file(tiny, folder):
    tiny.train()
    found = export_onnx(tiny, folder / "tiny.onnx")
    assert tiny.training, "the caller's network stays as it is"
    assert "positions" not in vars(tiny.encoder.body)
    tiny.eval()
    assert found.difference <= TOLERANCE / 10
    assert found.same_order > 0.999
    return folder / "tiny.onnx"


@pytest.fixture(scope="module")
def xml_file(tiny, folder):
    found = export_openvino(tiny, folder / "tiny.xml")
    assert found.difference <= TOLERANCE / 10
    assert found.same_order > 0.999
    return folder / "tiny.xml"


@pytest.fixture(scope="module")
def metric_onnx(metric, folder):
    export_onnx(metric, folder / "metric.onnx")
    return folder / "metric.onnx"


@pytest.fixture(scope="module")
def bf16_file(metric, folder):
    found = export_openvino(metric, folder / "metric_bf16.xml", "bf16")
    assert found.difference < 0.1
    return folder / "metric_bf16.xml"


SHAPES = [(1, 1, 1), (1, 2, 3), (3, 7, 4), (2, 10, 10), (1, 10, 3)]  # tiny's own grid is 10 x 10


@pytest.mark.parametrize("size", [(14, 14), (14, 9), (5, 7), (1, 1), (40, 27)])
@pytest.mark.parametrize("prefix", [0, 1, 5])
def test_positions_of_other_transformers_by_products_are_timm_s(size, prefix):
    grid = torch.randn(1, prefix + 14 * 14, 8, generator=torch.Generator().manual_seed(0))
    expected = resample_abs_pos_embed(grid, size, (14, 14), num_prefix_tokens=prefix)
    got = smooth_positions(grid, size, (14, 14), prefix)
    assert got.shape == expected.shape
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)
    if size == (14, 14):
        assert torch.equal(got, expected)


@pytest.mark.parametrize("name", ["test_convnext", "test_vit2"])
def test_any_encoder_of_timm_is_exported_under_its_own_description(name, tmp_path):
    model = network(name)
    found = export_onnx(model, tmp_path / "own.onnx")
    assert found.difference <= TOLERANCE
    exported = open_exported(tmp_path / "own.onnx")
    assert exported.stride == model.stride
    assert exported.facts.preprocessing == model.preprocessing
    assert compare(model, exported, images(model, (2, 2, 3))).difference <= TOLERANCE


@pytest.mark.parametrize("name", ["swin_tiny_patch4_window7_224", "vit_small_patch16_dinov3"])
def test_encoders_that_are_no_single_graph_are_refused(name, tmp_path):
    with pytest.raises(UserError, match=f"{name} cannot be exported as one graph for all sizes"):
        export_onnx(build_model(name), tmp_path / "own.onnx")


@pytest.mark.parametrize("offset", [0.1, 0.0])
@pytest.mark.parametrize("size", [(37, 37), (37, 20), (5, 7), (1, 1), (50, 37), (90, 64)])
def test_positions_by_products_are_those_by_interpolation(size, offset):
    encoder = build_model("vits", position_offset=offset).encoder.body
    torch.nn.init.normal_(encoder.pos_embed, std=0.1)
    encoder.requires_grad_(False)
    expected, got = encoder.positions(*size), cubic_positions(encoder, *size)
    assert got.shape == expected.shape
    assert float((got - expected).abs().max()) <= 1e-6
    if size == (37, 37):
        assert torch.equal(got, expected)


@pytest.mark.parametrize("shape", SHAPES)
def test_onnx_equals_pytorch_at_every_size(tiny, onnx_file, shape):
    assert compare(tiny, open_exported(onnx_file), images(tiny, shape)).difference <= TOLERANCE


@pytest.mark.parametrize("static_sizes", [0, 4])
@pytest.mark.parametrize("shape", SHAPES)
def test_openvino_equals_pytorch_at_every_size(tiny, xml_file, shape, static_sizes):
    exported = open_exported(xml_file, static_sizes=static_sizes)
    assert compare(tiny, exported, images(tiny, shape)).difference <= TOLERANCE


def test_metric_networks_keep_their_metres(metric, metric_onnx, bf16_file):
    exported = open_exported(metric_onnx)
    assert (exported.stride, exported.max_depth) == (16, 20.0)
    shapes = images(metric, (1, 2, 3), (2, 4, 2))
    assert compare(metric, exported, shapes).difference <= TOLERANCE
    same = open_exported(bf16_file, compute="fp32")
    assert (same.stride, same.max_depth) == (16, 20.0)
    assert compare(metric, same, shapes).difference <= TOLERANCE


@pytest.mark.parametrize("preset", ["vits", "lite0"])
@pytest.mark.parametrize("suffix", [".onnx", ".xml"])
def test_networks_of_every_kind_equal_pytorch(tmp_path, preset, suffix):
    model, path = network(preset), tmp_path / f"{preset}{suffix}"
    write = export_onnx if suffix == ".onnx" else export_openvino
    assert write(model, path).difference <= TOLERANCE  # vits: includes 518 x 518
    exported = open_exported(path)
    assert compare(model, exported, images(model, (1, 15, 10), (2, 5, 7))).difference <= TOLERANCE


def test_onnx_needs_no_dav2(metric_onnx):
    session = ort.InferenceSession(metric_onnx, providers=["CPUExecutionProvider"])
    assert [(i.name, i.shape) for i in session.get_inputs()] == [
        ("image", ["batch", 3, "height", "width"])
    ]
    assert [o.name for o in session.get_outputs()] == ["depth"]
    (depth,) = session.run(None, {"image": np.full((3, 3, 64, 96), 0.5, np.float32)})
    assert depth.shape == (3, 1, 64, 96)
    assert str(Path(__file__).parents[2]).encode() not in metric_onnx.read_bytes()


@pytest.mark.parametrize("kind", ["onnx", "xml"])
def test_predictor_takes_exported_networks(tiny, kind, request):
    exported = open_exported(request.getfixturevalue(f"{kind}_file"))
    expected = Predictor(tiny, 64, flip=True).predict(PHOTO)
    got = Predictor(exported, 64, flip=True).predict(PHOTO)
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, atol=1e-4 * np.ptp(expected))


def test_results_are_not_overwritten_by_the_next(tiny, xml_file):
    exported = open_exported(xml_file)
    one, two = images(tiny, (1, 3, 3), (1, 3, 3))
    first = exported(one)
    kept = first.clone()
    exported(two)
    assert torch.equal(first, kept)


def test_openvino_compiles_a_graph_for_so_many_sizes_only(tiny, xml_file):
    exported = open_exported(xml_file, static_sizes=2)
    for image in images(tiny, (1, 2, 3), (1, 2, 2), (1, 3, 3), (1, 1, 3), (1, 2, 3)):
        exported(image)
    assert exported._requests.keys() == {(1, 3, 32, 48), (1, 3, 32, 32), None}


@pytest.mark.parametrize("kind", ["onnx", "xml"])
def test_threads_are_pytorch_s(tiny, kind, request, monkeypatch):
    exported = open_exported(request.getfixturevalue(f"{kind}_file"))
    (image,) = images(tiny, (1, 2, 2))
    for threads in (1, 2):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        exported(image)
        if kind == "onnx":
            used = exported._session.get_session_options().intra_op_num_threads
        else:
            compiled = exported._requests[tuple(image.shape)].get_compiled_model()
            used = compiled.get_property("INFERENCE_NUM_THREADS")
        assert used == threads


def test_precision_is_what_the_file_asks_for(xml_file, bf16_file):
    def hint(exported):
        compiled = exported._request((1, 3, 64, 64)).get_compiled_model()
        return compiled.get_property("INFERENCE_PRECISION_HINT")

    assert open_exported(bf16_file).facts.precision == "bf16"
    if "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        assert hint(open_exported(bf16_file)) == ov.Type.bf16
    assert hint(open_exported(bf16_file, compute="fp32")) == ov.Type.f32
    assert hint(open_exported(xml_file)) == ov.Type.f32, "never bf16 unasked"


def test_int8_learns_from_photographs(tiny, folder, xml_file):
    pytest.importorskip("nncf")
    predictor = Predictor(tiny, 96)
    photos = [predictor.prepare(p) for p in map(_read, sorted(PHOTO.parent.glob("a*.jpg"))[:4])]
    found = export_openvino(tiny, folder / "tiny_int8.xml", "int8", photos)
    assert found.same_order > 0.9
    graph = ov.Core().read_model(folder / "tiny_int8.xml")
    quantised = [node for node in graph.get_ops() if node.get_type_name() == "FakeQuantize"]
    uses = {
        use.get_node().get_type_name() for q in quantised for use in q.output(0).get_target_inputs()
    }
    assert uses == {"MatMul"}, "attention and head are left as they are"
    assert open_exported(folder / "tiny_int8.xml").facts.precision == "int8"
    assert (folder / "tiny_int8.bin").stat().st_size < 0.8 * (folder / "tiny.bin").stat().st_size


def _read(path: Path) -> np.ndarray:
    from dav2.data.photos import read_image

    return read_image(path)


def test_int8_without_photographs_names_the_fix(tiny, tmp_path):
    with pytest.raises(ValueError, match="calibration"):
        export_openvino(tiny, tmp_path / "a.xml", "int8")
    with pytest.raises(ValueError, match=r"multiples of 16.*Predictor\.prepare"):
        export_openvino(tiny, tmp_path / "a.xml", "int8", [torch.rand(1, 3, 20, 32)])
    with pytest.raises(ValueError, match="fp32, bf16 and int8"):
        export_openvino(tiny, tmp_path / "a.xml", "int4")


@pytest.mark.parametrize("missing", ["nncf", "openvino"])
def test_what_is_not_installed_is_named(tiny, tmp_path, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ModuleNotFoundError, match=rf"{missing}.*pip install 'dav2\[export\]'"):
        export_openvino(tiny, tmp_path / "a.xml", "int8", [torch.rand(1, 3, 32, 32)])


@pytest.mark.parametrize("write", [export_onnx, export_openvino])
def test_a_failed_export_leaves_what_was_there(tiny, tmp_path, monkeypatch, write):
    path = tmp_path / ("a.onnx" if write is export_onnx else "a.xml")
    path.write_text("an older one")
    monkeypatch.setitem(export.TOLERANCE, "fp32", -1.0)
    with pytest.raises(ExportMismatch, match="allowed is -1"):
        write(tiny, path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "an older one"


def test_nan_is_a_mismatch(tiny):
    class Broken(torch.nn.Module):
        def forward(self, image):
            return torch.full_like(image[:, :1], torch.nan)

    found = compare(tiny, Broken(), images(tiny, (1, 2, 2)))
    with pytest.raises(ExportMismatch):
        export._accept(found, 1e9, Path("a.onnx"))


def test_large_networks_keep_their_weights_beside_the_graph(metric, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "ONE_FILE_BYTES", 0)
    export_onnx(metric, tmp_path / "large.onnx")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["large.onnx", "large.onnx.data"]
    assert open_exported(tmp_path / "large.onnx")(torch.rand(1, 3, 32, 32)).shape == (1, 1, 32, 32)
    (tmp_path / "large.onnx.data").unlink()
    with pytest.raises(ValueError, match=r"large\.onnx.*\.data file"):
        open_exported(tmp_path / "large.onnx")


def test_damaged_files_are_named(onnx_file, xml_file, tmp_path):
    def refused(name: str, match: str) -> None:
        with pytest.raises(ValueError, match=match) as caught:
            open_exported(tmp_path / name)
        assert name in str(caught.value)

    whole = onnx_file.read_bytes()
    (tmp_path / "half.onnx").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.onnx").write_text("hello")
    (tmp_path / "text.xml").write_text("hello")
    (tmp_path / "text.bin").write_text("hello")
    for name in ("half.onnx", "text.onnx", "text.xml"):
        refused(name, "damaged.*export it again")
    shutil.copy(xml_file, tmp_path / "alone.xml")
    refused("alone.xml", r"put alone\.bin beside it")
    shutil.copy(xml_file, tmp_path / "short.xml")
    (tmp_path / "short.bin").write_bytes(xml_file.with_suffix(".bin").read_bytes()[:1000])
    refused("short.xml", "damaged")
    (tmp_path / "half.xml").write_bytes(xml_file.read_bytes()[:50_000])
    shutil.copy(xml_file.with_suffix(".bin"), tmp_path / "half.bin")
    refused("half.xml", "damaged")
    (tmp_path / "weights.pth").write_text("hello")
    refused("weights.pth", "neither .onnx nor .xml")
    with pytest.raises(FileNotFoundError, match="dav2 export"):
        open_exported(tmp_path / "absent.onnx")


def test_files_of_others_are_refused(onnx_file, xml_file, tmp_path):
    onnx = pytest.importorskip("onnx")
    foreign = onnx.load(onnx_file)
    del foreign.metadata_props[:]
    onnx.save(foreign, tmp_path / "foreign.onnx")
    graph = ov.Core().read_model(xml_file)
    graph.set_rt_info('{"stride": 16}', ["dav2"])  # as another version may have written
    ov.save_model(graph, tmp_path / "foreign.xml")
    for name in ("foreign.onnx", "foreign.xml"):
        with pytest.raises(ValueError, match=rf"{name} does not say .* export it again"):
            open_exported(tmp_path / name)


@pytest.mark.parametrize("kind", ["onnx", "xml"])
@pytest.mark.parametrize(
    ("shape", "match"),
    [
        ((1, 3, 40, 48), "multiples of 16, not 40x48; resize"),
        ((1, 3, 0, 16), "multiples of 16, not 0x16"),
        ((1, 1, 32, 32), r"takes images \[B, 3, H, W\]"),
        ((3, 32, 32), r"takes images \[B, 3, H, W\]"),
    ],
)
def test_other_inputs_are_refused(kind, shape, match, request):
    path = request.getfixturevalue(f"{kind}_file")
    with pytest.raises(ValueError, match=match) as caught:
        open_exported(path)(torch.zeros(shape))
    assert path.name in str(caught.value)


def test_paths_and_precisions_that_do_not_fit_are_refused(tiny, onnx_file, tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.onnx"):
        export_onnx(tiny, tmp_path / "a.xml")
    with pytest.raises(ValueError, match=r"must end in \.xml"):
        export_openvino(tiny, tmp_path / "a.onnx")
    with pytest.raises(ValueError, match="export to OpenVINO for bf16"):
        open_exported(onnx_file, compute="bf16")


def command(monkeypatch, *arguments) -> None:
    monkeypatch.setattr("sys.argv", ["dav2", *map(str, arguments)])
    main()


def test_what_the_command_exports_the_others_take(
    tiny, photo_folder, tmp_path, monkeypatch, capsys
):
    tiny.save_pretrained(tmp_path / "mine")
    exported = tmp_path / "tiny.onnx"
    command(monkeypatch, "export", "--model", tmp_path / "mine", "--out", exported)
    assert "order unchanged in 100.00% of pairs" in capsys.readouterr().out
    maps = {}
    for model in (tmp_path / "mine", exported):
        out = tmp_path / f"maps-{model.name}"
        options = ["--model", model, "--out", out, "--formats", "npy", "--shorter_px", 96]
        command(monkeypatch, "predict", photo_folder / "a.jpg", *options)
        maps[model] = np.load(out / "a_disparity.npy")
    one, other = maps.values()
    assert np.abs(one - other).max() <= TOLERANCE * np.ptp(one)
    with pytest.raises(SystemExit, match=r"begun otherwise.*model was"):
        command(monkeypatch, "predict", photo_folder / "a.jpg", "--model", exported, "--out", out)


def test_the_command_names_what_does_not_fit(onnx_file, tmp_path, monkeypatch):
    out = tmp_path / "a.xml"
    with pytest.raises(SystemExit, match="an export already"):
        command(monkeypatch, "export", "--model", onnx_file, "--out", out)
    network("tiny").save_pretrained(tmp_path / "mine")
    with pytest.raises(SystemExit, match="int8 is for --format openvino"):
        command(
            monkeypatch, "export", "--model", tmp_path / "mine", "--out", out, "--precision", "int8"
        )
    options = ["--format", "openvino", "--precision", "int8"]
    with pytest.raises(SystemExit, match="--calibration FOLDER"):
        command(monkeypatch, "export", "--model", tmp_path / "mine", "--out", out, *options)
    assert not out.exists()
