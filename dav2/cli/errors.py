"""What a failed command says: one sentence that names the fix, where there is one."""

import errno

from dav2.errors import UserError

GOES_ON = "the same command goes on where it was"
STOPPED = 130  # as shells say it of Ctrl-C
TERMINATED = 143  # and of SIGTERM
# Errors of packages that most commands never load: class -> what to do.
BY_NAME = {
    "BrokenProcessPool": "a worker was killed, mostly because memory ran out: repeat the command with "
    "fewer --workers, it goes on where it was",
    "DeadKernelError": "the lesson's kernel died, mostly because memory ran out: close other programs "
    "and repeat the command, it goes on with this lesson",
    "OutOfMemoryError": "the device has too little memory: take a smaller batch or picture size, or "
    "--device cpu",
}


def sentence(error: BaseException) -> str | None:
    """Say what a user can do about an error; None: it is ours, and its traceback is what helps."""
    from dav2.disk import FULL  # loads NumPy, for which no command should wait before it fails

    name = type(error).__name__
    if name in BY_NAME:
        return BY_NAME[name]
    if isinstance(error, RuntimeError) and str(error).startswith("DataLoader worker"):
        return (  # torch has no class for it
            "a worker that reads samples was killed, mostly because memory ran out: close other "
            "programs and repeat the command, it goes on where it was"
        )
    if isinstance(error, MemoryError):
        return (
            "there is too little memory: close other programs, or take smaller pictures or batches"
        )
    if isinstance(error, ModuleNotFoundError) and error.name:
        from dav2.optional import extra_of

        package = error.name.partition(".")[0]
        if (extra := extra_of(package)) is not None:
            return f"this needs {package}: pip install 'dav2[{extra}]'"
    if isinstance(error, (UserError, ModuleNotFoundError)) or name == "LessonFailed":
        return str(error)
    if not isinstance(error, OSError):
        return None
    if error.filename is None and not error.errno:
        return str(error)  # one of our own
    where = f" {error.filename}" if error.filename is not None else ""
    if error.errno in FULL:
        return f"cannot write{where}: {error.strerror}. Make room there; {GOES_ON}"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"no right to use{where}: {error.strerror}. Choose another folder, or change its owner"
        )
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return f"{where.strip()} is a file, and a folder is needed there; choose another name"
    return f"{error.strerror}:{where}"
