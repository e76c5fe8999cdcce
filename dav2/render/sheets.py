"""Contact sheets: all views of a family or a style at a glance."""

from pathlib import Path

import numpy as np
from PIL import Image

from dav2.disk import atomic_path, read_json
from dav2.encoding import decode_depth
from dav2.manifests import read_manifest
from dav2.picture import colourise

COLUMNS, MOST = 6, 48


def contact_sheets(rendered: Path | str, out: Path | str) -> list[Path]:
    """One JPEG in `out` for each family and style of a finished set: pictures, disparity below them.

    A sheet shows the first 48 views.

    Raises:
        MissingArtefact: the set is not finished.
    """
    rendered, out = Path(rendered), Path(out)
    groups: dict[str, list[str]] = {}
    for name in read_manifest(rendered)["names"]:
        facts = read_json(rendered / f"{name}.json")
        for what in ("family", "style"):
            groups.setdefault(f"{what}_{facts[what]}", []).append(name)
    written = []
    for group, names in sorted(groups.items()):
        tiles = [_tile(rendered / name) for name in names[:MOST]]
        tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % COLUMNS)
        rows = [np.concatenate(tiles[i : i + COLUMNS], 1) for i in range(0, len(tiles), COLUMNS)]
        with atomic_path(out / f"{group}.jpg") as path:
            Image.fromarray(np.concatenate(rows)).save(path, quality=90)
        written.append(out / f"{group}.jpg")
    return written


def _tile(stem: Path) -> np.ndarray:
    """Picture above disparity, uint8 [2 H, W, 3]."""
    with Image.open(stem.with_suffix(".jpg")) as opened:
        image = np.asarray(opened.convert("RGB"))
    disparity = 1 / decode_depth(stem.with_suffix(".png").read_bytes())
    return np.concatenate([image, colourise(disparity, 0, float(np.quantile(disparity, 0.98)))])
