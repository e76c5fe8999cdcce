"""A scale is checked when it is made: nonsense is refused in one sentence, before any work."""

import dataclasses

import pytest

from dav2.scale import SCALES, get_scale
from dav2.stage import Photos, stage_from


def test_an_unknown_scale_or_number_suggests_the_nearest():
    with pytest.raises(ValueError, match="unknown scale 'large'; there are smoke, lab, paper"):
        get_scale("large")
    with pytest.raises(ValueError, match=r"unknown scale 'smok'; did you mean smoke\?"):
        get_scale("smok")
    with pytest.raises(ValueError, match=r"'tacher.steps'; did you mean teacher.steps\?"):
        get_scale("lab", {"tacher.steps": 3})
    with pytest.raises(ValueError, match=r"'cutmx'; there are|did you mean"):
        get_scale("lab", {"photos.cutmx": 3})


def test_what_is_legal_replaces_a_number():
    numbers = {"teacher.steps": 30, "crop_px": [32, 32], "clip_norm": None, "head_lr": 1}
    scale = get_scale("lab", numbers | {"views": 5, "precision": "64-true", "photos.trim": 0.2})
    assert (scale.data.views, scale.machine.precision) == (5, "64-true")
    for name, stage in scale.stages.items():
        old = SCALES["lab"].stages[name]
        found = (stage.steps, stage.crop_px, stage.clip_norm, stage.head_lr)
        assert found == (30 if name == "teacher" else old.steps, (32, 32), None, 1.0)
        assert stage.photos is None or stage.photos.trim == 0.2
        kept = {"steps", "crop_px", "clip_norm", "head_lr", "photos"}
        rest = dataclasses.asdict(stage) | dict.fromkeys(kept)
        assert rest == dataclasses.asdict(old) | dict.fromkeys(kept)


def test_numbers_of_one_stage_win_over_those_of_all():
    stages = get_scale("lab", {"teacher.steps": 30, "steps": 40}).stages
    assert {name: stage.steps for name, stage in stages.items()} == {
        **dict.fromkeys(stages, 40),
        "teacher": 30,
    }
    with pytest.raises(ValueError, match=r"teacher\.photos\.trim: it learns from no photos"):
        get_scale("lab", {"teacher.photos.trim": 0.2})


def test_a_stage_learns_from_something_and_metres_only_from_scenes():
    teacher = SCALES["lab"].stages["teacher"]
    with pytest.raises(ValueError, match="needs scenes or photos"):
        dataclasses.replace(teacher, scenes=None)
    with pytest.raises(ValueError, match="pseudo-labels hold no metres"):
        dataclasses.replace(teacher, photos=Photos(), max_depth_m=80.0)


@pytest.mark.parametrize(
    ("name", "value", "legal"),
    [
        ("teacher.steps", -5, "greater than or equal to 1, not -5"),
        ("teacher.steps", 0, "greater than or equal to 1"),
        ("teacher.steps", "abc", "valid integer, not 'abc'"),
        ("teacher.steps", "100", "valid integer, not '100'"),
        ("teacher.steps", 2.5, "valid integer"),
        ("teacher.steps", True, "valid integer, not True"),
        ("teacher.batch", 0, "greater than or equal to 1"),
        ("micro_batch", 0, "greater than or equal to 1"),
        ("checkpoint_every_steps", 0, "greater than or equal to 1"),
        ("validate_every_steps", 0, "greater than or equal to 1"),
        ("warmup_steps", 99, "more than steps, 12"),
        ("warmup_steps", -1, "greater than or equal to 0"),
        ("loader_workers", -1, "greater than or equal to 0"),
        ("photographs", 0, "greater than or equal to 1"),
        ("views", None, "valid integer, not None"),
        ("head_lr", -1, "greater than 0"),
        ("head_lr", 0, "greater than 0"),
        ("encoder_lr", -1e-5, "greater than or equal to 0"),
        ("weight_decay", float("nan"), "finite number"),
        ("weight_decay", "nan", "valid number"),
        ("betas", (0.9, 1.0), "less than 1"),
        ("clip_norm", 0, "greater than 0"),
        ("average_decay", 1.0, "less than 1"),
        ("photos.gradient_weight", "x", "valid number, not 'x'"),
        ("photos.gradient_weight", float("inf"), "finite number"),
        ("photos.trim", 2.0, "less than 1"),
        ("photos.trim_by", "pixle", "'pixel' or 'region', not 'pixle'"),
        ("photos.cutmix", 1.5, "less than or equal to 1"),
        ("scenes.sensor", "radar", "'kinect', 'stereo' or 'lidar'"),
        ("crop_px", 7, "valid tuple"),
        ("crop_px", (0, 64), "greater than or equal to 1"),
        ("crop_px", (64, 64, 64), "at most 2 items"),
        ("crop_area", (2, 3), "less than or equal to 1"),
        ("crop_area", (0.9, 0.2), "the smallest share, 0.9, is above the largest"),
        ("shorter_px", -1, "greater than or equal to 1"),
        ("max_depth_m", 0, "greater than 0"),
        ("scenes.colour", "no", "valid boolean, not 'no'"),
        ("photos.colour", 1, "valid boolean"),
        ("stuck_s", "a", "valid number"),
        ("precision", "bf32", "'auto', '32-true'"),
        ("strategy", "zero", "'ddp' or 'fsdp'"),
        ("scene_sets", (), "at least 1 item"),
        ("scene_sets", "hypersim", "valid tuple"),
        ("teacher.preset", "lite9", "teacher.preset: unknown preset 'lite9'.*nearest are lite"),
        (
            "student_photos.photos.feature_encoder",
            "resnet",
            "feature_encoder: unknown preset 'resnet'.*nearest are .*resnet",
        ),
    ],
)
def test_nonsense_is_one_sentence_that_names_number_value_and_what_is_legal(name, value, legal):
    with pytest.raises(ValueError, match=legal) as error:
        get_scale("smoke", {name: value})
    text = str(error.value)
    assert text.startswith(name)
    assert "\n" not in text


def test_a_scale_cannot_be_changed_by_mistake():
    with pytest.raises(dataclasses.FrozenInstanceError):
        SCALES["lab"].stages["teacher"].steps = 3


def test_smoke_is_the_labs_recipe():
    """What is not size, steps, network or rate is the lab's."""
    shrunk = {"preset", "pretrained", "crop_px", "shorter_px", "label_shorter_px", "steps"}
    shrunk |= {"batch", "head_lr", "encoder_lr", "warmup_steps"}
    assert SCALES["lab"].stages.keys() == SCALES["smoke"].stages.keys()
    for name, stage in SCALES["lab"].stages.items():
        lab, smoke = map(dataclasses.asdict, (stage, SCALES["smoke"].stages[name]))
        assert {key for key in lab if lab[key] != smoke[key]} <= shrunk


def test_students_differ_in_their_data_only():
    for scale in SCALES.values():
        names = "student_synthetic", "student_photos", "student_both"
        students = [
            dataclasses.asdict(scale.stages[name]) | {"scenes": None, "photos": None}
            for name in names
        ]
        assert students[0] == students[1] == students[2]


def test_a_stage_is_read_from_what_it_says_of_itself():
    for stage in SCALES["paper"].stages.values():
        assert stage_from(dataclasses.asdict(stage)) == stage
