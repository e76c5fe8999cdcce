"""`dav2 render`: a set of views by several processes, which may be killed at any time."""

import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from PIL import Image
from tqdm import tqdm

from dav2.encoding import encode_depth
from dav2.render.furniture import Catalogue, furniture_hash, open_catalogue
from dav2.render.styles import STYLES
from dav2.render.views import VIEWS_PER_SCENE, known, known_families, view_of_set
from dav2.runs import (
    atomic_path,
    is_finished,
    read_json,
    sweep_temporaries,
    write_json,
    write_manifest,
)

JPEG_QUALITY = 95


def _die_with_parent() -> None:
    """Workers of a killed parent must not go on writing beside the next call's workers."""
    parent = multiprocessing.parent_process().pid  # not getppid(): the parent may be gone already

    def watch() -> None:
        pause = threading.Event()
        while not pause.wait(1.0):
            if os.getppid() != parent:
                os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _begin(cores: "multiprocessing.Queue[int | None]") -> None:
    """A worker dies with its parent and stays on the core it is given, if any: wandering costs time."""
    _die_with_parent()
    if (core := cores.get()) is not None:
        os.sched_setaffinity(0, {core})


def _cores(workers: int) -> list[int | None]:
    """A core for each worker if together they take all of them; else None, and the system chooses,
    which knows what others compute here and which cores share a physical one."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    return sorted(allowed) if len(allowed) == workers else [None] * workers


def _write_scene(
    out: Path,
    numbers: Sequence[int],
    seed: int,
    size_px: tuple[int, int],
    families: Sequence[str],
    styles: Sequence[str],
    furniture: Catalogue | None,
) -> int:
    """Render the views of one scene; the JSON of a view is written last and marks it as done."""
    for number in numbers:
        stem = out / f"{number:06d}"
        view = view_of_set(seed, number, size_px, families, styles, furniture)
        with atomic_path(stem.with_suffix(".jpg")) as path:
            Image.fromarray(view.image).save(path, quality=JPEG_QUALITY)
        with atomic_path(stem.with_suffix(".png")) as path:
            path.write_bytes(encode_depth(view.depth))
        facts = {
            "family": view.family,
            "style": view.style,
            "seed": seed,
            "view": number,
            "size_px": list(size_px),
            "intrinsics": view.intrinsics,
        }
        write_json(stem.with_suffix(".json"), facts)
    return len(numbers)


def render_set(
    out: Path | str,
    count: int,
    size_px: tuple[int, int] = (256, 192),
    seed: int = 0,
    workers: int = 2,
    progress: bool = True,
    families: Sequence[str] | None = None,
    styles: Sequence[str] | None = None,
    furniture: Path | str | None = None,
) -> Path:
    """Render `count` views with exact planar depth into `out`; see `datasets/scenes/README.md`.

    View number i depends on the seed, the families, the styles, the furniture and i alone, not on
    the number of workers. A repeated call renders only what is missing; the manifest is written last.

    Args:
        size_px: (width, height).
        workers: processes, each with one thread.
        families: names to choose scenes from, in their usual proportion (default: all).
        styles: names to choose looks from, in their usual proportion (default: all).
        furniture: catalogue of models (.sh3f file or folder); with it `showroom` is a family.

    Raises:
        ValueError: `out` was begun otherwise, there is no such family or style, or no furniture in
            the file.
        FileNotFoundError: there is no such furniture.
    """
    out = Path(out)
    if count < 1 or min(size_px) < 16:
        raise ValueError(f"nothing to render: count {count}, size {size_px[0]}x{size_px[1]}")
    families = known_families(families, furniture is not None)
    styles = known(styles, STYLES, "styles")
    plan = {"seed": seed, "size_px": list(size_px), "families": families, "styles": styles}
    if furniture:
        plan["furniture"] = {"sha256": furniture_hash(furniture)}
    if (out / "plan.json").exists() and read_json(out / "plan.json") != plan:
        raise ValueError(
            f"{out} was begun with another seed, size, family or style, or other furniture; "
            "delete it or choose another folder"
        )
    names = [f"{number:06d}" for number in range(count)]
    if is_finished(out) and read_json(out / "manifest.json")["names"] == names:
        return out
    catalogue = open_catalogue(furniture, progress) if furniture else None
    write_json(out / "plan.json", plan)
    sweep_temporaries(out)

    missing = [number for number in range(count) if not (out / f"{number:06d}.json").exists()]
    scenes: dict[int, list[int]] = {}
    for number in missing:
        scenes.setdefault(number // VIEWS_PER_SCENE, []).append(number)
    context = multiprocessing.get_context("spawn")
    workers = max(1, workers)
    cores = context.Queue()
    for core in _cores(workers):
        cores.put(core)
    with (
        tqdm(
            total=count,
            initial=count - len(missing),
            unit="view",
            desc="render",
            disable=not progress,
        ) as bar,
        ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(cores,)) as pool,
    ):
        jobs = [
            pool.submit(_write_scene, out, numbers, seed, size_px, families, styles, catalogue)
            for numbers in scenes.values()
        ]
        try:
            for job in as_completed(jobs):
                bar.update(job.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise

    facts = [read_json(out / f"{name}.json") for name in names]
    counts = {
        what: dict(Counter(fact[key] for fact in facts))
        for what, key in (("families", "family"), ("styles", "style"))
    }
    if catalogue:
        plan["furniture"] |= {
            "licence": catalogue.licence,
            "models": len(catalogue.pieces),
            "set_aside": catalogue.set_aside,
            "plain": catalogue.plain,
        }
    write_manifest(out, kind="rendered", **(plan | counts), names=names)
    return out
