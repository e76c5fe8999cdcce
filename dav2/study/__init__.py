"""Small trainings that differ in one thing, compared over seeds."""

from dav2.study.rows import choose_views, fit_row, small_scale
from dav2.study.seeds import format_mean, format_seeds, mean_and_half, read_seeds, record_seed

__all__ = [
    "choose_views",
    "fit_row",
    "format_mean",
    "format_seeds",
    "mean_and_half",
    "read_seeds",
    "record_seed",
    "small_scale",
]
