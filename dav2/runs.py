"""How one stage hands its work to the next: folders whose manifest is written last.

A finished artefact is a folder that holds `manifest.json`. Everything is written to a temporary
name and renamed, so nothing half-written is ever taken for finished, whenever the power goes.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
TEMPORARY = ".part-"


class MissingArtefact(FileNotFoundError):
    """A stage's input is not there; the message names the command that makes it."""


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` if the block succeeds.

    The suffix stays the last one (`a.part123.npy`), because writers choose formats by it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.stem}{TEMPORARY}{os.getpid()}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def sweep_temporaries(folder: Path | str) -> int:
    """Delete what killed writers left in and below `folder`; return how many files that were."""
    left = [path for path in Path(folder).rglob(f"*{TEMPORARY}*") if path.is_file()]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def write_json(path: Path | str, value: Any) -> None:
    """Write `value` as indented JSON, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def file_hash(path: Path | str) -> str:
    """SHA-256 of a file's content, read piece by piece."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: Path | str) -> Any:
    """Read JSON; a ValueError names the file when it is broken."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not valid JSON: {error}") from error


def write_manifest(folder: Path | str, **fields: Any) -> None:
    """Declare the artefact in `folder` finished. Call it last."""
    write_json(Path(folder) / MANIFEST, fields)


def is_finished(folder: Path | str) -> bool:
    """Whether `folder` holds a finished artefact."""
    return (Path(folder) / MANIFEST).is_file()


def require(folder: Path | str, command: str) -> Path:
    """Return `folder` if its artefact is finished, else say which command makes it.

    Raises:
        MissingArtefact: there is no manifest in `folder`.
    """
    folder = Path(folder)
    if not is_finished(folder):
        raise MissingArtefact(f"{folder} is not there or not finished. Make it with: {command}")
    return folder


def read_manifest(folder: Path | str) -> dict[str, Any]:
    """Read the manifest of a finished artefact.

    Raises:
        MissingArtefact: there is none.
    """
    if not is_finished(folder):
        raise MissingArtefact(f"{folder} holds no {MANIFEST}: it is not a finished artefact.")
    return read_json(Path(folder) / MANIFEST)


def record_results(run_dir: Path | str, lesson: str, **numbers: Any) -> dict[str, Any]:
    """Merge a lesson's named numbers into `results.json` of the run, and return them."""
    path = Path(run_dir) / "results.json"
    results = read_json(path) if path.exists() else {}
    results[lesson] = {**results.get(lesson, {}), **numbers}
    write_json(path, results)
    return results[lesson]
