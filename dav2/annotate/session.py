"""One annotator's answers: every one is on disk before the next question is shown."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dav2.annotate.proposals import Pair, ordered
from dav2.annotate.records import check_answers
from dav2.annotate.tasks import Task, pair_task, read_tasks
from dav2.disk import file_hash, read_record, write_json
from dav2.errors import UserError
from dav2.evaluate.pairs import SCENES


def answers_file(out: Path | str, annotator: str) -> Path:
    """Where an annotator's answers lie.

    Raises:
        UserError: the name is not made of letters, digits, `_` and `-`.
    """
    if not re.fullmatch(r"[\w-]+", annotator):
        raise UserError(f"annotator {annotator!r}: take letters, digits, _ and - only")
    return Path(out) / f"answers-{annotator}.json"


def read_answers(out: Path | str) -> dict[str, dict[str, Any]]:
    """The answers of every annotator of a folder: name -> {"answers": [...], "scenes": {...}}.

    Raises:
        UserError: a file is damaged, answers another list of tasks, or what nobody asked.
    """
    out = Path(out)
    tasks, sizes = file_hash(out / "tasks.json"), read_tasks(out).sizes
    found = {}
    for file in sorted(out.glob("answers-*.json")):
        if read_record(file, {"tasks": str})["tasks"] != tasks:
            raise UserError(f"{file} answers another list of tasks than {out}; move it away")
        content = check_answers(file, sizes)
        if file != answers_file(out, content["annotator"]):
            raise UserError(f"{file} holds the answers of {content['annotator']}; rename it back")
        found[content["annotator"]] = content
    return found


class Session:
    """What one annotator has answered and is asked next.

    Besides the folder's tasks these are the pairs that others found for themselves, to be checked;
    who found them said which point is nearer, and that is not shown.

    Args:
        out: a folder of `prepare_tasks`.
        annotator: names the file of answers; if it exists, the session goes on there.

    Raises:
        FileNotFoundError: the folder is not prepared, or a picture is missing.
        UserError: a bad name, or a file of answers that is damaged or belongs elsewhere.
    """

    def __init__(self, out: Path | str, annotator: str):
        self.out, self.annotator = Path(out), annotator
        self.file = answers_file(out, annotator)
        tasks, self.sizes = read_tasks(out)
        for image in self.sizes:
            if not (self.out / "pictures" / image).is_file():
                raise FileNotFoundError(f"{self.out / 'pictures' / image} is missing; put it back")
        everybody = read_answers(out)
        mine = everybody.pop(annotator, {"answers": [], "scenes": {}})
        self.answers: list[dict[str, Any]] = mine["answers"]
        self.scenes: dict[str, str] = mine["scenes"]
        self._written = self._on_disk()
        checks = [
            pair_task(answer["image"], answer["points"])
            for other in everybody.values()
            for answer in other["answers"]
            if answer["own"] and answer["nearer"] is not None
        ]
        self._tasks = {task.key: task for task in (*tasks, *checks)}

    def _on_disk(self) -> bytes | None:
        return self.file.read_bytes() if self.file.exists() else None

    def _save(self, answers: list[dict[str, Any]], scenes: dict[str, str]) -> None:
        if self._on_disk() != self._written:
            raise UserError(
                f"{self.file} was changed elsewhere: is the same annotator at work in a second "
                "window? Close one, and open the session anew"
            )
        content = {"tasks": file_hash(self.out / "tasks.json"), "annotator": self.annotator}
        write_json(self.file, {**content, "answers": answers, "scenes": scenes})
        self.answers, self.scenes, self._written = answers, scenes, self._on_disk()

    def _pairs_answered(self) -> set[str]:
        """Keys of the tasks answered, and of the pairs, whoever proposed them."""
        pairs = {
            pair_task(answer["image"], answer["points"]).key
            for answer in self.answers
            if answer["points"]
        }
        return pairs | {answer["task"] for answer in self.answers}

    @property
    def remaining(self) -> list[Task]:
        """Questions not yet answered, in order."""
        answered = self._pairs_answered()
        return [task for task in self._tasks.values() if task.key not in answered]

    @property
    def current(self) -> Task | None:
        """The question that is asked now; None at the end."""
        return next(iter(self.remaining), None)

    def scene(self, image: str) -> str | None:
        """A picture's scene type: as chosen, or as its folder is called."""
        folder = Path(image).parent.name
        return self.scenes.get(image) or (folder if folder in SCENES else None)

    def choose_scene(self, scene: str) -> None:
        """Say of which scene type the current picture is.

        Raises:
            UserError: an unknown type, or no question is open.
        """
        if scene not in SCENES:
            raise UserError(f"unknown scene type {scene!r}; there are {', '.join(SCENES)}")
        self._save(self.answers, {**self.scenes, self._open().image: scene})

    def _open(self) -> Task:
        task = self.current
        if task is None:
            raise UserError("everything is answered")
        return task

    def answer(self, nearer: int, pair: Sequence[Sequence[int]] | None = None) -> None:
        """Answer the current question, and write the answer down.

        Args:
            nearer: 0 or 1, which point of the pair.
            pair: where the annotator picks it, [[row, column], [row, column]] in pixels.

        Raises:
            UserError: no scene type is chosen, or the pair is missing, outside its picture, one
                point twice, or answered already.
        """
        task = self._open()
        scene = self.scene(task.image)
        if nearer not in (0, 1):
            raise UserError(f"the nearer point is 0 or 1, not {nearer!r}")
        if scene is None:
            raise UserError("choose the scene type of this picture first")
        points = task.pair or self._checked(task.image, pair)
        if task.pair is None and pair is not None and points[0] != tuple(pair[0]):
            nearer = 1 - nearer
        self._add(task, points, nearer, {**self.scenes, task.image: scene})

    def _add(
        self, task: Task, points: Pair | None, nearer: int | None, scenes: dict[str, str]
    ) -> None:
        answer = {"task": task.key, "image": task.image, "own": task.pair is None}
        self._save([*self.answers, {**answer, "points": points, "nearer": nearer}], scenes)

    def _checked(self, image: str, pair: Sequence[Sequence[int]] | None) -> Pair:
        height, width = self.sizes[image]
        if pair is None or len(pair) != 2:
            raise UserError("pick two points, the nearer one first")
        for row, column in pair:
            if not (isinstance(row, int) and isinstance(column, int)):
                raise UserError(
                    f"a point is a row and a column in whole pixels, not {[row, column]}"
                )
            if not (0 <= row < height and 0 <= column < width):
                raise UserError(f"point {[row, column]} is outside {image}, {height} x {width} px")
        if tuple(pair[0]) == tuple(pair[1]):
            raise UserError("the two points are one; pick another")
        if pair_task(image, pair).key in self._pairs_answered():
            raise UserError("you have answered this pair already; pick another")
        return ordered(pair)

    def skip(self) -> None:
        """Leave the current question unanswered for good (until undone)."""
        task = self._open()
        self._add(task, task.pair, None, self.scenes)

    def undo(self) -> None:
        """Take the last answer or skip back; its question is asked again.

        Raises:
            UserError: there is none.
        """
        if not self.answers:
            raise UserError("there is nothing to undo")
        self._save(self.answers[:-1], self.scenes)
