"""Ingredients that can be changed one at a time: each reaches the loss, and nothing else."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dav2.data import RenderedSet
from dav2.disk import read_json, write_json
from dav2.encoding import decode_depth, encode_depth
from dav2.geometry import intrinsics_from_fov
from dav2.infer import open_network
from dav2.label import label_photos
from dav2.losses import depth_anything_loss
from dav2.manifests import write_manifest
from dav2.model import build_model
from dav2.sample import Sample
from dav2.scale import SCALES, get_scale
from dav2.sensor import SENSORS
from dav2.train import DepthModule, fit
from dav2.train.inputs import Measured, training_data
from dav2.train.starting import frozen_encoder
from tests.helpers.scenes import write_scenes

CAMERA = intrinsics_from_fov(64, 48, 1.0)
SHORT = {"teacher.steps": 2, "steps": 2, "validate_every_steps": 2}


@pytest.fixture
def photographed(run):
    """The run's scenes with the camera that saw them."""
    for folder in ("scenes", "scenes_validation"):
        for facts in (run / folder).glob("0*.json"):
            write_json(facts, {**read_json(facts), "intrinsics": CAMERA})
    return run


def batch(size):
    return Sample(
        torch.rand(size, 3, 48, 64),
        torch.rand(size, 1, 48, 64),
        torch.rand(size, 1, 48, 64) > 0.2,
        [str(i) for i in range(size)],
    )


def module_of(stage, numbers=None, feature_encoder=None, network="tiny"):
    torch.manual_seed(0)
    numbers = get_scale("smoke", numbers or {}).stages[stage]
    module = DepthModule(build_model(network), numbers, feature_encoder)
    module.log = lambda *a, **k: None
    return module


def data_of(run, seed=0, **overrides):
    numbers = {f"scenes.{name}": value for name, value in overrides.items()}
    scale = get_scale("smoke", {"teacher.steps": 3, **numbers})
    return training_data(scale.stages["teacher"], scale.data, run, {"scenes": 2}, seed)


def test_each_sources_gradient_weight_multiplies_its_second_loss():

    def named(weights):
        return {"scenes.gradient_weight": weights[0], "photos.gradient_weight": weights[1]}

    batches = {"scenes": batch(3), "photos": batch(1)}
    with torch.no_grad():
        losses = {
            weights: float(module_of("student_both", named(weights)).training_step(batches, 0))
            for weights in ((0.0, 0.0), (0.5, 0.5), (2.0, 0.5), (0.5, 2.0))
        }
        network = module_of("student_both").network
        parts = {}
        for source, sample in batches.items():
            trim = 0.1 if source == "photos" else 0.0
            pred = network(sample.image)
            parts[source] = depth_anything_loss(pred, sample.disparity, sample.valid, trim)[1:]
    for (first, second), loss in losses.items():
        (ssi, gradient), (photo_ssi, photo_gradient) = parts["scenes"], parts["photos"]
        expected = 0.75 * (ssi + first * gradient) + 0.25 * (photo_ssi + second * photo_gradient)
        assert loss == pytest.approx(float(expected), rel=1e-4)


def test_the_lab_and_what_is_shrunk_from_it_leave_the_papers_gradient_weight():
    for name, weight in {"smoke": 0.5, "lab": 0.5, "paper": 2.0}.items():
        sources = [one for s in SCALES[name].stages.values() for one in s.sources.values()]
        assert {source.gradient_weight for source in sources} == {weight}
        assert {getattr(source, "sensor", None) for source in sources} == {None}


def test_an_encoder_of_another_width_is_reached_through_a_projection():
    """The loss by hand: 1 - cosine of the projected features, where the cosine is at most 0.85."""
    reference = build_model("lite0").encoder  # 320 channels at stride 32, frozen
    numbers = {"feature_weight": 3.0, "gradient_weight": 0.0, "trim": 0.0}
    numbers = {f"photos.{name}": value for name, value in numbers.items()}
    module = module_of("student_photos", numbers, reference, "lite2")
    student = module.network  # 352
    photos = batch(2)._replace(
        image=torch.rand(2, 3, 64, 64),
        disparity=torch.rand(2, 1, 64, 64),
        valid=torch.ones(2, 1, 64, 64, dtype=torch.bool),
    )
    loss = module.training_step({"photos": photos}, 0)
    loss.backward()
    loss = loss.detach()
    projection = module.alignment.projection
    with torch.no_grad():
        maps = student.features(photos.image)
        own = projection(maps[-1])
        frozen = reference(photos.image)[-1]
        cosine = F.cosine_similarity(own, frozen, dim=1).flatten()
        features = (1 - cosine[cosine <= 0.85]).mean()
        pred = student.head(maps, (64, 64))
        ssi = depth_anything_loss(pred, photos.disparity, photos.valid, 0.0, 0.0)[1]
    assert own.shape == frozen.shape == (2, 320, 2, 2)
    assert float(loss) == pytest.approx(float(ssi + 3 * features), rel=1e-4)
    assert projection.weight.grad.any()
    assert all(parameter.grad is None for parameter in reference.parameters())
    learned = [
        p for g in module.configure_optimizers()["optimizer"].param_groups for p in g["params"]
    ]
    assert any(parameter is projection.weight for parameter in learned)
    assert not any(p is q for p in learned for q in reference.parameters())


def test_equal_widths_are_compared_as_they_are():
    module = module_of("student_photos", {"photos.feature_weight": 1.0})
    assert not list(module.alignment.parameters())
    assert len(module.configure_optimizers()["optimizer"].param_groups) == 2
    own, frozen = module.network.encoder.state_dict(), module.reference.state_dict()
    assert all(torch.equal(frozen[name], value) for name, value in own.items())


