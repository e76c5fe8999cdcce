"""One picture for models of every kind, and what an undeclared sign is answered with."""

import numpy as np
import pytest

BOTH = "--sign disparity .* or --sign depth"


@pytest.fixture
def image():
    """40 rows, 52 columns: no multiple of any patch."""
    return np.random.default_rng(0).integers(0, 255, (40, 52, 3), dtype=np.uint8)
