"""What loading costs: a plain folder of files against packed chunks.

    python benchmarks/loading.py                    # photographs at lab size beside a made-up depth
    python benchmarks/loading.py --scenes SCENES    # a rendered set
    python benchmarks/loading.py --step             # and the share of a training step spent waiting
    python benchmarks/loading.py --many 10000       # how long packing tiny samples takes, its memory

All variants take turns, so that what disturbs the machine disturbs all; the files are in the cache.
Columns: median samples per second, only read (decoded, not cropped) and ready to train on (cropped
to 160x224, flipped, colours disturbed), batches of 16.
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader

from dav2.data import RenderedSet, find_images, read_image
from dav2.data.pack import pack
from dav2.data.stream import Augmented, PackedSteps, StepSampler
from dav2.encoding import encode_depth
from dav2.manifests import write_manifest
from dav2.sample import Sample
from dav2.scale import get_scale
from dav2.transforms import random_crop

PHOTOGRAPHS = Path(__file__).parents[1] / "datasets/photos/images"
SCALE = get_scale("lab")
LAB = SCALE.stages["teacher"]
BATCH, CROP_PX, ZOOM = LAB.batch, LAB.crop_px, LAB.crop_area
WORKERS = (0, 1, 2)


def write_scenes(
    folder: Path, count: int, size_px: tuple[int, int] = SCALE.data.view_size_px
) -> Path:
    """A rendered set of real photographs, each beside a depth that was made up."""
    folder.mkdir()
    photographs = [
        Image.fromarray(read_image(path)).resize(size_px) for path in find_images(PHOTOGRAPHS)[:200]
    ]
    rng, names = np.random.default_rng(0), [f"{number:06d}" for number in range(count)]
    for number, name in enumerate(names):
        photographs[number % len(photographs)].save(folder / f"{name}.jpg", quality=95)
        coarse = Image.fromarray(rng.uniform(1, 40, (6, 8)).astype(np.float32))
        (folder / f"{name}.png").write_bytes(
            encode_depth(np.asarray(coarse.resize(size_px, Image.Resampling.BILINEAR)))
        )
    write_manifest(folder, "rendered", names=names)
    return folder


def batches(kind: str, scenes: Path, packed: Path, ready: bool, workers: int) -> Iterator[Sample]:
    """An endless stream of batches."""
    steps, crop = 10**6, random_crop(CROP_PX, ZOOM)
    if kind == "packed":
        return iter(PackedSteps(packed, crop if ready else None, ready, BATCH, steps, 0, workers))
    samples = RenderedSet(scenes)
    if not ready:
        sampler = ([i for i, _ in batch] for batch in StepSampler(len(samples), BATCH, 10**4, 0))
        return iter(DataLoader(samples, batch_sampler=list(sampler), num_workers=workers))
    sampler = StepSampler(len(samples), BATCH, steps, 0)
    return iter(
        DataLoader(Augmented(samples, crop, True), batch_sampler=sampler, num_workers=workers)
    )


def rates(scenes: Path, packed: Path, rounds: int, steps: int) -> str:
    """The table of samples per second."""
    seconds: dict[tuple[str, bool, int], list[float]] = {
        key: [] for key in product(("folder", "packed"), (False, True), WORKERS)
    }
    for _ in range(rounds):
        for (kind, ready, workers), taken in seconds.items():
            stream = batches(kind, scenes, packed, ready, workers)
            for _ in range(1 + 2 * workers):  # started, and what was fetched ahead used up
                next(stream)
            started = time.perf_counter()
            for _ in range(steps):
                next(stream)
            taken.append((time.perf_counter() - started) / steps)
            del stream
    lines = ["| workers | folder, read | packed, read | folder, ready | packed, ready |"]
    lines.append("|" + " --- |" * 5)
    for workers in WORKERS:
        cells = [
            f"{BATCH / statistics.median(seconds[kind, ready, workers]):.0f}"
            for ready in (False, True)
            for kind in ("folder", "packed")
        ]
        lines.append(f"| {workers} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def training_step() -> Callable[[Sample], None]:
    """One step of the lab's teacher, as Lightning would make it."""
    from dav2.model import build_model
    from dav2.train import DepthModule

    network = build_model(LAB.preset).to(memory_format=torch.channels_last).train()
    module = DepthModule(network, LAB)
    module.log = lambda *_, **__: None
    optimiser = module.configure_optimizers()["optimizer"]

    def step(batch: Sample) -> None:
        optimiser.zero_grad()
        module.training_step({"scenes": batch}, 0).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), LAB.clip_norm)
        optimiser.step()

    return step


def waiting(scenes: Path, packed: Path, steps: int) -> str:
    """The table of a training step's seconds, and the share of them spent waiting for a batch."""
    train = training_step()
    lines = ["| source | workers | step, s | waiting, s | share |", "|" + " --- |" * 5]
    for kind, workers in product(("folder", "packed"), WORKERS):
        stream = batches(kind, scenes, packed, True, workers)
        for _ in range(2 + 2 * workers):  # what was fetched ahead is used up
            train(next(stream))
        waited, whole = [], []
        for _ in range(steps):
            started = time.perf_counter()
            batch = next(stream)
            waited.append(time.perf_counter() - started)
            train(batch)
            whole.append(time.perf_counter() - started)
        wait, step = statistics.median(waited), statistics.median(whole)
        share = sum(waited) / sum(whole)
        lines.append(f"| {kind} | {workers} | {step:.3f} | {wait:.4f} | {share:.1%} |")
    return "\n".join(lines)


def many(folder: Path, count: int) -> str:
    """Seconds and memory of packing `count` tiny samples and of opening the pack."""
    from dav2.data.packed import PackedSet

    scenes = write_scenes(folder / "tiny", count, (32, 24))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    manifest = pack("rendered", scenes, folder / "tiny_packed", 1.0, progress=False)
    packed_s = time.perf_counter() - started
    started = time.perf_counter()
    PackedSet(folder / "tiny_packed")[count // 2]
    opened_s = time.perf_counter() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3
    return (
        f"{manifest['samples']} samples of {manifest['bytes'] / count:.0f} bytes in "
        f"{len(manifest['chunks'])} chunks: packed in {packed_s:.1f} s, opened and one read in "
        f"{opened_s:.2f} s, memory grew by {grown:.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenes", type=Path, help="a finished rendered set")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--step", action="store_true", help="measure training steps too")
    parser.add_argument("--many", type=int, metavar="COUNT", help="pack so many tiny samples only")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.many:
            print(many(folder, arguments.many))
            return
        scenes = arguments.scenes or write_scenes(folder / "scenes", 400)
        pack("rendered", scenes, folder / "packed", 4.0, progress=False)
        print(rates(scenes, folder / "packed", arguments.rounds, arguments.steps), flush=True)
        if arguments.step:
            print(waiting(scenes, folder / "packed", arguments.steps))


if __name__ == "__main__":
    main()
