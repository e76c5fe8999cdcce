"""`dav2 data pack`: any set, once, into chunks that `litdata` streams.

A chunk `chunk-000000.bin` holds samples (name, picture as JPEG, depth or disparity as 16-bit PNG).
`chunk-000000.json` beside it says what it holds and what was set aside, and is written after it;
`index.json` is litdata's list of all chunks; the manifest, with the chunks' hashes, comes last.

Frames are packed in a random order: a stream shuffles chunks and within chunks, and a batch of
neighbours of one video would teach little.
"""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dav2.data.frames import LabelledSet
from dav2.data.sources import Item, Source, open_source, reason_kind
from dav2.disk import (
    Fields,
    check_record,
    file_hash,
    json_hash,
    read_json,
    read_whole,
    sync,
    temporary_folder,
    write_json,
)
from dav2.errors import UserError
from dav2.lookup import is_own, own_hash
from dav2.manifests import damaged_files, is_finished, read_manifest, vouch
from dav2.progress import is_hidden
from dav2.runs import Work, finished, holds_others, read_settings, work_in

MOST_PER_CHUNK = 4096
PROBED = 16  # samples from whose size the number per chunk is decided
SET_ASIDE = "set_aside.json"
KIND = "packed"
# What is said beside a chunk.
CHUNK: Fields = {
    "per_chunk": int,
    "of": str,
    "index": (dict, type(None)),
    "names": list,
    "set_aside": list,
}

Encoded = tuple[str, bytes, bytes] | dict[str, str]  # a sample, or its name and what is wrong


def _encode(item: Item) -> Encoded:
    try:
        return item.name, *item.encode()
    except (ValueError, OSError) as error:
        return {"name": item.name, "reason": str(error)}


def _per_chunk(items: list[Item], chunk_mb: float) -> int:
    """Count the samples of this size that make a chunk."""
    encoded = [_encode(item) for item in items]
    sizes = [len(e[1]) + len(e[2]) for e in encoded if isinstance(e, tuple)]
    mean = sum(sizes) / len(sizes) if sizes else 1e6 * chunk_mb
    return max(1, min(MOST_PER_CHUNK, round(1e6 * chunk_mb / mean)))


def _write_chunk(out: Path, stem: str, samples: list[tuple[str, bytes, bytes]]) -> dict[str, Any]:
    """Write one chunk under its final name and return what litdata's index says of it."""
    from litdata.streaming import Cache

    with temporary_folder(out / f"{stem}.bin") as folder:
        cache = Cache(folder, chunk_size=len(samples))
        for index, sample in enumerate(samples):
            cache[index] = sample
        cache.done()
        index = read_json(folder / "0.index.json")
        (entry,) = index["chunks"]
        sync(folder / entry["filename"])
        os.replace(folder / entry["filename"], out / f"{stem}.bin")
    return {
        "index": entry | {"filename": f"{stem}.bin"},
        "config": index["config"],
        **vouch(out / f"{stem}.bin"),
    }


def _fingerprint(items: list[Item]) -> str:
    """Tell a group of samples from its next version: names, sizes and times of their files."""
    return json_hash([[item.name, item.stamp()] for item in items])


def _nothing_packed(out: Path) -> bool:
    return not is_finished(out) and next(out.glob("chunk-*.json"), None) is None


def _report(out: Path, stem: str) -> dict[str, Any] | None:
    """Read what is said beside a chunk; None if it is not there or damaged: the chunk is made anew."""
    report = read_whole(out / f"{stem}.json", CHUNK)
    try:
        if report is None or not 0 < report["per_chunk"] <= MOST_PER_CHUNK:
            return None
        for entry in report["set_aside"]:
            check_record(entry, {"name": str, "reason": str}, stem)
        for name in report["names"]:
            check_record({"name": name}, {"name": str}, stem)
        if (index := report["index"]) is None:
            return report
        check_record(report, {"config": dict, "bytes": int, "sha256": str}, stem)
        check_record(index, {"filename": str, "chunk_size": int, "chunk_bytes": int}, stem)
    except UserError:
        return None
    fits = (index["filename"], index["chunk_size"]) == (f"{stem}.bin", len(report["names"]))
    return report if fits else None


def _is_packed(out: Path, stem: str, of: str) -> bool:
    """Tell whether a chunk is there, whole, and made of these samples."""
    chunk, facts = out / f"{stem}.bin", _report(out, stem)
    if facts is None or facts["of"] != of:
        return False
    return facts["index"] is None or (
        chunk.is_file() and vouch(chunk) == {key: facts[key] for key in ("bytes", "sha256")}
    )


def _pack_chunk(
    out: Path, stem: str, encoded: Iterator[Encoded], seen: set[str], facts: dict[str, Any]
) -> None:
    samples, set_aside = [], []
    for one in encoded:
        if isinstance(one, dict):
            set_aside.append(one)
        elif one[0] in seen:
            set_aside.append({"name": one[0], "reason": "a sample before it has the same name"})
        else:
            seen.add(one[0])
            samples.append(one)
    written = _write_chunk(out, stem, samples) if samples else {"index": None}
    names = [name for name, _, _ in samples]
    report = {**facts, **written, "names": names, "set_aside": set_aside}
    write_json(out / f"{stem}.json", report)


