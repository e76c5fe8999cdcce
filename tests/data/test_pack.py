import errno
import json
import os
import resource
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

import dav2.data.pack as packing
from dav2.data import LabelSet, RenderedSet
from dav2.data.pack import pack
from dav2.data.packed import PackedSet, packed_items
from dav2.data.stream import PackedSteps
from dav2.disk import HOST, read_json
from dav2.manifests import MissingArtefact, write_manifest
from dav2.transforms import random_crop
from tests.helpers.labels import write_labels_manifest, write_shard
from tests.helpers.project import ROOT
from tests.helpers.scenes import write_scenes

SMALL_MB = 0.012  # some six samples


@pytest.fixture
def scenes(tmp_path):
    return write_scenes(tmp_path / "scenes", 24)


quiet = partial(pack, progress=False)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_pack_holds_what_the_set_holds(scenes, tmp_path):
    manifest = quiet("rendered", scenes, tmp_path / "packed", SMALL_MB)
    assert (manifest["samples"], manifest["set_aside"]) == (24, 0)
    assert 3 <= len(manifest["chunks"]) <= 6
    packed, unpacked = PackedSet(tmp_path / "packed"), RenderedSet(scenes)
    by_name = {unpacked[i].name: unpacked[i] for i in range(24)}
    samples = [packed[i] for i in range(24)]
    assert {sample.name for sample in samples} == by_name.keys()
    assert [sample.name for sample in samples] != list(by_name)  # neighbours part
    for sample in samples:
        for ours, theirs in zip(sample[:3], by_name[sample.name][:3], strict=True):
            assert torch.equal(ours, theirs)
    item = next(packed_items(tmp_path / "packed").items)
    assert item.encode()[0] == (scenes / f"{item.name}.jpg").read_bytes()  # not compressed again


def test_a_label_store_and_photographs_are_packed_too(photo_folder, tmp_path):
    rng = np.random.default_rng(0)
    records = [
        (f"k{i}", rng.integers(0, 255, (20, 30, 3), dtype=np.uint8), rng.random((20, 30)), {})
        for i in range(5)
    ]
    store = tmp_path / "labels"
    write_shard(store / "labels-00000.tar", records)
    write_labels_manifest(store, 5)
    quiet("labels", store, tmp_path / "packed_labels")
    packed, labels = PackedSet(tmp_path / "packed_labels"), LabelSet(store)
    by_name = {labels[i].name: labels[i] for i in range(5)}
    for i in range(5):
        assert torch.equal(packed[i].disparity, by_name[packed[i].name].disparity)
        assert torch.equal(packed[i].image, by_name[packed[i].name].image)

    quiet("folder", photo_folder, tmp_path / "packed_photos")
    items = {item.name: item for item in packed_items(tmp_path / "packed_photos").items}
    assert items.keys() == {"a.jpg", "b.png", "c.jpg", "d.jpg"}
    assert items["a.jpg"].encode() == ((photo_folder / "a.jpg").read_bytes(), b"")
    pixels, target = items["b.png"].read()
    with Image.open(photo_folder / "b.png") as opened:
        assert np.abs(pixels.astype(int) - np.array(opened)).mean() < 5
    assert target is None
    with pytest.raises(ValueError, match="without depth"):
        PackedSet(tmp_path / "packed_photos")


def test_broken_samples_and_second_names_are_set_aside(scenes, tmp_path):
    (scenes / "000001.png").unlink()
    (scenes / "000002.jpg").write_bytes(b"")
    manifest = read_json(scenes / "manifest.json")
    write_manifest(scenes, **{**manifest, "names": [*manifest["names"], "000005"]})
    packed = quiet("rendered", scenes, tmp_path / "packed", SMALL_MB)
    assert (packed["samples"], packed["set_aside"]) == (22, 3)
    aside = {e["name"]: e["reason"] for e in read_json(tmp_path / "packed" / "set_aside.json")}
    assert "000001.png is missing" in aside["000001"]
    assert "000002.jpg" in aside["000002"]
    assert "same name" in aside["000005"]
    assert sum(packed["reasons"].values()) == 3


def test_all_broken_is_an_error_and_no_pack(scenes, tmp_path):
    for path in scenes.glob("0*.png"):
        path.unlink()
    with pytest.raises(ValueError, match=r"none of the 24 samples.*missing"):
        quiet("rendered", scenes, tmp_path / "packed")
    with pytest.raises(MissingArtefact):
        PackedSet(tmp_path / "packed")