def test_encoders_with_other_strides_are_refused():
    reference = build_model("lite0").encoder
    module = module_of("student_photos", {"photos.feature_weight": 1.0}, reference)
    sample = batch(1)._replace(image=torch.rand(1, 3, 64, 64), disparity=torch.rand(1, 1, 64, 64))
    sample = sample._replace(valid=torch.ones(1, 1, 64, 64, dtype=torch.bool))
    with pytest.raises(ValueError, match="same stride"):
        module.training_step({"photos": sample}, 0)


def test_the_named_encoder_is_the_one_that_photographs_are_held_to(run, photo_folder, monkeypatch):
    from dav2.infer import open_predictor

    smoke = get_scale("smoke")
    assert frozen_encoder(smoke.stages["student_photos"], smoke.machine) is None
    presets = {"student_photos.preset": "lite2", "student_synthetic.preset": "lite2"}
    features = {"photos.feature_weight": 1.0, "photos.feature_encoder": "lite0"}
    scale = get_scale("smoke", {**SHORT, **presets, **features, "crop_px": (64, 64)})
    teacher = fit(run, "teacher", scale, progress=False)
    label_photos(open_predictor(teacher, labelling=True), photo_folder, run / "labels")
    begun = {}
    original = DepthModule.configure_optimizers

    def look(self):
        begun[len(begun)] = None if self.reference is None else self.reference.channels[-1]
        return original(self)

    monkeypatch.setattr(DepthModule, "configure_optimizers", look)
    stage = fit(run, "student_photos", scale, progress=False)
    fit(run, "student_synthetic", scale, progress=False)
    assert begun == {0: 320, 1: None}
    assert open_network(stage).encoder.channels[-1] == 352  # the projection was thrown away


def test_a_sensor_spoils_what_is_learned_from_and_not_what_is_validated_on(photographed):
    perfect, spoiled = data_of(photographed), data_of(photographed, sensor="kinect")
    views = RenderedSet(photographed / "scenes")
    measured = spoiled.sources["scenes"][0]
    for index in range(len(views)):
        frame, true, sample = views.frames[index], views[index], measured[index]
        depth = decode_depth(frame.depth.read_bytes())
        assert torch.equal(sample.image, true.image)
        assert sample.name == true.name
        assert true.valid.all()
        sky, far = (torch.from_numpy(at)[None] for at in (np.isinf(depth), depth > 5))
        assert sky.any()
        assert not sample.valid[sky].any()
        assert sample.valid[far].float().mean() < 0.1  # only flying pixels, at outlines
        assert not sample.disparity[~sample.valid].any()
        known = 1 / sample.disparity[sample.valid]
        assert known.numel() > 100
        assert known.min() >= 0.79
        assert known.max() <= 4.01
        assert not torch.equal(sample.disparity[sample.valid], true.disparity[sample.valid])
    for before, after in zip(perfect.val_dataloader(), spoiled.val_dataloader(), strict=True):
        assert torch.equal(before.disparity, after.disparity)
        assert after.valid.all()


def test_holes_are_not_learned_from(photographed):
    """What stands in a hole cannot reach the loss, through crop, flip and batch."""
    (first, *_) = data_of(photographed, sensor="lidar").train_dataloader()["scenes"]
    assert 0 < first.valid.float().mean() < 0.2
    module = module_of("teacher")
    with torch.no_grad():
        loss = module.training_step({"scenes": first}, 0)
        nonsense = first._replace(disparity=first.disparity.masked_fill(~first.valid, 1e6))
        assert module.training_step({"scenes": nonsense}, 0) == loss
        known = first._replace(disparity=first.disparity.masked_fill(first.valid, 1.0))
        assert module.training_step({"scenes": known}, 0) != loss


@pytest.mark.parametrize("name", SENSORS)
def test_what_a_sensor_measured_depends_on_seed_and_view_alone(photographed, name):
    views = RenderedSet(photographed / "scenes")
    first, again, other = (Measured(views, name, seed) for seed in (3, 3, 4))
    reverse = [again[index] for index in reversed(range(len(views)))][::-1]
    for index, sample in enumerate(reverse):
        assert torch.equal(sample.disparity, first[index].disparity)
        assert torch.equal(sample.valid, first[index].valid)
        assert not torch.equal(sample.disparity, other[index].disparity)


def test_a_view_that_a_sensor_cannot_see_at_all_teaches_nothing(tmp_path):
    folder = write_scenes(tmp_path / "far", 1)
    (folder / "000000.png").write_bytes(encode_depth(np.full((48, 64), 30.0)))
    write_json(folder / "000000.json", {"intrinsics": CAMERA})
    sample = Measured(RenderedSet(folder), "kinect", 0)[0]
    assert not sample.valid.any()
    module = module_of("teacher")
    empty = Sample(*(part[None] for part in sample[:3]), [sample.name])
    loss = module.training_step({"scenes": empty}, 0)
    loss.backward()
    assert loss == 0
    assert all(p.grad is None or not p.grad.any() for p in module.network.parameters())


def test_wrong_sensors_are_named(run, tmp_path):
    with pytest.raises(ValueError, match=r"sensor: .*'kinect', 'stereo' or 'lidar', not 'sonar'"):
        data_of(run, sensor="sonar")
    with pytest.raises(ValueError, match=r"000000\.json holds no intrinsics"):
        data_of(run, sensor="kinect").sources["scenes"][0][0]
    write_manifest(tmp_path / "packed" / "scenes", "packed", samples=3)
    write_scenes(tmp_path / "packed" / "scenes_validation", 1)
    with pytest.raises(ValueError, match="packs keep no cameras"):
        data_of(tmp_path / "packed", sensor="kinect")
