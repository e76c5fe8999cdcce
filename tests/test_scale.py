"""A scale is checked when it is made: nonsense is refused in one sentence, before any work."""

import dataclasses

import pytest

from dav2.scale import SCALES, get_scale


def test_an_unknown_scale_or_number_suggests_the_nearest():
    with pytest.raises(ValueError, match="unknown scale 'large'; there are smoke, lab, paper"):
        get_scale("large")
    with pytest.raises(ValueError, match=r"unknown scale 'smok'; did you mean smoke\?"):
        get_scale("smok")
    with pytest.raises(ValueError, match=r"'tacher_steps'; did you mean teacher_steps\?"):
        get_scale("lab", {"tacher_steps": 3})


def test_what_is_legal_replaces_a_number():
    numbers = {"teacher_steps": 30, "crop_px": [32, 32], "clip_norm": None, "head_lr": 1}
    scale = get_scale("lab", numbers)
    found = (scale.teacher_steps, scale.crop_px, scale.clip_norm, scale.head_lr)
    assert found == (30, (32, 32), None, 1.0)
    rest = dataclasses.asdict(scale) | dict.fromkeys(numbers)
    assert rest == dataclasses.asdict(SCALES["lab"]) | dict.fromkeys(numbers)


@pytest.mark.parametrize(
    ("name", "value", "legal"),
    [
        ("teacher_steps", -5, "greater than or equal to 1, not -5"),
        ("teacher_steps", 0, "greater than or equal to 1"),
        ("teacher_steps", "abc", "valid integer, not 'abc'"),
        ("teacher_steps", "100", "valid integer, not '100'"),
        ("teacher_steps", 2.5, "valid integer"),
        ("teacher_steps", True, "valid integer, not True"),
        ("teacher_batch", 0, "greater than or equal to 1"),
        ("micro_batch", 0, "greater than or equal to 1"),
        ("checkpoint_every_steps", 0, "greater than or equal to 1"),
        ("validate_every_steps", 0, "greater than or equal to 1"),
        ("warmup_steps", 99, "more than teacher_steps, 12"),
        ("warmup_steps", -1, "greater than or equal to 0"),
        ("loader_workers", -1, "greater than or equal to 0"),
        ("photos", 0, "greater than or equal to 1"),
        ("views", None, "valid integer, not None"),
        ("head_lr", -1, "greater than 0"),
        ("head_lr", 0, "greater than 0"),
        ("encoder_lr", -1e-5, "greater than or equal to 0"),
        ("weight_decay", float("nan"), "finite number"),
        ("weight_decay", "nan", "valid number"),
        ("betas", (0.9, 1.0), "less than 1"),
        ("clip_norm", 0, "greater than 0"),
        ("average_decay", 1.0, "less than 1"),
        ("gradient_weight", "x", "valid number, not 'x'"),
        ("gradient_weight", float("inf"), "finite number"),
        ("trim", 2.0, "less than 1"),
        ("trim_by", "pixle", "'pixel' or 'region', not 'pixle'"),
        ("cutmix", 1.5, "less than or equal to 1"),
        ("sensor", "radar", "'kinect', 'stereo' or 'lidar'"),
        ("crop_px", 7, "valid tuple"),
        ("crop_px", (0, 64), "greater than or equal to 1"),
        ("crop_px", (64, 64, 64), "at most 2 items"),
        ("crop_area", (2, 3), "less than or equal to 1"),
        ("crop_area", (0.9, 0.2), "the smallest share, 0.9, is above the largest"),
        ("shorter_px", -1, "greater than or equal to 1"),
        ("max_depth_m", 0, "greater than 0"),
        ("colour", "no", "valid boolean, not 'no'"),
        ("colour", 1, "valid boolean"),
        ("stuck_s", "a", "valid number"),
        ("precision", "bf32", "'auto', '32-true'"),
        ("strategy", "zero", "'ddp' or 'fsdp'"),
        ("scene_sets", (), "at least 1 item"),
        ("scene_sets", "hypersim", "valid tuple"),
        ("teacher", "lite9", "teacher: unknown preset 'lite9'.*nearest are lite"),
        (
            "feature_encoder",
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
        SCALES["lab"].views = 3


def test_smoke_is_the_labs_recipe():
    """What is not size, steps, network or rate is the lab's."""
    lab, smoke = (dataclasses.asdict(SCALES[name]) for name in ("lab", "smoke"))
    same = {
        *("crop_area", "metric_crop_area", "weight_decay", "clip_norm", "betas", "decay_power"),
        *("gradient_weight", "trim", "trim_by", "feature_weight", "cutmix", "colour"),
    }
    assert {name for name in same if lab[name] != smoke[name]} == set()


def test_paper_scale_is_the_paper_s():
    paper = SCALES["paper"]
    assert (paper.teacher_steps, paper.student_steps) == (160_000, 480_000)
    assert (paper.teacher_batch, paper.student_batch) == (64, 192)
    assert (paper.head_lr, paper.encoder_lr) == (5e-5, 5e-6)
    assert paper.crop_px == (518, 518)
