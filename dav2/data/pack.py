"""`dav2 data pack`: any set, once, into chunks that `litdata` streams.

A chunk `chunk-000000.bin` holds samples (name, picture as JPEG, depth or disparity as 16-bit PNG).
`chunk-000000.json` beside it says what it holds and what was set aside, and is written after it;
`index.json` is litdata's list of all chunks; the manifest, with the chunks' hashes, comes last.

Frames are packed in a random order: a stream shuffles chunks and within chunks, and a batch of
neighbours of one video would teach little.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dav2.data.sources import Item, open_source, reason_kind
from dav2.runs import (
    TEMPORARY,
    file_hash,
    is_finished,
    read_json,
    read_manifest,
    sweep_temporaries,
    write_json,
    write_manifest,
)

MOST_PER_CHUNK = 4096
PROBED = 16  # samples from whose size the number per chunk is decided
SET_ASIDE = "set_aside.json"

Encoded = tuple[str, bytes, bytes] | dict[str, str]  # a sample, or its name and what is wrong


def _encode(item: Item) -> Encoded:
    try:
        return item.name, *item.encode()
    except (ValueError, OSError) as error:
        return {"name": item.name, "reason": str(error)}


def _per_chunk(items: list[Item], chunk_mb: float) -> int:
    """How many samples of this size make a chunk."""
    encoded = [_encode(item) for item in items]
    sizes = [len(e[1]) + len(e[2]) for e in encoded if isinstance(e, tuple)]
    mean = sum(sizes) / len(sizes) if sizes else 1e6 * chunk_mb
    return max(1, min(MOST_PER_CHUNK, round(1e6 * chunk_mb / mean)))


def _write_chunk(out: Path, stem: str, samples: list[tuple[str, bytes, bytes]]) -> dict[str, Any]:
    """Write one chunk under its final name and return what litdata's index says of it."""
    from litdata.streaming import Cache

    with tempfile.TemporaryDirectory(dir=out, prefix=TEMPORARY) as folder:
        cache = Cache(folder, chunk_size=len(samples))
        for index, sample in enumerate(samples):
            cache[index] = sample
        cache.done()
        index = read_json(Path(folder) / "0.index.json")
        (entry,) = index["chunks"]
        os.replace(Path(folder) / entry["filename"], out / f"{stem}.bin")
    return {
        "index": entry | {"filename": f"{stem}.bin"},
        "config": index["config"],
        "sha256": file_hash(out / f"{stem}.bin"),
    }


def _pack_chunk(out: Path, stem: str, encoded: Iterator[Encoded], seen: set[str]) -> None:
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
    write_json(out / f"{stem}.json", {**written, "names": names, "set_aside": set_aside})


def pack(
    name: str,
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
        ValueError: unknown name; `out` was begun with other settings; it cannot be written, for
            instance because the disk is full; or no sample is whole.
        FileNotFoundError: nothing of the kind is in `root`.
    """
    root, out = Path(root), Path(out)
    source = open_source(name, root, shuffled=True)
    items = islice(source.items, limit)
    asked = {"source": name, "root": str(root.resolve()), "chunk_mb": chunk_mb, "limit": limit}
    plan = out / "plan.json"
    if plan.exists():
        settings = read_json(plan)
        if {key: settings.get(key) for key in asked} != asked:
            raise ValueError(
                f"{out} was begun with other settings (see {plan}); delete it or use another folder"
            )
    elif out.is_dir() and any(out.iterdir()):
        raise ValueError(f"{out} holds something else; pack into a new folder")
    if is_finished(out):
        return read_manifest(out)
    done = 0
    try:
        if not plan.exists():
            probe = list(islice(items, PROBED))
            items = chain(probe, items)
            write_json(plan, {**asked, "per_chunk": _per_chunk(probe, chunk_mb)})
        sweep_temporaries(out)
        for left in out.glob(f"{TEMPORARY}*/"):
            for path in left.iterdir():
                path.unlink()
            left.rmdir()
        per_chunk = read_json(plan)["per_chunk"]
        seen: set[str] = set()
        reports: list[dict[str, Any]] = []
        with (
            ThreadPoolExecutor(max(1, workers)) as pool,
            tqdm(desc=f"pack {name}", unit="sample", disable=not progress) as bar,
        ):
            while group := list(islice(items, per_chunk)):
                stem = f"chunk-{done:06d}"
                if not (out / f"{stem}.json").exists():
                    _pack_chunk(out, stem, pool.map(_encode, group), seen)
                report = read_json(out / f"{stem}.json")
                seen.update(report.pop("names"))
                reports.append(report)
                done += 1
                bar.update(len(group))
        return _finish(out, source.target, source.up_to_scale, name, reports)
    except OSError as error:
        raise ValueError(
            f"{out} is not finished: {error}. It holds {done} whole chunks; put that right (make "
            "room, if the disk is full) and repeat the call, it goes on there"
        ) from error


def _finish(
    out: Path, target: str | None, up_to_scale: bool, name: str, reports: list[dict[str, Any]]
) -> dict[str, Any]:
    set_aside = [entry for report in reports for entry in report["set_aside"]]
    chunks = [report for report in reports if report["index"]]
    if not chunks:
        first = "; ".join(entry["reason"] for entry in set_aside[:3])
        raise ValueError(f"none of the {len(set_aside)} samples can be used: {first}")
    largest = max(report["index"]["chunk_size"] for report in chunks)
    index = {
        "chunks": [report["index"] for report in chunks],
        "config": chunks[0]["config"] | {"chunk_size": largest},
        "updated_at": "0",  # no times: equal content, equal bytes
    }
    write_json(out / "index.json", index)
    write_json(out / SET_ASIDE, set_aside)
    write_manifest(
        out,
        kind="packed",
        source=name,
        target=target,
        up_to_scale=up_to_scale,
        samples=sum(report["index"]["chunk_size"] for report in chunks),
        bytes=sum(report["index"]["chunk_bytes"] for report in chunks),
        set_aside=len(set_aside),
        reasons=dict(Counter(reason_kind(entry["reason"]) for entry in set_aside)),
        chunks=[
            {
                "file": report["index"]["filename"],
                "samples": report["index"]["chunk_size"],
                "bytes": report["index"]["chunk_bytes"],
                "sha256": report["sha256"],
            }
            for report in chunks
        ],
    )
    return read_manifest(out)


def damaged_chunks(root: Path | str) -> dict[str, str]:
    """Chunks of a finished pack that are not what was written: file -> what is wrong.

    Raises:
        MissingArtefact: the pack is not finished.
        ValueError: the folder holds something else.
    """
    manifest = read_manifest(root)
    if manifest.get("kind") != "packed":
        raise ValueError(f"{root} is not a packed set but {manifest.get('kind')!r}")
    damaged = {}
    for chunk in tqdm(manifest["chunks"], desc="hash chunks", unit="chunk", disable=None):
        path = Path(root) / chunk["file"]
        if not path.is_file():
            damaged[chunk["file"]] = f"{path} is missing"
        elif path.stat().st_size != chunk["bytes"]:
            damaged[chunk["file"]] = (
                f"{path} has {path.stat().st_size} bytes instead of {chunk['bytes']}"
            )
        elif file_hash(path) != chunk["sha256"]:
            damaged[chunk["file"]] = f"{path} is not what was written: its SHA-256 differs"
    return damaged
