"""One dial: every size that differs between a smoke test, a course lab and the paper.

`paper` holds Depth Anything V2's own numbers (P2 = arXiv 2406.09414, P1 = V1, arXiv 2401.10891);
where neither states one, the comment says so and the value is our choice. "Metric code" is V2's
own metric_depth/, the only training code that was released.
"""

import dataclasses
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, Len, Lt
from pydantic import ConfigDict, ValidationError
from pydantic.dataclasses import dataclass

from dav2.errors import UserError

Count = Annotated[int, Ge(1)]
Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]
BelowOne = Annotated[float, Ge(0), Lt(1)]
Share = Annotated[float, Gt(0), Le(1)]
Chance = Annotated[float, Ge(0), Le(1)]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(strict=True, allow_inf_nan=False))
class Scale:
    """The numbers of one scale, checked when it is made; sides are (height, width) where no name says else."""

    # Data
    scene_sets: Annotated[tuple[str, ...], Len(1)] = ("rendered",)
    """"rendered" (RUN/scenes), or names of packed sets (RUN/scenes/NAME), all together."""
    views: Count
    """Training views with exact depth."""
    validation_views: Count
    """Views to validate with; they come from other seeds."""
    view_size_px: tuple[Count, Count]
    """(Width, height) of a rendered view."""
    photos: Count | None
    """How many photographs are labelled; none: all."""
    photos_expected: Count | None = None
    """How many photographs there shall be, for plans made before they are there."""

    # Networks
    teacher: str
    """Preset of the teacher."""
    student: str
    """Preset of the students."""
    light: str
    """Preset of one more student of photographs, much smaller than its teacher, with numbers of its
    own (light_...)."""
    pretrained: bool
    """Start encoders from ImageNet weights, or DINOv2's where the preset is one of its."""
    encoder_weights: str | None = None
    """A file of DINOv2's weights; none: see `dav2.model.encoder_weights`."""

    # What a network sees
    crop_px: tuple[Count, Count]
    """(Height, width) of the network's input in training, to the nearest multiples of its stride."""
    crop_area: tuple[Share, Share] | None
    """Smallest and largest share of a picture's area that a crop takes; none resizes the shorter side
    to that of the crop and keeps the aspect."""
    metric_crop_area: tuple[Share, Share] | None
    """The same for metric depth. A close crop looks like a longer lens, and metres cannot be told from
    a picture whose lens is unknown."""
    max_depth_m: Positive
    """Metric networks answer 0 to this; what is farther, sky too, is not learned from."""
    scene_colour: bool
    """Disturb the colours of scenes."""
    colour: bool
    """Disturb the colours of photographs."""
    cutmix: Chance = 0.0
    """Probability that a photograph gets a rectangle of another one."""
    sensor: Literal["kinect", "stereo", "lidar"] | None = None
    """Scenes are learned from as this sensor would have measured them (`dav2.sensor`); none: perfect
    depth. Validation stays perfect."""
    shorter_px: Count
    """Shorter side at prediction."""
    label_shorter_px: Count
    """Shorter side at pseudo-labelling."""

    # How long and how much
    teacher_steps: Count
    """Steps of the teacher."""
    student_steps: Count
    """Steps of each student."""
    light_steps: Count
    """Steps of the light student."""
    metric_steps: Count
    """Steps of metric fine-tuning."""
    teacher_batch: Count
    """Samples in a step of the teacher, over all devices."""
    student_batch: Count
    """Samples in a step of a student, over all devices."""
    light_batch: Count
    """Samples in a step of the light student, over all devices."""
    metric_batch: Count
    """Samples in a step of metric fine-tuning, over all devices."""
    micro_batch: Count | None = None
    """Samples that pass through a device at once; more are accumulated. None: no accumulation."""

    # Optimiser
    head_lr: Positive
    """Peak learning rate of the head."""
    encoder_lr: NotNegative
    """Peak learning rate of the encoder."""
    light_head_lr: Positive
    """Peak learning rate of the light student's head."""
    light_encoder_lr: NotNegative
    """Peak learning rate of the light student's encoder."""
    betas: tuple[BelowOne, BelowOne] = (0.9, 0.999)
    """AdamW's decay of its two moments."""
    weight_decay: NotNegative
    """AdamW's weight decay."""
    warmup_steps: Annotated[int, Ge(0)]
    """Steps in which learning rates rise to their peak."""
    decay_power: NotNegative = 1.0
    """Learning rates fall as (1 - step / steps) to this power: 1 is linear."""
    metric_decay_power: NotNegative = 0.9
    """The same for metric fine-tuning."""
    clip_norm: Positive | None
    """Largest norm of all gradients together; none: not clipped."""
    average_decay: Annotated[float, Gt(0), Lt(1)] | None = None
    """Of an exponential moving average of the weights, which is then what is validated and kept; none:
    no average."""

    # Losses
    gradient_weight: NotNegative = 2.0
    """Of gradient matching, beside 1 for the first loss."""
    trim: BelowOne = 0.1
    """Share of a pseudo-label with the largest error that is left out."""
    trim_by: Literal["pixel", "region"] = "pixel"
    """What is left out: pixels, or regions (blocks of 14 px)."""
    trim_gradient: bool = False
    """Leave it out of gradient matching, too."""
    feature_weight: NotNegative
    """Weight of feature alignment on photographs; 0 is off."""
    feature_encoder: str | None = None
    """Preset whose encoder is the frozen one; none: the same that is trained, as it was at the start. It
    must give maps of the same size; if its width differs, a linear projection is learned along and
    thrown away."""

    # Machine
    precision: Literal[
        "auto", "32-true", "64-true", "bf16-mixed", "16-mixed", "bf16-true", "16-true"
    ]
    """Lightning's name; auto: bf16-mixed where this machine computes in bfloat16, else 32-true."""
    checkpointing: bool = False
    """Keep no activations inside encoder blocks and fusions, compute them again."""
    compile: bool = False
    """Compile encoder and head."""
    strategy: Literal["ddp", "fsdp"] = "ddp"
    """Of several devices: each holds everything (ddp), or its share of weights, gradients and moments
    (fsdp, PyTorch's FSDP2)."""
    validate_every_steps: Count
    """How often the views of validation are scored."""
    checkpoint_every_steps: Count | None = None
    """How many steps a kill can cost at most; none: as often as validated."""
    loader_workers: Annotated[int, Ge(0)]
    """Processes that read and augment samples; 0: the training itself."""
    stuck_s: Positive = 300.0
    """Seconds after which ranks give up one that answers no longer. Longer than the slowest checkpoint
    takes to write."""

    def __post_init__(self) -> None:
        for name in ("crop_area", "metric_crop_area"):
            area = getattr(self, name)
            if area is not None and area[0] > area[1]:
                raise ValueError(f"{name}: the smallest share, {area[0]:g}, is above the largest")
        for name in ("teacher_steps", "student_steps", "light_steps", "metric_steps"):
            if self.warmup_steps > (steps := getattr(self, name)):
                raise ValueError(
                    f"warmup_steps is {self.warmup_steps}, more than {name}, {steps}: the learning "
                    "rate would never reach its peak"
                )