def test_a_pack_without_a_chunk_does_not_block_the_corrected_call(scenes, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(packing, "_write_chunk", interrupted)
        with pytest.raises(KeyboardInterrupt):
            quiet("rendered", scenes, tmp_path / "packed", limit=3)
    assert quiet("rendered", scenes, tmp_path / "packed", limit=6)["samples"] == 6


def test_other_settings_and_other_folders_are_refused(scenes, tmp_path):
    quiet("rendered", scenes, tmp_path / "packed", limit=6)
    with pytest.raises(ValueError, match="begun otherwise"):
        quiet("rendered", scenes, tmp_path / "packed")
    with pytest.raises(ValueError, match="choose another folder"):
        quiet("rendered", scenes, scenes)
    with pytest.raises(ValueError, match="holds no packed but 'rendered'"):
        PackedSet(scenes)


KILLED = """
import os, signal
import dav2.data.pack as packing
whole = packing._write_chunk
def dies(out, stem, samples):
    if stem == "chunk-000002":
        left = out / ".dav2-tmp-{host}-{dead}-0123456789ab"
        left.mkdir()
        (left / "chunk-0-0.bin").write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(out, stem, samples)
packing._write_chunk = dies
packing.pack("rendered", {scenes!r}, {out!r}, {size}, progress=False)
"""


def test_killed_in_the_middle_it_goes_on_and_ends_the_same(scenes, tmp_path):
    whole = tmp_path / "whole"
    quiet("rendered", scenes, whole, SMALL_MB)
    cut = tmp_path / "cut"
    program = KILLED.format(
        scenes=str(scenes), out=str(cut), size=SMALL_MB, host=HOST, dead=4194303
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == -9
    with pytest.raises(MissingArtefact):
        PackedSet(cut)
    first = (cut / "chunk-000001.bin").stat().st_mtime_ns
    quiet("rendered", scenes, cut, SMALL_MB)
    assert (cut / "chunk-000001.bin").stat().st_mtime_ns == first  # not made again
    assert files(cut) == files(whole)


def limit_file_size(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_what_cannot_be_written_is_one_error_and_the_next_call_goes_on(scenes, tmp_path):
    """The system refuses to write more than so many bytes into a file, as a full disk does."""
    out = tmp_path / "packed"
    command = [sys.executable, "-m", "dav2.cli", "data", "pack", "rendered", str(scenes)]
    command += ["--out", str(out), "--chunk_mb", "0.03"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, preexec_fn=partial(limit_file_size, 8192)
    )
    assert done.returncode == 1
    assert "is not finished: [Errno 27] File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(out.glob("*.bin")) + list(out.glob(".dav2-tmp*"))
    with pytest.raises(MissingArtefact):
        PackedSet(out)
    assert quiet("rendered", scenes, out, 0.03)["samples"] == 24


def test_a_disk_that_fills_up_between_chunks(scenes, tmp_path, monkeypatch):
    write = packing._write_chunk

    def full(out, stem, samples):
        if stem == "chunk-000002":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(out, stem, samples)

    monkeypatch.setattr(packing, "_write_chunk", full)
    with pytest.raises(ValueError, match=r"No space left on device.*holds 2 whole chunks"):
        quiet("rendered", scenes, tmp_path / "packed", SMALL_MB)
    monkeypatch.undo()
    assert quiet("rendered", scenes, tmp_path / "packed", SMALL_MB)["samples"] == 24


class TestStream:
    CROP = random_crop((16, 16), (0.5, 1.0))

    def steps(self, packed, workers=0, steps=14, seed=3):
        return PackedSteps(packed, self.CROP, True, 4, steps, seed, workers)

    @pytest.fixture
    def packed(self, scenes, tmp_path):
        quiet("rendered", scenes, tmp_path / "packed", SMALL_MB)
        return tmp_path / "packed"

    @pytest.mark.parametrize("workers", [0, 2])
    def test_every_pass_is_whole_and_any_step_resumes_exactly(self, packed, workers):
        stream, batches = self.steps(packed, workers), []
        states = [stream.state_dict()]
        for batch in stream:
            batches.append(batch)
            states.append(stream.state_dict())
        assert [len(batch.name) for batch in batches] == [4] * 14
        names = [name for batch in batches for name in batch.name]
        assert len(set(names[:24])) == len(set(names[24:48])) == 24
        assert names[:24] != names[24:48]
        for step in (0, 3, 5, 6, 7, 13, 14) if workers == 0 else (3, 6, 9):  # 6: between passes
            again = self.steps(packed, workers)
            again.load_state_dict(states[step])
            rest = list(again)
            assert len(rest) == 14 - step
            for ours, theirs in zip(rest, batches[step:], strict=True):
                assert ours.name == theirs.name
                assert torch.equal(ours.image, theirs.image)
                assert torch.equal(ours.disparity, theirs.disparity)

    def test_the_seed_decides_and_crops_change_from_pass_to_pass(self, packed):
        one, same, other = (list(self.steps(packed, seed=seed)) for seed in (1, 1, 2))
        assert [batch.name for batch in one] == [batch.name for batch in same]
        assert all(torch.equal(a.image, b.image) for a, b in zip(one, same, strict=True))
        assert [batch.name for batch in one] != [batch.name for batch in other]

        def seen(batches, name):
            return [b.image[b.name.index(name)] for b in batches if name in b.name]

        first, second, *_ = seen(one, "000007")
        assert not torch.equal(first, second)
        # The order does not matter to the crops, nor do workers.
        two = list(self.steps(packed, workers=2, seed=1))
        assert torch.equal(seen(two, "000007")[0], first)

    def test_too_few_samples_are_an_error_not_a_loop(self, packed):
        with pytest.raises(ValueError, match="too few samples"):
            PackedSteps(packed, self.CROP, False, 25, 10, 0)


FIT = """
import json, os, signal, sys
import lightning as L
import torch
from dav2.data import RenderedSet
from dav2.data.stream import TrainingData
from dav2.transforms import random_crop
from lightning.pytorch.callbacks import ModelCheckpoint
from pathlib import Path

packed, scenes, run, kill, rank = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), 0

class Module(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))

    def training_step(self, batches, step):
        batch = batches["scenes"]
        line = [self.global_step, list(batch.name), float(batch.image.double().sum())]
        with (run / f"rank{self.global_rank}.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\\n")
        if self.global_step == kill and self.global_rank == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.weight * batch.image.mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)

run.mkdir(exist_ok=True)
crop = random_crop((16, 16), (0.5, 1.0))
data = TrainingData({"scenes": (packed, 2)}, RenderedSet(scenes), crop, True, 10, 5)
last = run / "last.ckpt"
trainer = L.Trainer(
    max_steps=10, max_epochs=-1, accelerator="cpu", devices=2, strategy="ddp_fork", logger=False,
    callbacks=[ModelCheckpoint(run, save_last=True, every_n_train_steps=3)],
    enable_progress_bar=False, enable_model_summary=False, limit_val_batches=0,
)
trainer.fit(Module(), data, ckpt_path=str(last) if last.exists() else None, weights_only=True)
"""


def test_two_processes_share_a_pack_and_a_killed_fit_sees_the_same_batches(scenes, tmp_path):
    packed, program = tmp_path / "packed", tmp_path / "fit.py"
    quiet("rendered", scenes, packed, SMALL_MB)
    program.write_text(FIT)

    def fit(run, kill=-1):
        command = [sys.executable, str(program), str(packed), str(scenes), str(run), str(kill)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)

    def seen(run):
        """rank -> step -> names and pixel sum; the last time that a step was made counts."""
        lines = [(run / f"rank{rank}.jsonl").read_text().splitlines() for rank in (0, 1)]
        return [{row[0]: row[1:] for row in map(json.loads, one)} for one in lines]

    done = fit(tmp_path / "straight")
    assert done.returncode == 0, done.stderr[-3000:]
    straight = seen(tmp_path / "straight")
    assert [sorted(rank) for rank in straight] == [list(range(10))] * 2
    # 24 samples are 6 steps of 2 on each of 2 ranks: disjoint and complete.
    first = [name for rank in straight for step in range(6) for name in rank[step][0]]
    assert sorted(first) == [f"{i:06d}" for i in range(24)]

    assert fit(tmp_path / "cut", kill=7).returncode != 0
    before = [sorted(rank)[-1] for rank in seen(tmp_path / "cut")]
    assert max(before) == 7
    done = fit(tmp_path / "cut")
    assert done.returncode == 0, done.stderr[-3000:]
    assert "not resumable" not in done.stderr
    assert seen(tmp_path / "cut") == straight


@pytest.mark.parametrize("name", ["chunk-000000.json", "index.json", "set_aside.json"])
@pytest.mark.parametrize("is_finished", [True, False])
def test_a_file_beside_the_chunks_that_is_damaged_is_made_anew(scenes, tmp_path, name, is_finished):
    quiet("rendered", scenes, tmp_path / "packed", SMALL_MB)
    whole = files(tmp_path / "packed")
    (tmp_path / "packed" / name).write_text("")
    if not is_finished:
        (tmp_path / "packed" / "manifest.json").unlink()
    quiet("rendered", scenes, tmp_path / "packed", SMALL_MB)
    assert files(tmp_path / "packed") == whole
