"""Fog, rain, snow and water: overcast scenes, Beer-Lambert along exact z, drops and flakes."""

from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw

from dav2.render.styles.filters import spread
from dav2.render.tracing import Light, Surface
from dav2.scenery import sky
from dav2.scenery.meshes import Mesh, merge
from dav2.scenery.scene import Material, Part, Scene
from dav2.scenery.textures import noise

Rng = np.random.Generator


def transmission(depth: np.ndarray, extinction_per_m: np.ndarray) -> np.ndarray:
    """Share of light [H, W, 3] that arrives from planar depth [H, W]: exp(-extinction z); sky 0."""
    return np.exp(-extinction_per_m * depth[..., None])


def _extinction(depth: np.ndarray, arrives: float) -> float:
    """The extinction per metre that lets a share `arrives` of light through from the median depth.

    Relative to the scene: real fog would leave all of a view from the air white.
    """
    return float(-np.log(arrives) / np.median(depth[np.isfinite(depth)]))


def _veil(light: Light, depth: np.ndarray, extinction_per_m: np.ndarray) -> np.ndarray:
    """Radiance behind air that scatters the colour of the horizon."""
    beyond = light.radiance[np.isinf(depth)]
    if len(beyond) > 0.01 * depth.size:
        air = beyond.mean(0)
    else:
        air = np.full(3, 1.5 * light.radiance.mean())
    share = transmission(depth, extinction_per_m)
    return light.radiance * share + air * (1 - share)


def overcast(scene: Scene, rng: Rng) -> Scene:
    """A closed sky without a sun; rooms stay as they are."""
    return replace(scene, sky=sky.overcast(rng), sun=None) if scene.sun else scene


