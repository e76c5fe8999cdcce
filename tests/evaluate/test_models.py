"""Any model behind one function: random small ones, saved as theirs are, against their own pipelines."""

import json
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dav2.cli import main
from dav2.evaluate import TRIVIAL_RULES
from dav2.evaluate.models import open_model
from dav2.infer import open_predictor
from dav2.model import build_model, save_checkpoint
from dav2.runs import read_json

BOTH = "--sign disparity .* or --sign depth"


@pytest.fixture
def image():
    """40 rows, 52 columns: no multiple of any patch."""
    return np.random.default_rng(0).integers(0, 255, (40, 52, 3), dtype=np.uint8)


# transformers


def dinov2(transformers, **more):
    return transformers.Dinov2Config(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        image_size=28,
        patch_size=14,
        out_indices=[1, 2, 3, 4],
        reshape_hidden_states=False,
        apply_layernorm=True,
        **more,
    )


def save_depth_anything(folder, **settings):
    transformers = pytest.importorskip("transformers")
    config = transformers.DepthAnythingConfig(
        backbone_config=dinov2(transformers),
        reassemble_hidden_size=16,
        neck_hidden_sizes=[4, 4, 8, 8],
        fusion_hidden_size=8,
        head_hidden_size=4,
        **settings,
    )
    network = transformers.DepthAnythingForDepthEstimation(config)
    processor = transformers.DPTImageProcessor(
        size={"height": 42, "width": 42}, keep_aspect_ratio=True, ensure_multiple_of=14
    )
    return save(folder, network, processor)


def save_dpt(folder):
    transformers = pytest.importorskip("transformers")
    config = transformers.DPTConfig(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=32,
        patch_size=16,
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[4, 4, 8, 8],
        fusion_hidden_size=8,
        is_hybrid=False,
        reassemble_factors=[4, 2, 1, 0.5],
    )
    network = transformers.DPTForDepthEstimation(config)
    return save(folder, network, transformers.DPTImageProcessor(size={"height": 32, "width": 32}))


def save_glpn(folder):
    transformers = pytest.importorskip("transformers")
    config = transformers.GLPNConfig(
        depths=[1, 1, 1, 1],
        hidden_sizes=[4, 8, 8, 8],
        num_attention_heads=[1, 1, 2, 2],
        decoder_hidden_size=8,
    )
    network = transformers.GLPNForDepthEstimation(config)
    return save(folder, network, transformers.GLPNImageProcessor(size_divisor=32))


def save(folder, network, processor):
    with torch.no_grad():  # untrained heads end in ReLU at almost nothing
        for parameter in network.head.parameters():
            parameter.add_(0.05)
    network.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


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
    assert model.says.startswith("hf:")
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
    first = open_model(f"hf:{folder}", "disparity")
    file = folder / "model.safetensors"
    kept = {k: v for k, v in load_file(file).items() if "layers.0.residual_layer1." not in k}
    assert len(kept) < len(load_file(file))
    save_file(kept, file, {"format": "pt"})
    model, again = (open_model(f"hf:{folder}", "disparity") for _ in range(2))
    np.testing.assert_array_equal(model.predict(image), first.predict(image))
    assert model.identity == again.identity


def test_other_weights_have_another_identity(tmp_path):
    torch.manual_seed(1)
    first = open_model(f"hf:{save_depth_anything(tmp_path)}").identity
    torch.manual_seed(2)
    assert open_model(f"hf:{save_depth_anything(tmp_path)}").identity != first


# diffusers


