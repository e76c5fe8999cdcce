"""The folder of a label store: its shards, and what it holds at last."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from dav2.data.sources import reason_kind
from dav2.disk import read_record, read_whole
from dav2.errors import UserError
from dav2.manifests import is_finished
from dav2.runs import Work

KIND = "labels"
# What a shard's own list says beside what was set aside.
FACTS = {
    "names": str,
    "photographs": str,
    "labelled": int,
    "jpg_bytes": int,
    "png_bytes": int,
    "bytes": int,
    "sha256": str,
    "skipped": list,
}


def shard_path(out: Path, number: int) -> Path:
    """Name the tar of a shard."""
    return out / f"labels-{number:05d}.tar"


def nothing_labelled(out: Path) -> bool:
    """Tell whether a store that was begun holds no shard yet."""
    return not is_finished(out) and next(out.glob("labels-*.json"), None) is None


def is_whole(shard: Path, names: str, photographs: str) -> bool:
    """Tell whether a shard is there as it was written, and made of these versions of its photographs.

    Args:
        names, photographs: fingerprints of which photographs these are, and in which version.

    Raises:
        UserError: it is of other photographs.
    """
    said = read_whole(shard.with_suffix(".json"), FACTS)
    if said is None:
        return False
    if said["names"] != names:
        raise other_photographs(shard)
    there = shard.is_file() and shard.stat().st_size == said["bytes"]
    return there and said["photographs"] == photographs


def other_photographs(shard: Path) -> UserError:
    """Make the error of a store that was begun with another set of photographs."""
    return UserError(
        f"{shard.parent} was begun otherwise: {shard.name} is of another set of photographs; delete "
        "the folder or choose another"
    )


def finish_store(work: Work, counts: list[int], source: str, version: str | None) -> dict[str, Any]:
    """Count what all shards hold, and write the manifest.

    Args:
        counts: photographs that belong into each shard.
        source: what messages call the photographs.
        version: a fingerprint of all of them, where they were all known beforehand.

    Raises:
        UserError: nothing could be labelled, or a shard holds another number of photographs.
    """
    shards, skipped, files = [], [], {}
    for number, count in enumerate(counts):
        path = shard_path(work.folder, number)
        facts = read_record(path.with_suffix(".json"), FACTS)
        files[path.name] = {key: facts.pop(key) for key in ("bytes", "sha256")}
        files[path.with_suffix(".json").name] = {"bytes": path.with_suffix(".json").stat().st_size}
        aside = facts.pop("skipped")
        if facts["labelled"] + len(aside) != count:
            raise other_photographs(path)
        shards.append({"file": path.name, **facts})
        skipped += aside
    sums = {
        key: sum(shard[key] for shard in shards) for key in ("labelled", "jpg_bytes", "png_bytes")
    }
    if not sums["labelled"]:
        why = f"; the first: {skipped[0]['reason']}" if skipped else ""
        raise UserError(f"none of the {sum(counts)} photographs in {source} could be labelled{why}")
    facts = {"photos": sum(counts), **sums, "skipped": skipped, "shards": shards}
    return work.finish(files, version=version, **facts)


def summarise(manifest: dict[str, Any], before: Collection[str], seconds: float) -> str:
    """Say what a call has made, as lines of text: counts, reasons, bytes per photograph, rate.

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
