"""Commands of dav2, called as they are typed."""

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from subprocess import CompletedProcess

from dav2.cli import main
from tests.helpers.project import ROOT


def called(*arguments) -> CompletedProcess:
    """Call a command in this process: loading PyTorch takes longer than most of them."""
    command, status = [str(one) for one in arguments], 0
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(command)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
            if isinstance(end.code, str):  # as the interpreter does
                print(end.code, file=sys.stderr)
    said = []
    for stream in (out, err):
        stream.seek(0)
        said.append(stream.read())
    return CompletedProcess(command, status, *said)


def dav2(*arguments, **options) -> CompletedProcess:
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "dav2.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, **options)
