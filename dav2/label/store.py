"""The folder of a label store: what it was begun with, who writes into it, what it holds at last."""

import fcntl
import os
import socket
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dav2.data.sources import reason_kind
from dav2.runs import is_finished, read_json, write_manifest

LOCK = "lock"
# What people call the parts of a plan.
PARTS = {
    "teacher": "teacher",
    "looks": "size or way of looking",
    "photos_per_shard": "number of photographs per shard",
}


def another(out: Path, parts: list[str]) -> ValueError:
    """The error of a store that was begun with something else: parts of its plan."""
    words = dict.fromkeys(PARTS.get(part, "set of photographs") for part in parts)
    return ValueError(
        f"{out} was begun with another {' and another '.join(words)}; delete it or choose another "
        "folder"
    )


def finished_store(out: Path, plan: dict[str, Any]) -> dict[str, Any] | None:
    """The manifest of a finished store.

    Raises:
        ValueError: the store was begun with another plan; the message says what differs.
    """
    if (out / "plan.json").exists():
        begun = read_json(out / "plan.json")
        parts = [part for part in {**plan, **begun} if plan.get(part) != begun.get(part)]
        if parts:
            raise another(out, parts)
    return read_json(out / "manifest.json") if is_finished(out) else None


def shard_path(out: Path, number: int) -> Path:
    """The tar of a shard."""
    return out / f"labels-{number:05d}.tar"


@contextmanager
def only_writer(out: Path) -> Iterator[None]:
    """Keep other processes from labelling into `out`; whoever dies lets go.

    The lock is `flock`'s on the file `lock`, which names its holder. A network file system that has
    no locks gives a warning instead.

    Raises:
        ValueError: another process holds it; the message says which.
    """
    out.mkdir(parents=True, exist_ok=True)
    with (out / LOCK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise ValueError(
                f"{out} is being labelled by {file.read() or 'another process'}; wait for it or "
                "end it, then repeat the call"
            ) from error
        except OSError as error:
            warnings.warn(
                f"the file system of {out} has no locks ({error}): see to it that nobody else "
                "labels into this folder",
                stacklevel=4,
            )
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_UN)


def finish_store(out: Path, plan: dict[str, Any], counts: list[int], source: str) -> dict[str, Any]:
    """Count what all shards hold, and write the manifest.

    Args:
        counts: photographs that belong into each shard.
        source: what messages call the photographs.

    Raises:
        ValueError: nothing could be labelled, or a shard holds another number of photographs.
    """
    shards, skipped = [], []
    for number, count in enumerate(counts):
        path = shard_path(out, number)
        facts = read_json(path.with_suffix(".json"))
        aside = facts.pop("skipped")
        if facts["labelled"] + len(aside) != count:
            raise another(out, ["photos"])
        shards.append({"file": path.name, **facts})
        skipped += aside
    sums = {
        key: sum(shard[key] for shard in shards) for key in ("labelled", "jpg_bytes", "png_bytes")
    }
    if not sums["labelled"]:
        why = f"; the first: {skipped[0]['reason']}" if skipped else ""
        raise ValueError(
            f"none of the {sum(counts)} photographs in {source} could be labelled{why}"
        )
    totals = {"photos": sum(counts), **sums, "skipped": skipped, "shards": shards}
    write_manifest(out, kind="labels", **{**plan, **totals})
    return read_json(out / "manifest.json")


def summarise(manifest: dict[str, Any], before: Collection[str], seconds: float) -> str:
    """What a call has made, as lines of text: counts, reasons, bytes per photograph, rate.

    Args:
        before: names of the facts (`labels-00000.json`) that were there when the call began.
        seconds: that it took.
    """
    labelled, skipped = manifest["labelled"], manifest["skipped"]
    jpg, png = (manifest[f"{suffix}_bytes"] / labelled / 1000 for suffix in ("jpg", "png"))
    lines = [f"{labelled} labelled, {len(skipped)} set aside, {len(manifest['shards'])} shards"]
    kinds: dict[str, list[dict[str, str]]] = {}
    for entry in skipped:
        kinds.setdefault(reason_kind(entry["reason"]), []).append(entry)
    for entries in sorted(kinds.values(), key=len, reverse=True):
        more = f" ... and {len(entries) - 1} more like it" if len(entries) > 1 else ""
        lines.append(f"set aside: {entries[0]['file']}: {entries[0]['reason']}{more}")
    lines.append(
        f"per photograph: {jpg:.1f} kB of image, {png:.1f} kB of label; "
        f"a million: {jpg + png:.0f} GB"
    )
    new = [
        shard
        for shard in manifest["shards"]
        if Path(shard["file"]).with_suffix(".json").name not in before
    ]
    made = sum(shard["labelled"] for shard in new)
    if made:
        lines.append(
            f"this call: {made} labelled in {seconds:.1f} s, {made / seconds:.1f} a second"
        )
    return "\n  ".join(lines)
