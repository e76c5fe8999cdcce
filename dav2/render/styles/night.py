"""Night: the light is changed, the shapes are not."""

from dataclasses import replace

import numpy as np

from dav2.render.styles.filters import spread
from dav2.render.tracing import Light, Surface
from dav2.scenery import sky
from dav2.scenery.chance import Rng, chance, span
from dav2.scenery.kit import part
from dav2.scenery.meshes import Mesh
from dav2.scenery.scene import Material, Part, Scene

DARKEST = 1e-4  # mean radiance below which a camera needs its flash


def after_dark(scene: Scene, rng: Rng) -> Scene:
    """Swap the sun for a moon and dim the sky; lamps are lit, in rooms some of them."""
    warm = np.array([1.0, *span(rng, (0.65, 0.9), (0.35, 0.75))])
    moon = None
    if scene.sun:
        towards = scene.sun[0] * [1, 1, 0] + [0, 0, rng.uniform(0.3, 1.5)]
        light = rng.uniform(0.05, 0.4) * np.array([0.7, 0.85, 1.1])
        moon = (towards / np.linalg.norm(towards), light)
    lamps = [i for i, one in enumerate(scene.parts) if one.material.kind == "light"]
    lit = {i for i in lamps if chance(rng, 0.6)} or set(lamps[:1])
    parts: list[Part] = []
    dark: dict[tuple, list[Mesh]] = {}  # by day; alike are one light, for there is room for few
    for i, (mesh, material) in enumerate(scene.parts):
        if material.kind == "light":
            strength = material.radiance * (rng.uniform(0.3, 1) if i in lit else 1e-3)
            material = replace(material, look=material.look * warm, radiance=strength)
        elif material.night:
            dark.setdefault((*material.look, material.night), []).append(mesh)
            continue
        parts.append(Part(mesh, material))
    for (*look, strength), meshes in dark.items():
        parts.append(part(Material("light", np.array(look) * warm, radiance=strength), meshes))
    return replace(scene, parts=parts, sky=sky.night(rng), sun=moon)


def by_night(light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Add glare to radiance [H, W, 3] and, in some pictures, the camera's flash or headlights."""
    radiance = flash(light, surface, rng) if chance(rng, 0.45) else light.radiance
    bright = np.maximum(radiance - 8 * np.median(radiance), 0)
    return radiance + rng.uniform(0.02, 0.1) * spread(bright, max(2, radiance.shape[1] // 40))


def flash(light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Add a lamp beside the lens to radiance [H, W, 3], one to six times as bright as what is there.

    Such a lamp throws no shadow that the lens could see, so albedo, normal and distance are all it
    takes: irradiance falls with the square of the distance.
    """
    sight = surface.points - surface.camera.position
    distance = np.linalg.norm(sight, axis=-1)
    near = np.isfinite(distance) & ~surface.clear
    with np.errstate(invalid="ignore"):
        facing = np.abs((light.normal * sight).sum(-1)) / distance
        falloff = np.where(near, facing / np.maximum(distance, 0.3) ** 2, 0)
    reach = np.quantile(distance[near], rng.uniform(0.2, 0.6)) if near.any() else 1.0
    present = max(float(np.median(light.radiance)), DARKEST)
    tint = np.array([1.0, *span(rng, (0.9, 1), (0.75, 1.1))])
    lamp = rng.uniform(1, 6) * present * reach**2 * falloff
    return light.radiance + light.albedo * lamp[..., None] * tint
