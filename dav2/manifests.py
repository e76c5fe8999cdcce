"""What a finished artefact says of itself, and whether that is still so.

`manifest.json` is written last: a folder that has one is finished, and vouches for its files.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dav2.disk import check_record, file_hash, json_hash, read_record, write_json
from dav2.errors import UserError

MANIFEST = "manifest.json"
NOT_THERE = -1  # in the place of a size


class MissingArtefact(FileNotFoundError):
    """A stage's input is not there; the message names the command that makes it."""


def plain(value: Any) -> Any:
    """As it comes back from JSON: tuples are lists, so that equal things compare equal."""
    return json.loads(json.dumps(value))


def write_manifest(
    folder: Path | str,
    kind: str,
    asked: Mapping[str, Any] | None = None,
    files: Mapping[str, Mapping[str, Any]] | None = None,
    **facts: Any,
) -> dict[str, Any]:
    """Declare the artefact in `folder` finished, and return the manifest. Call it last.

    Args:
        asked: what it was made with.
        files: name below `folder` -> {"bytes": its size, ...}, for all that the manifest vouches for.
        facts: what else there is to say; names beside those above.
    """
    ordered = dict(sorted((files or {}).items()))  # in whatever order they were made
    manifest = plain({"kind": kind, "asked": asked or {}, **facts, "files": ordered})
    write_json(Path(folder) / MANIFEST, manifest)
    return manifest


def vouch(path: Path) -> dict[str, Any]:
    """What a manifest says of a file that is read as a whole: its size and its SHA-256."""
    return {"bytes": path.stat().st_size, "sha256": file_hash(path)}


def is_finished(folder: Path | str) -> bool:
    """Whether `folder` holds a finished artefact."""
    return (Path(folder) / MANIFEST).is_file()


def read_manifest(folder: Path | str, kind: str | None = None) -> dict[str, Any]:
    """Read the manifest of a finished artefact.

    Raises:
        MissingArtefact: there is none.
        UserError: it is damaged, or of another kind than `kind`.
    """
    folder = Path(folder)
    if not is_finished(folder):
        if not folder.exists():
            raise MissingArtefact(f"{folder} is not there")
        raise MissingArtefact(f"{folder} holds no {MANIFEST}: it is not a finished artefact.")
    manifest = read_record(folder / MANIFEST, {"kind": str, "asked": dict, "files": dict})
    for name, entry in manifest["files"].items():
        check_record(entry, {"bytes": int}, f"{folder / MANIFEST}, {name}")
    if kind is not None and manifest["kind"] != kind:
        raise UserError(f"{folder} holds no {kind} but {manifest['kind']!r:.60}")
    return manifest


def size_of(path: Path) -> int:
    return path.stat().st_size if path.is_file() else NOT_THERE


def damaged_files(folder: Path | str, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Files that a manifest vouches for and that are not so long as then: name -> what is wrong."""
    damaged = {}
    for name, entry in manifest["files"].items():
        if (size := size_of(Path(folder) / name)) != entry["bytes"]:
            now = "is missing" if size == NOT_THERE else f"is {size:,} bytes long"
            damaged[name] = f"{Path(folder) / name} {now}, it was written with {entry['bytes']:,}"
    return damaged


def artefact_hash(folder: Path | str) -> str:
    """What tells a finished artefact from every other: what was asked, and its files.

    Made again of the same, with the same bytes, it is the same, whatever the clock says.
    """
    manifest = read_manifest(folder)
    files = {
        name: {key: value for key, value in entry.items() if key != "of"}
        for name, entry in manifest["files"].items()
    }
    return json_hash([manifest["kind"], manifest["asked"], manifest.get("names"), files])


def require(folder: Path | str, command: str, kind: str | None = None) -> Path:
    """Return `folder` if its artefact is finished and whole, else say which command makes it.

    Raises:
        MissingArtefact: there is no manifest in `folder`.
        UserError: it is of another kind, or a file is not what the manifest vouches for.
    """
    folder = Path(folder)
    if not is_finished(folder):
        raise MissingArtefact(f"{folder} is not there or not finished. Make it with: {command}")
    if damaged := damaged_files(folder, read_manifest(folder, kind)):
        first, *others = damaged.values()
        more = f" (and {len(others)} more)" if others else ""
        raise UserError(f"{first}{more}. Make it anew with: {command}")
    return folder
