"""`dav2 render`: a set of views by several processes, which may be killed at any time."""

import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from PIL import Image
from tqdm import tqdm

from dav2 import scenery
from dav2.disk import atomic_path, read_json, read_whole, write_json
from dav2.encoding import encode_depth
from dav2.errors import UserError
from dav2.lookup import is_own, own_hash
from dav2.manifests import damaged_files, is_finished
from dav2.progress import is_hidden
from dav2.render.styles import STYLES
from dav2.render.views import VIEWS_PER_SCENE, known, known_families, view_of_set
from dav2.runs import Work, finished, read_settings, work_in
from dav2.scenery.sweethome import Catalogue, furniture_hash, open_catalogue

JPEG_QUALITY = 95


def _die_with_parent() -> None:
    """Workers of a killed parent must not go on writing beside the next call's workers."""
    process = multiprocessing.parent_process()
    assert process is not None  # this runs in workers alone
    parent = process.pid  # not getppid(): the parent may be gone already

    def watch() -> None:
        pause = threading.Event()
        while not pause.wait(1.0):
            if os.getppid() != parent:
                os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _begin(cores: "multiprocessing.Queue[int | None]") -> None:
    """A worker dies with its parent and stays on the core it is given, if any: wandering costs time."""
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's matter
    if (core := cores.get()) is not None:
        os.sched_setaffinity(0, {core})


def _cores(workers: int) -> Sequence[int | None]:
    """A core for each worker if together they take all of them; else None, and the system chooses,
    which knows what others compute here and which cores share a physical one."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    return sorted(allowed) if len(allowed) == workers else [None] * workers


def _nothing_rendered(out: Path) -> bool:
    """Whether a set that was begun holds no view yet; with nothing begun, not even a file of a view."""
    names = "[0-9]*.json" if read_settings(out) else "[0-9]*.*"
    return not is_finished(out) and next(out.glob(names), None) is None


def _files(stem: Path) -> dict[str, dict[str, Any]] | None:
    """What a view's own facts vouch for, and these facts; None if it is not there, whole."""
    facts = stem.with_suffix(".json")
    said = read_whole(facts, {"family": str, "style": str, "bytes": dict})
    if said is None:
        return None
    sizes = {**said["bytes"], facts.name: facts.stat().st_size}
    files = {name: {"bytes": size} for name, size in sizes.items()}
    return None if damaged_files(stem.parent, {"files": files}) else files


def _write_scene(
    out: Path,
    numbers: Sequence[int],
    seed: int,
    size_px: tuple[int, int],
    families: Sequence[str],
    styles: Sequence[str],
    furniture: Catalogue | None,
) -> int:
    """Render the views of one scene; the JSON of a view is written last and vouches for it."""
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
            "bytes": {
                path.name: path.stat().st_size
                for path in (stem.with_suffix(".jpg"), stem.with_suffix(".png"))
            },
        }
        write_json(stem.with_suffix(".json"), facts)
    return len(numbers)


def render_set(
    out: Path | str,
    count: int,
    size_px: tuple[int, int] = (320, 240),
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
        families: names to choose scenes from, in their usual proportion (default: all);
            `module:function` is one of your own, rng -> Scene.
        styles: names to choose looks from, in their usual proportion (default: all).
        furniture: catalogue of models (.sh3f file or folder); with it `showroom` is a family.

    Raises:
        UserError: `out` was begun otherwise or is being written, there is no such family or style, or
            no furniture in the file.
        FileNotFoundError: there is no such furniture.
    """
    out = Path(out)
    if count < 1 or min(size_px) < 16:
        raise UserError(f"nothing to render: count {count}, size {size_px[0]}x{size_px[1]}")
    families = known_families(families, furniture is not None)
    styles = known(styles, STYLES, "styles")
    asked: dict[str, Any] = {
        "seed": seed,
        "size_px": size_px,
        "families": families,
        "styles": styles,
        "scenery": scenery.VERSION,
    }
    if own := {name: own_hash(name) for name in families if is_own(name)}:
        asked["code"] = own
    if furniture:
        asked["furniture"] = furniture_hash(furniture)
    names = [f"{number:06d}" for number in range(count)]
    done = finished(out, "rendered", asked, is_empty=_nothing_rendered)
    if done is not None and done["names"] == names:
        return out
    with work_in(out, "rendered", asked, is_empty=_nothing_rendered) as views:
        if views.manifest is None or views.manifest["names"] != names:
            views.open()
            catalogue = open_catalogue(furniture, progress) if furniture else None
            _render_missing(
                views, count, workers, progress, seed, size_px, families, styles, catalogue
            )
            files: dict[str, dict[str, Any]] = {}
            for name in names:
                files |= _files(out / name) or {}
            facts = [read_json(out / f"{name}.json") for name in names]
            counts: dict[str, Any] = {
                what: dict(Counter(fact[key] for fact in facts))
                for what, key in (("families", "family"), ("styles", "style"))
            }
            if catalogue:
                counts["furniture"] = {
                    "sha256": asked["furniture"],
                    "licence": catalogue.licence,
                    "models": len(catalogue.pieces),
                    "set_aside": catalogue.set_aside,
                    "plain": catalogue.plain,
                }
            views.finish(files, seed=seed, size_px=list(size_px), **counts, names=names)
    return out


def _render_missing(
    views: Work, count: int, workers: int, progress: bool, seed: int, *rest: Any
) -> None:
    """Render what is not there yet; `rest` goes to `_write_scene`."""
    stems = [views.folder / f"{number:06d}" for number in range(count)]
    missing = [number for number, stem in enumerate(stems) if _files(stem) is None]
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
            disable=is_hidden(progress),
        ) as bar,
        ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(cores,)) as pool,
    ):
        jobs = [
            pool.submit(_write_scene, views.folder, numbers, seed, *rest)
            for numbers in scenes.values()
        ]
        try:
            for job in as_completed(jobs):
                bar.update(job.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
