"""What is asked: pictures and their pairs, prepared once and the same for every annotator.

The folder is whole in itself, so that it can be sent to a second annotator:

    .dav2/          how it was begun, and what was made so far
    pictures/       copies of the photographs
    proposals/      one file per photograph: its pairs, or why it was set aside
    tasks.json      the list of tasks
    manifest.json   written last, vouches for all of the above
    answers-NAME.json   one per annotator, see `session`
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from dav2.annotate.proposals import RATIO, Pair, ordered, propose_pairs
from dav2.annotate.records import check_tasks
from dav2.data.photos import UnreadableImage, find_images, read_image
from dav2.disk import read_json, stamp, write_json
from dav2.errors import UserError
from dav2.manifests import MissingArtefact
from dav2.progress import is_hidden
from dav2.runs import Work, work_in
from dav2.types import Predict

COMMAND = "dav2 annotate prepare --images PHOTOGRAPHS --out FOLDER"


class Task(NamedTuple):
    """One question."""

    key: str  # the same for everybody who is asked it
    image: str  # below `pictures/`
    pair: Pair | None  # None: the annotator looks for a hard pair (DA-2K's second pipeline)


class TaskList(NamedTuple):
    """All questions of a folder."""

    tasks: list[Task]
    sizes: dict[str, tuple[int, int]]  # image -> (height, width), upright


def pair_task(image: str, pair: Any) -> Task:
    """The question which point of a pair is nearer."""
    pair = ordered(pair)
    return Task(f"{image} {' '.join(f'{row},{column}' for row, column in pair)}", image, pair)


def own_task(image: str, number: int) -> Task:
    """The question for a pair of the annotator's own."""
    return Task(f"{image} own {number}", image, None)


def exported_names(images: list[str]) -> dict[str, str]:
    """The file name of every picture in DA-2K's layout, where scene types are the only folders.

    Raises:
        UserError: two pictures would get one name, or names that differ in their suffix only and
            would share a prediction.
    """
    names: dict[str, str] = {}
    taken: dict[str, str] = {}
    for image in images:
        names[image] = image.replace("/", "_")
        stem = Path(names[image]).stem
        if stem in taken:
            raise UserError(
                f"{taken[stem]} and {image} would both be {stem} in the benchmark; rename one"
            )
        taken[stem] = image
    return names


def _prepare_picture(
    source: Path,
    image: str,
    made: Work,
    predicts: Mapping[str, Predict],
    count: int,
    seed: list[int],
) -> dict[str, Any]:
    try:
        pixels = read_image(source)
    except UnreadableImage as error:
        return {"image": image, "set_aside": str(error)}
    maps = [predict(pixels) for predict in predicts.values()]
    pairs = propose_pairs(maps, count, seed) if maps else []
    with made.write(f"pictures/{image}", stamp(source)) as temporary:
        shutil.copyfile(source, temporary)
    return {"image": image, "size": list(pixels.shape[:2]), "pairs": pairs}


def _nothing_prepared(out: Path) -> bool:
    return not (out / "tasks.json").exists() and next(out.glob("proposals/*.json"), None) is None


