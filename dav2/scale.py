"""One dial: every size that differs between a smoke test, a course lab and the paper.

`paper` holds Depth Anything V2's own numbers (P2 = arXiv 2406.09414, P1 = V1, arXiv 2401.10891);
where neither states one, the comment says so and the value is our choice. "Metric code" is V2's
own metric_depth/, the only training code that was released.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any

from dav2.errors import UserError


@dataclass(frozen=True)
class Scale:
    """The numbers of one scale. Sizes in pixels are (height, width) unless the name says otherwise.

    Attributes:
        scene_sets: "rendered" (RUN/scenes), or names of packed sets (RUN/scenes/NAME), all together.
        views: training views with exact depth; `validation_views` come from other seeds.
        view_size_px: (width, height) of a rendered view.
        teacher, student: presets.
        light: preset of one more student of photographs, much smaller than its teacher, with numbers of
            its own (`light_...`).
        pretrained: start encoders from ImageNet weights, or DINOv2's where the preset is one of its.
        encoder_weights: a file of DINOv2's weights; None: see `dav2.model.encoder_weights`.
        crop_px: network input in training, to the nearest multiples of the network's stride.
        crop_area: smallest and largest share of a picture's area that a crop takes; None resizes the
            shorter side to that of the crop and keeps the aspect.
        metric_crop_area: the same for metric depth. A close crop looks like a longer lens, and metres
            cannot be told from a picture whose lens is unknown.
        max_depth_m: metric networks answer 0 to this; what is farther, sky too, is not learned from.
        micro_batch: samples that pass through a device at once. The batches above are whole ones, over
            all devices; what is more than this is accumulated. None: no accumulation.
        head_lr, encoder_lr: peak learning rates.
        decay_power: learning rates fall as (1 - step / steps) to this power: 1 is linear.
        average_decay: of an exponential moving average of the weights, which is then what is
            validated and kept; None: no average.
        checkpointing: keep no activations inside encoder blocks and fusions, compute them again.
        precision: Lightning's name; "auto": bf16-mixed where this machine computes in bfloat16, else
            32-true.
        compile: compile encoder and head.
        sensor: "kinect", "stereo" or "lidar": scenes are learned from as that sensor would have
            measured them (`dav2.sensor`); None: perfect depth. Validation stays perfect.
        gradient_weight: of gradient matching, beside 1 for the first loss.
        trim: share of a pseudo-label with the largest error that is left out; trim_by "pixel" or
            "region" (blocks of 14 px); trim_gradient leaves it out of the second loss, too.
        cutmix: probability that a photograph gets a rectangle of another one.
        scene_colour, colour: disturb colours of scenes, of photographs.
        shorter_px: shorter side at prediction.
        label_shorter_px: shorter side at pseudo-labelling.
        feature_weight: weight of feature alignment on photographs (0 = off).
        feature_encoder: preset whose encoder is the frozen one; None: the same that is trained, as it
            was at the start. It must give maps of the same size; if its width differs, a linear
            projection is learned along and thrown away.
        strategy: of several devices: "ddp" (each holds everything) or "fsdp" (each holds its share of
            weights, gradients and moments; PyTorch's FSDP2).
        checkpoint_every_steps: how much work a kill can cost at most; None: as often as validated.
        stuck_s: seconds after which ranks give up one that answers no longer. Longer than the
            slowest checkpoint takes to write.
        photos: how many photographs are labelled (None = all).
        photos_expected: how many photographs there shall be, for plans made before they are there.
    """

    views: int
    validation_views: int
    view_size_px: tuple[int, int]
    teacher: str
    student: str
    light: str
    pretrained: bool
    crop_px: tuple[int, int]
    crop_area: tuple[float, float] | None
    metric_crop_area: tuple[float, float] | None
    max_depth_m: float
    teacher_steps: int
    student_steps: int
    light_steps: int
    metric_steps: int
    teacher_batch: int
    student_batch: int
    light_batch: int
    metric_batch: int
    head_lr: float
    encoder_lr: float
    light_head_lr: float
    light_encoder_lr: float
    warmup_steps: int
    weight_decay: float
    clip_norm: float | None
    scene_colour: bool
    colour: bool
    precision: str
    feature_weight: float
    photos: int | None
    label_shorter_px: int
    shorter_px: int
    validate_every_steps: int
    loader_workers: int
    scene_sets: tuple[str, ...] = ("rendered",)
    encoder_weights: str | None = None
    photos_expected: int | None = None
    # Options that no source states for relative depth; what is off here is off everywhere.
    micro_batch: int | None = None
    betas: tuple[float, float] = (0.9, 0.999)
    decay_power: float = 1.0
    metric_decay_power: float = 0.9
    average_decay: float | None = None
    checkpointing: bool = False
    compile: bool = False
    feature_encoder: str | None = None
    sensor: str | None = None
    gradient_weight: float = 2.0
    trim: float = 0.1
    trim_by: str = "pixel"
    trim_gradient: bool = False
    cutmix: float = 0.0
    strategy: str = "ddp"
    checkpoint_every_steps: int | None = None
    stuck_s: float = 300.0


SCALES: dict[str, Scale] = {
    # Minutes: the same lines of code with tiny numbers. Nothing learned here means anything.
    "smoke": Scale(
        views=12,
        validation_views=4,
        view_size_px=(64, 48),
        teacher="tiny",
        student="tiny",
        light="tiny",
        pretrained=False,
        crop_px=(48, 64),
        crop_area=(0.4, 1.0),
        metric_crop_area=(0.8, 1.0),
        max_depth_m=80.0,
        teacher_steps=12,
        student_steps=8,
        light_steps=8,
        metric_steps=8,
        teacher_batch=4,
        student_batch=4,
        light_batch=4,
        metric_batch=4,
        head_lr=1e-3,
        encoder_lr=2e-4,
        light_head_lr=1e-3,
        light_encoder_lr=2e-4,
        warmup_steps=2,
        weight_decay=0.01,
        clip_norm=1.0,
        scene_colour=True,
        colour=True,
        precision="32-true",
        feature_weight=0.0,
        photos=12,
        label_shorter_px=64,
        shorter_px=64,
        validate_every_steps=6,
        loader_workers=0,
    ),
    # Two CPU cores, offline; what was measured for it stands in benchmarks/LOG.md.
    "lab": Scale(
        views=700,
        validation_views=48,
        view_size_px=(320, 240),
        teacher="vits",
        student="vits",
        light="lite0",
        pretrained=True,
        crop_px=(126, 168),
        crop_area=(0.35, 1.0),
        metric_crop_area=(0.8, 1.0),
        max_depth_m=80.0,
        teacher_steps=300,
        student_steps=200,
        light_steps=600,
        metric_steps=200,
        teacher_batch=16,
        student_batch=16,
        light_batch=16,
        metric_batch=16,
        head_lr=3e-4,
        encoder_lr=3e-5,
        light_head_lr=1e-3,
        light_encoder_lr=2e-4,
        warmup_steps=20,
        weight_decay=0.01,
        clip_norm=1.0,
        scene_colour=True,
        colour=True,
        precision="auto",
        feature_weight=0.0,
        # With lite0 the paper's 2 did not settle in a lab's steps (LOG); not yet measured with DINOv2.
        gradient_weight=0.5,
        photos=None,
        # The crops show pictures as if their shorter side were 126 to 213 px.
        label_shorter_px=252,
        shorter_px=252,
        validate_every_steps=100,
        loader_workers=0,
    ),
    "paper": Scale(
        # Data
        scene_sets=("blendedmvs", "hypersim", "irs", "tartanair", "vkitti2"),  # P2 Table 7
        views=595_000,  # P2 Table 7, whose rows sum to 604,000; plain concatenation, section 7.1
        validation_views=1_000,  # not stated
        view_size_px=(1024, 768),  # Hypersim's; the five sets differ
        photos=None,  # all
        photos_expected=62_000_000,  # P2 Table 7, eight sets; plain concatenation, section 7.1
        # Networks
        teacher="vitg",  # P2 section 5.1
        student="vits",  # P2 section 5.1; also vitb, vitl, vitg, each from its own DINOv2
        light="lite0",  # ours: the paper distils no such network; its numbers are the students'
        pretrained=True,  # P2 section 7.1: DINOv2, without registers (B.6); the head starts anew
        encoder_weights=None,  # see dav2.model.encoder_weights
        # What a network sees
        crop_px=(518, 518),  # P2 section 7.1
        crop_area=None,  # P2 section 7.1: shorter side to 518, random crop
        metric_crop_area=None,  # metric code: the same, and flips
        max_depth_m=80.0,  # metric code: 80 outdoors (VKITTI 2), 20 indoors (Hypersim)
        scene_colour=False,  # P1 section 4.1: flips only; V2: not stated
        colour=True,  # P1 section 3.2. The author: not necessary for ViT-S and B (V2 issue 207)
        cutmix=0.5,  # P1 section 3.2, as above
        label_shorter_px=518,  # P2 section 7.1
        shorter_px=518,  # P2 section 7.1
        # How long and how much
        teacher_steps=160_000,  # P2 section 7.1
        student_steps=480_000,  # P2 section 7.1
        light_steps=480_000,  # ours
        metric_steps=73_000,  # metric code: 120 epochs of VKITTI 2's 19,559 by 32
        teacher_batch=64,  # P2 section 7.1
        student_batch=192,  # P2 section 7.1
        light_batch=192,  # ours
        metric_batch=32,  # metric code: 4 on each of 8 GPUs
        micro_batch=8,  # not stated; the same result, whatever it is
        # Optimiser: "Adam" (P2 section 7.1), AdamW (P1 section 4.1, metric code)
        head_lr=5e-5,  # P2 section 7.1
        encoder_lr=5e-6,  # P2 section 7.1
        light_head_lr=5e-5,  # ours
        light_encoder_lr=5e-6,  # ours
        betas=(0.9, 0.999),  # not stated for relative depth; metric code
        weight_decay=0.01,  # not stated for relative depth; metric code
        warmup_steps=0,  # not stated
        decay_power=1.0,  # P1 section 4.1: linear; V2: not stated
        metric_decay_power=0.9,  # metric code
        clip_norm=None,  # not stated
        average_decay=None,  # not stated
        # Losses
        gradient_weight=2.0,  # P2 section 7.1 and B.7
        trim=0.1,  # P2 section 5.2
        trim_by="pixel",  # not stated: "regions"
        trim_gradient=False,  # not stated
        feature_weight=1.0,  # P1 section 4.1: plain average of losses; V2's weight is not stated
        feature_encoder=None,  # P1 section 3.3: DINOv2 of the same size
        # Machine
        precision="bf16-mixed",  # not stated
        checkpointing=False,  # not stated
        compile=True,  # not stated
        strategy="ddp",  # not stated
        validate_every_steps=5_000,  # not stated
        checkpoint_every_steps=1_000,  # not stated
        loader_workers=16,  # not stated
    ),
}


def to_stride(size_px: tuple[int, int], stride: int) -> tuple[int, int]:
    """Bring both sides to the nearest multiple of `stride`, at least one of it."""
    height, width = (max(1, round(side / stride)) * stride for side in size_px)
    return height, width


def get_scale(name: str, overrides: dict[str, Any] | None = None) -> Scale:
    """A scale by name, with some numbers replaced.

    Raises:
        UserError: unknown scale or unknown override; the message lists the known ones.
    """
    if name not in SCALES:
        raise UserError(f"unknown scale {name!r}; there are {', '.join(SCALES)}")
    overrides = overrides or {}
    known = {field.name: field for field in dataclasses.fields(Scale)}
    unknown = sorted(set(overrides) - set(known))
    if unknown:
        raise UserError(f"unknown override {', '.join(unknown)}; there are {', '.join(known)}")
    base = SCALES[name]
    values = {
        key: tuple(value) if isinstance(value, list) else value for key, value in overrides.items()
    }
    return dataclasses.replace(base, **values)
