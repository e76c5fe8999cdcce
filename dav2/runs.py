"""How every piece of work begins, goes on and ends: one protocol for all that is made on disk.

A stage's folder is told what is asked of it. One that was begun with something else is refused, and
so is a second process. What was made is compared with what was written down of it before it counts.
`manifest.json` is written last: a folder that has one is finished, and vouches for its files.

    FOLDER/.dav2/settings.json   what was asked
    FOLDER/.dav2/made.jsonl      single files made so far, and of what; it stays, in case the manifest is lost
    FOLDER/.dav2/lock, holder    who writes here
    FOLDER/manifest.json         what was asked, what came out, and the size of every file
"""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from dav2.disk import (
    TEMPORARY,
    atomic_path,
    check_record,
    read_record,
    read_whole,
    sweep,
    sync,
    write_json,
)
from dav2.errors import UserError
from dav2.lock import STATE, locked
from dav2.manifests import (
    MANIFEST,
    NOT_THERE,
    MissingArtefact,
    damaged_files,
    is_finished,
    plain,
    read_manifest,
    size_of,
    write_manifest,
)


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {name: value}
    parts = [_flat(one, f"{name}.{key}" if name else key) for key, one in value.items()]
    return {key: one for part in parts for key, one in part.items()}


def begun_otherwise(folder: Path, begun: Mapping[str, Any], asked: Mapping[str, Any]) -> UserError:
    """The error of a folder that was begun with something else; names what differs."""
    old, new = _flat(dict(begun)), _flat(dict(asked))
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    said = [f"{name} was {old.get(name)!s:.90}, now {new.get(name)!s:.90}" for name in names[:5]]
    more = f"; and {len(names) - 5} more" if len(names) > 5 else ""
    return UserError(
        f"{folder} was begun otherwise ({'; '.join(said)}{more}); delete it or choose another folder"
    )


def read_settings(folder: Path | str) -> dict[str, Any] | None:
    """What a folder was begun with, finished or not: {"kind", "asked"}; None if nothing was begun."""
    folder = Path(folder)
    for file in (folder / MANIFEST, folder / STATE / "settings.json"):
        if (begun := read_whole(file, {"kind": str, "asked": dict})) is not None:
            return {"kind": begun["kind"], "asked": begun["asked"]}
    return None


def _whole_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a folder that is about to be written: a damaged one is made anew."""
    try:
        return read_manifest(folder)
    except (MissingArtefact, UserError):
        return None


def _ledger(folder: Path) -> Path:
    return folder / STATE / "made.jsonl"


def _entries(folder: Path) -> Iterator[dict[str, Any]]:
    """The lines of a folder's ledger; half a line of a killed process is passed over."""
    if not _ledger(folder).is_file():
        return
    with _ledger(folder).open("rb") as lines:  # line by line: of millions, mostly the first will do
        for line in lines:
            try:
                yield check_record(json.loads(line), {"file": str, "bytes": int}, "a line")
            except (ValueError, RecursionError):
                continue


def _nothing_made(folder: Path) -> bool:
    there = (size_of(folder / entry["file"]) != NOT_THERE for entry in _entries(folder))
    return not is_finished(folder) and not any(there)


IsEmpty = Callable[[Path], bool]


def finished(
    folder: Path | str, kind: str, asked: Mapping[str, Any], *, is_empty: IsEmpty = _nothing_made
) -> dict[str, Any] | None:
    """The manifest of a folder that is finished, whole and was made with what is asked, else None.

    Args:
        is_empty: see `work_in`.

    Raises:
        UserError: the folder was begun with something else, or holds another kind of thing.
    """
    folder, wanted = Path(folder), plain(asked)
    if is_empty(folder):
        return None
    manifest = _whole_manifest(folder)
    begun = manifest or read_settings(folder)
    if begun is None:
        return None
    if begun["kind"] != kind:
        raise UserError(
            f"{folder} holds no {kind} but {begun['kind']!r:.60}; choose another folder"
        )
    if begun["asked"] != wanted:
        raise begun_otherwise(folder, begun["asked"], wanted)
    return None if manifest is None or damaged_files(folder, manifest) else manifest


