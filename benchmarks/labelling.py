"""What labelling costs beside the network alone, and how it grows.

    python benchmarks/labelling.py                  # share of the bare network's rate
    python benchmarks/labelling.py --many 10000     # 100 to 10,000 photographs: time and memory

The first prints, for each network, photographs a second of the network alone (prepared pictures,
with the mirrored look, already in memory), of a plain loop (decode, look, encode, write, one after
the other) and of `label_photos`. The three take turns, so that what disturbs the machine disturbs
all; medians. Weights are random: the arithmetic is that of trained ones, the labels are smoother
or rougher. The second labels small pictures with the test-sized network, each number in a process of
its own, and prints the time and peak memory of each and per 1,000.
"""

import argparse
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import torch

from dav2.data import find_images, read_image
from dav2.data.labels import encode_record, open_shard
from dav2.data.photos import Photo
from dav2.infer import Predictor
from dav2.label import label_photos
from dav2.model import build_model
from dav2.scale import get_scale

PHOTOGRAPHS = Path(__file__).parents[1] / "datasets/photos/images"
LAB_PX = get_scale("lab").stages["teacher"].label_shorter_px
NETWORKS = {"lite0": LAB_PX, "lite2": LAB_PX, "vits": 252}
SMALL_PX = (48, 64)


@contextmanager
def new_folders() -> Iterator[Iterator[Path]]:
    """Paths that do not exist yet, in a folder that does not outlive them."""
    with tempfile.TemporaryDirectory() as folder:
        yield (Path(folder) / str(number) for number in count())


def plain_loop(predictor: Predictor, paths: list[Path], out: Path) -> None:
    """Labelling with nothing beside anything."""
    out.mkdir()
    with open_shard(out / "labels-00000.tar") as append:
        for path in paths:
            prepared, disparity = predictor.predict_at_network_size(read_image(path))
            pixels = np.rint(prepared[0].permute(1, 2, 0).cpu().numpy() * 255).astype(np.uint8)
            label = disparity[0, 0].cpu().numpy()
            append(encode_record(path.stem, pixels, label, {"file": path.name}))


def compare(
    name: str, shorter_px: int, photographs: int, rounds: int, threads: int, device: str, batch: int
) -> str:
    """A row of the table."""
    torch.manual_seed(0)
    model = build_model(name).to(device)
    predictor = Predictor(model, shorter_px, flip=True, batch_size=batch)
    paths = find_images(PHOTOGRAPHS)[:photographs]
    photos = [Photo(path.name, partial(read_image, path)) for path in paths]
    prepared = sorted(
        (predictor.prepare(read_image(path)) for path in paths), key=lambda p: p.shape
    )
    seconds: dict[str, list[float]] = {"network": [], "plain": [], "label_photos": []}

    def network() -> None:
        group: list[torch.Tensor] = []
        for picture in [*prepared, None]:
            if group and (
                picture is None or len(group) == batch or picture.shape != group[0].shape
            ):
                predictor.run(torch.cat(group)).cpu()
                group = []
            if picture is not None:
                group.append(picture)

    with new_folders() as folders:
        ways = {
            "network": network,
            "plain": lambda: plain_loop(predictor, paths, next(folders)),
            "label_photos": lambda: label_photos(
                predictor, photos, next(folders), progress=False, threads=threads
            ),
        }
        network()  # warm
        for _ in range(rounds):
            for way, run in ways.items():
                started = time.perf_counter()
                run()
                seconds[way].append((time.perf_counter() - started) / len(paths))
    medians = {way: statistics.median(taken) for way, taken in seconds.items()}
    rates = " | ".join(f"{1 / median:.2f}" for median in medians.values())
    shares = [medians["network"] / medians[way] for way in ("plain", "label_photos")]
    return f"| {name}, {shorter_px} px | {rates} | {shares[0]:.1%} | {shares[1]:.1%} |"


def _small(number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (*SMALL_PX, 3), dtype=np.uint8)


def _label_small(number: int, threads: int, out: Path, pipe) -> None:
    torch.manual_seed(0)
    predictor = Predictor(build_model("tiny"), SMALL_PX[0])
    photos = (Photo(f"{index}", partial(_small, index)) for index in range(number))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    started = time.perf_counter()
    manifest = label_photos(predictor, photos, out, progress=False, threads=threads)
    seconds = time.perf_counter() - started
    if manifest["labelled"] != number:
        raise RuntimeError(f"{manifest['labelled']} labelled of {number}")
    pipe.send((seconds, before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3))


def grow(most: int, threads: int) -> None:
    """Print the table of times and memory from 100 photographs to `most`."""
    print("| photographs | s | s per 1,000 | peak memory, MB | above the start, MB |")
    print("| --- | --- | --- | --- | --- |")
    numbers = [
        number for number in (100, 300, 1000, 3000, 10_000, 30_000, 100_000) if number <= most
    ]
    spawn = multiprocessing.get_context("spawn")
    with new_folders() as folders:
        for number in numbers:
            ours, theirs = spawn.Pipe(duplex=False)
            process = spawn.Process(
                target=_label_small, args=(number, threads, next(folders), theirs)
            )
            process.start()
            theirs.close()
            seconds, before, peak = ours.recv()
            process.join()
            print(
                f"| {number} | {seconds:.1f} | {seconds / number * 1000:.2f} | {peak:.0f} "
                f"| {peak - before:.0f} |",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=["lite0", "vits"])
    parser.add_argument("--photographs", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--many", type=int, metavar="N", help="grow to N small photographs instead")
    arguments = parser.parse_args()
    if arguments.many:
        grow(arguments.many, arguments.threads)
        return
    print("| network | alone, photographs/s | plain loop | label_photos | plain share | share |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in arguments.networks:
        row = compare(
            name,
            NETWORKS[name],
            arguments.photographs,
            arguments.rounds,
            arguments.threads,
            arguments.device,
            arguments.batch,
        )
        print(row, flush=True)


if __name__ == "__main__":
    main()
