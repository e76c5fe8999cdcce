"""DA-2K results as text."""

from collections.abc import Mapping
from typing import Any

from dav2.tables import markdown_table


def _interval(result: Mapping[str, Any]) -> str:
    low, high = result["interval"]
    return f"{low:.1%} - {high:.1%}"


def da2k_rows(results: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Lay out a row per model, accuracy with interval, and a column per scene type."""
    scenes = sorted({scene for result in results.values() for scene in result["scenes"]})
    header = ["model", "accuracy", "95 % interval", *scenes]
    rows = []
    for name, result in results.items():
        cells = [name, f"{result['accuracy']:.1%}", _interval(result)]
        cells += [
            f"{result['scenes'][s]['accuracy']:.0%}" if s in result["scenes"] else ""
            for s in scenes
        ]
        rows.append(cells)
    first = next(iter(results.values()))
    counts = [
        "pairs",
        str(first["pairs"]),
        "",
        *(str(first["scenes"][s]["pairs"]) if s in first["scenes"] else "" for s in scenes),
    ]
    return [header, *rows, counts]


def format_da2k(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the rows of `da2k_rows` as a Markdown table."""
    return markdown_table(da2k_rows(results))


def format_remarks(name: str, result: Mapping[str, Any], shown: int = 3) -> list[str]:
    """Say in sentences what a reader of a score has to know; an empty list if there is nothing."""
    lines = []
    if constant := result.get("constant", ()):
        names = ", ".join(constant[:shown]) + (", ..." if len(constant) > shown else "")
        lines.append(
            f"WARNING: the map of {name} is constant: {len(constant)} images, all their pairs ties "
            f"and wrong ({names})"
        )
    if set_aside := result.get("set_aside", ()):
        examples = "; ".join(f"{one['image']}: {one['reason']}" for one in set_aside[:shown])
        lines.append(
            f"WARNING: {len(set_aside)} annotations cannot be used and do not count ({examples}"
            f"{'; ...' if len(set_aside) > shown else ''})"
        )
    if ties := result.get("ties", 0):
        lines.append(f"ties, which are wrong: {ties} of {result['pairs']} pairs")
    if repeated := result.get("repeated", 0):
        lines.append(f"pairs that stand there more than once, and count once: {repeated}")
    if others := result.get("other_scenes", ()):
        lines.append(f"scene types that DA-2K has not: {', '.join(others)}")
    if "scene_mean" in result:
        lines.append(
            f"mean over pairs {result['accuracy']:.1%} (the paper's), over scene types "
            f"{result['scene_mean']:.1%}"
        )
    return lines


def format_comparison(name_a: str, name_b: str, compared: Mapping[str, Any]) -> str:
    """Say what `compare_da2k` found, in sentences and a Markdown table."""
    low, high = compared["interval"]
    verdict = "not more than luck" if low <= 0 <= high else "more than luck"
    header = ["", "pairs", "a - b", "only a right", "only b right"]
    rows = [
        [
            scene,
            str(one["pairs"]),
            f"{one['difference']:+.1%}",
            str(one["only_a"]),
            str(one["only_b"]),
        ]
        for scene, one in [*compared["scenes"].items(), ("all", compared)]
    ]
    return "\n".join(
        [
            f"a: {name_a}",
            f"b: {name_b}",
            f"a - b: {compared['difference']:+.1%}, 95 % interval {low:+.1%} to {high:+.1%} over "
            f"{compared['images']} images: {verdict}",
            f"pairs that only one has right: {compared['only_a']} a, {compared['only_b']} b "
            f"(exact McNemar p = {compared['p']:.2g}; pairs of one image are not independent)",
            "",
            markdown_table([header, *rows]),
        ]
    )
