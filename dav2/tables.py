"""Tables as text: rows of cells, the head first, written as Markdown or HTML."""

import html
from collections.abc import Sequence

Rows = Sequence[Sequence[str]]


def markdown_table(rows: Rows) -> str:
    """Write rows as Markdown, columns padded so that they line up in a terminal too."""
    head, *body = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    lines = [head, ["---"] * len(head), *body]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        f"| {' | '.join(cell.ljust(w) for cell, w in zip(line, widths, strict=True))} |"
        for line in lines
    )


def html_table(rows: Rows) -> str:
    """Write rows as an HTML table."""

    def line(row: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>"

    head, *body = rows
    return f"<table>{line(head, 'th')}{''.join(line(row, 'td') for row in body)}</table>"
