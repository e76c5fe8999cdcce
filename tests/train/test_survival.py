"""Training that survives: kills, stopped ranks, half files, full disks; and weights in shares."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor

from dav2.manifests import is_finished, read_manifest
from dav2.model import build_model
from dav2.plan.costs import random_batch
from dav2.scale import get_scale
from dav2.train import DepthModule, fit
from dav2.train.checkpointing import damage
from dav2.train.devices import FRESH_STORE, ShardedModule, strategy_of
from dav2.train.module import checkpoint_activations
from tests.helpers.options import as_options
from tests.helpers.project import ROOT
from tests.helpers.scenes import write_scenes
from tests.helpers.training import weights

STEPS = 7
CLIPPED = 1.0  # the norm of gradients at smoke scale
SHORT = {"teacher.steps": STEPS, "validate_every_steps": 3, "checkpoint_every_steps": 1}
SCALE = get_scale("smoke", SHORT)
EXACT = {**SHORT, "precision": "64-true"}  # what differs then is not rounding


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """As in the processes that are killed: sums in another order would differ in their last bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def quiet(run, scale=SCALE):
    return fit(run, "teacher", scale, progress=False)


def beside(run, folder):
    """Another run on the same scenes."""
    folder.mkdir()
    for part in run.iterdir():
        os.symlink(part, folder / part.name)
    return folder


def assert_equal(stage, expected):
    found = weights(stage)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert torch.equal(found[name], value), name


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    run = tmp_path_factory.mktemp("survival") / "run"
    write_scenes(run / "scenes", 6)
    write_scenes(run / "scenes_validation", 2)
    return run


@pytest.fixture(scope="module")
def expected(scenes, tmp_path_factory):
    """The weights of one process that nobody disturbed."""
    return weights(quiet(beside(scenes, tmp_path_factory.mktemp("whole") / "run")))


@pytest.fixture
def begun(scenes, tmp_path, monkeypatch):
    """A run that stopped in its sixth step: whole checkpoints of the fifth and the fourth."""
    run = beside(scenes, tmp_path / "begun")
    step = DepthModule.training_step

    def stops(self, batches, number):
        if self.global_step == 5:
            raise SystemError("stopped")
        return step(self, batches, number)

    with monkeypatch.context() as patch:
        patch.setattr(DepthModule, "training_step", stops)
        with pytest.raises(SystemError, match="stopped"):
            quiet(run)
    return run


def saved_step(path):
    return torch.load(path, weights_only=True)["global_step"]


