"""Files that are whole or not there at all, whenever a process is killed or the power goes."""

import errno
import hashlib
import io
import json
import os
import re
import secrets
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from dav2.errors import UserError

# Of a JSON object: key -> type, or several; see `check_record`.
Fields = Mapping[str, type | tuple[type, ...]]
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # what a disk says that takes no more
HOST = re.sub(r"[^\w.]", "_", socket.gethostname())
# No user and no other program gives such a name, so whoever sweeps can hurt nobody.
TEMPORARY = re.compile(r"\.dav2-tmp-(?P<host>[\w.]+)-(?P<pid>\d+)-[0-9a-f]{12}(\.[^.]*)?")


def _temporary(path: Path) -> Path:
    """A new name beside `path`. The suffix stays, because writers choose formats by it."""
    return path.with_name(f".dav2-tmp-{HOST}-{os.getpid()}-{secrets.token_hex(6)}{path.suffix}")


def sync(path: Path) -> None:
    """Wait until the disk holds a file's content, or a folder's list of names."""
    if os.name == "nt" and path.is_dir():
        return  # Windows syncs no folders
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems sync no folders
            raise
    finally:
        os.close(descriptor)


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` if the block succeeds.

    The file is on the disk before it has its name, and everybody may read it whom the umask lets.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    try:
        temporary.touch()
        mode = temporary.stat().st_mode & 0o777
        yield temporary
        temporary.chmod(mode)  # safetensors makes files that nobody else can read
        sync(temporary)
        os.replace(temporary, path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def temporary_folder(beside: Path) -> Iterator[Path]:
    """Yield a new folder beside `beside`, on its disk; delete it after the block."""
    beside.parent.mkdir(parents=True, exist_ok=True)
    folder = _temporary(beside.with_suffix(""))
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_alive(pid: int) -> bool:
    """Whether a process of this machine lives; where nobody can say, it does."""
    if os.name == "nt":
        return True  # os.kill(pid, 0) would end it there
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's, but alive
    return True


def sweep(folder: Path | str, alone: bool = False) -> int:
    """Delete the temporaries of dead writers in `folder`, not below it; return how many.

    Args:
        alone: this process holds the folder's lock, so that no other machine's writer lives either.
    """
    if not Path(folder).is_dir():
        return 0
    swept = 0
    for path in Path(folder).iterdir():
        match = TEMPORARY.fullmatch(path.name)
        if match is None:
            continue
        if is_alive(int(match["pid"])) if match["host"] == HOST else not alone:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        swept += 1
    return swept


def stamp(path: Path | str) -> list[int]:
    """What tells a file from its next version without reading it: size and time of change."""
    facts = os.stat(path)
    return [facts.st_size, facts.st_mtime_ns]


def file_hash(path: Path | str) -> str:
    """SHA-256 of a file's content, read piece by piece."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def json_hash(value: Any) -> str:
    """SHA-256 of facts that JSON can say."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def read_text(path: Path | str) -> str:
    """Read a text file of any system: UTF-8 with or without its mark, or UTF-16 with it.

    Raises:
        UserError: it is none of these; names the file.
    """
    content = Path(path).read_bytes()
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no text in UTF-8 or UTF-16: {error}") from error


def write_npy(path: Path, array: np.ndarray) -> None:
    """Write an array as NPY; a full disk is the system's error (NumPy's own hides it)."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    path.write_bytes(buffer.getbuffer())


def write_json(path: Path | str, value: Any) -> None:
    """Write `value` as indented JSON, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def read_json(path: Path | str) -> Any:
    """Read JSON; a ValueError names the file when it is broken."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # also of a number with thousands of digits
        raise UserError(f"{path} is not valid JSON: {error}") from error


def check_record(value: Any, fields: Fields, name: object) -> dict:
    """Return `value` if it is an object whose keys hold what `fields` says.

    Args:
        fields: key -> type, or several; a number may be written as an integer.
        name: what the message calls it.

    Raises:
        UserError: it is something else; names the key.
    """
    if not isinstance(value, dict):
        raise UserError(f"{name} must be a JSON object, not {type(value).__name__}")
    for key, kinds in fields.items():
        kinds = kinds if isinstance(kinds, tuple) else (kinds,)
        if key not in value:
            raise UserError(f"{name} lacks {key!r}")
        found = value[key]
        right = isinstance(found, kinds) or (float in kinds and type(found) is int)
        if not right or (isinstance(found, bool) and bool not in kinds):
            words = " or ".join("null" if kind is type(None) else kind.__name__ for kind in kinds)
            raise UserError(f"{name}: {key!r} must be {words}, not {found!r:.60}")
    return value


def read_record(path: Path | str, fields: Fields) -> dict[str, Any]:
    """Read a JSON object and check its keys; see `check_record`.

    Raises:
        UserError: the file is no JSON, or holds something else; names file and key.
    """
    return check_record(read_json(path), fields, path)


def read_whole(path: Path | str, fields: Fields) -> dict[str, Any] | None:
    """Read what `read_record` reads, of a file that is made anew unless it is there and whole: else None."""
    try:
        return read_record(path, fields)
    except (FileNotFoundError, UserError):
        return None
