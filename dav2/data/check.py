"""`dav2 data check`: what a set holds, what is broken in it, and what it looks like."""

import random
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from dav2.data.frames import LabelledSet
from dav2.data.pack import damaged_chunks
from dav2.data.sources import DEPTH, Item, Source, open_source, reason_kind
from dav2.geometry import disparity_from_depth
from dav2.picture import Picture, colourise, gallery
from dav2.progress import is_hidden

PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
BINS = np.geomspace(1e-4, 1e6, 20_001)  # 0.12 % wide; memory stays the same however large the set
EVERY = 13  # one of so many depths of a picture is counted; a prime, to favour no column
DRAWN_PX = 384  # longer side of a drawn picture
# How many pictures of a set the paper trained on (V2, Table 7).
PAPER_PICTURES = {
    "blendedmvs": 115_000,
    "hypersim": 60_000,
    "irs": 103_000,
    "tartanair": 306_000,
    "vkitti2": 20_000,
    "bdd100k": 8_200_000,
    "landmarks": 4_100_000,
    "imagenet21k": 13_100_000,
    "lsun": 9_800_000,
    "objects365": 1_700_000,
    "openimages": 7_800_000,
    "places365": 6_500_000,
    "sa1b": 11_100_000,
}
TRAINED_ON = (None, "train", "camera_0")  # parts


class Drawn(NamedTuple):
    """A small picture of a sample, and its disparity in colours (black is unknown), uint8."""

    name: str
    image: np.ndarray
    colours: np.ndarray | None


def _small(pixels: np.ndarray) -> np.ndarray:
    image = Image.fromarray(pixels)
    image.thumbnail((DRAWN_PX, DRAWN_PX))
    return np.asarray(image)


