"""Several annotators: how far they agree, and the benchmark of what they agree about."""

import shutil
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from dav2.annotate.proposals import Pair, ordered
from dav2.annotate.session import read_answers
from dav2.annotate.tasks import exported_names, read_tasks
from dav2.disk import atomic_path, write_json
from dav2.errors import UserError
from dav2.manifests import MissingArtefact, is_finished, write_manifest

ANSWERING = "dav2 annotate open --out FOLDER --annotator NAME"


class Question(NamedTuple):
    """A pair of points on a picture, whoever proposed it."""

    image: str
    pair: Pair


def _verdicts(annotator: dict[str, Any]) -> dict[Question, int | None]:
    """Which point is nearer, 0 or 1; None: skipped."""
    return {
        Question(answer["image"], ordered(answer["points"])): answer["nearer"]
        for answer in annotator["answers"]
        if answer["points"]
    }


def _everybody(out: Path) -> dict[str, dict[str, Any]]:
    read_tasks(out)
    everybody = read_answers(out)
    if not any(content["answers"] for content in everybody.values()):
        raise MissingArtefact(f"{out} holds no answers yet. Give some with: {ANSWERING}")
    return everybody


def cohen_kappa(first: Sequence[int], second: Sequence[int]) -> float | None:
    """Agreement of two lists of 0 and 1 beyond chance: (observed - expected) / (1 - expected).

    None without answers, or where both always say the same, so that chance explains everything.
    Cohen, A coefficient of agreement for nominal scales, 1960.
    """
    if not first:
        return None
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / len(first)
    ones = sum(first) / len(first), sum(second) / len(second)
    expected = ones[0] * ones[1] + (1 - ones[0]) * (1 - ones[1])
    return None if expected == 1 else (observed - expected) / (1 - expected)


def agreement(out: Path | str) -> list[dict[str, Any]]:
    """How far every two annotators of a folder agree about the pairs that both decided.

    Kappa's two answers are "the left point is nearer" and "the right": what a habit, such as always
    pressing one key, would reach by chance is taken off.

    Returns:
        Per two annotators {"annotators", "pairs", "agreed", "kappa", "skipped", "disputed"}:
        `skipped` counts pairs that only one of them decided, `disputed` lists
        {"image", "points", NAME: the point that NAME calls nearer}.

    Raises:
        MissingArtefact: the folder is not prepared, or holds no answers.
        UserError: a file of answers is damaged, or answers other tasks.
    """
    everybody = {name: _verdicts(content) for name, content in _everybody(Path(out)).items()}
    found = []
    for (one, ones), (other, others) in combinations(everybody.items(), 2):
        both = [question for question in ones if question in others]
        decided = [
            (q, a, b) for q in both if (a := ones[q]) is not None and (b := others[q]) is not None
        ]
        disputed = [(q, a, b) for q, a, b in decided if a != b]
        found.append(
            {
                "annotators": [one, other],
                "pairs": len(decided),
                "agreed": len(decided) - len(disputed),
                "kappa": cohen_kappa([a for _, a, _ in decided], [b for _, _, b in decided]),
                "skipped": sum((ones[q] is None) != (others[q] is None) for q in both),
                "disputed": [
                    {
                        "image": q.image,
                        "points": [list(point) for point in q.pair],
                        one: list(q.pair[a]),
                        other: list(q.pair[b]),
                    }
                    for q, a, b in disputed
                ],
            }
        )
    return found


def format_agreement(rows: Sequence[dict[str, Any]]) -> str:
    """The table of `agreement`, and the pairs to talk about."""
    lines = []
    for row in rows:
        one, other = row["annotators"]
        share = f"{row['agreed'] / row['pairs']:.1%}" if row["pairs"] else "no pairs"
        kappa = "undefined" if row["kappa"] is None else f"{row['kappa']:.2f}"
        lines.append(
            f"{one} and {other}: {row['pairs']} pairs decided by both, agreement {share}, "
            f"Cohen's kappa {kappa}, {row['skipped']} skipped by one"
        )
        lines += [
            f"  disputed: {d['image']}, nearer is {d[one]} for {one}, {d[other]} for {other}"
            for d in row["disputed"]
        ]
    return "\n".join(lines) or "one annotator only: there is nobody to agree with"


def export_da2k(out: Path | str, target: Path | str) -> dict[str, Any]:
    """Write what all annotators of a folder decided, and alike, as a benchmark in DA-2K's layout.

    A pair that somebody skipped, or has not seen yet, or sees otherwise, stays out, and so does a
    picture about whose scene type they differ. `point1` is the nearer one, as in DA-2K.

    Returns:
        {"annotators", "pairs", "images", "disputed", "skipped", "unanswered", "scene_disputed"}:
        numbers of pairs but for the first and third; also in `target/manifest.json`.

    Raises:
        MissingArtefact: the folder is not prepared, or holds no answers.
        UserError: nothing is agreed, or `target` holds a benchmark already.
    """
    out, target = Path(out), Path(target)
    annotations = target / "annotations.json"
    if annotations.exists() and is_finished(target):
        raise UserError(f"{target} holds a benchmark already; choose another folder")
    everybody = _everybody(out)
    verdicts = [_verdicts(content) for content in everybody.values()]
    names = exported_names(list(read_tasks(out).sizes))
    counts = dict.fromkeys(("disputed", "skipped", "unanswered", "scene_disputed"), 0)
    benchmark: dict[str, list[dict[str, Any]]] = {}
    sources: dict[str, str] = {}
    questions = {question: None for one in verdicts for question in one}  # a set in order
    for question in sorted(questions):
        said = [one.get(question, "unseen") for one in verdicts]
        scenes = {content["scenes"].get(question.image) for content in everybody.values()}
        if None in said:
            counts["skipped"] += 1
        elif "unseen" in said:
            counts["unanswered"] += 1
        elif len(set(said)) > 1:
            counts["disputed"] += 1
        elif len(scenes) > 1:
            counts["scene_disputed"] += 1
        else:
            near, far = question.pair if said[0] == 0 else question.pair[::-1]
            name = f"images/{scenes.pop()}/{names[question.image]}"
            sources[name] = question.image
            pair = {"point1": list(near), "point2": list(far), "closer_point": "point1"}
            benchmark.setdefault(name, []).append(pair)
    if not benchmark:
        raise UserError(f"{out}: no pair was decided, and alike, by {', '.join(everybody)}")
    for name, image in sources.items():
        with atomic_path(target / name) as temporary:
            shutil.copyfile(out / "pictures" / image, temporary)
    write_json(annotations, benchmark)
    pairs = sum(map(len, benchmark.values()))
    facts: dict[str, Any] = {"annotators": list(everybody), "pairs": pairs}
    facts |= {"images": len(benchmark), **counts}
    write_manifest(target, "benchmark", **facts)
    return facts
