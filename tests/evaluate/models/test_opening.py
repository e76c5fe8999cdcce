"""Any model behind one name: functions, rules, ours; and the commands that score them."""

import sys

import numpy as np
import pytest

from dav2.cli import main
from dav2.disk import read_json
from dav2.evaluate import TRIVIAL_RULES
from dav2.evaluate.models import open_model
from dav2.infer import open_predictor
from dav2.infer.exported import Facts
from dav2.model import OFFICIAL, build_model, save_checkpoint
from tests.helpers.models import BOTH, save_dpt, save_glpn, write_onnx
from tests.helpers.scenes import write_scenes


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
    with pytest.raises(ValueError, match=r"my_model\.py has nothing called 'deph'"):
        open_model("my_model:deph", "depth")
    with pytest.raises(ValueError, match="my_model:number is no function but int"):
        open_model("my_model:number", "depth")
    with pytest.raises(ModuleNotFoundError, match=r"write my_other\.py here"):
        open_model("my_other:depth", "depth")


def test_rules_are_models(image):
    model = open_model("lower is nearer")
    assert model.device is None
    np.testing.assert_array_equal(model.nearness(image), TRIVIAL_RULES["lower is nearer"](image))
    with pytest.raises(ValueError, match="gives disparity, not depth"):
        open_model("lower is nearer", "depth")


def test_ours_and_their_exports_need_no_sign(image, tmp_path):
    weights = tmp_path / "depth_anything_v2_vits.safetensors"
    network = build_model("vits")
    save_checkpoint(network, weights)
    model = open_model(str(weights), shorter_px=28, device="cpu")
    assert model.device == "cpu"
    expected = open_predictor(weights, 28).predict(image)
    np.testing.assert_allclose(model.nearness(image), expected, atol=1e-5)
    pytest.importorskip("onnxruntime")
    onnx = pytest.importorskip("onnx")
    file = write_onnx(tmp_path / "ours.onnx")
    exported = onnx.load(file)
    facts = Facts(14, 10.0, "fp32", OFFICIAL)
    onnx.helper.set_model_props(exported, {"dav2": facts.to_json()})
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
    write_scenes(tmp_path / "scenes", 3)
    start = f"dav2 evaluate relative --set rendered --root {tmp_path / 'scenes'}".split()
    start += ["--json", str(tmp_path / "r.json"), "--sheet", str(tmp_path / "s.png")]
    monkeypatch.setattr("sys.argv", [*start, "--model", "lower is nearer", "--limit", "2"])
    main()
    results = read_json(tmp_path / "r.json")["results"]
    assert {name: one["frames"] for name, one in results.items()} == {
        "depth_anything": 2,
        "midas": 2,
        "marigold": 2,
        "moge": 2,
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
    assert {name: one["sign"] for name, one in results.items()} == {
        "depth_anything": "disparity",
        "midas": "disparity",
        "marigold": "depth",
        "moge": "disparity",
    }
    monkeypatch.setattr("sys.argv", [*start[:4], "kity", *start[5:], "--model", "lower is nearer"])
    with pytest.raises(SystemExit, match="unknown set 'kity'"):
        main()
