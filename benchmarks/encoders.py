"""What pretrained encoders know before any depth: does a photograph's left half find its right one?

    python benchmarks/encoders.py          # a minute

The mean over the map of each tap describes a half (224x224 px); of all 84 photographs of da2k_mini, a
left half asks for the right half that is most like it (cosine). Beside it: the share of the variance
over all positions that lies in the first principal component. Where one direction holds nearly half
of it, a map says little more than one number a patch.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from dav2.data import read_image
from dav2.evaluate import read_da2k
from dav2.model import PRESETS, build_model

ROOT = Path(__file__).parents[1] / "datasets" / "da2k_mini"
SIZE_PX = (224, 224)


def halves() -> tuple[Tensor, Tensor]:
    """Left and right halves of all photographs, each [N, 3, 224, 224]."""
    sides: tuple[list[Tensor], list[Tensor]] = ([], [])
    for annotation in read_da2k(ROOT):
        pixels = torch.from_numpy(read_image(ROOT / annotation.name)).permute(2, 0, 1) / 255
        width = pixels.shape[2] // 2
        for side, half in zip(sides, (pixels[:, :, :width], pixels[:, :, -width:]), strict=True):
            side.append(F.interpolate(half[None], SIZE_PX, mode="area"))
    return torch.cat(sides[0]), torch.cat(sides[1])


@torch.inference_mode()
def maps(preset: str, images: Tensor) -> list[Tensor]:
    """The four maps of a pretrained encoder."""
    model = build_model(preset, pretrained=True).eval()
    parts = [model.features(part) for part in images.split(8)]
    return [torch.cat(level) for level in zip(*parts, strict=True)]


def main() -> None:
    left, right = halves()
    print("| encoder | tap | finds its other half | first principal component |")
    print("| --- | --- | --- | --- |")
    for preset in ("vits", "lite0"):
        taps = PRESETS[preset].taps
        for tap, a, b in zip(taps, maps(preset, left), maps(preset, right), strict=True):
            one, other = (F.normalize(x.mean((2, 3)), dim=1) for x in (a, b))
            found = (one @ other.T).argmax(1) == torch.arange(len(one))
            flat = a.transpose(0, 1).flatten(1)  # [C, N * h * w]
            variances = torch.linalg.eigvalsh(torch.cov(flat))
            share = variances[-1] / variances.sum()
            print(f"| {preset} | {tap} | {found.float().mean():.0%} | {share:.0%} |")


if __name__ == "__main__":
    main()