# Two CPU cores, offline; what was measured for it stands in benchmarks/LOG.md.
LAB = Scale(
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
)

PAPER = Scale(
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
)


def shrunk(scale: Scale) -> Scale:
    """The same recipe with tiny pictures, networks and numbers of steps: minutes, and nothing is learned."""
    steps = {f"{stage}_steps": 8 for stage in ("student", "light", "metric")}
    batches = {f"{stage}_batch": 4 for stage in ("teacher", "student", "light", "metric")}
    return dataclasses.replace(
        scale,
        views=12,
        validation_views=4,
        view_size_px=(64, 48),
        photos=12,
        teacher="tiny",
        student="tiny",
        light="tiny",
        pretrained=False,
        crop_px=(48, 64),
        shorter_px=64,
        label_shorter_px=64,
        teacher_steps=12,
        **steps,
        **batches,
        head_lr=scale.light_head_lr,  # a tiny network that begins anew bears more
        encoder_lr=scale.light_encoder_lr,
        warmup_steps=2,
        validate_every_steps=6,
        precision="32-true",  # the same numbers on every machine
    )


SCALES: dict[str, Scale] = {"smoke": shrunk(LAB), "lab": LAB, "paper": PAPER}


def to_stride(size_px: tuple[int, int], stride: int) -> tuple[int, int]:
    """Bring both sides to the nearest multiple of `stride`, at least one of it."""
    height, width = (max(1, round(side / stride)) * stride for side in size_px)
    return height, width


def _nearest(name: str, known: Any) -> str:
    """What may have been meant, as the end of a sentence; else all that there is."""
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"


def get_scale(name: str, overrides: dict[str, Any] | None = None) -> Scale:
    """A scale by name, with some numbers replaced.

    Raises:
        UserError: unknown scale, unknown number, or a value that it cannot have; says what is legal.
    """
    if name not in SCALES:
        raise UserError(f"unknown scale {name!r}; {_nearest(name, SCALES)}")
    known = [field.name for field in dataclasses.fields(Scale)]
    for key in overrides or {}:
        if key not in known:
            raise UserError(f"scale {name} has no number {key!r}; {_nearest(key, known)}")
    values = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in (overrides or {}).items()
    }
    try:
        scale = dataclasses.replace(SCALES[name], **values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        given = f", not {first['input']!r:.60}" if where else ""
        raise UserError(f"{where}: {said}{given}".removeprefix(": ")) from error
    from dav2.model.presets import find_preset  # loads torch: a wrong number does not wait for it

    for key in ("teacher", "student", "light", "feature_encoder"):
        preset = getattr(scale, key)
        try:
            if preset is not None:
                find_preset(preset)
        except UserError as error:
            raise UserError(f"{key}: {error}") from error
    return scale
