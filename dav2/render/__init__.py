"""Synthetic scenes with perfect depth."""

from dav2.render.families import FAMILIES
from dav2.render.views import build_scene, render_view
from dav2.render.writer import render_set

__all__ = ["FAMILIES", "build_scene", "render_set", "render_view"]
