"""The label store: tar shards of photographs with their pseudo-labels, and a manifest.

A shard `labels-00000.tar` holds, per photograph, `<key>.jpg` (as the teacher saw it),
`<key>.png` (disparity, 16 bit, min-max over the image) and `<key>.json` (where it came from).
This is the layout WebDataset and litdata read. `labels-00000.json` beside it lists what the
shard holds and what was set aside; it is written after the tar, the manifest after all shards.
"""

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from torch.utils.data import Dataset

from dav2.data.photos import read_image
from dav2.disk import atomic_path, check_record
from dav2.encoding import decode_disparity, encode_disparity
from dav2.errors import UserError
from dav2.manifests import read_manifest, require
from dav2.sample import Sample, make_sample

JPEG_QUALITY = 95


class Record(NamedTuple):
    """A photograph with its label, as the files `<key>.<suffix>` in a shard."""

    key: str
    files: dict[str, bytes]


def encode_record(
    key: str, image: np.ndarray, disparity: np.ndarray, facts: dict[str, Any]
) -> Record:
    """Encode an image uint8 [H, W, 3] and its disparity [H, W] as the files of a record.

    Disparity has 16 bits between its minimum and maximum: the error is at most 1/131070 of the range.

    Raises:
        UserError: the disparity is not finite, or constant.
    """
    jpeg = io.BytesIO()
    Image.fromarray(image).save(jpeg, "JPEG", quality=JPEG_QUALITY)
    files = {
        "jpg": jpeg.getvalue(),
        "png": encode_disparity(disparity),
        "json": json.dumps(facts).encode(),
    }
    return Record(key, files)


@contextmanager
def open_shard(path: Path) -> Iterator[Callable[[Record], None]]:
    """Yield what appends a record to the tar at `path`, which is there once the block succeeds."""
    with atomic_path(path) as temporary, tarfile.open(temporary, "w") as tar:

        def append(record: Record) -> None:
            for suffix, content in record.files.items():
                entry = tarfile.TarInfo(f"{record.key}.{suffix}")
                entry.size = len(content)  # no times or owners: equal content, equal bytes
                tar.addfile(entry, io.BytesIO(content))

        yield append


def _members(path: Path) -> dict[str, dict[str, tuple[int, int]]]:
    """List the files of each photograph in a shard: key -> suffix -> (offset, size).

    Raises:
        UserError: the tar is cut off or damaged.
    """
    members: dict[str, dict[str, tuple[int, int]]] = {}
    try:
        with tarfile.open(path, "r:") as tar:
            for entry in tar:
                key, _, suffix = entry.name.rpartition(".")
                members.setdefault(key, {})[suffix] = (entry.offset_data, entry.size)
    except (tarfile.TarError, OSError, EOFError, ValueError, OverflowError) as error:
        raise UserError(
            f"{path} is cut off or damaged ({error}); delete it and label again"
        ) from error
    return members


class LabelSet(Dataset[Sample]):
    """The photographs and pseudo-labels of a finished label store.

    Raises:
        MissingArtefact: the store is not finished.
        UserError: the folder holds something else, or a shard lacks a file.
    """

    def __init__(self, root: Path | str):
        require(root, f"dav2 label --out {root}", "labels")
        manifest = read_manifest(root)
        check_record(manifest, {"shards": list}, Path(root) / "manifest.json")
        self.places: list[tuple[Path, str, dict[str, tuple[int, int]]]] = []
        for shard in manifest["shards"]:
            check_record(shard, {"file": str, "labelled": int}, f"a shard of {root}")
            if shard["file"] not in manifest["files"] or "/" in shard["file"]:
                raise UserError(f"{root}: its manifest vouches for no shard {shard['file']!r}")
            path = Path(root) / shard["file"]
            members = _members(path)
            if len(members) != shard["labelled"]:
                raise UserError(
                    f"{path} holds {len(members)} labels, the manifest says {shard['labelled']}; "
                    "delete it and label again"
                )
            for key, parts in members.items():
                if not {"jpg", "png"} <= parts.keys():
                    raise UserError(f"{path}: {key} lacks its image or its label")
                self.places.append((path, key, parts))

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> Sample:
        pixels, disparity = self.read(index)
        return make_sample(pixels, disparity, self.places[index][1])

    def files(self, index: int) -> tuple[bytes, bytes]:
        """Read a photograph's two files as they are: its JPEG, and its label as 16-bit PNG."""
        path, _, parts = self.places[index]
        with path.open("rb") as shard:
            content = []
            for offset, size in (parts["jpg"], parts["png"]):
                shard.seek(offset)
                content.append(shard.read(size))
        return content[0], content[1]

    def read(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Read a photograph, RGB uint8 [H, W, 3], and its disparity, float32 [H, W] in 0..1.

        Raises:
            UserError: one of them is damaged.
        """
        path, key, _ = self.places[index]
        jpeg, png = self.files(index)
        pixels = read_image(jpeg, f"{path}: {key}.jpg")
        try:
            return pixels, decode_disparity(png)
        except ValueError as error:
            raise UserError(
                f"{path}: {key}.png: {error}; delete the shard and label again"
            ) from error