def prepare_tasks(
    images: Path | str,
    out: Path | str,
    predicts: Mapping[str, Predict] | None = None,
    pairs_per_image: int = 2,
    own_pairs_per_image: int = 1,
    seed: int = 0,
    progress: bool = True,
) -> dict[str, Any]:
    """Make the list of tasks of a folder of photographs; a repeated call goes on after a kill.

    Args:
        images: searched recursively. The name of a photograph's folder presets its scene type.
        predicts: networks by name, that propose pairs by disagreeing (at least two); None: no
            pairs are proposed. A name stands for its network: the folder is kept to these names.
        pairs_per_image: at most so many proposed pairs.
        own_pairs_per_image: so many hard pairs the annotator is asked to find.

    Returns:
        {"pictures", "proposed", "own", "set_aside": [{"image", "reason"}]}, the first three counts.

    Raises:
        FileNotFoundError: no photographs.
        UserError: nothing would be asked, two photographs would get one name in the benchmark, or
            `out` lies in `images` or was begun with other settings or photographs.
    """
    images, out, predicts = Path(images), Path(out), predicts or {}
    if out.resolve().is_relative_to(images.resolve()):
        raise UserError(f"{out} lies in {images}, whose photographs it copies; choose another")
    if len(predicts) == 1:
        raise UserError("one prediction has nobody to disagree with; give two, or none")
    if min(pairs_per_image, own_pairs_per_image) < 0:
        raise UserError("numbers of pairs cannot be negative")
    paths = find_images(images)
    names = [path.relative_to(images).as_posix() for path in paths]
    exported_names(names)
    proposed_per_image = pairs_per_image if predicts else 0
    plan = {
        "models": list(predicts),
        "pairs_per_image": proposed_per_image,
        "own_pairs_per_image": own_pairs_per_image,
        "ratio": RATIO,
        "seed": seed,
        "photographs": names,
    }
    if not proposed_per_image + own_pairs_per_image:
        raise UserError("nothing would be asked: give models, or own pairs per image")
    with work_in(out, "tasks", plan, is_empty=_nothing_prepared) as made:
        if made.manifest is not None:
            return read_json(out / "tasks.json")["counts"]
        made.sweep(out / "proposals")
        found = []
        bar = tqdm(paths, unit="picture", desc="prepare", disable=is_hidden(progress))
        for number, path in enumerate(bar):
            name, copy, of = (
                f"proposals/{number:06d}.json",
                f"pictures/{names[number]}",
                stamp(path),
            )
            # One that was set aside has no copy.
            if not (made.holds(name, of) and (copy not in made.made or made.holds(copy, of))):
                proposed = _prepare_picture(
                    path, names[number], made, predicts, pairs_per_image, [seed, number]
                )
                write_json(out / name, proposed)
                made.record(name, of)
            found.append(read_json(out / name))
        return _write_tasks(made, own_pairs_per_image, found)


def _write_tasks(made: Work, own: int, found: list[dict[str, Any]]) -> dict[str, Any]:
    usable = [entry for entry in found if "size" in entry]
    set_aside = [
        {"image": entry["image"], "reason": entry["set_aside"]}
        for entry in found
        if "set_aside" in entry
    ]
    if not usable:
        raise UserError(f"no photograph can be used; the first: {set_aside[0]['reason']}")
    counts: dict[str, Any] = {
        "pictures": len(usable),
        "proposed": sum(len(entry["pairs"]) for entry in usable),
        "own": own * len(usable),
        "set_aside": set_aside,
    }
    if not counts["proposed"] + counts["own"]:
        raise UserError(
            f"the models disagree about nothing in {len(usable)} photographs: nothing would be "
            "asked; take other models or photographs, or own pairs per image, in another folder"
        )
    pictures = [{**entry, "own": own} for entry in usable]
    write_json(
        made.folder / "tasks.json", {"asked": made.asked, "counts": counts, "pictures": pictures}
    )
    made.record("tasks.json")
    made.finish()
    return counts


def read_tasks(out: Path | str) -> TaskList:
    """The questions of a prepared folder, picture by picture, proposed pairs before own ones.

    Raises:
        MissingArtefact: the folder is not prepared, or not to its end.
        UserError: see `check_tasks`.
    """
    file = Path(out) / "tasks.json"
    if not file.is_file():
        raise MissingArtefact(f"{file} is not there or not finished. Make it with: {COMMAND}")
    tasks, sizes = [], {}
    for entry in check_tasks(file):
        image = entry["image"]
        sizes[image] = tuple(entry["size"])
        tasks += [pair_task(image, pair) for pair in entry["pairs"]]
        tasks += [own_task(image, number) for number in range(entry["own"])]
    return TaskList(tasks, sizes)
