"""What a model gets wrong on a benchmark, and where two models disagree, as one picture."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from PIL import Image

from dav2.evaluate.da2k import at_points, map_of
from dav2.evaluate.pairs import Annotation, read_da2k, read_photograph
from dav2.picture import FAR, NEAR, Picture, colourise

TIE = "#888888"
SHOWN_PX = 320  # longer side of a picture
WIDTH_IN, HEIGHT_IN = 2.3, 2.2


class Answer(NamedTuple):
    """One pair and what a model says.

    `apart` is the share of the map's pixels whose values lie between those of the two points: how
    sure the model is, whatever the scale and shift of its maps.
    """

    right: bool
    apart: float


class Shown(NamedTuple):
    """One pair of a gallery, and what each model says of it."""

    annotation: Annotation
    index: int  # type: ignore[assignment]  # hides the method of tuples
    answers: tuple[Answer, ...]


def _answers(disparity: np.ndarray, annotation: Annotation) -> list[Answer]:
    values = np.sort(disparity, axis=None)
    found = []
    for near, far in zip(*at_points(disparity, annotation), strict=True):
        low, high = sorted((near, far))
        between = np.searchsorted(values, high) - np.searchsorted(values, low)
        found.append(Answer(bool(near > far), float(between / values.size)))
    return found


def _in_turn(pairs: Sequence[Shown], group: Callable[[Shown], object], count: int) -> list[Shown]:
    """Take the worst of each group, then the second worst of each, and so on; one pair per image."""
    worst = sorted(pairs, key=lambda one: -max(a.apart for a in one.answers if not a.right))
    of_image: dict[str, Shown] = {}
    for one in worst:
        of_image.setdefault(one.annotation.name, one)
    ranks: dict[object, int] = {}
    ranked: list[tuple[int, int, Shown]] = []
    for one in of_image.values():
        key = group(one)
        ranks[key] = ranks.get(key, -1) + 1
        ranked.append((ranks[key], len(ranked), one))
    return [one for _, _, one in sorted(ranked, key=lambda entry: entry[:2])[:count]]


def wrong_pairs(root: Path | str, predictions: Path | str, count: int = 12) -> list[Shown]:
    """Find the pairs that kept predictions have wrong: surest mistakes first, scene types in turn."""
    found = []
    for annotation in read_da2k(root):
        answers = _answers(map_of(predictions, annotation), annotation)
        found += [Shown(annotation, i, (a,)) for i, a in enumerate(answers) if not a.right]
    return _in_turn(found, lambda one: one.annotation.scene, count)


def disputed_pairs(
    root: Path | str, predictions: Sequence[Path | str], count: int = 12
) -> list[Shown]:
    """Find pairs that one of two models has wrong and the other right, scene types and models in turn."""
    found = []
    for annotation in read_da2k(root):
        both = [_answers(map_of(folder, annotation), annotation) for folder in predictions]
        for index, answers in enumerate(zip(*both, strict=True)):
            if len({answer.right for answer in answers}) > 1:
                found.append(Shown(annotation, index, answers))
    return _in_turn(found, lambda one: (one.annotation.scene, one.answers[0].right), count)


def _draw(
    axes: Axes,
    picture: np.ndarray,
    points: Sequence[np.ndarray],
    title: str,
    dots: tuple[str, str] = (NEAR, FAR),
) -> None:
    """Draw a pair; `points`: the nearer, then the farther one, [row, column] in the original picture."""
    image = Image.fromarray(picture)
    factor = SHOWN_PX / max(image.size)
    shown = image.resize([max(1, round(side * factor)) for side in image.size])
    axes.imshow(np.asarray(shown))
    (r0, c0), (r1, c1) = (np.asarray(point) * factor for point in points)
    for colour, width in (("black", 2.0), ("white", 0.8)):
        axes.plot([c0, c1], [r0, r1], color=colour, linewidth=width)
    for row, column, colour in ((r1, c1, dots[1]), (r0, c0, dots[0])):
        axes.plot(column, row, "o", color=colour, markeredgecolor="white", markersize=7)
    axes.set_title(title, fontsize=7)


def _titled(answer: Answer, name: str) -> str:
    if not answer.apart:
        return f"{name}tie"
    return f"{name}{'right' if answer.right else 'wrong'}, {answer.apart:.0%}"


def da2k_sheet(
    root: Path | str, maps: Mapping[str, Path | str], count: int = 12, title: str = ""
) -> Picture:
    """Draw photographs with one pair of points each, and the map of every model beside them.

    Red is the point that is nearer: on a photograph for those who annotated it, on a map for the model.
    With one model, what it has wrong; with two, what exactly one of them has wrong.

    Args:
        maps: name of a model -> folder of its kept predictions.
        count: so many pairs at most.
    """
    folders = list(maps.values())
    if len(folders) == 1:
        shown = wrong_pairs(root, folders[0], count)
    else:
        shown = disputed_pairs(root, folders, count)
    each = 1 + len(folders)  # pictures of a pair
    in_row = 1 if len(shown) < 2 else 2
    rows = max(1, -(-len(shown) // in_row))
    figure = Picture(
        figsize=(in_row * each * WIDTH_IN, rows * HEIGHT_IN + 0.5), layout="constrained"
    )
    grid = figure.subplots(rows, in_row * each, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for number, (annotation, index, answers) in enumerate(shown):
        row, first = number // in_row, number % in_row * each
        nearer, farther = annotation.nearer[index], annotation.farther[index]
        photograph = read_photograph(root, annotation.name)
        name = f"{annotation.scene}\n{Path(annotation.name).name[-44:]}"
        _draw(grid[row, first], photograph, (nearer, farther), name)
        for place, (folder, answer) in enumerate(zip(folders, answers, strict=True), first + 1):
            colours = colourise(np.asarray(map_of(folder, annotation)))
            points = (nearer, farther) if answer.right else (farther, nearer)
            dots = (NEAR, FAR) if answer.apart else (TIE, TIE)
            called = "" if len(folders) == 1 else f"{'ab'[place - first - 1]}: "
            _draw(grid[row, place], colours, points, _titled(answer, called), dots)
    if not shown:
        grid[0, 0].text(0, 0.5, "nothing to show: no such pair")
    legend = (
        "Red is nearer: on photographs by annotation, on maps by the model (grey: a tie). "
        "Per cent: pixels of the map whose values lie between."
    )
    figure.suptitle(f"{title}\n{legend}" if title else legend, fontsize=9)
    return figure