def _draw(name: str, pixels: np.ndarray, target: np.ndarray | None, kind: str | None) -> Drawn:
    if target is None:
        return Drawn(name, _small(pixels), None)
    step = max(1, max(target.shape) // DRAWN_PX)
    target = target[::step, ::step]
    known = ~np.isnan(target)
    if kind == DEPTH:
        target = disparity_from_depth(np.where(known, target, np.inf))
    # Without the two nearest per cent: one thin thing before the lens would leave all else blue.
    low, high = np.percentile(target[known], [0, 98])
    colours = colourise(target, float(low), float(high))
    colours[~known] = 0
    return Drawn(name, _small(pixels), colours)


def _chosen(
    items: Iterator[Item], sample: int | None, seed: int, names: Counter[str]
) -> Iterator[Item]:
    """Yield all items, or a random sample of them in their order; counts every item's name."""
    rng, kept = random.Random(seed), {}
    for index, item in enumerate(items):
        names[item.name] += 1
        if sample is None:
            yield item
        elif index < sample:
            kept[index] = (index, item)
        elif (place := rng.randrange(index + 1)) < sample:
            kept[place] = (index, item)
    yield from (item for _, item in sorted(kept.values(), key=lambda pair: pair[0]))


class _Depths:
    """What is summed up of the depths of all pictures."""

    def __init__(self) -> None:
        self.counts = np.zeros(len(BINS) - 1, np.int64)
        self.low, self.high = np.inf, -np.inf
        self.pixels = self.sky = self.unknown = 0

    def add(self, depth: np.ndarray) -> None:
        known = depth[np.isfinite(depth)]
        self.pixels += depth.size
        self.sky += int(np.isinf(depth).sum())
        self.unknown += int(np.isnan(depth).sum())
        if known.size:
            self.low, self.high = min(self.low, known.min()), max(self.high, known.max())
            self.counts += np.histogram(np.clip(known[::EVERY], BINS[0], BINS[-1]), BINS)[0]

    def report(self) -> dict[str, Any]:
        share = self.counts.cumsum() / max(1, self.counts.sum())
        middle = np.sqrt(BINS[:-1] * BINS[1:])
        return {
            "sky_share": self.sky / max(1, self.pixels),
            "unknown_share": self.unknown / max(1, self.pixels),
            "depth": {
                "min": float(self.low),
                **{f"p{p}": float(middle[np.searchsorted(share, p / 100)]) for p in PERCENTILES},
                "max": float(self.high),
            }
            if self.counts.sum()
            else None,
        }


def _open(name: str | LabelledSet, root: Path, damaged: Collection[str]) -> Source:
    if name != "packed":
        return open_source(name, root)
    from dav2.data.packed import packed_items

    return packed_items(root, damaged)


def check(
    name: str | LabelledSet,
    root: Path | str,
    limit: int | None = None,
    sample: int | None = None,
    seed: int = 0,
    drawn: int = 0,
    progress: bool = True,
) -> tuple[dict[str, Any], list[Drawn]]:
    """Read a set as training would, and say what it holds; a broken sample never stops it.

    Returns the report (see `format_report`), which is JSON, and small pictures of `drawn` samples
    that are whole, chosen by the seed. Depths count in metres, or in the units of their scenes.

    Args:
        name: see `sources.open_source`, or "packed": then chunks are compared with their hashes,
            and the samples of damaged ones are not read.
        limit: only the first so many samples.
        sample: read only so many, chosen by the seed; all are counted.

    Raises:
        ValueError: unknown name, or another kind of folder.
        FileNotFoundError: nothing of the kind is there.
    """
    root, said = Path(root), name if isinstance(name, str) else name.name
    damaged = damaged_chunks(root) if name == "packed" else {}
    source = _open(name, root, damaged)
    broken = [{"name": file, "reason": reason} for file, reason in damaged.items()]
    names: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    depths, pictures = _Depths(), {}
    rng, whole = random.Random(seed), 0
    items = _chosen(islice(source.items, limit), sample, seed, names)
    for item in tqdm(items, f"check {said}", unit="sample", disable=is_hidden(progress)):
        try:
            pixels, target = item.read()
        except (ValueError, OSError) as error:
            broken.append({"name": item.name, "reason": str(error)})
            continue
        sizes[f"{pixels.shape[1]}x{pixels.shape[0]}"] += 1
        if source.target == DEPTH:
            depths.add(target)
        place = whole if whole < drawn else rng.randrange(whole + 1)
        if place < drawn:
            pictures[place] = _draw(item.name, pixels, target, source.target)
        whole += 1
    report = {
        "set": said,
        "part": source.part,
        "remarks": list(source.remarks),
        "root": str(root),
        "found": sum(names.values()),
        "paper": PAPER_PICTURES.get(said) if limit is None and source.part in TRAINED_ON else None,
        "read": whole + len(broken) - len(damaged),
        "whole": whole,
        "broken": broken,
        "duplicates": sorted(key for key, count in names.items() if count > 1),
        "sizes": dict(sizes.most_common()),
        "up_to_scale": source.up_to_scale,
        **(depths.report() if source.target == DEPTH else {}),
    }
    return report, list(pictures.values())


def sample_sheet(drawn: Sequence[Drawn]) -> Picture:
    """Put drawn samples into rows of four pictures, each beside its disparity if it has one."""
    pictures = [part for one in drawn for part in (one.image, one.colours) if part is not None]
    each = 4 * len(drawn) // len(pictures)  # samples in a row
    rows = [pictures[i : i + 4] for i in range(0, len(pictures), 4)]
    named = [drawn[i : i + each] for i in range(0, len(drawn), each)]
    return gallery(rows, names=["\n".join(one.name for one in row) for row in named])


def format_report(report: dict[str, Any], shown: int = 3) -> str:
    """Write a report as lines of text; of every kind of defect the first `shown` are named."""
    title = f"{report['set']}{f', part {part}' if (part := report['part']) else ''}"
    lines = [
        f"{title} in {report['root']}: {report['found']} found, {report['read']} read, "
        f"{report['whole']} whole, {len(report['broken'])} broken, "
        f"{len(report['duplicates'])} names used twice"
    ]
    if paper := report["paper"]:
        lines.append(
            f"  the paper trained on {paper:,} of this set (V2, Table 7); here are {report['found']:,}"
        )
    lines += [f"  {remark}" for remark in report["remarks"]]
    kinds: dict[str, list[str]] = {}
    for entry in report["broken"]:
        kinds.setdefault(reason_kind(entry["reason"]), []).append(entry["reason"])
    for reasons in sorted(kinds.values(), key=len, reverse=True):
        lines += [f"  broken: {reason}" for reason in reasons[:shown]]
        if len(reasons) > shown:
            lines.append(f"  broken: ... and {len(reasons) - shown} more like these")
    lines += [f"  used twice: {name}" for name in report["duplicates"][:shown]]
    sizes = list(report["sizes"].items())
    listed = ", ".join(f"{size} ({count})" for size, count in sizes[:5])
    lines.append(f"sizes: {listed}{f', and {len(sizes) - 5} more' if len(sizes) > 5 else ''}")
    if report.get("depth"):
        unit = "units of its scene" if report["up_to_scale"] else "metres"
        numbers = ", ".join(f"{key} {value:.4g}" for key, value in report["depth"].items())
        lines.append(f"depth in {unit}: {numbers}")
        lines.append(
            f"sky: {report['sky_share']:.1%} of pixels, unknown: {report['unknown_share']:.1%}"
        )
    return "\n".join(lines)
