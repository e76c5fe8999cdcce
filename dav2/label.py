"""Pseudo-labelling: a teacher looks at photographs and its disparity becomes their label.

V2 section 5.1: labels are made from clean images by the most capable teacher, once, and stored.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from dav2.data.labels import write_shard
from dav2.data.photos import Photo, UnreadableImage, find_images, photo_from_file
from dav2.infer import Predictor
from dav2.model import weights_hash
from dav2.runs import is_finished, read_json, sweep_temporaries, write_json, write_manifest

PHOTOS_PER_SHARD = 32


def _label_one(predictor: Predictor, photo: Photo) -> tuple[np.ndarray, np.ndarray]:
    """The photograph uint8 [h, w, 3] at network size and its disparity [h, w].

    Raises:
        UnreadableImage: the photograph is unusable, or the label is constant or not finite.
    """
    prepared, disparity = predictor.predict_at_network_size(photo.load())
    label = disparity[0, 0].float().cpu().numpy()
    if not np.isfinite(label).all() or label.max() <= label.min():
        raise UnreadableImage(f"{photo.key}: the teacher's disparity is constant or not finite")
    pixels = (prepared[0] * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    return pixels, label


def _store_key(photo: Photo) -> str:
    return photo.key.replace("/", "__").replace(".", "_")


def _names_hash(photos: Iterable[Photo]) -> str:
    names = "\n".join(photo.key for photo in photos)
    return hashlib.sha256(names.encode(errors="surrogateescape")).hexdigest()


def _label_shard(
    predictor: Predictor, photos: Sequence[tuple[Photo, bool]], shard: Path, names: dict[str, str]
) -> None:
    """Label (photograph, whether its key is new); `names` goes into the list beside the shard."""
    records: list[tuple[str, np.ndarray, np.ndarray, dict[str, Any]]] = []
    skipped = []
    for photo, new in photos:
        key = _store_key(photo)
        try:
            if not new:
                raise UnreadableImage(f"{photo.key}: a photograph before it has the key {key}")
            pixels, label = _label_one(predictor, photo)
        except UnreadableImage as error:
            skipped.append({"file": photo.key, "reason": str(error)})
            continue
        low, high = float(label.min()), float(label.max())
        records.append((key, pixels, label, {"file": photo.key, "range": [low, high]}))
    write_shard(shard, records)
    facts = {"labelled": len(records), "skipped": skipped, **names}
    write_json(shard.with_suffix(".json"), facts)


def _parts(photos: Iterable[Photo]) -> Iterator[list[tuple[Photo, bool]]]:
    """Photographs in shards, each with whether its key in the store is new.

    The keys lie in a temporary file of SQLite's, so that memory stays bounded for millions.
    """
    photos = iter(photos)
    with closing(sqlite3.connect("")) as seen:
        seen.execute("CREATE TABLE keys (key BLOB PRIMARY KEY) WITHOUT ROWID")
        while part := list(islice(photos, PHOTOS_PER_SHARD)):
            keys = [_store_key(photo).encode(errors="surrogateescape") for photo in part]
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


def label_photos(
    teacher: Predictor,
    photos: Path | str | Iterable[Photo],
    out: Path | str,
    limit: int | None = None,
    progress: bool = True,
) -> dict[str, Any]:
    """Pseudo-label photographs into a label store at `out`.

    Image and label are kept at the size at which the teacher looks. Photographs that cannot be
    used, and those whose key was there before, are set aside and counted with their reason.
    Finished shards are kept when a killed call is repeated; the manifest is written last.

    Another set of photographs is refused. Of a folder or a sequence all names are compared before
    anything is done. An iterator is never held: its first names are compared at once, those of each
    finished shard as it is passed; of a finished store only the first, so a changed tail goes unseen.

    Args:
        teacher: averages with the mirrored photograph's map if made by
            `open_predictor(..., labelling=True)`.
        photos: a folder, searched recursively, or a collection, such as
            `dav2.data.photographs.COLLECTIONS["sa1b"](root)`.
        limit: take only the first so many photographs.

    Returns:
        The manifest: shards, number of labelled photographs, skipped files with reasons.

    Raises:
        FileNotFoundError: no photographs.
        ValueError: `out` was begun with another teacher, size or set of photographs.
    """
    out = Path(out)
    source = str(photos) if isinstance(photos, str | Path) else "the collection"
    if isinstance(photos, str | Path):
        photos = _folder(Path(photos))
    plan = {"teacher": weights_hash(teacher.model), "looks": teacher.settings}
    known = isinstance(photos, Sequence)
    if known:
        photos = photos[:limit]
        plan |= {"photos": len(photos), "names": _names_hash(photos)}
    else:
        photos = islice(iter(photos), limit)
        first = list(islice(photos, PHOTOS_PER_SHARD))
        photos = chain(first, photos)
        plan |= {"limit": limit, "first_names": _names_hash(first)}
    another = ValueError(
        f"{out} was begun with another teacher, size or set of photographs; "
        "delete it or choose another folder"
    )
    if (out / "plan.json").exists() and read_json(out / "plan.json") != plan:
        raise another
    if is_finished(out):
        return read_json(out / "manifest.json")
    write_json(out / "plan.json", plan)
    sweep_temporaries(out)

    shards, count = [], 0
    total = len(photos) if known else None
    with tqdm(total=total, unit="photo", desc="label", disable=not progress) as bar:
        for part in _parts(photos):
            shard = out / f"labels-{len(shards):05d}.tar"
            facts_file = shard.with_suffix(".json")
            names = {} if known else {"names": _names_hash(photo for photo, _ in part)}
            if not facts_file.exists():
                _label_shard(teacher, part, shard, names)
            facts = read_json(facts_file)
            if names and names["names"] != facts["names"]:
                raise another
            shards.append({"file": shard.name, **facts})
            count += len(part)
            bar.update(len(part))
    if (out / f"labels-{len(shards):05d}.json").exists():
        raise another
    labelled = sum(shard["labelled"] for shard in shards)
    skipped = [entry for shard in shards for entry in shard.pop("skipped")]
    if not labelled:
        why = f"; the first: {skipped[0]['reason']}" if skipped else ""
        raise ValueError(f"none of the {count} photographs in {source} could be labelled{why}")
    manifest = {
        "kind": "labels",
        **plan,
        "photos": count,
        "labelled": labelled,
        "skipped": skipped,
        "shards": shards,
    }
    write_manifest(out, **manifest)
    return manifest
