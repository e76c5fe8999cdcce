"""How options are written, and what several commands ask alike."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict, get_args, get_type_hints

from cyclopts import Group, Parameter, Token, convert
from cyclopts.validators import Number
from docstring_parser import parse_from_object

from dav2.errors import UserError
from dav2.scale import SCALES, Data, Machine
from dav2.stage import STAGE_NUMBERS, Photos, Scenes, Stage, names_of
from dav2.types import Sign


def _whole(kind: Any, tokens: Sequence[Token]) -> Any:
    """cyclopts would round."""
    for token in tokens:
        if not re.fullmatch(r"[+-]?\d+|none|null", token.value, re.IGNORECASE):
            raise ValueError(f"must be a whole number, not {token.value}")
    return convert(kind, tokens)


Count = Annotated[int, Parameter(converter=_whole, validator=Number(gte=1))]
Natural = Annotated[int, Parameter(converter=_whole, validator=Number(gte=0))]
Port = Annotated[int, Parameter(converter=_whole, validator=Number(gte=0, lte=65535))]
Positive = Annotated[float, Parameter(validator=Number(gt=0, lt=float("inf")))]
Share = Annotated[float, Parameter(validator=Number(gte=0, lte=1))]
Degrees = Annotated[float, Parameter(validator=Number(gt=0, lt=180))]
Device = Annotated[
    Literal["auto", "cpu", "cuda", "mps"],
    Parameter(help="where networks compute; auto takes CUDA, then MPS, then the CPU."),
]


def _split(kind: Any, tokens: Sequence[Token]) -> Any:
    """`png npy`, `png,npy` and a repeated option are the same list."""
    return convert(
        kind, [token.evolve(value=part) for token in tokens for part in token.value.split(",")]
    )


ConfigFile = Annotated[
    Path | None,
    Parameter(
        group="Common options", help="YAML file of options, such as seed: 1; what is typed wins."
    ),
]
Quiet = Annotated[bool, Parameter(group="Common options", negative=(), help="Show no progress.")]
LISTED = Parameter(converter=_split)  # of every list of names or numbers


def _width_and_height(_: Any, tokens: Sequence[Token]) -> tuple[int, int]:
    from dav2.data.photos import LARGEST_SIDE_PX

    text = tokens[0].value
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise ValueError(f"must look like 320x240, not {text!r}") from None
    if not 1 <= min(width, height) <= max(width, height) <= LARGEST_SIDE_PX:
        raise ValueError(f"sides must be 1 to {LARGEST_SIDE_PX} px, not {text}")
    return width, height


Size = Annotated[
    tuple[int, int], Parameter(converter=_width_and_height, n_tokens=1, accepts_keys=False)
]


def _three(_: Any, values: list[float] | None) -> None:
    if values is not None and len(values) != 3:
        raise ValueError("must look like 0.485,0.456,0.406: red, green, blue.")


Channels = Annotated[list[float], Parameter(converter=_split, validator=_three)]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Weights:
    """What files of weights do not always say."""

    version: Literal[1, 2] | None = None
    """1 or 2, of weights that do not say which Depth Anything they are."""
    max_depth: Positive | None = None
    """Metres, of metric weights that do not say it (20 indoors, Hypersim; 80 outdoors, VKITTI)."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ModelOptions(Weights):
    """How a model is opened that may be anybody's; see `dav2.evaluate.models.open_model`."""

    sign: Sign | None = None
    """Disparity (larger is nearer) or depth (larger is farther), of models whose class does not say
    it: other people's ONNX files, functions, some of transformers."""
    device: Device = "auto"
    shorter_px: Count | None = None
    """Of ours: shorter side of the input (default: the network's own). In labelling, of anybody's:
    that of the pictures that it is shown (default: 518)."""
    steps: Count | None = None
    """Of Marigold: steps of denoising (default: as its configuration says)."""
    ensemble: Count | None = None
    """Of Marigold: so many maps in one (default: 1)."""
    longer_px: Count | None = None
    """Of Marigold: longer side of its input (default: as its configuration says)."""
    noise_seed: Natural | None = None
    """Of Marigold: seed of its noise (default: 0)."""
    mean: Channels | None = None
    """Of an ONNX file: mean of RGB in 0..1, such as 0.5,0.5,0.5 (default: ImageNet's)."""
    std: Channels | None = None
    """Of an ONNX file: standard deviation of RGB."""
    input_size: Size | None = None
    """Of an ONNX file that takes any size: width x height, such as 518x518."""
    output: str | None = None
    """Of an ONNX file with several outputs: which is the map."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class SetOptions:
    """How a labelled set is read; see `dav2.data.labelled.find_labelled`."""

    part: str | None = None
    """Of sets that have parts: hypersim's train, val, test or all (default: train, if its table of
    parts is there); vkitti2's camera_0 (default), camera_1 or both; sintel's final (default) or
    clean; kitti's midas, the 161 pictures that MiDaS takes."""
    cameras: Path | None = None
    """Of hypersim: its metadata_camera_parameters.csv, if that does not lie in the folder."""
    depth_scale: Positive | None = None
    """Of rgbd: steps a metre in PNGs (default: 1000, millimetres)."""


