"""Rendered scenes from disk: perfect labels."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import Dataset

from dav2.geometry import disparity_from_depth
from dav2.runs import read_manifest
from dav2.sample import Sample, check_sample


class RenderedSet(Dataset[Sample]):
    """The views of a finished rendered set (`dav2 render`), at full size.

    Depth becomes disparity 1/z; sky has disparity 0 and is valid; NaN depth is not valid.

    Raises:
        MissingArtefact: the set is not finished.
        ValueError: the folder holds something else.
    """

    def __init__(self, root: Path | str):
        self.root = Path(root)
        manifest = read_manifest(root)
        if manifest.get("kind") != "rendered":
            raise ValueError(f"{root} is not a rendered set but {manifest.get('kind')!r}")
        self.names: list[str] = manifest["names"]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Sample:
        name = self.names[index]
        with Image.open(self.root / f"{name}.jpg") as opened:
            pixels = np.array(opened.convert("RGB"))
        depth = np.load(self.root / f"{name}.npy", allow_pickle=False)  # [H, W] metres
        valid = ~np.isnan(depth)
        disparity = disparity_from_depth(np.where(valid, depth, np.inf))
        return check_sample(
            Sample(
                image=torch.from_numpy(pixels).permute(2, 0, 1).float() / 255,
                disparity=torch.from_numpy(disparity)[None],
                valid=torch.from_numpy(valid)[None],
                name=name,
            )
        )
