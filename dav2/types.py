"""Types that several rooms share."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np

Sign = Literal["disparity", "depth"]  # of a map: larger is nearer, or larger is farther
Predict = Callable[["np.ndarray"], "np.ndarray"]  # uint8 RGB [H, W, 3] -> [H, W]
PredictMany = Callable[[list["np.ndarray"]], list["np.ndarray"]]  # the same for a list of pictures
