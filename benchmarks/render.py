"""What rendering costs: processor time, memory, files, and what a second worker brings.

    python benchmarks/render.py --out /tmp/render_benchmark                # all tables
    python benchmarks/render.py --out /tmp/render_benchmark --views 3      # a glance

Each family is rendered in a process of its own, so that the peak of its memory is its own. The first
scene of a process compiles the renderer's kernels and is not counted.
"""

import argparse
import io
import multiprocessing
import os
import resource
import shutil
import time
from pathlib import Path

import numpy as np
from PIL import Image

from dav2.encoding import decode_depth, encode_depth
from dav2.render import FAMILIES, STYLES, render_set, render_view
from dav2.render.views import VIEWS_PER_SCENE
from dav2.render.writer import JPEG_QUALITY

SIZE_PX = (256, 192)


def measure_family(family: str, views: int) -> dict[str, float]:
    """Seconds of processor per view, peak memory, bytes per view of a family's set."""
    for number in range(VIEWS_PER_SCENE):
        render_view(1, number, SIZE_PX, family, "none")
    started = time.process_time()
    seen = [render_view(0, number, SIZE_PX, family) for number in range(views)]
    seconds = (time.process_time() - started) / views
    jpeg, png, errors = [], [], []
    for view in seen:
        buffer = io.BytesIO()
        Image.fromarray(view.image).save(buffer, "JPEG", quality=JPEG_QUALITY)
        jpeg.append(len(buffer.getvalue()))
        coded = encode_depth(view.depth)
        png.append(len(coded))
        known = np.isfinite(view.depth)
        errors.append(float(np.abs(decode_depth(coded)[known] / view.depth[known] - 1).max()))
    return {
        "seconds": seconds,
        "memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "jpeg_kb": float(np.mean(jpeg)) / 1000,
        "png_kb": float(np.mean(png)) / 1000,
        "error": max(errors),
    }


def families(views: int) -> None:
    """Print the table of families and its mean, weighted as sets are."""
    context = multiprocessing.get_context("spawn")
    print("| family | cpu s a view | peak memory, GB | jpg + png, kB | depth error |")
    print("| --- | --- | --- | --- | --- |")
    found = {}
    for family in FAMILIES:
        with context.Pool(1) as pool:
            found[family] = pool.apply(measure_family, (family, views))
        print(row(family, found[family]), flush=True)
    weights = np.array([FAMILIES[family][1] for family in found])
    weights = weights / weights.sum()
    mean = {
        key: float(sum(w * values[key] for w, values in zip(weights, found.values(), strict=True)))
        for key in next(iter(found.values()))
    }
    mean["memory_gb"] = max(values["memory_gb"] for values in found.values())
    mean["error"] = max(values["error"] for values in found.values())
    print(row("as in a set (memory, error: worst)", mean))


def row(name: str, values: dict[str, float]) -> str:
    """A line of the table."""
    return (
        f"| {name} | {values['seconds']:.2f} | {values['memory_gb']:.2f} "
        f"| {values['jpeg_kb']:.1f} + {values['png_kb']:.1f} = "
        f"{values['jpeg_kb'] + values['png_kb']:.1f} | {values['error']:.1e} |"
    )


def workers(out: Path, views: int) -> None:
    """Print the wall time of the same set: one worker on one core, one on all cores, two.

    Some of a worker's work is done by several threads, so one worker alone already uses a part of
    a second core: only the first line is what two workers on two cores should halve.
    """
    seconds = {}
    everywhere = os.sched_getaffinity(0)
    for name, count, cores in (
        ("one worker on one core", 1, {min(everywhere)}),
        ("one worker", 1, everywhere),
        ("two workers", 2, everywhere),
    ):
        shutil.rmtree(out, ignore_errors=True)
        os.sched_setaffinity(0, cores)
        started = time.monotonic()
        render_set(out, views, SIZE_PX, 0, count, progress=False)
        seconds[name] = time.monotonic() - started
        print(
            f"{name}: {seconds[name]:.1f} s, {views / seconds[name] * 3600:.0f} views an hour, "
            f"{next(iter(seconds.values())) / seconds[name]:.2f} times the first",
            flush=True,
        )
    sizes = {
        suffix: sum(path.stat().st_size for path in out.glob(f"0*{suffix}")) / views / 1000
        for suffix in (".jpg", ".png", ".json")
    }
    print("kB a view:", ", ".join(f"{suffix} {size:.1f}" for suffix, size in sizes.items()))


def styles(views: int) -> None:
    """Print the processor time of each style on one family, building and loading included."""
    print("| style | cpu s a view |\n| --- | --- |")
    for style in STYLES:
        started = time.process_time()
        for number in range(views):
            render_view(2, number, SIZE_PX, "nature", style)
        print(f"| {style} | {(time.process_time() - started) / views:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="scratch folder")
    parser.add_argument("--views", type=int, default=12, help="of each family")
    parser.add_argument("--set", type=int, default=60, help="views of the set for workers; 0: none")
    arguments = parser.parse_args()
    families(arguments.views)
    styles(3)
    if arguments.set:
        workers(arguments.out / "set", arguments.set)


if __name__ == "__main__":
    main()
