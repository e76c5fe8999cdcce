"""How a network looks at pictures: part of the network, wherever it is kept."""

import math
from dataclasses import dataclass

from dav2.errors import UserError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Preprocessing:
    """What a picture goes through before the encoder; the defaults are those of released weights.

    A run, a folder of the Hub, an ONNX and an OpenVINO file keep it beside the weights, so that
    nobody has to choose it again.

    Attributes:
        shorter_px: shorter side of the input at prediction (V2 section 7.1).
        label_shorter_px: the same where it labels photographs; None: as at prediction.
        antialias: shrink pictures smoothly, as our training sees them. False is the official code's
            cubic resize (V2 util/transform.py), with which released weights were measured.
        mean, std: of the encoder's own training, of RGB in 0..1.

    Raises:
        UserError: a number is out of range.
    """

    shorter_px: int = 518
    label_shorter_px: int | None = None
    antialias: bool = False
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD

    def __post_init__(self) -> None:
        for name in ("mean", "std"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON has lists
        sizes = [self.shorter_px]
        if self.label_shorter_px is not None:
            sizes.append(self.label_shorter_px)
        if not all(type(size) is int and size >= 1 for size in sizes):
            raise UserError(
                f"the shorter side of a picture must be 1 px or more, not {sizes!s:.60}"
            )
        three = len(self.mean) == 3 and len(self.std) == 3
        numbers = [n for n in (*self.mean, *self.std) if isinstance(n, (int, float))]
        if (
            not three
            or len(numbers) < 6
            or not all(map(math.isfinite, numbers))
            or min(self.std) <= 0
        ):
            raise UserError(
                "mean and std are three finite numbers each, std above 0, not "
                f"{self.mean!s:.60} and {self.std!s:.60}"
            )


OFFICIAL = Preprocessing()
