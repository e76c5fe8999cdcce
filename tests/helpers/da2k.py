"""A rule and changes for benchmarks in DA-2K's layout."""

import json

import numpy as np


def rows(image):
    return np.repeat(np.arange(image.shape[0])[:, None], image.shape[1], 1).astype(np.float32)


def change(root, edit):
    content = json.loads((root / "annotations.json").read_text())
    edit(content)
    (root / "annotations.json").write_text(json.dumps(content))
