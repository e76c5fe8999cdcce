"""What survives what: every stage meets every fault, and then the same call is repeated.

    python benchmarks/faults.py                                          # the whole table
    python benchmarks/faults.py --stages fit video --faults "kill -9"    # a part of it

Inputs are tiny (`fault_inputs.py`). A cell is "ok" if the repeated call leaves, byte for byte, what an
undisturbed call leaves: nothing doubled, stale, half-written or temporary, and no process; if both
calls end with a sensible status, and neither shows a traceback. Moments come from the seed.

The packages are imported once; every call is a forked child that runs `dav2.cli.main`, as a process of
its own would. Full disks and read-only folders are mounts, which need Linux and root.
"""

import argparse
import atexit
import importlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "dav2.annotate dav2.course.grade dav2.data.pack dav2.evaluate.models dav2.infer.export "
    "dav2.label.sheet dav2.render dav2.train lightning fault_inputs"
)
SHORT = "--steps 8 --validate-every-steps 4 --checkpoint-every-steps 1 --loader-workers 1"
LITE = f"--model {ROOT}/dav2/shipped/lite0"
MAPS = f"--predictions OUT/maps --json OUT/result.json --shorter_px 140 {LITE}"
TIMES = {"seconds", "time"}  # facts of a manifest that honestly differ
TIMEOUT_S = 300


class Stage(NamedTuple):
    """A command, where IN and OUT stand for folders.

    Attributes:
        worker: what a worker's command line holds; "" is a fork; None: there is none.
        untold: files that are no results: logs, what nobody reads again, nbgrader's own with its times.
        links: inputs that lie in OUT.
        locks: whether a second call is refused.
    """

    command: str
    worker: str | None = None
    untold: str = "$^"
    links: tuple[str, ...] = ()
    locks: bool = True


STAGES = {
    "render": Stage("render --out OUT --count 8 --size 64x48 --workers 2", "spawn_main"),
    "pack": Stage("data pack rendered IN/scenes --out OUT --chunk_mb 0.02"),
    "fit": Stage(
        f"fit teacher --run OUT --scale smoke {SHORT}",
        "",
        r"teacher/(logs|checkpoints)/",
        ("scenes", "scenes_validation"),
    ),
    "label": Stage(
        f"label --images IN/photos --out OUT --photos_per_shard 2 --shorter_px 140 {LITE}"
    ),
    "predict": Stage(f"predict IN/photos --out OUT --formats png npy --shorter_px 140 {LITE}"),
    "video": Stage(f"predict IN/walk.mp4 --out OUT --shorter_px 140 {LITE}"),
    "evaluate da2k": Stage(f"evaluate da2k --root IN/da2k {MAPS}"),
    "evaluate relative": Stage(f"evaluate relative --set rendered --root IN/scenes {MAPS}"),
    "annotate prepare": Stage(
        f"annotate prepare --images IN/photos --out OUT --models {ROOT}/dav2/shipped/lite0"
    ),
    "course grade": Stage(
        "course grade IN/submissions --out OUT --run IN/run --notebooks IN/lessons",
        "ipykernel",
        r"(gradebook\.db.*|\.ipynb)$",
    ),
    "export": Stage("export --model IN/tiny --out OUT/net.onnx", locks=False),
}


class Ended(NamedTuple):
    """How a call ended: its status (128 + the signal, if one ended it), and what it said."""

    status: int
    said: str

    def wrong(self, when: str, least: int, most: int) -> Iterator[str]:
        """What is wrong with it."""
        lines = [line for line in re.split(r"[\r\n]+", self.said) if line.strip()]
        tail = f"{when} status {self.status}: {' / '.join(lines[-3:])[-400:]}"
        if "Traceback" in self.said:
            yield f"traceback: {tail}"
        if not least <= self.status <= most:
            yield f"status: {tail}"


