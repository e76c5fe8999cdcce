"""Synthetic scenes with perfect depth."""

from dav2.render.families import FAMILIES
from dav2.render.render_set import render_set
from dav2.render.views import build_scene, render_view

__all__ = ["FAMILIES", "build_scene", "render_set", "render_view"]