class Work:
    """A folder that this process alone writes into, and what was made in it so far.

    Attributes:
        manifest: of the folder as it was found, if it was finished and whole.
        is_new: whether nothing had been begun there.
    """

    def __init__(self, folder: Path, kind: str, asked: Mapping[str, Any], alone: bool):
        self.folder, self.kind, self.asked, self.alone = folder, kind, plain(asked), alone
        self.manifest: dict[str, Any] | None = None
        self.made: dict[str, dict[str, Any]] = {}
        self.is_new = read_settings(folder) is None
        self._swept: set[Path] = set()
        self._is_open = False
        self._appending = Lock()

    def _resume(self, manifest: dict[str, Any] | None) -> None:
        """Learn what is there; `manifest` is that of a finished and whole folder."""
        self.manifest = manifest
        self.sweep(self.folder)
        self.sweep(self.folder / STATE)
        if (there := self.manifest or _whole_manifest(self.folder)) is not None:
            self.made = dict(there["files"])
        else:
            self.made = {entry.pop("file"): entry for entry in _entries(self.folder)}

    def open(self) -> None:
        """Make the folder one that is being written: until it finishes again, it is not finished."""
        settings = {"kind": self.kind, "asked": self.asked}
        write_json(self.folder / STATE / "settings.json", settings)
        lines = [json.dumps({"file": name, **entry}) for name, entry in self.made.items()]
        with atomic_path(_ledger(self.folder)) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        if is_finished(self.folder):
            (self.folder / MANIFEST).unlink()
            sync(self.folder)
        self._is_open = True

    def sweep(self, folder: Path) -> None:
        """Delete what dead writers left in a folder of this stage; once for each folder."""
        if folder not in self._swept:
            self._swept.add(folder)
            sweep(folder, self.alone)

    def holds(self, name: str, of: Any = None) -> bool:
        """Whether a file is there, as long as it was written, and made of `of`."""
        entry = self.made.get(name)
        if entry is None or entry.get("of") != plain(of):
            return False
        return NOT_THERE != size_of(self.folder / name) == entry["bytes"]

    def refuse_foreign(self, name: str) -> None:
        """Raise UserError if a file was there before the folder was begun: it is somebody's own."""
        if self.is_new and name not in self.made and (self.folder / name).exists():
            raise UserError(
                f"{self.folder / name} is there already and was not made here; move it, or choose "
                "another folder"
            )

    def claim(self, name: str) -> None:
        """Write down, in a new folder, that a file is about to get its name.

        Ended before `record`, the first one would be taken for somebody's own by the next call.
        """
        if self.is_new and not self.made:
            self._note(name, {"bytes": NOT_THERE})
            sync(_ledger(self.folder))

    def record(self, name: str, of: Any = None) -> None:
        """Write down that a file was made, and of what: anything that JSON can say."""
        entry: dict[str, Any] = {"bytes": (self.folder / name).stat().st_size}
        if of is not None:
            entry["of"] = plain(of)
        self._note(name, entry)

    def _note(self, name: str, entry: dict[str, Any]) -> None:
        with self._appending:
            if not self._is_open:
                self.open()
            with _ledger(self.folder).open("a", encoding="utf-8") as file:
                file.write(json.dumps({"file": name, **entry}) + "\n")
            self.made[name] = entry

    @contextmanager
    def write(self, name: str, of: Any = None) -> Iterator[Path]:
        """Yield a temporary path for a file of this stage; see `atomic_path` and `record`."""
        target = self.folder / name
        self.refuse_foreign(name)
        self.sweep(target.parent)
        with atomic_path(target) as temporary:
            yield temporary
            self.claim(name)
        self.record(name, of)

    def finish(
        self, files: Mapping[str, Mapping[str, Any]] | None = None, **facts: Any
    ) -> dict[str, Any]:
        """Write the manifest and return it.

        Args:
            files: what it vouches for, see `write_manifest`; None: all that was recorded and is there.
        """
        if files is None:
            files = {
                name: one
                for name, one in self.made.items()
                if NOT_THERE != size_of(self.folder / name) == one["bytes"]
            }
        return write_manifest(self.folder, self.kind, self.asked, files, **facts)


@contextmanager
def work_in(
    folder: Path | str, kind: str, asked: Mapping[str, Any], *, is_empty: IsEmpty = _nothing_made
) -> Iterator[Work]:
    """Hold `folder` for one piece of work, begun now or by an earlier call that did not end.

    Args:
        kind: what it will hold, such as "labels".
        asked: everything that decides what comes out: settings, hash of the model, versions. What
            single files are made of goes to `Work.write`.
        is_empty: whether a folder that was begun holds nothing yet, so that other settings may
            take it over; by default, whether nothing was recorded.

    Raises:
        UserError: the folder was begun with something else, or another process writes into it.
    """
    folder = Path(folder)
    if not is_empty(folder):  # before anything is written
        if read_settings(folder) is None:
            raise UserError(
                f"{folder} holds results, and nothing says of what; delete it or choose another folder"
            )
        finished(folder, kind, asked, is_empty=is_empty)
    with locked(folder) as alone:
        begun = folder / STATE / "settings.json"
        if begun.is_file() and is_empty(folder):
            begun.unlink()
            _ledger(folder).unlink(missing_ok=True)
        one = Work(folder, kind, asked, alone)
        one._resume(finished(folder, kind, asked, is_empty=is_empty))
        if one.manifest is None:
            one.open()
        yield one


def identity_of(function: Callable[..., Any]) -> str:
    """What a predictor is, so that its maps can be told from another's.

    A `Predictor`'s method knows. Nobody knows what any other function is: it gets a new identity each
    time, so that maps which were made before are never taken for its own.
    """
    known = getattr(getattr(function, "__self__", None), "identity", None)
    return known or f"unknown {secrets.token_hex(8)}"


def holds_others(folder: Path) -> bool:
    """Whether a folder holds anything but what a stage leaves that has only just begun."""
    if not folder.is_dir():
        return False
    names = (path.name for path in folder.iterdir())
    return any(name != STATE and not TEMPORARY.fullmatch(name) for name in names)


def record_results(run_dir: Path | str, lesson: str, **numbers: Any) -> dict[str, Any]:
    """Merge a lesson's named numbers into `results.json` of the run, and return them."""
    path = Path(run_dir) / "results.json"
    results = read_record(path, {}) if path.exists() else {}
    results[lesson] = {**results.get(lesson, {}), **numbers}
    write_json(path, results)
    return results[lesson]
