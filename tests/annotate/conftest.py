"""A folder of tasks whose pictures, and what two networks think of them, are made by hand."""

import numpy as np
import pytest
from PIL import Image

from dav2.annotate import prepare_tasks
from tests.helpers.opinions import OPINIONS


@pytest.fixture
def photographs(tmp_path):
    """Two grey pictures with a red spot of 7 x 7 pixels around row 180, column 420."""
    folder = tmp_path / "photographs"
    for name in ("indoor/room.png", "new/street.png"):
        (folder / name).parent.mkdir(parents=True)
        pixels = np.full((300, 500, 3), 128, np.uint8)
        pixels[177:184, 417:424] = 255, 0, 0
        Image.fromarray(pixels).save(folder / name)
    return folder


@pytest.fixture
def folder(photographs, tmp_path):
    """Each picture with two proposed pairs and one of the annotator's own: six questions."""
    out = tmp_path / "benchmark"
    prepare_tasks(photographs, out, OPINIONS, 2, 1, progress=False)
    return out