def _converter(kind: Any) -> Any:
    if kind == tuple[str, ...]:
        return _split
    return _whole if int in (kind, *get_args(kind)) else None


def numbers_options(of_stages: Sequence[str] = ()) -> Any:
    """Every number of a scale as an option that may be given or not, with its type and its help.

    Args:
        of_stages: stages whose numbers are options of their own, too, which no help lists.
    """
    stage, machine, data = (
        Group.create_ordered(f"Numbers of the {name}") for name in ("stage", "machine", "data")
    )
    fields = {}
    for group, prefix, kind in (
        (stage, "", Stage),
        (stage, "scenes.", Scenes),
        (stage, "photos.", Photos),
        (machine, "", Machine),
        (data, "", Data),
    ):
        texts = {one.arg_name: one.description for one in parse_from_object(kind).params}
        hints = get_type_hints(kind)
        for name, of in product(names_of(kind), ("", *of_stages) if group is stage else ("",)):
            key = f"{of}.{prefix}{name}" if of else f"{prefix}{name}"
            option = Parameter(
                name=f"--{key.replace('_', '-')}",
                help=texts[name],
                group=group,
                show=not of,
                show_default=False,
                converter=_converter(hints[name]),
            )
            fields[key] = Annotated[hints[name], option]
    return TypedDict("Numbers", fields, total=False)  # type: ignore[operator]


# Types that are made as this is imported; a type checker sees what they come to.
if TYPE_CHECKING:
    ScaleName = str
    Numbers = dict[str, Any] | None
else:
    ScaleName = Literal[tuple(SCALES)]
    # Of the stage that a command is about, and of every stage.
    Numbers = Annotated[numbers_options() | None, Parameter(name="*")]


def numbers_of(stage: str, numbers: dict[str, Any] | None) -> dict[str, Any]:
    """What was typed for one stage, as `get_scale` takes it."""
    return {
        f"{stage}.{key}" if key in STAGE_NUMBERS else key: value
        for key, value in (numbers or {}).items()
    }


def given(options: Any) -> dict[str, Any]:
    """Those of a record of options that were given, for a call."""
    if options is None:
        return {}
    return {name: value for name, value in asdict(options).items() if value is not None}


def opening(options: ModelOptions | None) -> dict[str, Any]:
    """Return what was given, as `open_model` takes it: people say width first, it height."""
    chosen = given(options)
    if "input_size" in chosen:
        chosen["input_size"] = chosen["input_size"][::-1]
    return chosen


def relative(predictor: Any, model: str) -> Any:
    """The predictor, if its network speaks of disparity and not of metres."""
    if predictor.model.max_depth is not None:
        raise UserError(f"{model} is a metric model, and this command needs relative disparity")
    return predictor
