"""The normal form of a lesson, and how to bring a notebook into it."""

import json
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

CONTRACT = "# NBVAL_CHECK_OUTPUT"
PARAMETERS = ("SCALE", "SEED", "OVERRIDES", "RUN_DIR")
MAX_CELL_LINES, MAX_CODE_LINES = 25, 130
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
TAGS = {"parameters", "skip-execution", "nbval-skip"}


def find_notebooks(path: Path | str) -> list[Path]:
    """A notebook itself, or all notebooks directly in a folder, in order.

    Raises:
        FileNotFoundError: there is none.
    """
    path = Path(path)
    found = [path] if path.suffix == ".ipynb" and path.is_file() else sorted(path.glob("*.ipynb"))
    if not found:
        raise FileNotFoundError(f"no notebooks in {path}")
    return found


def normalise(notebook: NotebookNode) -> NotebookNode:
    """A copy in normal form: allowed metadata only, no outputs but short text of contract cells."""
    cells = []
    for cell in notebook.cells:
        tags = sorted(set(cell.metadata.get("tags", [])) & TAGS)
        clean = {
            "cell_type": cell.cell_type,
            "id": cell.id,
            "metadata": {"tags": tags} if tags else {},
            "source": cell.source.strip("\n"),
        }
        if cell.cell_type == "code":
            contract = CONTRACT in cell.source
            outputs = [
                output
                for output in cell.outputs
                if output.output_type == "stream" and output.name == "stdout"
            ]
            clean["outputs"] = outputs if contract else []
            clean["execution_count"] = 1 if contract and outputs else None
        cells.append(nbformat.from_dict(clean))
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return nbformat.from_dict(
        {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    )


def clean_notebooks(path: Path | str) -> list[Path]:
    """Rewrite notebooks that are not in normal form; return which."""
    changed = []
    for file in find_notebooks(path):
        text = file.read_text(encoding="utf-8")
        clean = nbformat.writes(normalise(nbformat.reads(text, as_version=4))) + "\n"
        if clean != text:
            file.write_text(clean, encoding="utf-8")
            changed.append(file)
    return changed


def _problems(file: Path) -> list[str]:
    text = file.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    found = []
    if nbformat.writes(normalise(notebook)) + "\n" != text:
        found.append("is not in normal form; run: dav2 course clean")
    if not (notebook.cells and notebook.cells[0].source.startswith("# ")):
        found.append("does not start with a title")
    tagged = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    names = re.findall(r"^(\w+) *[:=]", tagged[0].source, re.M) if len(tagged) == 1 else []
    if tuple(names) != PARAMETERS:
        found.append(f"needs one parameters cell with {', '.join(PARAMETERS)}, not {names}")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        lines = len(cell.source.splitlines())
        if lines > MAX_CELL_LINES:
            found.append(f"cell {cell.id} has {lines} lines (at most {MAX_CELL_LINES})")
        if cell.source.count("### BEGIN SOLUTION") != cell.source.count("### END SOLUTION"):
            found.append(f"cell {cell.id}: a solution is not closed")
        if not re.fullmatch(r"[a-z][a-z0-9-]*[a-z0-9]", cell.id):
            found.append(f"cell id {cell.id!r} is not a word")
    total = sum(len(cell.source.splitlines()) for cell in code)
    if total > MAX_CODE_LINES:
        found.append(f"has {total} lines of code (at most {MAX_CODE_LINES})")
    if len(json.dumps(notebook)) > 1_000_000:
        found.append("is larger than 1 MB")
    return [f"{file}: {problem}" for problem in found]


def check_notebooks(path: Path | str) -> list[str]:
    """What keeps notebooks from normal form, one line per problem."""
    return [problem for file in find_notebooks(path) for problem in _problems(file)]
