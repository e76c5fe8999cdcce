"""Styles: what changes the look of a scene, and never its depth.

A style is at most three functions: `scene` changes lamps, sky and materials before anything is
rendered, `light` changes linear radiance with the exact depth at hand, `picture` changes the
finished picture. All are pure, and random only by the generator that they are given.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from dav2.render.styles import night, paint, weather
from dav2.render.tracing import Light, Surface
from dav2.scenery.chance import Rng, pick
from dav2.scenery.scene import Scene


class Style(NamedTuple):
    """How often a style is taken, in rooms and outdoors, and what it does."""

    indoors: float
    outdoors: float
    scene: Callable[[Scene, Rng], Scene] | None = None
    light: Callable[[Light, Surface, Rng], np.ndarray] | None = None
    picture: Callable[[np.ndarray, Light, Surface, Rng], np.ndarray] | None = None
    brightness: tuple[float, float] = (0.16, 0.3)  # range, see `photograph.expose`
    noise: tuple[float, float] | None = None  # range, see `photograph.spoil`
    photograph: bool = True  # a camera took it, with its blur, noise and compression


STYLES: dict[str, Style] = {
    "none": Style(0.74, 0.58),
    "night": Style(0.08, 0.08, night.after_dark, night.by_night, None, (0.015, 0.05), (0.01, 0.03)),
    "fog": Style(0, 0.07, weather.overcast, weather.fog, None, (0.25, 0.5)),
    "rain": Style(0, 0.07, weather.wet, weather.haze, weather.rain),
    "snow": Style(0, 0.05, weather.snowed, weather.haze, weather.snowfall, (0.25, 0.45)),
    "underwater": Style(0, 0, None, weather.under_water, weather.particles),
    "painted": Style(0.05, 0.05, picture=paint.paint, photograph=False),
    "drawn": Style(0.05, 0.04, picture=paint.draw, photograph=False),
    "posterised": Style(0.04, 0.03, picture=paint.print_flat, photograph=False),
    "clay": Style(0.04, 0.03, paint.clay),
}


def choose_style(rng: Rng, scene: Scene, family: str, allowed: Sequence[str]) -> str:
    """Choose the style of a scene out of `allowed`; if none suits the scene, any of them.

    The family `underwater` is always in the style of its name: its scenes are built for it.
    """
    if family == "underwater":
        return family
    weights = {n: STYLES[n].outdoors if scene.sun else STYLES[n].indoors for n in allowed}
    return pick(rng, weights) if any(weights.values()) else pick(rng, allowed)