def pack(
    name: str | LabelledSet,
    root: Path | str,
    out: Path | str,
    chunk_mb: float = 64,
    workers: int = 2,
    limit: int | None = None,
    progress: bool = True,
) -> dict[str, Any]:
    """Pack a set, a collection or a label store into `out`, and return the manifest.

    Finished already: returns at once. Stopped before, by a kill or a full disk: goes on after the
    last whole chunk. Broken samples and second samples of one name are set aside; `set_aside.json`
    names them with their reasons, the manifest counts them.

    Args:
        name: see `sources.open_source`.
        chunk_mb: how large chunks shall be, about.
        workers: threads that read and encode.
        limit: only the first so many samples.

    Raises:
        UserError: unknown name; `out` was begun with other settings; it cannot be written, for
            instance because the disk is full; or no sample is whole.
        FileNotFoundError: nothing of the kind is in `root`.
    """
    root, out = Path(root), Path(out)
    source = open_source(name, root, shuffled=True)
    items: Iterator[Item] = islice(source.items, limit)
    said = name if isinstance(name, str) else name.name
    asked = {"source": said, "root": str(root.resolve()), "chunk_mb": chunk_mb, "limit": limit}
    if source.part is not None:
        asked["part"] = source.part
    if source.remarks:  # another camera gives other depth
        asked["remarks"] = list(source.remarks)
    if is_own(said):
        asked["code"] = own_hash(said)
    if read_settings(out) is None and holds_others(out):
        raise UserError(f"{out} holds something else; pack into a new folder")
    if (manifest := finished(out, KIND, asked, is_empty=_nothing_packed)) is not None:
        return manifest
    reports: list[dict[str, Any]] = []
    try:
        with (
            work_in(out, KIND, asked, is_empty=_nothing_packed) as chunks,
            ThreadPoolExecutor(max(1, workers)) as pool,
            tqdm(desc=f"pack {said}", unit="sample", disable=is_hidden(progress)) as bar,
        ):
            if (first := _report(out, "chunk-000000")) is not None:
                per_chunk = first["per_chunk"]
            else:
                probe = list(islice(items, PROBED))
                items, per_chunk = chain(probe, items), _per_chunk(probe, chunk_mb)
            seen: set[str] = set()
            while group := list(islice(items, per_chunk)):
                stem, of = f"chunk-{len(reports):06d}", _fingerprint(group)
                if not _is_packed(out, stem, of):
                    facts = {"per_chunk": per_chunk, "of": of}
                    _pack_chunk(out, stem, pool.map(_encode, group), seen, facts)
                if (report := _report(out, stem)) is None:
                    raise UserError(f"{out / stem}.json was damaged while it was in use")
                seen.update(report["names"])
                reports.append(report)
                bar.update(len(group))
            return _finish(chunks, source, said, reports)
    except OSError as error:
        raise UserError(
            f"{out} is not finished: {error}. It holds {len(reports)} whole chunks; put that right "
            "(make room, if the disk is full) and repeat the call, it goes on there"
        ) from error


def _finish(work: Work, source: Source, name: str, reports: list[dict[str, Any]]) -> dict[str, Any]:
    out = work.folder
    set_aside = [entry for report in reports for entry in report["set_aside"]]
    chunks = [report for report in reports if report["index"]]
    if not chunks:
        first = "; ".join(entry["reason"] for entry in set_aside[:3])
        raise UserError(f"none of the {len(set_aside)} samples can be used: {first}")
    largest = max(report["index"]["chunk_size"] for report in chunks)
    index = {
        "chunks": [report["index"] for report in chunks],
        "config": chunks[0]["config"] | {"chunk_size": largest},
        "updated_at": "0",  # no times: equal content, equal bytes
    }
    write_json(out / "index.json", index)
    write_json(out / SET_ASIDE, set_aside)
    files = {
        report["index"]["filename"]: {key: report[key] for key in ("bytes", "sha256")}
        for report in chunks
    }
    for number in range(len(reports)):  # their sizes only: they hold times of change
        beside = out / f"chunk-{number:06d}.json"
        files[beside.name] = {"bytes": beside.stat().st_size}
    files |= {file: vouch(out / file) for file in ("index.json", SET_ASIDE)}
    return work.finish(
        files,
        source=name,
        part=source.part,
        remarks=list(source.remarks),
        target=source.target,
        up_to_scale=source.up_to_scale,
        samples=sum(report["index"]["chunk_size"] for report in chunks),
        bytes=sum(report["bytes"] for report in chunks),
        set_aside=len(set_aside),
        reasons=dict(Counter(reason_kind(entry["reason"]) for entry in set_aside)),
        chunks={report["index"]["filename"]: report["index"]["chunk_size"] for report in chunks},
    )


def damaged_chunks(root: Path | str) -> dict[str, str]:
    """Find the chunks of a finished pack that are not what was written: file -> what is wrong.

    Raises:
        MissingArtefact: the pack is not finished.
        UserError: the folder holds something else.
    """
    manifest = read_manifest(root, KIND)
    damaged = damaged_files(root, manifest)
    for name, entry in tqdm(
        manifest["files"].items(), "hash chunks", unit="chunk", disable=is_hidden(True)
    ):
        path = Path(root) / name
        if name not in damaged and "sha256" in entry and file_hash(path) != entry["sha256"]:
            damaged[name] = f"{path} is not what was written: its SHA-256 differs"
    return damaged
