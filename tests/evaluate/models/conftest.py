"""One picture for models of every kind."""

import numpy as np
import pytest


@pytest.fixture
def image():
    """40 rows, 52 columns: no multiple of any patch."""
    return np.random.default_rng(0).integers(0, 255, (40, 52, 3), dtype=np.uint8)
