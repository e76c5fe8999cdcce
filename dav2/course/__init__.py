"""Lessons: starting them, running them in order, keeping them clean, answering exercises."""

from dav2.course.lab import STAGES, Lab, start
from dav2.course.notebooks import check_notebooks, clean_notebooks
from dav2.course.run import LessonFailed, run_course

__all__ = [
    "STAGES",
    "Lab",
    "LessonFailed",
    "check_notebooks",
    "clean_notebooks",
    "run_course",
    "start",
]
