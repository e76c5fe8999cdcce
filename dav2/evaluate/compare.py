"""Two models on the same pairs: is one better, or was it luck?"""

from collections.abc import Mapping
from math import comb
from typing import Any

import numpy as np

from dav2.errors import UserError
from dav2.evaluate.da2k import bootstrap_images
from dav2.evaluate.pairs import scene_of


def mcnemar_exact(only_a: int, only_b: int) -> float:
    """Compute the two-sided exact p that pairs which only one model has right fall so unevenly.

    Of these pairs, each model would have half (McNemar 1947; the exact binomial test). Pairs of one
    image are not independent, which makes p too small; the interval over images has no such fault.
    """
    decided = only_a + only_b
    tail = sum(comb(decided, count) for count in range(min(only_a, only_b) + 1))
    return min(1.0, 2 * tail / 2**decided)


def _is_answers(right: Any) -> bool:
    """Tell whether it is {image: [true or false, ...]}, with at least one answer."""
    return (
        isinstance(right, dict)
        and bool(right)
        and all(isinstance(part, list) and part for part in right.values())
        and all(type(answer) in (bool, int) for part in right.values() for answer in part)
    )


def _check(a: Mapping[str, Any], b: Mapping[str, Any]) -> None:
    for result in (a, b):
        if "right" not in result:
            raise UserError(
                f"the result of {result.get('model', 'a model')} lacks `right`, the answer to every "
                "pair; make it with `dav2 evaluate da2k --json FILE`"
            )
        if not _is_answers(result["right"]) or not isinstance(result.get("benchmark", ""), str):
            raise UserError("what stands there is no answer to every pair of a benchmark")
    pairs = [{name: len(part) for name, part in one["right"].items()} for one in (a, b)]
    known = [one["benchmark"] for one in (a, b) if "benchmark" in one]
    if pairs[0] != pairs[1] or len(set(known)) > 1:
        different = [n for n in {**pairs[0], **pairs[1]} if pairs[0].get(n) != pairs[1].get(n)]
        example = f", such as {different[0]}" if different else ""
        raise UserError(
            f"the two results are of different benchmarks ({len(different)} images differ"
            f"{example}); score both models on the same one"
        )


def _counts(right_a: np.ndarray, right_b: np.ndarray) -> dict[str, Any]:
    return {
        "difference": float(right_a.mean() - right_b.mean()),
        "pairs": len(right_a),
        "only_a": int((right_a & ~right_b).sum()),
        "only_b": int((right_b & ~right_a).sum()),
    }


def compare_da2k(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Any]:
    """Compare two results of `score_da2k`, pair by pair.

    Returns:
        {"difference": accuracy of a minus that of b, "interval": its 95 % interval, bootstrapped
        over images (both models on the same ones), "p": see `mcnemar_exact`, "pairs", "images",
        "only_a" and "only_b": pairs that only one has right, "scenes": {name: {"difference",
        "pairs", "only_a", "only_b"}}}

    Raises:
        UserError: they are of different benchmarks, or do not hold the answer to every pair.
    """
    _check(a, b)
    names = list(a["right"])
    parts = [[np.array(one["right"][name], bool) for name in names] for one in (a, b)]
    overall = _counts(*(np.concatenate(one) for one in parts))
    pairs = np.array([len(part) for part in parts[0]])
    gain = np.array([int(x.sum()) - int(y.sum()) for x, y in zip(*parts, strict=True)])
    draw = bootstrap_images(len(names))
    interval = np.quantile(gain[draw].sum(1) / pairs[draw].sum(1), [0.025, 0.975])
    scenes = {}
    for scene in sorted({scene_of(name) for name in names}):
        of_scene = [i for i, name in enumerate(names) if scene_of(name) == scene]
        scenes[scene] = _counts(*(np.concatenate([one[i] for i in of_scene]) for one in parts))
    return {
        **overall,
        "interval": interval.tolist(),
        "p": mcnemar_exact(overall["only_a"], overall["only_b"]),
        "images": len(names),
        "scenes": scenes,
    }
