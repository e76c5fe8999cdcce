"""Packed sets as streams of samples: shuffled by seed, split over ranks, resumable.

Importing this needs `litdata`; nothing else in `dav2.data` does.
"""

import hashlib
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

from litdata import StreamingDataset
from torchvision.transforms import v2

from dav2.data.photos import read_image
from dav2.data.sources import DEPTH, DISPARITY, Item, Pictures, Source
from dav2.disk import stamp
from dav2.encoding import decode_depth, decode_disparity
from dav2.errors import UserError
from dav2.geometry import disparity_from_depth
from dav2.runs import read_manifest, require
from dav2.sample import Sample, make_sample
from dav2.transforms import augment


def unpack(packed: tuple[str, Any, Any], target: str | None) -> Pictures:
    """Picture uint8 [H, W, 3] and depth or disparity [H, W] (None if there is neither).

    Raises:
        UnreadableImage, UserError, OSError: the sample is damaged.
    """
    name, jpeg, png = packed
    pixels = read_image(bytes(jpeg), name)
    if target is None:
        return pixels, None
    return pixels, (decode_depth if target == DEPTH else decode_disparity)(bytes(png))


def sample_seed(seed: int, epoch: int, name: str) -> int:
    """The seed of a sample's augmentation: it depends on nothing but these three."""
    digest = hashlib.blake2b(f"{seed} {epoch} {name}".encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big")


class PackedSet(StreamingDataset):
    """The samples of a finished pack, for one `litdata.StreamingDataLoader`, rank by rank.

    Iterated, every rank and worker gets samples of its own, all of them the same number: what is
    left over (fewer than a batch for each) is left out, other samples in every pass. Create it
    where ranks know of each other, that is, inside `train_dataloader`; created earlier, all ranks
    would see everything.

    Args:
        crop: see `transforms.augment`; None yields samples as they are.
        shuffle: a new order in every pass, decided by the seed.

    Raises:
        MissingArtefact: the pack is not finished.
        UserError: the folder holds something else, or photographs without depth.
    """

    def __init__(
        self,
        root: Path | str,
        crop: v2.Transform | None = None,
        colour: bool = False,
        shuffle: bool = False,
        seed: int = 0,
    ):
        require(root, f"dav2 data pack NAME DIR --out {root}", "packed")
        manifest = read_manifest(root)
        if manifest["target"] is None:
            raise UserError(f"{root} holds photographs without depth: label them first")
        self.target = manifest["target"]
        self.crop, self.colour = crop, colour
        # Whole chunks are shuffled, not litdata's default blocks of 256 neighbours.
        super().__init__(
            str(root), shuffle=shuffle, drop_last=True, seed=seed, item_shuffle_window=0
        )

    def __getitem__(self, index: Any) -> Sample:
        packed = super().__getitem__(index)
        name = packed[0]
        pixels, target = unpack(packed, self.target)
        disparity = target if self.target == DISPARITY else disparity_from_depth(target)
        sample = make_sample(pixels, disparity, name)
        if self.crop is None:
            return sample
        return augment(
            sample, self.crop, self.colour, sample_seed(self.seed, self.current_epoch, name)
        )


def _read(chunks: StreamingDataset, index: int, target: str | None) -> Pictures:
    return unpack(chunks[index], target)


def _parts(chunks: StreamingDataset, index: int) -> tuple[bytes, bytes]:
    _, jpeg, png = chunks[index]
    return bytes(jpeg), bytes(png)


def packed_items(root: Path, without: Collection[str] = ()) -> Source:
    """The samples of a finished pack in their order, except those in the chunk files `without`."""
    manifest = read_manifest(root, "packed")
    chunks = StreamingDataset(str(root))
    index, items = 0, []
    for file, samples in manifest["chunks"].items():
        indices = range(index, index := index + samples)
        if file not in without:
            items += indices
    named = (
        Item(
            chunks[i][0],
            partial(_read, chunks, i, manifest["target"]),
            partial(_parts, chunks, i),
            partial(stamp, Path(root) / "manifest.json"),
        )
        for i in items
    )
    return Source(named, manifest["target"], manifest["up_to_scale"])
