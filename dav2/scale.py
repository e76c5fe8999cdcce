"""One dial: every size that differs between a smoke test, a course lab and the paper.

`paper` holds Depth Anything V2's own numbers (P2 = arXiv 2406.09414, P1 = V1, arXiv 2401.10891);
where neither states one, the comment says so and the value is our choice.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Scale:
    """The numbers of one scale. Sizes in pixels are (height, width) unless the name says otherwise.

    Attributes:
        views: rendered training views; `validation_views` come from other seeds.
        view_size_px: (width, height) of a rendered view.
        teacher, student: presets.
        pretrained: start encoders from ImageNet weights.
        crop_px: network input in training.
        crop_area: smallest and largest share of a picture's area that a crop takes.
        metric_crop_area: the same for metric depth. A close crop looks like a longer lens, and metres
            cannot be told from a picture whose lens is unknown.
        max_depth_m: metric networks answer 0 to this; what is farther, sky too, is not learned from.
        head_lr, encoder_lr: peak learning rates; linear decay to zero.
        colour: disturb colours in training.
        shorter_px: shorter side at prediction.
        label_shorter_px: shorter side at pseudo-labelling.
        feature_weight: weight of feature alignment on photographs (0 = off).
        photos: how many photographs are labelled (None = all).
    """

    views: int
    validation_views: int
    view_size_px: tuple[int, int]
    teacher: str
    student: str
    pretrained: bool
    crop_px: tuple[int, int]
    crop_area: tuple[float, float]
    metric_crop_area: tuple[float, float]
    max_depth_m: float
    teacher_steps: int
    student_steps: int
    metric_steps: int
    teacher_batch: int
    student_batch: int
    metric_batch: int
    head_lr: float
    encoder_lr: float
    warmup_steps: int
    weight_decay: float
    clip_norm: float | None
    colour: bool
    precision: str
    feature_weight: float
    photos: int | None
    label_shorter_px: int
    shorter_px: int
    validate_every_steps: int
    loader_workers: int


SCALES: dict[str, Scale] = {
    # Minutes: the same lines of code with tiny numbers. Nothing learned here means anything.
    "smoke": Scale(
        views=12,
        validation_views=4,
        view_size_px=(64, 48),
        teacher="tiny",
        student="tiny",
        pretrained=False,
        crop_px=(48, 64),
        crop_area=(0.4, 1.0),
        metric_crop_area=(0.8, 1.0),
        max_depth_m=80.0,
        teacher_steps=12,
        student_steps=8,
        metric_steps=8,
        teacher_batch=4,
        student_batch=4,
        metric_batch=4,
        head_lr=1e-3,
        encoder_lr=2e-4,
        warmup_steps=2,
        weight_decay=0.01,
        clip_norm=1.0,
        colour=True,
        precision="32-true",
        feature_weight=0.0,
        photos=12,
        label_shorter_px=64,
        shorter_px=64,
        validate_every_steps=6,
        loader_workers=0,
    ),
    # Two CPU cores, offline, within the hour: chosen by measurement, see benchmarks/LOG.md.
    "lab": Scale(
        views=1000,
        validation_views=48,
        view_size_px=(256, 192),
        teacher="lite0",
        student="lite0",
        pretrained=True,
        crop_px=(160, 224),
        crop_area=(0.35, 1.0),
        metric_crop_area=(0.8, 1.0),
        max_depth_m=80.0,
        teacher_steps=1600,
        student_steps=600,
        metric_steps=600,
        teacher_batch=16,
        student_batch=16,
        metric_batch=16,
        head_lr=1e-3,
        encoder_lr=2e-4,
        warmup_steps=50,
        weight_decay=0.01,
        clip_norm=1.0,
        colour=True,
        precision="32-true",
        feature_weight=0.0,
        photos=None,
        # The crops show pictures as if their shorter side were 160 to 270 px; at 384 students lost
        # seven points.
        label_shorter_px=256,
        shorter_px=256,
        validate_every_steps=200,
        loader_workers=0,
    ),
    "paper": Scale(
        views=595_000,  # P2 Table 7: five synthetic sets
        validation_views=1_000,  # not stated
        view_size_px=(1024, 768),  # Hypersim's; the five sets differ
        teacher="vitg",  # P2 section 5.1
        student="vits",  # P2 section 5.1; also vitb, vitl, vitg
        pretrained=True,  # P2 section 7.1: DINOv2
        crop_px=(518, 518),  # P2 section 7.1
        crop_area=(1.0, 1.0),  # P2 section 7.1: shorter side to 518, random crop
        metric_crop_area=(1.0, 1.0),  # as above
        max_depth_m=80.0,  # official metric_depth/: 80 outdoors (VKITTI 2), 20 indoors (Hypersim)
        teacher_steps=160_000,  # P2 section 7.1
        student_steps=480_000,  # P2 section 7.1
        metric_steps=73_000,  # metric_depth/dist_train.sh: 120 epochs of VKITTI 2's 19,559 by 32
        teacher_batch=64,  # P2 section 7.1
        student_batch=192,  # P2 section 7.1
        metric_batch=32,  # metric_depth/dist_train.sh: 4 on each of 8 GPUs
        head_lr=5e-5,  # P2 section 7.1
        encoder_lr=5e-6,  # P2 section 7.1
        warmup_steps=0,  # not stated
        weight_decay=0.01,  # not stated for relative depth; the metric code uses 0.01
        clip_norm=None,  # not stated
        colour=True,  # P1 section 3.2 on photographs
        precision="bf16-mixed",  # not stated
        feature_weight=1.0,  # P1 section 4.1: plain average of losses; V2's weight is not stated
        photos=None,  # P2 Table 7: 62 million, eight sets
        label_shorter_px=518,  # P2 section 7.1
        shorter_px=518,  # P2 section 7.1
        validate_every_steps=5_000,  # not stated
        loader_workers=16,  # not stated
    ),
}


def get_scale(name: str, overrides: dict[str, Any] | None = None) -> Scale:
    """A scale by name, with some numbers replaced.

    Raises:
        ValueError: unknown scale or unknown override; the message lists the known ones.
    """
    if name not in SCALES:
        raise ValueError(f"unknown scale {name!r}; there are {', '.join(SCALES)}")
    overrides = overrides or {}
    known = {field.name: field for field in dataclasses.fields(Scale)}
    unknown = sorted(set(overrides) - set(known))
    if unknown:
        raise ValueError(f"unknown override {', '.join(unknown)}; there are {', '.join(known)}")
    base = SCALES[name]
    values = {
        key: tuple(value) if isinstance(getattr(base, key), tuple) else value
        for key, value in overrides.items()
    }
    return dataclasses.replace(base, **values)
