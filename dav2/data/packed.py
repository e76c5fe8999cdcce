"""Packed sets as streams of samples: shuffled by seed, split over ranks, resumable.

Importing this needs `litdata`; nothing else in `dav2.data` does.
"""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from litdata import StreamingDataset
from torchvision.transforms import v2

from dav2.data.photos import read_image
from dav2.data.sources import DEPTH, DISPARITY, Item, Pictures, Source
from dav2.disk import Fields, check_record, read_record, stamp
from dav2.encoding import decode_depth, decode_disparity
from dav2.errors import UserError
from dav2.geometry import disparity_from_depth
from dav2.manifests import MANIFEST, read_manifest, require
from dav2.sample import Sample, make_sample
from dav2.transforms import augment


@contextmanager
def _reading(root: Path | str) -> Iterator[None]:
    """Name the pack in whatever its reader stumbles over.

    Raises:
        UserError: it is damaged.
    """
    try:
        yield
    except Exception as error:  # litdata checks nothing, so damage shows in every way there is
        raise UserError(
            f"{root} is damaged ({type(error).__name__}: {error}); `dav2 data check packed {root}` "
            "says where, pack it again"
        ) from error


def _facts(root: Path | str) -> dict[str, Any]:
    """Read the manifest of a finished pack, to which litdata's own list of chunks fits."""
    fields: Fields = {
        "target": (str, type(None)),
        "up_to_scale": bool,
        "chunks": dict,
    }
    facts = check_record(read_manifest(root, "packed"), fields, Path(root) / MANIFEST)
    index = Path(root) / "index.json"
    entry = {"filename": str, "chunk_size": int, "chunk_bytes": int}
    chunks = [
        check_record(chunk, entry, f"a chunk in {index}")
        for chunk in read_record(index, {"chunks": list, "config": dict})["chunks"]
    ]
    if [[chunk["filename"], chunk["chunk_size"]] for chunk in chunks] != [
        [*chunk] for chunk in facts["chunks"].items()
    ]:
        raise UserError(f"{index} lists other chunks than {Path(root) / MANIFEST}; pack it again")
    return facts


def unpack(packed: tuple[str, Any, Any], target: str | None) -> Pictures:
    """Decode a picture uint8 [H, W, 3] and depth or disparity [H, W] (None if there is neither).

    Raises:
        UnreadableImage, UserError, OSError: the sample is damaged.
    """
    name, jpeg, png = packed
    pixels = read_image(bytes(jpeg), name)
    if target is None:
        return pixels, None
    return pixels, (decode_depth if target == DEPTH else decode_disparity)(bytes(png))


def sample_seed(seed: int, epoch: int, name: str) -> int:
    """Derive the seed of a sample's augmentation, which depends on nothing but these three."""
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
        self.target = _facts(root)["target"]
        if self.target is None:
            raise UserError(f"{root} holds photographs without depth: label them first")
        self.root, self.crop, self.colour = root, crop, colour
        with _reading(root):
            # Whole chunks are shuffled, not litdata's default blocks of 256 neighbours.
            super().__init__(
                str(root), shuffle=shuffle, drop_last=True, seed=seed, item_shuffle_window=0
            )

    def get_len(self, num_workers: int, batch_size: int) -> int:
        with _reading(self.root):
            return super().get_len(num_workers, batch_size)

    def __iter__(self) -> "PackedSet":
        with _reading(self.root):
            return super().__iter__()

    def __getitem__(self, index: Any) -> Sample:
        with _reading(self.root):
            packed = super().__getitem__(index)
            name = packed[0]
            pixels, target = unpack(packed, self.target)
            assert target is not None  # `__init__` refuses packs without
            disparity = target if self.target == DISPARITY else disparity_from_depth(target)
            sample = make_sample(pixels, disparity, name)
        if self.crop is None:
            return sample
        return augment(
            sample, self.crop, self.colour, sample_seed(self.seed, self.current_epoch, name)
        )


def _read(root: Path, chunks: StreamingDataset, index: int, target: str | None) -> Pictures:
    with _reading(root):
        return unpack(chunks[index], target)


def _parts(root: Path, chunks: StreamingDataset, index: int) -> tuple[bytes, bytes]:
    with _reading(root):
        _, jpeg, png = chunks[index]
        return bytes(jpeg), bytes(png)


def _name(root: Path, chunks: StreamingDataset, index: int) -> str:
    with _reading(root):
        return chunks[index][0]


def packed_items(root: Path, without: Collection[str] = ()) -> Source:
    """Yield the samples of a finished pack in their order, except those in the chunk files `without`."""
    facts = _facts(root)
    with _reading(root):
        chunks = StreamingDataset(str(root))
    index = 0
    items: list[int] = []
    for file, samples in facts["chunks"].items():
        indices = range(index, index := index + samples)
        if file not in without:
            items += indices
    named = (
        Item(
            _name(root, chunks, i),
            partial(_read, root, chunks, i, facts["target"]),
            partial(_parts, root, chunks, i),
            partial(stamp, Path(root) / MANIFEST),
        )
        for i in items
    )
    return Source(named, facts["target"], facts["up_to_scale"])