def fog(light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Radiance in fog: from the median depth, 30 to 85 % arrive; blue a little less than red."""
    extinction = _extinction(surface.depth, rng.uniform(0.3, 0.85))
    return _veil(light, surface.depth, extinction * np.array([0.95, 1.0, 1.05]))


def _upward(mesh: Mesh, least: float) -> np.ndarray:
    """Which faces [F] look up: their normal's z is at least `least`, whichever way they are wound."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    return np.abs(normal[:, 2]) >= least * np.maximum(np.linalg.norm(normal, axis=1), 1e-12)


def wet(scene: Scene, rng: Rng) -> Scene:
    """Overcast; wide level ground turns dark and glossy."""
    if not scene.sun:
        return scene
    parts: list[Part] = []
    changed: dict[int, Material] = {}
    for mesh, material in scene.parts:
        wide = np.ptp(mesh.vertices[:, :2], axis=0).min() > 2
        if material.kind == "diffuse" and wide and _upward(mesh, 0.8).mean() > 0.3:
            darker = material.look * 0.6
            if material.look.dtype == np.uint8:
                darker = darker.astype(np.uint8)
            material = changed.setdefault(id(material), Material("plastic", darker))
        parts.append(Part(mesh, material))
    return overcast(replace(scene, parts=parts), rng)


def haze(light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Radiance in rain or snow: from the median depth, 80 to 97 % arrive."""
    extinction = _extinction(surface.depth, rng.uniform(0.8, 0.97))
    return _veil(light, surface.depth, extinction * np.ones(3))


def rain(picture: np.ndarray, light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Streaks and, on every other lens, drops. A drop shows the world upside down."""
    height, width = picture.shape[:2]
    layer = Image.new("L", (2 * width, 2 * height))
    draw = ImageDraw.Draw(layer)
    slope = rng.normal(0, 0.15)
    for _ in range(int(rng.integers(60, 300) * width * height / 49152)):
        x, y = rng.uniform(0, 2 * width), rng.uniform(-20, 2 * height)
        length = rng.uniform(0.02, 0.12) * 2 * height
        draw.line((x, y, x + slope * length, y + length), fill=int(rng.integers(40, 160)))
    streaks = np.asarray(layer.resize((width, height), Image.Resampling.BILINEAR)) / 255
    picture = picture + (rng.uniform(0.4, 0.8) * streaks)[..., None] * (1 - picture)
    if rng.random() < 0.5:
        picture = _drops_on_lens(picture, rng)
    return picture


def _drops_on_lens(picture: np.ndarray, rng: Rng) -> np.ndarray:
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(float)
    source_x, source_y = x.copy(), y.copy()
    shade = np.ones((height, width))
    for _ in range(int(rng.integers(4, 25))):
        at = rng.uniform(0, (width, height))
        radius = width * rng.uniform(0.008, 0.04)
        dx, dy = x - at[0], (y - at[1]) * rng.uniform(0.7, 1)
        inside = np.hypot(dx, dy) < radius
        source_x[inside] = (at[0] - dx * rng.uniform(2, 5))[inside]
        source_y[inside] = (at[1] - dy * rng.uniform(2, 5))[inside]
        shade[inside] = (1.1 - 0.5 * (np.hypot(dx, dy) / radius) ** 4)[inside]
    column, row = (
        np.clip(np.abs(source.round().astype(int)), 0, limit - 1)
        for source, limit in ((source_x, width), (source_y, height))
    )
    return picture[row, column] * shade[..., None]


def snowed(scene: Scene, rng: Rng) -> Scene:
    """Overcast; what looks up is white. Faces change their part, never their place."""
    if not scene.sun:
        return scene
    least = rng.uniform(0.35, 0.75)
    bare, covered = [], []
    for mesh, material in scene.parts:
        white = _upward(mesh, least)
        if material.kind not in ("diffuse", "plastic") or not white.any():
            bare.append(Part(mesh, material))
            continue
        covered.append(mesh._replace(faces=mesh.faces[white]))
        if not white.all():
            bare.append(Part(mesh._replace(faces=mesh.faces[~white]), material))
    white = (0.88 + 0.1 * noise(rng, 8, 5, 0.6))[..., None] * np.array([0.97, 0.98, 1.0])
    snow = Material("diffuse", (255 * white).clip(0, 255).astype(np.uint8))
    return overcast(replace(scene, parts=[*bare, Part(merge(covered), snow)]), rng)


def snowfall(picture: np.ndarray, light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Flakes, few near and large, many far and small."""
    return _specks(picture, rng, int(rng.integers(50, 600)), (0.001, 0.008), 0.9)


def _specks(
    picture: np.ndarray, rng: Rng, count: int, radii: tuple[float, float], strength: float
) -> np.ndarray:
    """Soft bright dots; radii are shares of the width."""
    height, width = picture.shape[:2]
    layer = Image.new("L", (4 * width, 4 * height))
    draw = ImageDraw.Draw(layer)
    for _ in range(count):
        x, y = rng.uniform(0, 4 * width), rng.uniform(0, 4 * height)
        radius = 4 * width * radii[0] * (radii[1] / radii[0]) ** (rng.random() ** 2.5)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=int(rng.integers(255)))
    dots = np.asarray(layer.resize((width, height), Image.Resampling.BOX)) / 255
    dots = np.clip(1.5 * spread(dots, 1), 0, 1)[..., None] * strength
    return picture * (1 - dots) + dots


def under_water(light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Radiance under water: caustics on what looks up, then each colour fades at its own rate.

    Red is lost first. The coefficients' ratios are of clear coastal water, their size is ours.
    """
    extinction = np.array([1.0, rng.uniform(0.25, 0.45), rng.uniform(0.2, 0.5)])
    extinction *= _extinction(surface.depth, rng.uniform(0.15, 0.6)) / extinction[1:].mean()
    water = np.array([rng.uniform(0.01, 0.08), rng.uniform(0.35, 0.7), rng.uniform(0.5, 1.0)])
    lit = light.radiance * (1 + rng.uniform(0.5, 2) * _caustics(light, surface, rng))[..., None]
    share = transmission(surface.depth, extinction)
    above = np.linspace(1.5, 0.6, len(share))[
        :, None, None
    ]  # the surface is bright, the deep is not
    return lit * share + above * water * np.median(light.radiance) * 1.5 * (1 - share)


def _caustics(light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Bright lines [H, W] where waves focus the light: ridges of two layers of noise, from above."""
    points = np.where(np.isfinite(surface.points), surface.points, 0)
    net = np.ones(surface.depth.shape)
    for _ in range(2):
        ridges = 1 - np.abs(2 * noise(rng, 6, 3, 0.4) - 1)
        size = len(ridges)
        scale = size * rng.uniform(0.2, 0.5)
        column, row = (np.floor(points[..., k] * scale).astype(int) % size for k in range(2))
        net = net * ridges[row, column]
    return net**4 * np.clip(light.normal[..., 2], 0, 1)


def particles(picture: np.ndarray, light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Floating specks that scatter light into the lens."""
    return _specks(picture, rng, int(rng.integers(20, 250)), (0.0008, 0.005), rng.uniform(0.2, 0.5))
