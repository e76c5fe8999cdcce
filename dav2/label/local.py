"""Labelling a folder or a collection into a label store, here or with another driver."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dav2.data.photos import Photo, find_images, photo_from_file
from dav2.disk import json_hash
from dav2.errors import UserError
from dav2.infer import Predictor
from dav2.label.shards import THREADS, Shard, label_shards, store_key
from dav2.label.store import (
    KIND,
    finish_store,
    is_whole,
    nothing_labelled,
    other_photographs,
    shard_path,
)
from dav2.model import network_hash
from dav2.progress import is_hidden
from dav2.runs import finished, work_in

PHOTOS_PER_SHARD = 32
# Writes the shards, in whatever order, and yields the number of photographs of each.
Driver = Callable[[Predictor, Iterable[Shard], int], Iterator[int]]


def _names(photos: Iterable[Photo]) -> str:
    """Fingerprint which photographs these are."""
    return json_hash([photo.key for photo in photos])


def _fingerprint(photos: Iterable[Photo]) -> str:
    """Fingerprint which photographs these are, and in which version: a replaced file gives another one."""
    return json_hash([[photo.key, photo.stamp()] for photo in photos])


def _parts(photos: Iterable[Photo], size: int) -> Iterator[list[tuple[Photo, bool]]]:
    """Split photographs into shards, each with whether its key in the store is new.

    The keys lie in a temporary file of SQLite's, so that memory stays bounded for millions.
    """
    photos = iter(photos)
    with closing(sqlite3.connect("")) as seen:
        seen.execute("CREATE TABLE keys (key BLOB PRIMARY KEY) WITHOUT ROWID")
        while part := list(islice(photos, size)):
            keys = [store_key(photo).encode(errors="surrogateescape") for photo in part]
            insert = "INSERT OR IGNORE INTO keys VALUES (?)"
            yield [
                (photo, seen.execute(insert, (key,)).rowcount == 1)
                for photo, key in zip(part, keys, strict=True)
            ]


def _folder(root: Path) -> list[Photo]:
    return [
        photo_from_file(path.relative_to(root).as_posix(), path.read_bytes, path)
        for path in find_images(root)
    ]


def _to_do(
    photos: Iterable[Photo], photos_per_shard: int, out: Path, counts: list[int], bar: tqdm
) -> Iterator[Shard]:
    """Yield the shards that are not whole yet; `counts` gets the number of photographs of each shard.

    Raises:
        UserError: there are more shards than these photographs make.
    """
    for part in _parts(photos, photos_per_shard):
        of = _fingerprint(photo for photo, _ in part)
        names = _names(photo for photo, _ in part)
        facts = {"names": names, "photographs": of}
        shard = Shard(shard_path(out, len(counts)), part, facts)
        counts.append(len(part))
        if is_whole(shard.path, names, of):
            bar.update(len(part))
        else:
            shard.facts_path.unlink(missing_ok=True)
            yield shard
    if (beyond := shard_path(out, len(counts))).with_suffix(".json").exists():
        raise other_photographs(beyond)


def label_photos(
    teacher: Predictor,
    photos: Path | str | Iterable[Photo],
    out: Path | str,
    limit: int | None = None,
    progress: bool = True,
    *,
    photos_per_shard: int = PHOTOS_PER_SHARD,
    threads: int = THREADS,
    driver: Driver = label_shards,
) -> dict[str, Any]:
    """Pseudo-label photographs into a label store at `out`.

    Image and label are kept at the size at which the teacher looks. Photographs that cannot be
    used, and those whose key was there before, are set aside and counted with their reason.
    Finished shards are kept when a killed call is repeated; the manifest is written last. A second
    process on the same folder is refused while the first lives.

    Of a folder or a sequence all names are compared before anything is done: another set is refused.
    A photograph that was replaced since has its shard made anew. An iterator is never held: its first
    names are compared at once, those of each shard as it is passed; of a finished store only the first
    names are looked at, so a changed tail goes unseen.

    Args:
        teacher: averages with the mirrored photograph's map if made by
            `open_predictor(..., labelling=True)`. With a `batch_size`, photographs of one size that
            lie near each other go through the network together.
        photos: a folder, searched recursively, or a collection, such as
            `dav2.data.photographs.COLLECTIONS["sa1b"](root)`.
        limit: take only the first so many photographs.
        photos_per_shard: a kill costs at most the shards being made; each shard is two files.
        threads: that decode and encode beside the network.
        driver: who makes the shards: `label_shards` here, or `dav2.label.ray.with_ray(...)`. The
            shards are the same, and a call may go on with what another driver began.

    Returns:
        The manifest: shards, number of labelled photographs, bytes of all images (`jpg_bytes`) and
        labels (`png_bytes`), skipped files with reasons.

    Raises:
        FileNotFoundError: no photographs.
        UserError: `out` was begun with another teacher, size, set of photographs or number of them
            per shard, or another process is labelling into it; or nothing could be labelled.
    """
    if photos_per_shard < 1:
        raise UserError(f"photos_per_shard must be at least 1, not {photos_per_shard}")
    out = Path(out)
    source = str(photos) if isinstance(photos, str | Path) else "the collection"
    found = _folder(Path(photos)) if isinstance(photos, str | Path) else photos
    asked: dict[str, Any] = {
        "teacher": network_hash(teacher.model),
        "looks": teacher.settings,
        "photos_per_shard": photos_per_shard,
    }
    total, version = None, None
    if isinstance(found, Sequence):
        found = found[:limit]
        total, version = len(found), _fingerprint(found)
        asked |= {"set_of_photographs": f"{total}, {_names(found)[:16]}"}
    else:
        rest = islice(iter(found), limit)
        first = list(islice(rest, photos_per_shard))
        found = chain(first, rest)
        asked |= {"limit": limit, "first_photographs": _names(first)[:16]}
    done = finished(out, KIND, asked, is_empty=nothing_labelled)
    if done is not None and done["version"] == version:
        return done
    counts: list[int] = []
    with (
        work_in(out, KIND, asked, is_empty=nothing_labelled) as store,
        tqdm(total=total, unit="photo", desc="label", disable=is_hidden(progress)) as bar,
    ):
        manifest = store.manifest
        if manifest is not None and manifest["version"] == version:
            return manifest
        if manifest is not None:
            store.open()  # a photograph was replaced: its shard is made anew

        for count in driver(teacher, _to_do(found, photos_per_shard, out, counts, bar), threads):
            bar.update(count)
        return finish_store(store, counts, source, version)
