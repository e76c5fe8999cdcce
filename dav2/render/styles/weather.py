"""Fog, rain, snow and water: overcast scenes, Beer-Lambert along exact z, drops and flakes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw

from dav2.render.styles.filters import resample, spread
from dav2.render.tracing import Light, Surface
from dav2.scenery import sky
from dav2.scenery.chance import Rng, chance, some, span
from dav2.scenery.kit import part
from dav2.scenery.meshes import Mesh
from dav2.scenery.scene import Material, Part, Scene
from dav2.scenery.textures import noise
from dav2.scenery.textures.colours import Pair, as_bytes, lit


def transmission(depth: np.ndarray, extinction_per_m: np.ndarray) -> np.ndarray:
    """Tell the share of light [H, W, 3] that arrives from planar depth [H, W]: exp(-extinction z)."""
    return np.exp(-extinction_per_m * depth[..., None])


def _arriving(depth: np.ndarray, share: float, tint: Sequence[float]) -> np.ndarray:
    """Tell the transmission that lets a share through from the median depth, tinted.

    Relative to the scene: real fog would leave all of a view from the air white.
    """
    extinction_per_m = -np.log(share) / np.median(depth[np.isfinite(depth)]) * np.array(tint)
    return transmission(depth, extinction_per_m)


def _veiled(light: Light, depth: np.ndarray, share: float, tint: Sequence[float]) -> np.ndarray:
    """Show radiance behind air that scatters the colour of the horizon."""
    beyond = light.radiance[np.isinf(depth)]
    seen = len(beyond) > 0.01 * depth.size
    air = beyond.mean(0) if seen else np.full(3, 1.5 * light.radiance.mean())
    arriving = _arriving(depth, share, tint)
    return light.radiance * arriving + air * (1 - arriving)


def overcast(scene: Scene, rng: Rng) -> Scene:
    """Close the sky, without a sun; rooms stay as they are."""
    return replace(scene, sky=sky.overcast(rng), sun=None) if scene.sun else scene


def fog(light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Fog up: from the median depth, 30 to 85 % arrive; blue a little less than red."""
    return _veiled(light, surface.depth, rng.uniform(0.3, 0.85), (0.95, 1.0, 1.05))


