"""The labelling function: a teacher looks at photographs, and shards of labels are written.

All drivers call it, so all write the same bytes. Photographs are decoded and labels encoded in
threads, and written in one more, while the network computes: on a GPU in the caller's thread, on a
CPU in a lane for each core, where several photographs at once are faster than several cores for one.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch

from dav2.data.labels import encode_record, open_shard
from dav2.data.photos import Photo, UnreadableImage
from dav2.disk import write_json
from dav2.errors import UserError
from dav2.infer import Predictor
from dav2.manifests import vouch

THREADS = 4
WINDOW = 4  # batches of photographs among which those of one size are looked for
WRITES_AHEAD = 16

T = TypeVar("T")
R = TypeVar("R")


class Shard(NamedTuple):
    """What a shard shall hold.

    Attributes:
        path: of the tar. The facts beside it are written after it: where they are, it is finished.
        photos: photographs, each with whether its key in the store is new.
        facts: goes into the list beside the tar.
    """

    path: Path
    photos: list[tuple[Photo, bool]]
    facts: dict[str, str]

    @property
    def facts_path(self) -> Path:
        """Name the list beside the tar: what it holds and what was set aside."""
        return self.path.with_suffix(".json")


class Entry(NamedTuple):
    """A photograph on its way into its shard, or None where the shard ends.

    The content is what was made of it so far; a string says why it is set aside.
    """

    shard: Shard
    photo: Photo | None
    content: Any


def store_key(photo: Photo) -> str:
    """Name a photograph in the store."""
    return photo.key.replace("/", "__").replace(".", "_")


def _entries(shards: Iterable[Shard]) -> Iterator[Entry]:
    for shard in shards:
        for photo, new in shard.photos:
            before = f"{photo.key}: a photograph before it has the key {store_key(photo)}"
            yield Entry(shard, photo, None if new else before)
        yield Entry(shard, None, "the end")


def _ahead(
    pool: Executor, function: Callable[[T], R], items: Iterable[T], most: int
) -> Iterator[R]:
    """Apply `function` to each item, in order, up to `most` of them ahead in the pool."""
    waiting: deque[Future[R]] = deque()
    for item in items:
        waiting.append(pool.submit(function, item))
        if len(waiting) > most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _prepare(predictor: Predictor, entry: Entry) -> Entry:
    """Decode the photograph at network size, for the network and as uint8 [h, w, 3]."""
    if isinstance(entry.content, str):
        return entry
    assert entry.photo is not None  # the end's content is a string
    try:
        prepared = predictor.prepare(entry.photo.load())
    except UnreadableImage as error:
        return entry._replace(content=str(error))
    pixels = (prepared[0] * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    return entry._replace(content=(prepared, pixels))


def _look(predictor: Predictor, entries: list[Entry]) -> list[Entry]:
    """Predict the maps of a few photographs, those of one size together."""
    by_size: dict[torch.Size, list[int]] = {}
    for index, entry in enumerate(entries):
        if not isinstance(entry.content, str):
            by_size.setdefault(entry.content[0].shape, []).append(index)
    entries = list(entries)
    for same in by_size.values():
        for first in range(0, len(same), predictor.batch_size):
            batch = same[first : first + predictor.batch_size]
            prepared = torch.cat([entries[index].content[0] for index in batch])
            for index, disparity in zip(batch, predictor.run(prepared), strict=True):
                pixels = entries[index].content[1]
                entries[index] = entries[index]._replace(content=(pixels, disparity[0]))
    return entries


def _windows(predictor: Predictor, entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Group entries into batches that never cross a shard's end: a resumed run forms the same ones."""
    longest = 1 if predictor.batch_size == 1 else WINDOW * predictor.batch_size
    window: list[Entry] = []
    for entry in entries:
        window.append(entry)
        if len(window) == longest or entry.photo is None:
            yield window
            window = []


def _lanes(predictor: Predictor) -> int:
    """Count the photographs that are looked at at once; an exported network has no parameters, and
    threads of its own."""
    exported = next(predictor.model.parameters(), None) is None
    alone = exported or predictor.device.type != "cpu"
    return 1 if alone else torch.get_num_threads()


@contextmanager
def _looking(predictor: Predictor, entries: Iterable[Entry]) -> Iterator[Iterator[Entry]]:
    """Yield all entries with their maps, in order."""
    look, lanes = partial(_look, predictor), _lanes(predictor)
    windows = _windows(predictor, entries)
    if lanes == 1:
        yield chain.from_iterable(map(look, windows))
        return
    with _threads(lanes) as pool:
        yield chain.from_iterable(_ahead(pool, look, windows, lanes))


def _encode(entry: Entry) -> Entry:
    """Encode a photograph and its label into bytes of files."""
    if isinstance(entry.content, str):
        return entry
    assert entry.photo is not None  # the end's content is a string
    pixels, disparity = entry.content
    label = disparity.cpu().numpy()
    low, high = float(label.min()), float(label.max())
    if not (np.isfinite(low) and np.isfinite(high) and high > low):
        reason = f"{entry.photo.key}: the teacher's disparity is constant or not finite"
        return entry._replace(content=reason)
    facts = {"file": entry.photo.key, "range": [low, high]}
    record = encode_record(store_key(entry.photo), pixels, label, facts)
    return entry._replace(content=record)


def _writing() -> Generator[Shard | None, Entry, None]:
    """Take entries and write them; give a shard back when it is finished, else None."""
    entry = yield None
    while True:
        shard, skipped = entry.shard, []
        sizes = {"labelled": 0, "jpg_bytes": 0, "png_bytes": 0}
        with open_shard(shard.path) as append:
            while entry.photo is not None:
                if isinstance(entry.content, str):
                    skipped.append({"file": entry.photo.key, "reason": entry.content})
                else:
                    append(entry.content)
                    sizes["labelled"] += 1
                    for suffix in ("jpg", "png"):
                        sizes[f"{suffix}_bytes"] += len(entry.content.files[suffix])
                entry = yield None
        facts = {**shard.facts, **sizes, **vouch(shard.path), "skipped": skipped}
        write_json(shard.facts_path, facts)
        entry = yield shard


@contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Open threads in which PyTorch uses no threads of its own, which would fight over the cores."""
    ours = torch.get_num_threads()
    pool = ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(ours)  # of threads to come


def label_shards(
    predictor: Predictor, shards: Iterable[Shard], threads: int = THREADS
) -> Iterator[int]:
    """Label and write shards one after another; yield each one's number of photographs.

    The bytes are those of a plain loop over the photographs; on a CPU, of one that uses one core.
    Batches (`predictor.batch_size`) are made within a shard from its photographs alone, so a killed
    and repeated call writes what a whole one does; another batch size or device may change the last
    bits of a map, and so single levels of its label.

    Args:
        threads: decode photographs and encode labels. Memory grows with them and with the batch,
            not with the number of photographs.

    Raises:
        UserError: threads is not positive.
        OSError: a shard cannot be written.
    """
    if threads < 1:
        raise UserError(f"threads must be at least 1, not {threads}")
    most = 2 * threads
    # From the end: what is finished is closed first, and a shard that is not is never renamed.
    with closing(_writing()) as writing, _threads(1) as writer, _threads(threads) as pool:
        next(writing)
        entries = _ahead(pool, partial(_prepare, predictor), _entries(shards), most)
        with _looking(predictor, entries) as seen:
            encoded = _ahead(pool, _encode, seen, most)
            for shard in _ahead(writer, writing.send, encoded, WRITES_AHEAD):
                if shard is not None:
                    yield len(shard.photos)
