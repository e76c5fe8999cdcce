"""A wall, and a camera that faces it."""

import numpy as np

from dav2.scenery.meshes import quad
from dav2.scenery.scene import Camera, Part

AHEAD = Camera(np.zeros(3), np.array([0.0, 10, 0]), 1.2)


def wall(distance, material):
    """Put a wall before `AHEAD`, `distance` metres away."""
    return Part(quad((-50, distance, -50), (100, 0, 0), (0, 0, 100)), material)
