"""One training as a record: which network, what it learns from and how, checked when it is made."""

from dataclasses import fields, replace
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, Lt
from pydantic import ConfigDict, ValidationError
from pydantic.dataclasses import dataclass

from dav2.errors import UserError

Count = Annotated[int, Ge(1)]
Natural = Annotated[int, Ge(0)]
Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]
BelowOne = Annotated[float, Ge(0), Lt(1)]
Share = Annotated[float, Gt(0), Le(1)]
Chance = Annotated[float, Ge(0), Le(1)]

STRICT = ConfigDict(strict=True, allow_inf_nan=False)
SCENES, PHOTOS = "scenes", "photos"  # the two sources: perfect labels and pseudo-labels


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Scenes:
    """How a stage learns from views with exact depth."""

    share: Share = 1.0
    """Share of the batch."""
    colour: bool = False
    """Disturb their colours."""
    gradient_weight: NotNegative = 2.0
    """Of gradient matching, beside 1 for the scale- and shift-invariant loss."""
    sensor: Literal["kinect", "stereo", "lidar"] | None = None
    """Learn depth as this sensor would have measured it (`dav2.sensor`); none: perfect depth.
    Validation stays perfect."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Photos:
    """How a stage learns from photographs with pseudo-labels."""

    share: Share = 1.0
    """Share of the batch."""
    colour: bool = True
    """Disturb their colours."""
    cutmix: Chance = 0.0
    """Probability that a photograph gets a rectangle of another one."""
    gradient_weight: NotNegative = 2.0
    """Of gradient matching, beside 1 for the scale- and shift-invariant loss."""
    trim: BelowOne = 0.1
    """Share of a pseudo-label with the largest error that is left out."""
    trim_by: Literal["pixel", "region"] = "pixel"
    """What is left out: pixels, as the author says, or regions (blocks of 14 px), which are ours."""
    trim_gradient: bool = False
    """Leave it out of gradient matching, too."""
    feature_weight: NotNegative = 0.0
    """Weight of feature alignment; 0 is off."""
    feature_encoder: str | None = None
    """Preset whose encoder is the frozen one; none: the same that is trained, as it was at the start. It
    must give maps of the same size; if its width differs, a linear projection is learned along and
    thrown away."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Stage:
    """The numbers of one training; sides are (height, width)."""

    # Network
    preset: str
    """Network to train."""
    pretrained: bool = True
    """Start the encoder from ImageNet's weights, or DINOv2's where the preset is one of its."""
    encoder_weights: str | None = None
    """File of DINOv2's weights; none: see `dav2.model.encoder_weights`."""
    max_depth_m: Positive | None = None
    """Learn metres instead of relative disparity: the network answers 0 to this; what is farther, sky
    too, is not learned from."""

    # Data
    scenes: Scenes | None = None
    """Views with exact depth; none: it sees none."""
    photos: Photos | None = None
    """Photographs with pseudo-labels; none: it sees none."""

    # What a network sees
    crop_px: tuple[Count, Count]
    """(Height, width) of the network's input in training, to the nearest multiples of its stride."""
    crop_area: tuple[Share, Share] | None = None
    """Smallest and largest share of a picture's area that a crop takes; none resizes the shorter side
    to that of the crop and keeps the aspect."""
    shorter_px: Count
    """Shorter side at prediction."""
    label_shorter_px: Count
    """Shorter side at pseudo-labelling."""

    # How long and how much
    steps: Count
    """Steps of the optimiser."""
    batch: Count
    """Samples in a step, over all devices."""

    # Optimiser
    head_lr: Positive
    """Peak learning rate of the head."""
    encoder_lr: NotNegative
    """Peak learning rate of the encoder."""
    betas: tuple[BelowOne, BelowOne] = (0.9, 0.999)
    """AdamW's decay of its two moments."""
    weight_decay: NotNegative = 0.01
    """AdamW's weight decay."""
    warmup_steps: Natural = 0
    """Steps in which learning rates rise to their peak."""
    decay_power: NotNegative = 1.0
    """Learning rates fall as (1 - step / steps) to this power: 1 is linear."""
    clip_norm: Positive | None = None
    """Largest norm of all gradients together; none: not clipped."""
    average_decay: Annotated[float, Gt(0), Lt(1)] | None = None
    """Of an exponential moving average of the weights, which is then what is validated and kept; none:
    no average."""

    def __post_init__(self) -> None:
        if self.scenes is None and self.photos is None:
            raise ValueError("a stage needs scenes or photos to learn from")
        if self.max_depth_m is not None and self.photos is not None:
            raise ValueError("photos: pseudo-labels hold no metres, max_depth_m needs scenes alone")
        if self.crop_area is not None and self.crop_area[0] > self.crop_area[1]:
            raise ValueError(
                f"crop_area: the smallest share, {self.crop_area[0]:g}, is above the largest"
            )
        if self.warmup_steps > self.steps:
            raise ValueError(
                f"warmup_steps is {self.warmup_steps}, more than steps, {self.steps}: the learning "
                "rate would never reach its peak; give a smaller warmup_steps"
            )

    @property
    def sources(self) -> dict[str, Scenes | Photos]:
        """What it learns from, by name."""
        found: dict[str, Any] = {SCENES: self.scenes, PHOTOS: self.photos}
        return {name: source for name, source in found.items() if source is not None}

    @property
    def batches(self) -> dict[str, int]:
        """Samples of each source in one step, over all devices."""
        return {
            name: max(1, round(source.share * self.batch)) for name, source in self.sources.items()
        }


