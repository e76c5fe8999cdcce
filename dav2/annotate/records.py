"""What colleagues send each other, tasks and answers, read as if a stranger had written it."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from dav2.disk import check_record, read_record
from dav2.errors import UserError
from dav2.evaluate.pairs import SCENES

Sizes = Mapping[str, tuple[int, int]]  # image -> (height, width)


def _inside(image: str, where: object) -> str:
    """A picture's path below `pictures/`, which never leaves it."""
    parts = PurePosixPath(image.replace("\\", "/")).parts
    if not parts or ".." in parts or parts[0].startswith("/") or parts[0][1:2] == ":":
        raise UserError(f"{where}: the picture {image!r} lies outside the folder")
    return image


def _points(pair: Any, size: tuple[int, int], where: object) -> None:
    right = isinstance(pair, list) and len(pair) == 2
    for point in pair if right else ():
        right = right and (
            isinstance(point, list)
            and len(point) == 2
            and all(type(number) is int for number in point)
            and all(0 <= number < side for number, side in zip(point, size, strict=True))
        )
    if not right or pair[0] == pair[1]:
        raise UserError(
            f"{where}: a pair must be two points [row, column] inside the {size[0]} x {size[1]} px of "
            f"its picture, not {pair!r:.60}"
        )


def check_tasks(file: Path) -> list[dict[str, Any]]:
    """Read the list of tasks: {"image", "size", "pairs", "own"} of every picture.

    Raises:
        UserError: it is damaged, or names a picture or point that cannot be; names the file.
    """
    pictures = read_record(file, {"pictures": list, "counts": dict})["pictures"]
    for entry in pictures:
        check_record(entry, {"image": str, "size": list, "pairs": list, "own": int}, file)
        _inside(entry["image"], file)
        size = entry["size"]
        if len(size) != 2 or not all(type(side) is int and side > 0 for side in size):
            raise UserError(f"{file}: {entry['image']} has no size {size!r:.40}")
        if entry["own"] < 0:
            raise UserError(f"{file}: {entry['image']} asks for {entry['own']} pairs")
        for pair in entry["pairs"]:
            _points(pair, (size[0], size[1]), f"{file}, {entry['image']}")
    return pictures


def check_answers(file: Path, sizes: Sizes) -> dict[str, Any]:
    """Read an annotator's answers to the tasks of pictures with these sizes.

    Raises:
        UserError: it is damaged, or answers what nobody asked; names the file and the answer.
    """
    fields = {"tasks": str, "annotator": str, "answers": list, "scenes": dict}
    content = read_record(file, fields)
    for image, scene in content["scenes"].items():
        if image not in sizes or scene not in SCENES:
            raise UserError(f"{file}: {scene!r:.40} is no scene type of a picture {image!r:.40}")
    points = (list, type(None))
    for number, answer in enumerate(content["answers"], 1):
        where = f"{file}, answer {number}"
        check_record(answer, {"task": str, "image": str, "own": bool, "points": points}, where)
        if answer["image"] not in sizes:
            raise UserError(f"{where}: there is no picture {answer['image']!r:.60} among the tasks")
        if answer["points"] is not None:
            _points(answer["points"], sizes[answer["image"]], where)
        nearer = answer.get("nearer", "missing")
        known = nearer is None or (type(nearer) is int and nearer in (0, 1))
        if not known or (nearer is not None and answer["points"] is None):
            raise UserError(f"{where}: the nearer point is 0, 1 or null, not {nearer!r:.40}")
    return content
