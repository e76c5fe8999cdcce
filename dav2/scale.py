"""One dial: every size that differs between a smoke test, a course lab and the paper.

`paper` holds Depth Anything V2's own numbers (P2 = arXiv 2406.09414, P1 = V1, arXiv 2401.10891);
where neither states one, the comment says so and the value is our choice. "Metric code" is V2's
own metric_depth/, the only training code that was released.
"""

from dataclasses import replace
from typing import Annotated, Any, Literal

from annotated_types import Len
from pydantic.dataclasses import dataclass

from dav2.errors import UserError, nearest
from dav2.stage import (
    STAGE_NUMBERS,
    STRICT,
    Count,
    Natural,
    Photos,
    Positive,
    Scenes,
    Stage,
    names_of,
    replaced,
    with_numbers,
)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Data:
    """What a run learns from."""

    scene_sets: Annotated[tuple[str, ...], Len(1)] = ("rendered",)
    """"rendered" (RUN/scenes), or names of packed sets (RUN/scenes/NAME), all together."""
    views: Count
    """Training views with exact depth."""
    validation_views: Count
    """Views to validate with; they come from other seeds."""
    view_size_px: tuple[Count, Count]
    """(Width, height) of a rendered view."""
    photographs: Count | None = None
    """How many photographs are labelled; none: all."""
    photographs_expected: Count | None = None
    """How many photographs there shall be, for plans made before they are there."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Machine:
    """How a stage is computed; nothing here changes what is learned, but for rounding."""

    precision: Literal[
        "auto", "32-true", "64-true", "bf16-mixed", "16-mixed", "bf16-true", "16-true"
    ] = "auto"
    """Lightning's name; auto: bf16-mixed where this machine computes in bfloat16, else 32-true."""
    micro_batch: Count | None = None
    """Samples that pass through a device at once; more are accumulated. None: no accumulation."""
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
    loader_workers: Natural
    """Processes that read and augment samples; 0: the training itself."""
    stuck_s: Positive = 300.0
    """Seconds after which ranks give up one that answers no longer. Longer than the slowest checkpoint
    takes to write."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Scale:
    """The numbers of a whole run: its data, its stages by name, and how they are computed."""

    data: Data
    machine: Machine
    stages: dict[str, Stage]


def _stages(
    teacher: Stage, student: Stage, photos: Photos, light: Stage, metric: Stage
) -> dict[str, Stage]:
    """The course's stages: a teacher, three students that differ in their data only, a light student,
    and metric depth beside them."""
    scenes = teacher.scenes
    assert scenes is not None
    half = replace(scenes, share=0.5), replace(photos, share=0.5)
    return {
        "teacher": teacher,
        "student_synthetic": replace(student, scenes=scenes, photos=None),
        "student_photos": replace(student, scenes=None, photos=photos),  # the paper's student
        "student_both": replace(student, scenes=half[0], photos=half[1]),
        "student_light": replace(light, scenes=None, photos=photos),
        "metric": metric,
    }


# Two CPU cores, offline; what was measured for it stands in benchmarks/LOG.md.
_LAB = Stage(
    preset="vits",
    # With lite0 the paper's weight 2 did not settle in a lab's steps (LOG); not yet measured here.
    scenes=Scenes(colour=True, gradient_weight=0.5),
    crop_px=(126, 168),
    crop_area=(0.35, 1.0),
    # The crops show pictures as if their shorter side were 126 to 213 px.
    shorter_px=252,
    label_shorter_px=252,
    steps=300,
    batch=16,
    head_lr=3e-4,
    encoder_lr=3e-5,
    warmup_steps=20,
    clip_norm=1.0,
)
LAB = Scale(
    data=Data(views=700, validation_views=48, view_size_px=(320, 240)),
    machine=Machine(validate_every_steps=100, loader_workers=0),
    stages=_stages(
        _LAB,
        replace(_LAB, steps=200),
        Photos(gradient_weight=0.5),
        replace(_LAB, preset="lite0", steps=600, head_lr=1e-3, encoder_lr=2e-4),
        # A close crop looks like a longer lens, and metres cannot be told from a picture whose lens
        # is unknown.
        replace(_LAB, steps=200, crop_area=(0.8, 1.0), decay_power=0.9, max_depth_m=80.0),
    ),
)

_PAPER = Stage(
    preset="vitg",  # P2 section 5.1
    pretrained=True,  # P2 section 7.1: DINOv2, without registers (B.6); the head starts anew
    scenes=Scenes(
        colour=False,  # P1 section 4.1: flips only; V2: not stated
        gradient_weight=2.0,  # P2 section 7.1 and B.7
    ),
    crop_px=(518, 518),  # P2 section 7.1
    crop_area=None,  # P2 section 7.1: shorter side to 518, random crop
    shorter_px=518,  # P2 section 7.1
    label_shorter_px=518,  # P2 section 7.1
    steps=160_000,  # P2 section 7.1
    batch=64,  # P2 section 7.1
    # "Adam" (P2 section 7.1), AdamW (P1 section 4.1, metric code)
    head_lr=5e-5,  # P2 section 7.1
    encoder_lr=5e-6,  # P2 section 7.1
    betas=(0.9, 0.999),  # not stated for relative depth; metric code
    weight_decay=0.01,  # not stated for relative depth; metric code
    warmup_steps=0,  # not stated
    decay_power=1.0,  # P1 section 4.1: linear; V2: not stated
    clip_norm=None,  # not stated
    average_decay=None,  # not stated
)
_PAPER_STUDENT = replace(
    _PAPER,
    preset="vits",  # P2 section 5.1; also vitb, vitl, vitg, each from its own DINOv2
    steps=480_000,  # P2 section 7.1
    batch=192,  # P2 section 7.1
)
PAPER = Scale(
    data=Data(
        scene_sets=("blendedmvs", "hypersim", "irs", "tartanair", "vkitti2"),  # P2 Table 7
        views=595_000,  # P2 Table 7, whose rows sum to 604,000; plain concatenation, section 7.1
        validation_views=1_000,  # not stated
        view_size_px=(1024, 768),  # Hypersim's; the five sets differ
        photographs=None,  # all
        photographs_expected=62_000_000,  # P2 Table 7, eight sets; plain concatenation, section 7.1
    ),
    machine=Machine(
        precision="bf16-mixed",  # not stated
        micro_batch=8,  # not stated; the same result, whatever it is
        compile=True,  # not stated
        validate_every_steps=5_000,  # not stated
        checkpoint_every_steps=1_000,  # not stated
        loader_workers=16,  # not stated
    ),
    stages=_stages(
        _PAPER,
        _PAPER_STUDENT,
        Photos(
            colour=True,  # P1 section 3.2. The author: not necessary for ViT-S and B (V2 issue 207)
            cutmix=0.5,  # P1 section 3.2, as above
            gradient_weight=2.0,  # P2 section 7.1 and B.7
            trim=0.1,  # P2 section 5.2
            trim_by="pixel",  # the author, in V2 issue 108
            trim_gradient=False,  # not stated
            feature_weight=1.0,  # P1 section 4.1: plain average of losses; V2's is not stated
            feature_encoder=None,  # P1 section 3.3: DINOv2 of the same size
        ),
        replace(_PAPER_STUDENT, preset="lite0"),  # ours: the paper distils no such network
        replace(
            _PAPER,
            preset="vits",  # metric code: vits to vitl
            steps=73_000,  # metric code: 120 epochs of VKITTI 2's 19,559 by 32
            batch=32,  # metric code: 4 on each of 8 GPUs
            decay_power=0.9,  # metric code
            max_depth_m=80.0,  # metric code: 80 outdoors (VKITTI 2), 20 indoors (Hypersim)
        ),
    ),
)


def shrunk(scale: Scale) -> Scale:
    """The same recipe with tiny pictures, networks and numbers of steps: minutes, and nothing is learned."""

    def tiny(stage: Stage, steps: int) -> Stage:
        return replace(
            stage,
            preset="tiny",
            pretrained=False,
            crop_px=(48, 64),
            shorter_px=64,
            label_shorter_px=64,
            steps=steps,
            batch=4,
            head_lr=1e-3,  # a tiny network that begins anew bears more
            encoder_lr=2e-4,
            warmup_steps=2,
        )

    return Scale(
        data=replace(
            scale.data, views=12, validation_views=4, view_size_px=(64, 48), photographs=12
        ),
        machine=replace(
            scale.machine,
            validate_every_steps=6,
            precision="32-true",  # the same numbers on every machine
        ),
        stages={
            name: tiny(stage, 12 if name == "teacher" else 8)
            for name, stage in scale.stages.items()
        },
    )


SCALES: dict[str, Scale] = {"smoke": shrunk(LAB), "lab": LAB, "paper": PAPER}


def to_stride(size_px: tuple[int, int], stride: int) -> tuple[int, int]:
    """Bring both sides to the nearest multiple of `stride`, at least one of it."""
    height, width = (max(1, round(side / stride)) * stride for side in size_px)
    return height, width


def get_scale(name: str, overrides: dict[str, Any] | None = None) -> Scale:
    """A scale by name, with some numbers replaced.

    Args:
        overrides: by name: numbers of data and machine ("views"), of one stage ("teacher.steps",
            "student_photos.photos.trim"), or of every stage that has them ("steps", "photos.trim").

    Raises:
        UserError: unknown scale, unknown number, or a value that it cannot have; says what is legal.
    """
    if name not in SCALES:
        raise UserError(f"unknown scale {name!r}; {nearest(name, SCALES)}")
    scale = SCALES[name]
    data: dict[str, Any] = {}
    machine: dict[str, Any] = {}
    every: dict[str, Any] = {}
    single: dict[str, dict[str, Any]] = {stage: {} for stage in scale.stages}
    of_stages = {f"{stage}.{key}": (stage, key) for stage in single for key in STAGE_NUMBERS}
    known = [*names_of(Data), *names_of(Machine), *STAGE_NUMBERS, *of_stages]
    for key, value in (overrides or {}).items():
        value = tuple(value) if isinstance(value, list) else value
        if key not in known:
            raise UserError(f"scale {name} has no number {key!r}; {nearest(key, known)}")
        if key in of_stages:
            stage, key = of_stages[key]
            single[stage][key] = value
        else:
            for numbers, kind in ((data, Data), (machine, Machine)):
                if key in names_of(kind):
                    numbers[key] = value
            if key in STAGE_NUMBERS:
                every[key] = value
    stages = {}
    for stage, begun in scale.stages.items():
        shared = {
            key: value
            for key, value in every.items()
            if "." not in key or getattr(begun, key.split(".")[0]) is not None
        }
        # An error in what is asked of every stage names no stage.
        prefix = stage if single[stage] else ""
        stages[stage] = with_numbers(begun, shared | single[stage], prefix)
        check_presets(stage, stages[stage])
    return Scale(
        data=replaced(scale.data, data, ""),
        machine=replaced(scale.machine, machine, ""),
        stages=stages,
    )


def check_presets(name: str, stage: Stage) -> None:
    """Raise UserError if a stage names a network that there is not."""
    from dav2.model.presets import find_preset  # loads torch: a wrong number does not wait for it

    encoder = stage.photos.feature_encoder if stage.photos else None
    for field, preset in (("preset", stage.preset), ("photos.feature_encoder", encoder)):
        try:
            if preset is not None:
                find_preset(preset)
        except UserError as error:
            raise UserError(f"{name}.{field}: {error}") from error