@pytest.fixture(scope="module")
def marigold(tmp_path_factory):
    """A random pipeline as small as it gets, in the shape of the released ones."""
    diffusers = pytest.importorskip("diffusers")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("marigold")
    torch.manual_seed(0)
    words = {"<|startoftext|>": 0, "<|endoftext|>": 1, "a</w>": 2}
    (folder / "vocab.json").write_text(json.dumps(words))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = transformers.CLIPTokenizer.from_pretrained(folder, model_max_length=8)
    text = transformers.CLIPTextConfig(
        vocab_size=3,
        hidden_size=16,
        intermediate_size=16,
        num_attention_heads=2,
        num_hidden_layers=1,
        bos_token_id=0,
        eos_token_id=1,
    )
    blocks = {"block_out_channels": (8, 16), "norm_num_groups": 4}
    pipeline = diffusers.MarigoldDepthPipeline(
        unet=diffusers.UNet2DConditionModel(
            **blocks,
            layers_per_block=1,
            sample_size=8,
            in_channels=8,
            out_channels=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=16,
            attention_head_dim=4,
        ),
        vae=diffusers.AutoencoderKL(
            **blocks,
            latent_channels=4,
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
        ),
        scheduler=diffusers.DDIMScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            prediction_type="v_prediction",
            clip_sample=False,
        ),
        text_encoder=transformers.CLIPTextModel(text),
        tokenizer=tokenizer,
        prediction_type="depth",
        scale_invariant=True,
        shift_invariant=True,
        default_denoising_steps=2,
        default_processing_resolution=32,
    )
    pipeline.save_pretrained(folder / "pipeline")
    return folder / "pipeline"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"num_inference_steps": 2, "ensemble_size": 1, "processing_resolution": 32}),
        (
            {"steps": 3, "ensemble": 2, "longer_px": 48},
            {"num_inference_steps": 3, "ensemble_size": 2, "processing_resolution": 48},
        ),
    ],
)
def test_marigold_sees_what_its_pipeline_sees(marigold, options, expected, image):
    import diffusers

    if expected["ensemble_size"] > 1:
        pytest.importorskip("scipy")
    model = open_model(f"marigold:{marigold}", **options)
    assert (model.sign, model.metric) == ("depth", False)
    assert f"{expected['num_inference_steps']} steps" in model.says
    pipeline = diffusers.MarigoldDepthPipeline.from_pretrained(marigold)
    pipeline.set_progress_bar_config(disable=True)
    found = pipeline(image / 255.0, generator=torch.Generator().manual_seed(0), **expected)
    assert model.predict(image).shape == image.shape[:2]
    np.testing.assert_allclose(model.predict(image), found.prediction[0, ..., 0], atol=1e-5)
    np.testing.assert_array_equal(model.nearness(image), -model.predict(image))


def test_marigold_depends_on_its_seed_and_not_on_what_came_before(marigold, image):
    model, other = (open_model(str(marigold), seed=seed, steps=1) for seed in (0, 1))
    first = model.predict(image)
    model.predict(image[::-1].copy())
    np.testing.assert_array_equal(model.predict(image), first)
    assert not np.array_equal(other.predict(image), first)
    assert other.identity != model.identity


def test_an_incomplete_marigold_is_never_used(marigold, tmp_path):
    import shutil

    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(marigold, tmp_path / "copy")
    file = folder / "unet/diffusion_pytorch_model.safetensors"
    kept = {k: v for k, v in load_file(file).items() if k != "conv_in.bias"}
    save_file(kept, file, {"format": "pt"})
    with pytest.raises(ValueError, match=r"lacks 1 of its weights, such as unet\.conv_in\.bias"):
        open_model(f"marigold:{folder}")


def test_marigold_has_to_say_how_it_is_meant(marigold, tmp_path):
    import shutil

    folder = shutil.copytree(marigold, tmp_path / "copy")
    index = json.loads((folder / "model_index.json").read_text())
    del index["prediction_type"], index["default_denoising_steps"]
    (folder / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match=BOTH):
        open_model(f"marigold:{folder}")
    with pytest.raises(ValueError, match="declare --steps"):
        open_model(f"marigold:{folder}", "depth")
    assert open_model(f"marigold:{folder}", "depth", steps=1).sign == "depth"
    with pytest.raises(ValueError, match="at least 1"):
        open_model(f"marigold:{folder}", "depth", steps=1, ensemble=0)
    index["prediction_type"] = "normals"
    (folder / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match="gives normals, neither depth nor disparity"):
        open_model(f"marigold:{folder}", "depth", steps=1)
    with pytest.raises(ValueError, match="no pipeline that diffusers opens"):
        open_model(f"marigold:{tmp_path}")


# ONNX files of others