class Bench(NamedTuple):
    """A stage, and where it works: always one folder, because some files hold its name."""

    work: Path
    stage: Stage

    @property
    def out(self) -> Path:
        return self.work / "out"

    def files(self) -> list[Path]:
        """All files in the folder of results."""
        return [Path(top, name) for top, _, names in os.walk(self.out) for name in names]

    def link(self) -> None:
        """Put those inputs into the folder that lie there."""
        for name in self.stage.links:
            (self.out / name).symlink_to(self.work / "in" / name)

    def fresh(self) -> None:
        """Empty the folder of results."""
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir()
        self.link()

    def begin(self) -> int:
        """Start a call in a session of its own; its process."""
        words = self.stage.command.replace("OUT", str(self.out)).replace("IN/", f"{self.work}/in/")
        sys.stdout.flush()
        if pid := os.fork():
            return pid
        status = 1
        try:
            os.setsid()
            os.environ["DAV2_FAULTS"] = str(os.getpid())  # by which `family` knows what it starts
            log = os.open(self.work / f"log-{os.getpid()}", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
            for stream in (1, 2):
                os.dup2(log, stream)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            sys.argv = ["dav2", *words.split()]
            status = run_main()
            threading._shutdown()  # as an interpreter ends, which a fork must not
            atexit._run_exitfuncs()
        finally:
            os._exit(status)

    def end(self, pid: int) -> Ended:
        """Wait for a call, then for the processes that it started."""
        if not until(pid, lambda: False) and not has_ended(pid):
            os.kill(pid, signal.SIGKILL)  # it takes too long
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        log = self.work / f"log-{pid}"
        said = log.read_text(errors="replace")
        log.unlink()
        began = time.monotonic()
        while (left := family(pid)) and time.monotonic() - began < 10:
            time.sleep(0.05)
        for one in left:
            os.kill(one, signal.SIGKILL)
            said += f"\nTraceback: process {one} was left"
        return Ended(128 - code if code < 0 else code, said)

    def call(self) -> Ended:
        """Make the call, undisturbed."""
        return self.end(self.begin())

    def results(self) -> dict[str, bytes]:
        """Name -> content of all results."""
        found = {}
        for path in self.files():
            name = path.relative_to(self.out).as_posix()
            if ".dav2" in path.parts or re.search(self.stage.untold, name):
                continue
            found[name] = path.read_bytes()
            if path.name == "manifest.json":
                facts = json.loads(found[name])
                kept = {key: value for key, value in facts.items() if key not in TIMES}
                found[name] = json.dumps(kept).encode()
        return found


class Base(NamedTuple):
    """An undisturbed call: what it left, its seconds, and the most that lay there at once."""

    results: dict[str, bytes]
    seconds: float
    files: int
    bytes: int


def run_main() -> int:
    """`dav2`, and its status."""
    try:
        importlib.import_module("dav2.cli").main()
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return 1 if isinstance(end.code, str) else end.code or 0
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def family(pid: int) -> list[int]:
    """Living processes that a call started: of its session, or with its mark."""
    found = []
    for one in [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]:
        try:
            facts = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            marked = f"DAV2_FAULTS={pid}\0".encode() in Path(f"/proc/{one}/environ").read_bytes()
        except OSError:
            continue
        if one != pid and facts[0] != "Z" and (int(facts[3]) == pid or marked):
            found.append(one)
    return found


def command_line(pid: int) -> str:
    """How a process was started."""
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def has_ended(pid: int) -> bool:
    """Whether a child has ended; it can still be waited for."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def until(pid: int, reached: Callable[[], bool]) -> bool:
    """Wait for a moment; False: the call ended before, or takes too long."""
    began = time.monotonic()
    while time.monotonic() - began < TIMEOUT_S and not has_ended(pid):
        if reached():
            return True
        time.sleep(0.002)
    return False


def undisturbed(bench: Bench) -> Base:
    """Make the call once, and watch it."""
    files = size = 1

    def watch() -> bool:
        nonlocal files, size
        there = [path.stat().st_size for path in bench.files() if path.exists()]
        files, size = (
            max(files, len(there)),
            max(size, sum(-(-one // 4096) * 4096 for one in there)),
        )
        return False

    bench.fresh()
    began = time.monotonic()
    until(pid := bench.begin(), watch)
    seconds = time.monotonic() - began
    if wrong := list(bench.end(pid).wrong("undisturbed,", 0, 0)):
        raise SystemExit("\n".join(wrong))
    return Base(bench.results(), seconds, files, size)


def repeated(bench: Bench, base: Base) -> Iterator[str]:
    """Make the same call again, and say what is not as if nothing had happened."""
    yield from bench.call().wrong("then", 0, 0)
    found, expected = bench.results(), base.results
    differs = {name for name in found if found[name] != expected.get(name, found[name])}
    more = {*(found.keys() - expected.keys()), *map(str, bench.out.rglob(".dav2-tmp-*"))}
    lost = expected.keys() - found.keys()
    for word, names in (("lost", lost), ("too much", more), ("differs", differs)):
        if names:
            yield f"{word}: {', '.join(sorted(names))}"


# Faults: each does its harm and yields what is wrong; at None the call is repeated, harmed no more.


def struck(
    bench: Bench,
    base: Base,
    rng: random.Random,
    act: Callable[[int], object],
    by_clock: bool = False,
    least: int = 1,
) -> Ended | None:
    """Begin a call and `act` while it works, at a moment by the clock or by the number of files.

    None: it ended before, or with a status below `least` as if nothing had been, also sooner.
    """
    share = rng.uniform(0.2, 0.9)
    for sooner in (1, 0.5, 0.2):
        bench.fresh()
        began, pid = time.monotonic(), bench.begin()
        moment = share * sooner * base.seconds if by_clock else max(1, share * sooner * base.files)

        def reached(began: float = began, pid: int = pid, moment: float = moment) -> bool:
            at = time.monotonic() - began if by_clock else len(bench.files())
            return at >= moment and act(pid) is not False

        hit, ended = until(pid, reached), bench.end(pid)
        if hit and ended.status >= least:
            return ended
    return None


def signalled(sign: int, send: Callable[[int, int], None] = os.kill) -> Callable:
    """A signal, at two moments."""

    def fault(bench: Bench, base: Base, rng: random.Random) -> Iterator[str | None]:
        for by_clock in (False, True):
            ended = struck(bench, base, rng, lambda pid: send(pid, sign), by_clock)
            yield from ended.wrong("", 128 + sign, 128 + sign) if ended else ["not hit: too late"]
            yield None

    return fault


def worker(bench: Bench, base: Base, rng: random.Random) -> Iterator[str | None]:
    """`kill -9` of one worker, which a call may also survive."""

    def act(pid: int) -> bool:
        sign = bench.stage.worker or command_line(pid)
        workers = [one for one in family(pid) if sign in command_line(one)]
        if workers:
            os.kill(workers[0], signal.SIGKILL)
        return bool(workers)

    ended = struck(bench, base, rng, act, least=0)
    yield from ended.wrong("", 0, 127) if ended else ["not hit: no worker was there"]
    yield None


def mount(*arguments: object) -> None:
    """Mount, or fail."""
    subprocess.run(["mount", *map(str, arguments)], check=True)


def full_disk(bench: Bench, base: Base, rng: random.Random) -> Iterator[str | None]:
    """A disk for a part of what is needed, which grows before the call is repeated."""
    for low, high in ((0.05, 0.4), (0.5, 0.95)):
        bench.fresh()
        size = max(4096, int(base.bytes * rng.uniform(low, high)))
        mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", bench.out)
        try:
            bench.link()
            yield from bench.call().wrong("", 1, 127)
            mount("-o", "remount,size=1g", bench.out)
            yield None
        finally:
            subprocess.run(["umount", "-l", bench.out], check=True)


def read_only(bench: Bench, base: Base, rng: random.Random) -> Iterator[str | None]:
    """A folder that may not be written: empty, then half made."""
    for begun in (False, True):
        bench.fresh()
        if begun:
            struck(bench, base, rng, lambda pid: os.kill(pid, signal.SIGKILL))
        mount("--bind", bench.out, bench.out)
        mount("-o", "remount,bind,ro", bench.out)
        try:
            yield from bench.call().wrong("", 1, 127)
        finally:
            subprocess.run(["umount", "-l", bench.out], check=True)
        yield None


def two_at_once(bench: Bench, base: Base, rng: random.Random) -> Iterator[str | None]:
    """A second call, whole, while the first is halted in its work."""
    bench.fresh()
    pid, sign = bench.begin(), ".dav2/holder" if bench.stage.locks else ".dav2-tmp-*"
    if until(pid, lambda: any(bench.out.rglob(sign))):
        os.kill(pid, signal.SIGSTOP)
        second, refused = bench.call(), int(bench.stage.locks)
        os.kill(pid, signal.SIGCONT)
        yield from second.wrong("the second,", refused, refused)
        if refused and "is being written by" not in second.said:
            yield "status: the second was not told who is first"
    else:
        yield "not hit: too late"
    yield from bench.end(pid).wrong("the first,", 0, 0)
    yield None


def power_cut(bench: Bench, base: Base, rng: random.Random) -> Iterator[str | None]:
    """A file emptied, one cut off, one deleted: in a finished folder, and in one half made."""
    bench.fresh()
    bench.call()
    for harm in ("emptied", "cut off", "deleted", "half made, emptied", "half made, cut off"):
        names = sorted(base.results)
        if harm.startswith("half"):
            struck(bench, base, rng, lambda pid: os.kill(pid, signal.SIGKILL))
            there = [path.relative_to(bench.out).as_posix() for path in bench.files()]
            # SQLite survives power cuts by itself.
            names = sorted(name for name in there if not re.search(r"\.dav2|\.db", name))
        if not names:
            continue
        path = bench.out / rng.choice(names)
        if harm == "deleted":
            path.unlink()
        else:
            os.truncate(path, 0 if harm.endswith("emptied") else path.stat().st_size // 2)
        yield from (f"{said} ({harm}: {path.name})" for said in repeated(bench, base))


FAULTS: dict[str, Callable[[Bench, Base, random.Random], Iterator[str | None]]] = {
    "kill -9": signalled(signal.SIGKILL),
    "kill -9 of a worker": worker,
    "Ctrl-C": signalled(signal.SIGINT, os.killpg),  # reaches all processes
    "SIGTERM": signalled(signal.SIGTERM),
    "full disk": full_disk,
    "read-only": read_only,
    "two at once": two_at_once,
    "power cut": power_cut,
}


def cell(bench: Bench, base: Base, fault: str, seed: str) -> list[str]:
    """All that went wrong, in sentences that begin with a short word; or why it was not tried."""
    if fault == "kill -9 of a worker" and bench.stage.worker is None:
        return ["—"]
    if fault in ("full disk", "read-only") and (sys.platform != "linux" or os.getuid()):
        return ["not tried (not root)"]
    wrong: list[str] = []
    for said in FAULTS[fault](bench, base, random.Random(seed)):
        wrong += [said] if said else repeated(bench, base)
    return wrong or ["ok"]


def main() -> None:
    """Print the table; end with status 1 if a cell is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
    parser.add_argument("--faults", nargs="+", choices=FAULTS, default=list(FAULTS))
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # no threads before forks
    for package in PACKAGES.split():
        importlib.import_module(package)
    importlib.import_module("torch").set_num_threads(1)
    os.chdir(ROOT)
    work = Path(tempfile.mkdtemp(prefix="dav2-faults-"))  # an object would delete it in each child
    rows, details = [["", *asked.faults], ["---"] * (1 + len(asked.faults))], []
    try:
        importlib.import_module("fault_inputs").write_inputs(work / "in")
        for name in asked.stages:
            bench = Bench(work, STAGES[name])
            base = undisturbed(bench)
            rows.append([name])
            for fault in asked.faults:
                found = cell(bench, base, fault, f"{asked.seed} {name} {fault}")
                rows[-1].append(found[0].partition(":")[0])
                details += [f"- {name}, {fault}: {one}" for one in found if ":" in one]
                print(f"{name}, {fault}: {rows[-1][-1]}", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print("\n".join([*(f"| {' | '.join(row)} |" for row in rows), "", *details]))
    sys.exit(bool(details))


if __name__ == "__main__":
    main()
