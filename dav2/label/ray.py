"""Labelling on a cluster: Ray Data hands shards to workers, each with a teacher of its own.

The folder of the store and the photographs must lie where all machines see them, under the same
paths. What a shard holds is decided before: workers write the shards that one machine would write.
The shards on disk are the only record of what is done (Ray's `CheckpointConfig` would keep a second
one, with all ids in memory): a repeated call hands out those that are missing.
"""

import logging
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy, deepcopy
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from dav2.errors import UserError
from dav2.infer import Predictor
from dav2.label.shards import Shard, label_shards
from dav2.optional import optional
from dav2.runs import STATE

if TYPE_CHECKING:
    from dav2.label.local import Driver

TO_DO = "to_do"  # folder with the list of shards and the teacher, while a call runs
SHARDS = "shards"
MOST_BLOCKS = 10_000  # pieces of work that Ray keeps track of at once
ATTEMPTS = 4  # so many deaths of its worker, and a shard stops the run
# Of Ray Data, during a call: our own bar, and a worker's own error instead of a story around it.
SETTINGS = {
    "enable_progress_bars": False,
    "print_on_execution_start": False,
    "raise_original_map_exception": True,
}
EXTRA = ("labelling on a cluster needs Ray", "ray")


class _Worker:
    """A teacher in a process of its own, that labels whole shards."""

    def __init__(self, folder: Path, threads: int, cpus: int, gpus: float):
        from ray import cloudpickle

        torch.set_num_threads(cpus)
        self.folder, self.threads = folder, threads
        self.teacher = cloudpickle.loads((folder / "teacher").read_bytes())
        self.teacher.model.to("cuda" if gpus else "cpu")

    def _label(self, shard: Shard) -> None:
        # One that died after writing it, or an orphan of a killed call, may have been here.
        if shard.facts_path.exists():
            return
        with (self.folder / f"{shard.path.stem}.attempts").open("a") as attempts:
            if attempts.tell() >= ATTEMPTS:
                names = ", ".join(photo.key for photo, _ in shard.photos[:3])
                raise UserError(
                    f"{ATTEMPTS} workers died of {shard.path.name} ({names} ...): too little memory, "
                    "or a photograph that kills its decoder"
                )
            attempts.write("x")
        list(label_shards(self.teacher, [shard], self.threads))

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        from ray import cloudpickle

        counts = []
        with (self.folder / SHARDS).open("rb") as file:
            for place in batch["place"]:
                file.seek(int(place))
                shard = cloudpickle.load(file)
                self._label(shard)
                counts.append(len(shard.photos))
        return {"photos": np.array(counts)}


def _write_list(folder: Path, shards: Iterable[Shard]) -> list[int]:
    """Write the shards into a file, one after another; return the place where each begins.

    Not as Parquet for `read_parquet`: Ray 2.60 makes few blocks of a small file, so that few workers
    get work.
    """
    cloudpickle, places = optional("ray.cloudpickle", *EXTRA), []
    with (folder / SHARDS).open("wb") as file:
        for shard in shards:
            places.append(file.tell())
            cloudpickle.dump(shard, file)
    return places


def _write_teacher(folder: Path, teacher: Predictor) -> None:
    cloudpickle = optional("ray.cloudpickle", *EXTRA)
    sent = copy(teacher)
    try:
        sent.model = deepcopy(teacher.model).cpu()
        (folder / "teacher").write_bytes(cloudpickle.dumps(sent))
    except (TypeError, AttributeError, RuntimeError) as error:
        raise UserError(
            f"this teacher cannot be sent to workers ({error}); of an export, take the network "
            "that it was made from"
        ) from error


@contextmanager
def _cluster(workers: int, cpus: int, gpus: float) -> Iterator[None]:
    """Join the cluster of RAY_ADDRESS, or start one on this machine that ends with the call.

    Raises:
        UserError: it is too small: the job would wait for ever.
    """
    import ray

    needed = workers * cpus + 1  # one for Ray Data's own tasks
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    before = ray.is_initialized()
    if not before and "RAY_ADDRESS" in os.environ:
        ray.init(**quiet)
    elif not before:
        # Ray's workers are nice by default, and hardly start where something else computes.
        os.environ.setdefault("RAY_worker_niceness", "0")
        # CPUs are only counted: workers may be more than cores.
        ray.init("local", num_cpus=needed, include_dashboard=False, **quiet)
    context = ray.data.DataContext.get_current()
    settings = {name: getattr(context, name) for name in SETTINGS}
    vars(context).update(SETTINGS)
    try:
        found = ray.cluster_resources()
        for kind, want in (("CPU", needed), ("GPU", workers * gpus)):
            if want > found.get(kind, 0):
                raise UserError(
                    f"{workers} workers need {want:g} {kind}s (one CPU more than theirs) and the "
                    f"cluster has {found.get(kind, 0):g}; ask for fewer"
                )
        yield
    finally:
        vars(context).update(settings)
        if not before:
            ray.shutdown()


def with_ray(workers: int = 2, cpus: int = 1, gpus: float = 0) -> "Driver":
    """Make a driver for `label_photos` that labels with Ray Data.

    Uses the cluster that RAY_ADDRESS names, or else this machine. First the list of all shards is
    written, then workers label. A worker that is killed is replaced, and its shard made anew.

    Args:
        workers: processes, each with a teacher.
        cpus: of each worker, for the network.
        gpus: of each worker, may be a fraction; with one the network computes there.

    Raises:
        ModuleNotFoundError: Ray is not installed.
        UserError: the numbers are not positive.
    """
    optional("ray.data", *EXTRA)
    if workers < 1 or cpus < 1 or gpus < 0:
        raise UserError("workers and cpus must be at least 1, and gpus not negative")

    def label(teacher: Predictor, shards: Iterable[Shard], threads: int) -> Iterator[int]:
        shards = iter(shards)
        first = next(shards, None)
        if first is None:
            return
        folder = first.path.parent.resolve() / STATE / TO_DO
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            _write_teacher(folder, teacher)
            places = _write_list(folder, chain([first], shards))
            with _cluster(min(workers, len(places)), cpus, gpus):
                yield from _run(folder, places, threads)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _run(folder: Path, places: list[int], threads: int) -> Iterator[int]:
        import ray

        listed = ray.data.from_items(
            [{"place": place} for place in places],
            override_num_blocks=min(len(places), MOST_BLOCKS),
        )
        done = listed.map_batches(
            _Worker,
            fn_constructor_args=(folder, threads, cpus, gpus),
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=min(workers, len(places))),
            num_cpus=cpus,
            num_gpus=gpus,
        )
        try:
            for row in done.iter_rows():
                yield int(row["photos"])
        except ray.exceptions.RayTaskError as error:
            raise error.cause if isinstance(error.cause, Exception) else error from error

    return label