def write_onnx(path, shape=(1, 3, 28, 42), dtype="FLOAT", outputs=1):
    """A graph that returns the mean of its channels: what goes in is what comes out."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    axis = 1 if shape[1] == 3 else 3
    kind = getattr(onnx.TensorProto, dtype)
    helper = onnx.helper
    axes = onnx.numpy_helper.from_array(np.array([axis]), "axes")
    nodes = [
        helper.make_node("Cast", ["pixels"], ["real"], to=onnx.TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["real", "axes"], ["map"], keepdims=0),
        helper.make_node("Neg", ["map"], ["negative"]),
    ]
    graph = helper.make_graph(
        nodes,
        "mean",
        [helper.make_tensor_value_info("pixels", kind, shape)],
        [
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
            for name in ("map", "negative")[:outputs]
        ],
        [axes],
    )
    opset = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
    return path


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
    assert ("assumed" in model.says) == (normal is None)
    assert "depth, as declared" in model.says


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


# functions, rules, ours


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, from which functions are imported; their modules are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("my_"):
            del sys.modules[name]


def test_a_function_of_this_folder(here, image):
    (here / "my_model.py").write_text("def depth(image):\n    return image.mean(-1)\nnumber = 3\n")
    model = open_model("my_model:depth", "depth")
    np.testing.assert_array_equal(model.nearness(image), -image.mean(-1))
    with pytest.raises(ValueError, match=BOTH):
        open_model("my_model:depth")
    for name in ("deph", "number"):
        with pytest.raises(ValueError, match=rf"my_model\.py has no function '{name}'"):
            open_model(f"my_model:{name}", "depth")
    with pytest.raises(ModuleNotFoundError, match=r"write my_other\.py here"):
        open_model("my_other:depth", "depth")


def test_rules_are_models(image):
    model = open_model("lower is nearer")
    np.testing.assert_array_equal(model.nearness(image), TRIVIAL_RULES["lower is nearer"](image))
    with pytest.raises(ValueError, match="gives disparity, not depth"):
        open_model("lower is nearer", "depth")


def test_ours_and_their_exports_need_no_sign(image, tmp_path):
    weights = tmp_path / "depth_anything_v2_vits.safetensors"
    network = build_model("vits")
    save_checkpoint(network, weights)
    model = open_model(str(weights), shorter_px=28)
    expected = open_predictor(weights, 28).predict(image)
    np.testing.assert_allclose(model.nearness(image), expected, atol=1e-5)
    pytest.importorskip("onnxruntime")
    onnx = pytest.importorskip("onnx")
    file = write_onnx(tmp_path / "ours.onnx")
    exported = onnx.load(file)
    facts = {"stride": 14, "max_depth": 10.0, "preset": "vits", "precision": "fp32"}
    onnx.helper.set_model_props(exported, {"dav2": json.dumps(facts)})
    onnx.save(exported, file)
    model = open_model(str(file))
    assert (model.sign, model.metric) == ("depth", True)


def test_metric_weights_of_ours_order_pairs_the_other_way_round(image, tmp_path):
    weights = tmp_path / "depth_anything_v2_metric_vkitti_vits.safetensors"
    save_checkpoint(build_model("vits", max_depth=80.0), weights)
    model = open_model(str(weights), shorter_px=28)
    assert (model.sign, model.metric) == ("depth", True)
    np.testing.assert_array_equal(model.nearness(image), -model.predict(image))


def test_options_of_another_kind_are_refused(here, tmp_path):
    with pytest.raises(ValueError, match="takes no --ensemble, --steps"):
        open_model("lower is nearer", steps=3, ensemble=2)
    with pytest.raises(ValueError, match="takes no --mean: it is opened as 'hf'"):
        open_model("hf:somebody/something", mean=[0, 0, 0])


def test_the_command_scores_anybody_s_model(here, benchmark, monkeypatch, capsys):
    (here / "my_model.py").write_text(
        "import numpy as np\ndef rows(image):\n    return np.indices(image.shape[:2])[0]\n"
    )
    command = f"dav2 evaluate da2k --root {benchmark} --model my_model:rows --json r.json"
    for sign, accuracy in (("disparity", 0.75), ("depth", 0.25)):
        monkeypatch.setattr("sys.argv", [*command.split(), "--sign", sign])
        main()
        result = read_json("r.json")
        assert result["accuracy"] == accuracy
        assert result["sign"] == sign
        assert result["baselines"]["lower is nearer"]["accuracy"] == 0.75
        assert "| lower is nearer " in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", command.split())
    with pytest.raises(SystemExit, match=BOTH):
        main()


def test_the_command_scores_relative_depth(tmp_path, monkeypatch, capsys):
    from tests.conftest import write_scenes

    write_scenes(tmp_path / "scenes", 3)
    start = f"dav2 evaluate relative --set rendered --root {tmp_path / 'scenes'}".split()
    start += ["--json", str(tmp_path / "r.json"), "--sheet", str(tmp_path / "s.png")]
    monkeypatch.setattr("sys.argv", [*start, "--model", "lower is nearer", "--limit", "2"])
    main()
    results = read_json(tmp_path / "r.json")["results"]
    assert {name: one["frames"] for name, one in results.items()} == {
        "depth_anything": 2,
        "marigold": 2,
    }
    assert (tmp_path / "s_marigold.png").stat().st_size > 1000
    output = capsys.readouterr().out
    assert "AbsRel" in output
    folder = save_dpt(tmp_path / "dpt")
    monkeypatch.setattr("sys.argv", [*start, "--model", str(folder), "--sign", "depth"])
    main()
    assert list(read_json(tmp_path / "r.json")["results"]) == ["marigold"]
    assert "no inverse" in capsys.readouterr().out
    metric = save_glpn(tmp_path / "glpn")
    monkeypatch.setattr("sys.argv", [*start, "--model", str(metric)])
    main()
    results = read_json(tmp_path / "r.json")["results"]
    assert [one["sign"] for one in results.values()] == ["disparity", "depth"]
    monkeypatch.setattr("sys.argv", [*start[:4], "kity", *start[5:], "--model", "lower is nearer"])
    with pytest.raises(SystemExit, match="unknown set 'kity'"):
        main()
