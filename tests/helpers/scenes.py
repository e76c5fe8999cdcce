"""Rendered sets without a renderer."""

from pathlib import Path

import numpy as np
from PIL import Image

from dav2.disk import write_json
from dav2.encoding import encode_depth
from dav2.manifests import write_manifest


def write_scenes(folder: Path, count: int, size_px: tuple[int, int] = (64, 48)) -> Path:
    """Write a rendered set without a renderer: a ball before a plane, some sky."""
    folder.mkdir(parents=True)
    width, height = size_px
    names = []
    y, x = np.mgrid[0:height, 0:width]
    for number in range(count):
        rng = np.random.default_rng(number)
        depth = (40 / (y + 1 - height * 0.3)).astype(np.float32)
        depth[: int(height * 0.3)] = np.inf
        row, column, radius = (
            rng.uniform(0.3, 0.7) * height,
            rng.uniform(0.2, 0.8) * width,
            height * 0.2,
        )
        depth[np.hypot(y - row, x - column) < radius] = 0.8
        shade = np.where(np.isfinite(depth), 255 / (1 + np.minimum(depth, 50)), 230)
        pixels = np.stack([shade, shade * 0.8, 255 - shade], -1).astype(np.uint8)
        name = f"{number:06d}"
        names.append(name)
        Image.fromarray(pixels).save(folder / f"{name}.jpg", quality=95)
        (folder / f"{name}.png").write_bytes(encode_depth(depth))
        write_json(folder / f"{name}.json", {"family": "ball"})
    write_manifest(folder, "rendered", names=names, size_px=list(size_px), seed=0, families={})
    return folder