def haze(light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Dim the distance in rain or snow: from the median depth, 80 to 97 % arrive."""
    return _veiled(light, surface.depth, rng.uniform(0.8, 0.97), (1, 1, 1))


def _upward(mesh: Mesh, least: float) -> np.ndarray:
    """Tell which faces [F] look up: their normal's z is at least `least`, however they are wound."""
    a, b, c = np.moveaxis(mesh.vertices[mesh.faces], 1, 0)
    normal = np.cross(b - a, c - a)
    return np.abs(normal[:, 2]) >= least * np.maximum(np.linalg.norm(normal, axis=1), 1e-12)


def wet(scene: Scene, rng: Rng) -> Scene:
    """Close the sky; wide level ground turns dark and glossy."""
    if not scene.sun:
        return scene
    parts: list[Part] = []
    changed: dict[int, Material] = {}
    for mesh, material in scene.parts:
        wide = np.ptp(mesh.vertices[:, :2], axis=0).min() > 2
        if material.kind == "diffuse" and wide and _upward(mesh, 0.8).mean() > 0.3:
            darker = (material.look * 0.6).astype(material.look.dtype)
            material = changed.setdefault(id(material), Material("plastic", darker))
        parts.append(Part(mesh, material))
    return overcast(replace(scene, parts=parts), rng)


def snowed(scene: Scene, rng: Rng) -> Scene:
    """Close the sky; what looks up is white. Faces change their part, never their place."""
    if not scene.sun:
        return scene
    parts: list[Part] = []
    covered: list[Mesh] = []
    least = rng.uniform(0.35, 0.75)
    for mesh, material in scene.parts:
        white = _upward(mesh, least) & (material.kind in ("diffuse", "plastic"))
        if white.any():
            covered.append(mesh._replace(faces=mesh.faces[white]))
        if not white.all():
            parts.append(Part(mesh._replace(faces=mesh.faces[~white]), material))
    snow = lit(np.array([0.97, 0.98, 1.0]), 0.88 + 0.1 * noise(rng, 8, 5, 0.6))
    parts.append(part(Material("diffuse", as_bytes(snow)), covered))
    return overcast(replace(scene, parts=parts), rng)


def rain(picture: np.ndarray, light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Draw streaks and, on every other lens, drops."""
    height, width = picture.shape[:2]
    draw = ImageDraw.Draw(layer := Image.new("L", (2 * width, 2 * height)))
    slope = rng.normal(0, 0.15)
    for _ in range(int(rng.integers(60, 300) * width * height / 49152)):
        x, y, long = span(rng, (0, 2 * width), (-20, 2 * height), (0.04 * height, 0.24 * height))
        draw.line((x, y, x + slope * long, y + long), some(rng, 40, 159))
    streaks = np.asarray(layer.resize((width, height), Image.Resampling.BILINEAR)) / 255
    picture = picture + (rng.uniform(0.4, 0.8) * streaks)[..., None] * (1 - picture)
    return _drops_on_lens(picture, rng) if chance(rng, 0.5) else picture


def _drops_on_lens(picture: np.ndarray, rng: Rng) -> np.ndarray:
    """Lay drops on the lens, each of which shows the world upside down."""
    pixels = np.moveaxis(np.indices(picture.shape[:2], float), 0, -1)
    source, shade = pixels.copy(), np.ones((*picture.shape[:2], 1))
    for _ in range(some(rng, 4, 24)):
        middle = rng.uniform(0, picture.shape[:2])
        offset = (pixels - middle) * [rng.uniform(0.7, 1), 1]
        radii = np.linalg.norm(offset, axis=-1) / (picture.shape[1] * rng.uniform(0.008, 0.04))
        inside = radii < 1
        source[inside] = (middle - offset * rng.uniform(2, 5, 2))[inside]
        shade[inside, 0] = 1.1 - 0.5 * radii[inside] ** 4
    return resample(picture, np.abs(np.moveaxis(source, -1, 0))) * shade


def snowfall(picture: np.ndarray, light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Add flakes, few near and large, many far and small."""
    return _specks(picture, rng, some(rng, 50, 599), (0.001, 0.008), 0.9)


def particles(picture: np.ndarray, light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Add floating specks that scatter light into the lens."""
    return _specks(picture, rng, some(rng, 20, 249), (0.0008, 0.005), rng.uniform(0.2, 0.5))


def _specks(picture: np.ndarray, rng: Rng, count: int, radii: Pair, strength: float) -> np.ndarray:
    """Add soft bright dots; radii are shares of the width."""
    height, width = picture.shape[:2]
    draw = ImageDraw.Draw(layer := Image.new("L", (4 * width, 4 * height)))
    for _ in range(count):
        at = span(rng, (0, 4 * width), (0, 4 * height))
        radius = 4 * width * radii[0] * (radii[1] / radii[0]) ** (rng.random() ** 2.5)
        draw.circle(at, radius, some(rng, 0, 254))
    dots = np.asarray(layer.resize((width, height), Image.Resampling.BOX)) / 255
    dots = np.clip(1.5 * spread(dots, 1), 0, 1)[..., None] * strength
    return picture * (1 - dots) + dots


def under_water(light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Sink it: caustics on what looks up, then each colour fades at its own rate, red first.

    The coefficients' ratios are of clear coastal water, their size is ours.
    """
    fading = np.array([1.0, *span(rng, (0.25, 0.45), (0.2, 0.5))])
    share = _arriving(surface.depth, rng.uniform(0.15, 0.6), fading / fading[1:].mean())
    water = np.array(span(rng, (0.01, 0.08), (0.35, 0.7), (0.5, 1.0)))
    above = np.linspace(2.25, 0.9, len(share))[:, None, None]  # bright; the deep is not
    bright = light.radiance * (1 + rng.uniform(0.5, 2) * _caustics(light, surface, rng))[..., None]
    return bright * share + above * water * np.median(light.radiance) * (1 - share)


def _caustics(light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Find bright lines [H, W] where waves focus light from above: ridges of two layers of noise."""
    points = np.where(np.isfinite(surface.points), surface.points, 0)
    net = np.clip(light.normal[..., 2], 0, 1)
    for _ in range(2):
        ridges = 1 - np.abs(2 * noise(rng, 6, 3, 0.4) - 1)
        at = np.floor(points[..., :2] * len(ridges) * rng.uniform(0.2, 0.5)).astype(int)
        net = net * ridges[at[..., 1] % len(ridges), at[..., 0] % len(ridges)] ** 4
    return net
