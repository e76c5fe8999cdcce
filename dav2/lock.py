"""One writer to a folder: the others learn who it is."""

import errno
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from dav2.disk import HOST, is_alive, read_json, write_json
from dav2.errors import UserError

STATE = ".dav2"  # what a folder says of itself lies there
NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


def _busy(folder: Path) -> UserError:
    try:
        said = read_json(folder / STATE / "holder")
    except FileNotFoundError:  # it has just begun, or just ended
        said = {}
    pid, host = said.get("pid"), said.get("host")
    who = f"process {pid} on {host}" if pid else "another process"
    gone = host == HOST and not is_alive(pid)
    fix = (
        "it is gone, and its workers are about to end: repeat the call in a few seconds"
        if gone
        else "wait for it or end it, then repeat the call"
    )
    return UserError(f"{folder} is being written by {who}; {fix}")


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Keep other processes out of `folder`, however this one ends; False: there are no locks here."""
    state = folder / STATE
    state.mkdir(parents=True, exist_ok=True)
    lock = FileLock(state / "lock")
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise _busy(folder) from error
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in NO_LOCKS:
            raise
        warnings.warn(
            f"the file system of {folder} has no locks ({error}): see to it that nobody else "
            "writes into this folder",
            stacklevel=5,
        )
        yield False
        return
    try:
        write_json(state / "holder", {"pid": os.getpid(), "host": HOST})
        yield True
    finally:
        (state / "holder").unlink(missing_ok=True)
        lock.release()
