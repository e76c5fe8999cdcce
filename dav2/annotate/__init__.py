"""Annotate a benchmark of your own, as DA-2K was made: ask, answer, agree, export.

The notebook's widget is `dav2.annotate.widget.Annotate`; it needs the extra `course`.
"""

from dav2.annotate.agreement import agreement, export_da2k, format_agreement
from dav2.annotate.proposals import mirrored, propose_pairs
from dav2.annotate.session import Session
from dav2.annotate.tasks import Task, prepare_tasks, read_tasks

__all__ = [
    "Session",
    "Task",
    "agreement",
    "export_da2k",
    "format_agreement",
    "mirrored",
    "prepare_tasks",
    "propose_pairs",
    "read_tasks",
]
