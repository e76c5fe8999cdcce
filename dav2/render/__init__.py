"""Synthetic scenes with perfect depth."""

from dav2.render.sheets import contact_sheets
from dav2.render.styles import STYLES
from dav2.render.views import build_scene, render_view
from dav2.render.writer import render_set
from dav2.scenery.families import FAMILIES

__all__ = ["FAMILIES", "STYLES", "build_scene", "contact_sheets", "render_set", "render_view"]
