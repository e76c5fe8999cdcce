"""What the student will learn: sheets of the labels of which the teacher is most and least sure."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from dav2.alignment import align
from dav2.data.labels import LabelSet
from dav2.data.photos import UnreadableImage, read_image
from dav2.disk import atomic_path, sweep
from dav2.errors import UserError
from dav2.infer import Predictor, input_size
from dav2.picture import Picture, colourise
from dav2.progress import is_hidden
from dav2.sample import Sample

SMALLER = 0.75
MOST = 32  # photographs of a shard that are looked at again


def _difference(other: Tensor, disparity: Tensor) -> Tensor:
    """Measure |other - disparity| [H, W] after alignment, relative to the range of `disparity`."""
    aligned = align(other, disparity, torch.ones_like(disparity, dtype=torch.bool))
    span = (disparity.max() - disparity.min()).clamp(min=torch.finfo(disparity.dtype).tiny)
    return ((aligned - disparity).abs() / span)[0, 0].cpu()


@torch.inference_mode()
def inconsistency(predictor: Predictor, image: Tensor) -> tuple[Tensor, Tensor]:
    """Measure how the network's map changes at the mirrored picture, and at 0.75 of the size.

    Single forward passes, without flip averaging.

    Args:
        image: [3, H, W] in 0..1, at network size.

    Returns:
        Two maps [H, W] of the difference, after least-squares scale and shift, relative to the
        range of the first look.
    """
    stride = predictor.model.stride
    look = predictor.model
    image = image[None].to(predictor.device, memory_format=torch.channels_last)
    height, width = image.shape[-2:]
    shorter_px = max(stride, round(SMALLER * min(height, width) / stride) * stride)
    size = input_size(height, width, shorter_px, stride)
    small = F.interpolate(image, size=size, mode="bicubic", antialias=True).clamp(0, 1)
    disparity, mirrored = look(image).float(), look(image.flip(-1)).float().flip(-1)
    smaller = F.interpolate(
        look(small).float(), size=(height, width), mode="bilinear", align_corners=True
    )
    return _difference(mirrored, disparity), _difference(smaller, disparity)


def label_sheet(labels: Sequence[Sample], predictor: Predictor, count: int = 4) -> Picture:
    """Photographs, their labels, and where the teacher contradicts itself.

    The `count` photographs of which it is most sure stand on the left, the `count` of which it is
    least sure on the right, by the mean of its two inconsistencies.

    Args:
        labels: of a `LabelSet`, or some of it.
        predictor: the teacher that made the labels.

    Raises:
        UserError: there are no labels.
    """
    if not labels:
        raise UserError("a sheet needs labels, and there are none")
    maps = [inconsistency(predictor, sample.image) for sample in labels]
    means = np.array([[float(one.mean()) for one in pair] for pair in maps])
    order = np.argsort(means.mean(1), kind="stable")
    count = min(count, max(1, len(order) // 2))
    chosen = [*order[:count], *order[len(order) - count :]]
    figure = Picture(figsize=(2.2 * len(chosen), 6), layout="constrained")
    grid = figure.subplots(3, len(chosen), squeeze=False)
    for column, index in enumerate(chosen):
        sample, (mirrored, smaller) = labels[int(index)], maps[index]
        flip, scale = means[index]
        rows: tuple[tuple[np.ndarray, dict[str, Any]], ...] = (
            (sample.image.permute(1, 2, 0).numpy(), {}),
            (colourise(sample.disparity[0].numpy()), {}),
            (torch.maximum(mirrored, smaller).numpy(), {"cmap": "magma", "vmin": 0, "vmax": 0.3}),
        )
        for axes, (picture, how) in zip(grid[:, column], rows, strict=True):
            axes.imshow(picture, **how)
            axes.set(xticks=[], yticks=[])
        side = "most sure" if column < count else "least sure"
        name = sample.name if len(sample.name) <= 24 else f"{sample.name[:23]}…"
        grid[0, column].set_title(
            f"{side}\n{name}\nmirrored {flip:.1%}, smaller {scale:.1%}", fontsize=7
        )
    for axes, name in zip(
        grid[:, 0], ("photograph", "label", "difference, 0 to 30 %"), strict=True
    ):
        axes.set_ylabel(name, fontsize=8)
    mirrored, smaller = np.median(means, axis=0)
    figure.suptitle(
        f"{len(labels)} labels; the teacher's maps of the mirrored and of the {SMALLER}x picture "
        f"differ by {mirrored:.1%} and {smaller:.1%} of the range (medians)",
        fontsize=9,
    )
    return figure


def _is_whole(sheet: Path) -> bool:
    """Tell whether a sheet is there and can be looked at."""
    try:
        read_image(sheet)
    except UnreadableImage:
        return False
    return True


def write_sheets(
    store: Path | str,
    predictor: Predictor,
    every: int = 100,
    count: int = 4,
    progress: bool = True,
) -> list[Path]:
    """Write `sheet-00000.png` beside the first shard of a finished store, and every so many after.

    A sheet looks at 32 photographs of its shard at most, evenly spread. Sheets that are there, whole, stay.

    Returns:
        The paths of all sheets.

    Raises:
        MissingArtefact: the store is not finished.
        UserError: the folder holds something else, or `every` is not positive.
    """
    if every < 1:
        raise UserError(f"every must be at least 1, not {every}")
    labels = LabelSet(store)
    shards = [
        list(group)
        for _, group in groupby(range(len(labels)), lambda index: labels.places[index][0])
    ]
    sweep(store)
    sheets = []
    for shard in tqdm(shards[::every], unit="sheet", desc="sheets", disable=is_hidden(progress)):
        tar = labels.places[shard[0]][0]
        sheet = tar.with_name(tar.stem.replace("labels", "sheet") + ".png")
        sheets.append(sheet)
        if _is_whole(sheet):
            continue
        places = np.linspace(0, len(shard) - 1, min(len(shard), MOST)).round().astype(int)
        picture = label_sheet([labels[shard[place]] for place in places], predictor, count)
        with atomic_path(sheet) as temporary:
            temporary.write_bytes(picture.png())
    return sheets