class TestCheckpoints:
    def test_the_one_before_is_kept_until_the_end(self, begun, expected):
        folder = begun / "teacher" / "checkpoints"
        steps = {path.name: saved_step(path) for path in folder.iterdir()}
        assert steps == {"last.ckpt": 5, "before.ckpt": 4, "best.ckpt": 3}
        stage = quiet(begun)
        assert {path.name for path in folder.iterdir()} == {"last.ckpt", "best.ckpt"}
        assert saved_step(folder / "last.ckpt") == STEPS  # although no validation falls on it
        assert_equal(stage, expected)

    def test_last_is_written_where_the_validation_error_rises(self, scenes, tmp_path, monkeypatch):
        errors = iter((0.1, 0.2, 0.3))
        monkeypatch.setattr(
            "dav2.metrics.AffineInvariantError.compute", lambda self: torch.tensor(next(errors))
        )
        run = beside(scenes, tmp_path / "run")
        stage = quiet(
            run,
            get_scale(
                "smoke",
                {
                    **SHORT,
                    "teacher.steps": 6,
                    "validate_every_steps": 3,
                    "checkpoint_every_steps": None,
                },
            ),
        )
        steps = {path.name: saved_step(path) for path in (stage / "checkpoints").iterdir()}
        assert steps == {"last.ckpt": 6, "best.ckpt": 3}

    @pytest.mark.parametrize("harm", ["half", "empty", "a changed byte"])
    def test_a_damaged_one_is_said_and_passed_over(self, begun, expected, capsys, harm):
        last = begun / "teacher" / "checkpoints" / "last.ckpt"
        content = bytearray(last.read_bytes())
        middle = len(content) // 2
        content[middle] ^= 1
        last.write_bytes({"half": content[:middle], "empty": b""}.get(harm, content))
        assert damage(last)
        stage = quiet(begun)
        (line,) = capsys.readouterr().out.splitlines()
        assert f"{last} is damaged" in line
        assert line.endswith("going on from before.ckpt")
        assert_equal(stage, expected)

    def test_a_damaged_one_never_takes_the_place_of_a_whole_one(self, begun, monkeypatch):
        folder = begun / "teacher" / "checkpoints"
        (folder / "last.ckpt").write_bytes(b"half")
        replaced = []
        replace = os.replace
        monkeypatch.setattr(os, "replace", lambda a, b: (replaced.append((a, b)), replace(a, b)))
        quiet(begun)
        onto_before = [Path(a).name for a, b in replaced if Path(b).name == "before.ckpt"]
        first_last = next(i for i, (_, b) in enumerate(replaced) if Path(b).name == "last.ckpt")
        assert onto_before  # later, whole ones
        assert all(Path(b).name != "before.ckpt" for _, b in replaced[:first_last])

    def test_where_none_is_whole_nothing_is_begun_anew_in_silence(self, begun):
        folder = begun / "teacher" / "checkpoints"
        for path in folder.iterdir():
            path.write_bytes(path.read_bytes()[:1000])
        with pytest.raises(ValueError, match=r"last.ckpt is damaged .* delete .* to start over"):
            quiet(begun)

    def test_what_would_run_code_is_passed_over(self, begun, expected, tmp_path, capsys):
        path = begun / "teacher" / "checkpoints" / "last.ckpt"
        torch.save({"evil": Evil(tmp_path / "run")}, path)
        stage = quiet(begun)
        (line,) = capsys.readouterr().out.splitlines()
        assert line.endswith(
            "more than plain data, which is not loaded): going on from before.ckpt"
        )
        assert_equal(stage, expected)
        assert not (tmp_path / "run").exists()

    def test_a_full_disk_is_one_error_and_the_next_call_goes_on(self, begun, expected):
        """The system refuses to write more than so many bytes into a file, as a full disk does."""
        last = begun / "teacher" / "checkpoints" / "last.ckpt"
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (last.stat().st_size // 2, hard))
        try:
            with pytest.raises(ValueError, match=r"teacher is not finished.*File too large.*room"):
                quiet(begun)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert damage(last) is None
        assert saved_step(last) == 5
        assert not list(last.parent.glob(".dav2-tmp*"))
        assert_equal(quiet(begun), expected)

    def test_a_full_disk_at_the_last_file(self, scenes, tmp_path, expected, monkeypatch):
        run = beside(scenes, tmp_path / "run")
        with monkeypatch.context() as patch:
            patch.setattr("dav2.train.fitting.save_file", no_space)
            with pytest.raises(ValueError, match="No space left"):
                quiet(run)
        assert not is_finished(run / "teacher")
        assert_equal(quiet(run), expected)


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def no_space(*_):
    raise OSError(28, os.strerror(28))


# One process imports, and forks a child for every kill: (what to kill at, how often before).
FORKS = """
import os, signal, sys
from pathlib import Path
from dav2.scale import get_scale
from dav2.train import DepthModule, fit
import torch

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def arm(where, count):
    seen = []
    if where == "step":
        whole = DepthModule.training_step
        def step(self, batches, number):
            if self.global_step == count:
                die()
            return whole(self, batches, number)
        DepthModule.training_step = step
    elif where == "write":  # half a file
        def save(value, file):
            seen.append(0)
            write(value, file)
            if len(seen) == count:
                file.truncate(file.tell() // 2)
                die()
        write, torch.save = torch.save, save
    elif where == "rename":  # between the renames of last.ckpt
        def replace(a, b):
            seen.append(str(b))
            if sum("last.ckpt" in b for b in seen) == count and "last.ckpt" in str(b):
                die()
            rename(a, b)
        rename, os.replace = os.replace, replace

def child(run, overrides, kill=None):
    pid = os.fork()
    if not pid:
        if kill:
            arm(*kill)
        fit(run, "teacher", get_scale("smoke", overrides), progress=False)
        os._exit(0)
    return os.waitpid(pid, 0)[1]

for run, kill, overrides in RUNS:
    assert os.WTERMSIG(child(run, overrides, kill)) == signal.SIGKILL, (run, kill)
    assert not (Path(run) / "teacher" / "manifest.json").exists()
    assert child(run, overrides) == 0, (run, kill)
"""
KILLS = [("step", 4), ("write", 1), ("write", 5), ("rename", 3)]


def test_killed_at_any_point_one_process_ends_bit_by_bit_the_same(scenes, tmp_path, expected):
    """In a step, while a checkpoint is written, between its renames; and on packs, in mid-pass."""
    from dav2.data.pack import pack

    runs = [(str(beside(scenes, tmp_path / f"{kill[0]}-{kill[1]}")), kill, SHORT) for kill in KILLS]
    base = tmp_path / "base"
    write_scenes(tmp_path / "raw", 6)
    write_scenes(base / "scenes_validation", 2)
    pack("rendered", tmp_path / "raw", base / "scenes" / "hypersim", workers=1, progress=False)
    packed = {**SHORT, "scene_sets": ["hypersim"]}
    straight = weights(quiet(beside(base, tmp_path / "whole"), get_scale("smoke", packed)))
    cut = beside(base, tmp_path / "cut")
    done = subprocess.run(
        [sys.executable, "-c", f"RUNS = {[*runs, (str(cut), ('step', 5), packed)]!r}\n{FORKS}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for run, _, _ in runs:
        assert_equal(Path(run) / "teacher", expected)
    assert_equal(cut / "teacher", straight)


# What one rank does to itself or to its launcher, once; names of samples and first gradients on disk.
RANKS = """
import json, os, signal, sys, threading
from pathlib import Path
import torch
from dav2.train import DepthModule

rank, folder = int(os.environ["RANK"]), Path(os.environ["SPY"])
step = DepthModule.training_step

def training_step(self, batches, number):
    names = [name for batch in batches.values() for name in batch.name]
    with (folder / f"names-{rank}").open("a") as file:
        file.write(json.dumps([self.global_step, names]) + chr(10))
    for event in json.loads(os.environ.get("EVENTS", "[]")):
        done = folder / "-".join(map(str, event))
        who, when, what = event
        if (who, when) == (rank, self.global_step) and not done.exists():
            done.touch()
            if what == "launcher":
                os.kill(os.getppid(), signal.SIGKILL)
                threading.Event().wait()  # a step that takes for ever
            os.kill(os.getpid(), getattr(signal, what))
    return step(self, batches, number)

def gradients(self):
    whole = lambda x: x.full_tensor() if hasattr(x, "full_tensor") else x
    return {k: whole(p.grad).clone() for k, p in self.named_parameters() if p.grad is not None}

clip = DepthModule.configure_gradient_clipping

def configure_gradient_clipping(self, *args, **options):
    clip(self, *args, **options)
    if self.global_step == 0:
        norm = torch.stack([g.norm() for g in gradients(self).values()]).norm()
        (folder / f"norm-{rank}").write_text(str(float(norm)))

def on_before_optimizer_step(self, optimizer):
    if self.global_step == 0:
        torch.save(gradients(self), folder / f"gradients-{rank}")
        local = [p.to_local() if hasattr(p, "to_local") else p for p in self.parameters()]
        (folder / f"held-{rank}").write_text(str(sum(p.numel() for p in local)))

DepthModule.training_step = training_step
DepthModule.configure_gradient_clipping = configure_gradient_clipping
DepthModule.on_before_optimizer_step = on_before_optimizer_step

from dav2.cli import main
main()
"""


def two_ranks(run, overrides, *options, events=()):
    """`dav2 fit` under torchrun, as a user starts it, with a spy in each rank.

    Returns when the ranks are gone, too: they hold the other end of its output.
    """
    program = run / "ranks.py"
    program.write_text(RANKS)
    (run / "spy").mkdir(exist_ok=True)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    command += [
        *options,
        "--",
        str(program),
        "fit",
        "teacher",
        "--run",
        str(run),
        "--scale",
        "smoke",
    ]
    environment = {
        FRESH_STORE: "1",
        "OMP_NUM_THREADS": "1",
        "SPY": str(run / "spy"),
        "EVENTS": json.dumps(events),
    }
    return subprocess.run(
        [*command, *as_options(overrides, "teacher")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | environment | {"PYTHONPATH": str(ROOT)},
        timeout=180,
    )


def order(run):
    """Samples of every step and rank; a step that was done again must have seen the same."""
    seen = {}
    for rank in (0, 1):
        for line in (run / "spy" / f"names-{rank}").read_text().splitlines():
            step, names = json.loads(line)
            assert seen.setdefault((step, rank), names) == names
    return seen


@pytest.fixture(scope="module")
def undisturbed(scenes, tmp_path_factory):
    """Two ranks that nobody disturbed."""
    run = beside(scenes, tmp_path_factory.mktemp("two") / "run")
    done = two_ranks(run, EXACT)
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(order(run)) == 2 * STEPS
    return run


def gradients_of_one(run, overrides, monkeypatch):
    seen = {}

    def record(self, optimizer):
        if self.global_step == 0:
            named = [(k, p) for k, p in self.named_parameters() if p.grad is not None]
            seen.update({k: p.grad.clone() for k, p in named})

    monkeypatch.setattr(DepthModule, "on_before_optimizer_step", record)
    quiet(run, get_scale("smoke", overrides))
    return seen


def largest_of(gradients):
    return max(float(value.abs().max()) for value in gradients.values())


def largest_difference(gradients, folder):
    found = [torch.load(folder / f"gradients-{rank}", weights_only=True) for rank in (0, 1)]
    assert found[0].keys() == found[1].keys() == gradients.keys()
    return max(
        float((both[name] - value).abs().max())
        for both in found
        for name, value in gradients.items()
    )


class TestTwoRanks:
    def test_half_batches_give_the_gradients_of_the_whole(
        self, undisturbed, scenes, tmp_path, monkeypatch
    ):
        alone = gradients_of_one(beside(scenes, tmp_path / "alone"), EXACT, monkeypatch)
        assert largest_of(alone) > 0.01
        assert largest_difference(alone, undisturbed / "spy") <= 1e-6

    def test_killed_stopped_and_killed_again(self, undisturbed, scenes, tmp_path):
        """`kill -9` of the launcher; a stopped rank; `kill -9` of a rank: and no trace of it."""
        run = beside(scenes, tmp_path / "run")
        overrides = {**EXACT, "stuck_s": 10}
        events = [(0, 2, "launcher"), (1, 4, "SIGSTOP"), (1, 5, "SIGKILL")]
        done = two_ranks(run, overrides, events=events)
        assert done.returncode == -signal.SIGKILL
        assert not is_finished(run / "teacher")
        before = order(run)
        assert max(step for step, _ in before) == 2, "the ranks went on without their launcher"

        done = two_ranks(run, overrides, "--max-restarts=2", "--shutdown-timeout=1", events=events)
        assert done.returncode == 0, done.stderr[-3000:]
        assert "Timed out" in done.stderr or "timeout" in done.stderr.lower()
        happened = {path.name for path in (run / "spy").iterdir()}
        assert {"0-2-launcher", "1-4-SIGSTOP", "1-5-SIGKILL"} <= happened
        assert order(run) == order(undisturbed)
        straight = weights(undisturbed / "teacher")
        for name, value in weights(run / "teacher").items():
            torch.testing.assert_close(value, straight[name], atol=1e-6, rtol=0, msg=name)

    def test_shares_of_the_weights(self, undisturbed, scenes, tmp_path, monkeypatch):
        """FSDP, killed and restarted: half of the weights each, and the gradients of one process."""
        run = beside(scenes, tmp_path / "run")
        overrides = {**SHORT, "teacher.steps": 3, "strategy": "fsdp"}
        done = two_ranks(run, overrides, "--max-restarts=1", events=[(1, 2, "SIGKILL")])
        assert done.returncode == 0, done.stderr[-3000:]
        assert (run / "spy" / "1-2-SIGKILL").exists()
        assert read_manifest(run / "teacher")["steps"] == 3
        held = [int((run / "spy" / f"held-{rank}").read_text()) for rank in (0, 1)]
        whole = sum(value.numel() for value in weights(run / "teacher").values())
        assert max(held) < 0.6 * whole
        for rank in (0, 1):
            norm = float((run / "spy" / f"norm-{rank}").read_text())
            assert norm == pytest.approx(CLIPPED, rel=1e-4)
        # In single precision: PyTorch's FSDP of Lightning knows no double. And FSDP takes no
        # channels_last, whose other rounding decides where the loss has a kink.
        monkeypatch.setattr("dav2.train.starting.laid_out", lambda network, machine: network)
        alone = gradients_of_one(beside(scenes, tmp_path / "alone"), SHORT, monkeypatch)
        assert largest_difference(alone, run / "spy") <= 1e-5 * largest_of(alone)
        again = order(run)
        assert again == {key: order(undisturbed)[key] for key in again}


@pytest.mark.parametrize("frozen", [None, "lite2"])
def test_the_frozen_encoder_is_shared_out_too(frozen):
    """With or without a projection between widths; the gradients are those of the plain module."""
    torch.distributed.init_process_group(
        "gloo", store=torch.distributed.HashStore(), rank=0, world_size=1
    )
    try:
        mesh = init_device_mesh("cpu", (1, 1), mesh_dim_names=("data_parallel", "tensor_parallel"))
        found = []
        stage = get_scale("smoke", {"photos.feature_weight": 1.0}).stages["student_photos"]
        for kind in (DepthModule, ShardedModule):
            torch.manual_seed(0)
            network = build_model("lite0").to(memory_format=torch.channels_last)
            reference = build_model(frozen).encoder if frozen else None
            module = kind(network, stage, reference)
            if reference is None:  # so that there is something to align
                next(module.reference.parameters()).mul_(2)
            module.log = lambda *_, **__: None
            module._device_mesh = mesh
            if kind is ShardedModule:
                if frozen:  # blocks are gathered anew in the backward pass
                    checkpoint_activations(network)
                module.configure_model()
                assert all(isinstance(p, DTensor) for p in module.parameters())
            module.eval().training_step({"photos": random_batch(2, (64, 64))}, 0).backward()
            whole = ((k, getattr(p, "grad", None)) for k, p in module.named_parameters())
            found.append(
                {
                    k: grad.full_tensor() if isinstance(grad, DTensor) else grad
                    for k, grad in whole
                    if grad is not None
                }
            )
    finally:
        torch.distributed.destroy_process_group()
    plain, shared = found
    assert plain.keys() == shared.keys()
    assert any("alignment" in name for name in plain) == (frozen is not None)
    for name, value in plain.items():
        torch.testing.assert_close(shared[name], value, atol=1e-5, rtol=1e-4, msg=name)


def test_two_trainings_in_one_folder_are_refused(scenes, tmp_path):
    run = beside(scenes, tmp_path / "run")
    (run / "teacher").mkdir()
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run / "teacher")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert other.stdout.readline() == b"held\n"
    with pytest.raises(ValueError, match="is being written by process"):
        quiet(run)
    other.kill()
    other.communicate()
    assert is_finished(quiet(run))


HOLD = """
import sys
from dav2.runs import work_in
with work_in(sys.argv[1], "network", {}):
    print("held", flush=True)
    input()
"""


def test_what_strategies_cannot_do_is_said_before_training():
    with pytest.raises(ValueError, match="strategy: Input should be 'ddp' or 'fsdp', not 'zero'"):
        get_scale("smoke", {"strategy": "zero"})
    fsdp = get_scale("smoke", {"strategy": "fsdp", "average_decay": 0.9})
    with pytest.raises(ValueError, match="fsdp keeps no average"):
        strategy_of(fsdp.stages["teacher"], fsdp.machine, 2)
