"""What two networks think of a picture, made by hand."""

import numpy as np


def left_is_nearer(image):
    """Hold the left half to be nearer than the right one."""
    height, width = image.shape[:2]
    return np.tile((np.arange(width) < width / 2).astype(np.float32), (height, 1))


def right_is_nearer(image):
    """Hold the right half to be nearer than the left one."""
    return 1 - left_is_nearer(image)


OPINIONS = {"left": left_is_nearer, "right": right_is_nearer}
