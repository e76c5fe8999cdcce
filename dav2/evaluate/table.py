"""DA-2K results as text."""

from collections.abc import Mapping
from typing import Any


def format_da2k(results: Mapping[str, Mapping[str, Any]]) -> str:
    """A Markdown table: one row per model, accuracy with interval, and a column per scene type."""
    scenes = sorted({scene for result in results.values() for scene in result["scenes"]})
    header = ["model", "accuracy", "95 % interval", *scenes]
    rows = []
    for name, result in results.items():
        low, high = result["interval"]
        cells = [name, f"{result['accuracy']:.1%}", f"{low:.1%} - {high:.1%}"]
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
    lines = [header, ["---"] * len(header), *rows, counts]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    return "\n".join(
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    )
