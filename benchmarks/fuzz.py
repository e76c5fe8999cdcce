"""What the library says of damaged files: every format it reads, damaged in many seeded ways.

    python benchmarks/fuzz.py                                # 300 rounds of each, minutes
    python benchmarks/fuzz.py --formats labels hub --seed 7  # some of them, otherwise

Small valid files are written once. Each round damages one of them, and all are opened and fully
read as the library's callers do, in a forked process that may die. An outcome is

- read: nothing was said, because the damage is legal or changes nothing that anybody vouches for;
- a clear error: `UserError`, or an error of the system that has a path (`MissingArtefact` and
  FileNotFoundError among them), whose message names the file or its folder;
- unclear: any other error, a crash, more than 10 s, or a file that was written elsewhere;
- silent: other content than was written, of a file whose checksum is compared on reading
  (`Format.vouched`). By design, opening a label store, a pack or a folder of maps compares sizes
  only, for hashing would read everything twice; `dav2 data check packed` compares hashes.

Exits with 1 if anything was unclear or silent, and says with which seed. Linux only.
"""

import argparse
import faulthandler
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # layouts of other people's sets are written as in the tests

from benchmarks.damages import damage  # noqa: E402
from benchmarks.fuzzed import FORMATS, Format  # noqa: E402
from dav2.errors import UserError  # noqa: E402

LIMIT_S = 10
MOST_BYTES = 6 << 30  # of memory, so that an absurd size is an error here and not the machine's end
LONGEST = 3000  # characters that a message may have
Files = dict[Path, tuple[bytes, int]]  # content and time of change


def digest(content: Any) -> str:
    """A hash of arrays, tensors and plain values in any nesting."""
    if isinstance(content, torch.Tensor):
        content = content.detach().numpy()
    if isinstance(content, np.ndarray):
        return hashlib.sha256(repr(content.shape).encode() + content.tobytes()).hexdigest()
    if isinstance(content, dict):
        content = sorted(content.items(), key=repr)
    if isinstance(content, (list, tuple)):
        return hashlib.sha256(" ".join(map(digest, content)).encode()).hexdigest()
    return repr(content) if not hasattr(content, "__dict__") else digest(vars(content))


def _outside(folder: Path) -> list[str]:
    """What lies beside the folder."""
    return sorted(str(path) for path in folder.parent.rglob("*") if not path.is_relative_to(folder))


def outcome(form: Format, folder: Path, path: Path, right: str) -> tuple[str, str]:
    """Read a folder in which `path` was damaged: read, clear, unclear or silent, and the error."""
    try:
        content = digest(form.read(folder))
    except (UserError, OSError) as error:
        said = f"{type(error).__name__}: {error}"
        has_path = (
            not isinstance(error, OSError) or error.filename or isinstance(error, FileNotFoundError)
        )
        named = path.name in said or str(folder) in said
        return "clear" if has_path and named and len(said) < LONGEST else "unclear", said
    except BaseException as error:
        return "unclear", f"{type(error).__name__}: {error}"
    return "silent" if path.name in form.vouched and content != right else "read", ""


def _keep(folder: Path) -> Files:
    return {
        path: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _restore(folder: Path, files: Files) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for path, (content, time) in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, ns=(time, time))  # by which stages tell whether an input was replaced


def _rounds(name: str, folder: Path, files: Files, seeds: Sequence[int], tell: Callable) -> None:
    """Damage and read once for each seed; tells what is begun, and what came out."""
    form = FORMATS[name]
    _restore(folder, files)
    right, beside = digest(form.read(folder)), _outside(folder)
    for seed in seeds:
        _restore(folder, files)
        rng = random.Random(f"{name} {seed}")
        there = [path for path in sorted(folder.glob(form.damaged)) if path in files]
        path = rng.choice([path for path in there if files[path][0]])
        said, left = damage(path, files[path][0], rng)
        path.write_bytes(left)
        where = f"{path.relative_to(folder)}: {said}"
        tell(seed, where)
        signal.alarm(LIMIT_S)
        result, error = outcome(form, folder, path, right)
        signal.alarm(0)
        if _outside(folder) != beside:
            result, error = "unclear", f"files beside the folder: {_outside(folder)}"
        tell(seed, where, result, error)


def _forked(work: Callable[[Callable], None], base: Path) -> tuple[list[list[Any]], int]:
    """What a child process told before it ended, and its exit status; its noise goes to a file."""
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        status = 1
        try:
            noise = os.open(base / "noise", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
            os.dup2(noise, 1), os.dup2(noise, 2)
            sys.stdout = sys.stderr = open(noise, "w", buffering=1)  # noqa: SIM115
            (base / "here").mkdir(exist_ok=True)
            os.chdir(base / "here")
            faulthandler.enable(noise)
            faulthandler.register(signal.SIGALRM, noise, chain=True)
            resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
            torch.set_num_threads(1)
            warnings.simplefilter("ignore")
            work(lambda *row: os.write(writing, (json.dumps(row) + "\n").encode()))
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    with open(reading, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return rows, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def fuzz(name: str, rounds: int, first: int = 0) -> list[list[Any]]:
    """[seed, damage, outcome, error] of every round of a format.

    Raises:
        RuntimeError: the format cannot be written or read undamaged.
    """
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        folder, found, todo = base / "made", [], list(range(first, first + rounds))
        folder.mkdir()
        _, status = _forked(lambda tell: FORMATS[name].write(folder), base)
        files = _keep(folder)
        while todo and not status:
            rows, died = _forked(partial(_rounds, name, folder, files, todo), base)
            found += [row for row in rows if len(row) == 4]
            if not died:
                return found
            if not rows:
                break
            seed, where = rows[-1][:2]
            noise = (base / "noise").read_text(errors="replace")
            found.append([seed, where, "unclear", f"ended with {died}: {noise[-LONGEST:][:600]}"])
            todo = todo[todo.index(seed) + 1 :]
        if todo:
            raise RuntimeError(f"{name} does not work undamaged: {(base / 'noise').read_text()}")
        return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0, help="the first; rounds count up from it")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS))
    arguments = parser.parse_args()
    status = 0
    print("| format | damages | read | clear errors | unclear | silent |")
    print("|" + " --- |" * 6)
    for name in arguments.formats:
        found = fuzz(name, arguments.rounds, arguments.seed)
        counts = Counter(result for _, _, result, _ in found)
        numbers = [len(found), *(counts[key] for key in ("read", "clear", "unclear", "silent"))]
        print(f"| {name} | {' | '.join(map(str, numbers))} |", flush=True)
        for seed, where, result, error in found:
            if result in ("unclear", "silent"):
                print(f"{result}: {name}, seed {seed}, {where}\n  {error}", file=sys.stderr)
                status = 1
    sys.exit(status)


if __name__ == "__main__":
    main()