def stage_from(said: dict[str, Any]) -> Stage:
    """The stage of which `dataclasses.asdict` made this."""
    scenes, photos = said["scenes"], said["photos"]
    return Stage(
        **said | {"scenes": scenes and Scenes(**scenes), "photos": photos and Photos(**photos)}
    )


def names_of(kind: Any) -> list[str]:
    """The numbers that a record holds; records in it are not among them."""
    return [field.name for field in fields(kind) if field.name not in (SCENES, PHOTOS)]


STAGE_NUMBERS = [
    *names_of(Stage),
    *(f"{SCENES}.{name}" for name in names_of(Scenes)),
    *(f"{PHOTOS}.{name}" for name in names_of(Photos)),
]


def replaced(found: Any, changes: dict[str, Any], prefix: str) -> Any:
    """A record with some numbers replaced; `prefix` goes before their names in errors."""
    if not changes:
        return found
    try:
        return replace(found, **changes)
    except ValidationError as error:
        first = error.errors()[0]
        said = first["msg"].removeprefix("Value error, ")
        if not first["loc"]:
            raise UserError(said + (f" ({prefix.rstrip('.')})" if prefix else "")) from error
        where = ".".join(str(part) for part in first["loc"])
        raise UserError(f"{prefix}{where}: {said}, not {first['input']!r:.60}") from error


def with_numbers(stage: Stage, numbers: dict[str, Any], name: str = "") -> Stage:
    """A stage with some numbers replaced, such as {"steps": 100, "photos.trim": 0.2}.

    Raises:
        UserError: there is no such number, or it cannot have this value; says what is legal.
    """
    prefix, changes = (f"{name}." if name else ""), {}
    for source in (SCENES, PHOTOS):
        own = {
            key.split(".")[1]: value
            for key, value in numbers.items()
            if key.startswith(f"{source}.")
        }
        if own and getattr(stage, source) is None:
            raise UserError(f"{prefix}{source}.{next(iter(own))}: it learns from no {source}")
        if own:
            changes[source] = replaced(getattr(stage, source), own, f"{prefix}{source}.")
    changes |= {key: value for key, value in numbers.items() if "." not in key}
    return replaced(stage, changes, prefix)
