"""What every adapter makes of its model."""

from typing import NamedTuple, get_args

import numpy as np

from dav2.errors import UserError
from dav2.types import Predict, Sign


class Model(NamedTuple):
    """A model that was opened.

    Attributes:
        predict: uint8 RGB [H, W, 3] -> [H, W], in the model's own sign.
        sign: disparity (larger is nearer) or depth (larger is farther).
        metric: the map is depth in metres, so that 1 / depth is disparity.
        description: what it is and how it looks at pictures, in one line.
        identity: `description` and a hash of its weights; a folder of maps is kept to one of these.
        seed: of its training, where its run says so.
        device: where it computes, of a network of PyTorch.
    """

    predict: Predict
    sign: Sign
    metric: bool
    description: str
    identity: str
    seed: int | None = None
    device: str | None = None

    def nearness(self, image: np.ndarray) -> np.ndarray:
        """Predict a map [H, W] in which larger is nearer: what orders pairs of points."""
        values = np.asarray(self.predict(image))
        return values if self.sign == "disparity" else -values

    def disparity(self, image: np.ndarray) -> np.ndarray:
        """Predict disparity [H, W], up to scale and shift.

        Raises:
            UserError: the model gives relative depth, which has no inverse, or depth <= 0.
        """
        values = np.asarray(self.predict(image))
        if self.sign == "disparity":
            return values
        if not self.metric or values.min() <= 0:
            raise UserError(f"{self.description}: only depth in metres, above 0, can be inverted")
        return 1 / values


def resolve_sign(known: Sign | None, declared: Sign | None, who: str) -> Sign:
    """Resolve the sign of a model: known of its class, or declared, never both and different.

    Raises:
        UserError: neither, or a contradiction; the message says what to do.
    """
    if declared is not None and declared not in get_args(Sign):
        raise UserError(f"sign must be disparity or depth, not {declared!r}")
    if known and declared and known != declared:
        raise UserError(f"{who} gives {known}, not {declared}: leave --sign out")
    sign = known or declared
    if sign is None:
        raise UserError(
            f"nothing says whether larger is nearer in maps of {who}: declare --sign disparity "
            "(larger is nearer) or --sign depth (larger is farther); its card or paper knows"
        )
    return sign
