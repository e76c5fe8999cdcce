"""Pictures that are no photographs: painted, drawn, printed. Their lines come from the exact depth."""

from dataclasses import replace

import numpy as np

from dav2.render.styles.filters import box_mean, most_common
from dav2.render.tracing import Light, Surface
from dav2.scenery.scene import Material, Part, Scene
from dav2.scenery.textures import colour, noise

Rng = np.random.Generator


def outlines(surface: Surface, light: Light, bend: float = 0.6) -> np.ndarray:
    """Where [H, W] surfaces end or bend.

    Disparity is linear across a plane in perspective, so its second difference is zero on planes at
    any slant, and large at outlines. `bend` is the change of the unit normal that makes a crease.
    """
    disparity = 1 / surface.depth
    lines = np.zeros(disparity.shape, bool)
    for axis in (0, 1):
        before, after = np.roll(disparity, 1, axis), np.roll(disparity, -1, axis)
        jump = np.abs(before - 2 * disparity + after) > 0.06 * np.maximum(before, after)
        crease = np.linalg.norm(light.normal - np.roll(light.normal, 1, axis), axis=-1) > bend
        here = jump & (disparity >= np.maximum(before, after) * 0.97) | crease
        inner = [slice(None)] * 2
        inner[axis] = slice(1, -1)
        lines[tuple(inner)] |= here[tuple(inner)]
    return lines


def _ink(surface: Surface, light: Light, bend: float = 0.6) -> np.ndarray:
    """How much ink [H, W, 1] in 0..1 lies on a pixel."""
    lines = outlines(surface, light, bend).astype(float)
    return np.clip(0.75 * lines + 0.5 * box_mean(lines, 1), 0, 1)[..., None]


def paint(picture: np.ndarray, light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Strokes of one colour each, on a canvas."""
    width = picture.shape[1]
    radius = max(2, round(width * rng.uniform(0.006, 0.016)))
    wobble = noise(rng, 24, 3, 0.7), noise(rng, 24, 3, 0.7)
    picture = _shift(picture, wobble, 1.2 * radius)  # a hand does not follow edges exactly
    picture = most_common(picture, radius, int(rng.integers(8, 20)))
    grey = picture.mean(-1, keepdims=True)
    picture = grey + (picture - grey) * rng.uniform(1.0, 1.8)
    if rng.random() < 0.4:
        picture = picture + 0.25 * (colour(rng) - 0.5)
    relief = _tiled(noise(rng, 64, 2, 0.6), picture.shape)
    return np.clip(picture * (1 + rng.uniform(0.05, 0.25) * (relief - 0.5)), 0, 1)


def draw(picture: np.ndarray, light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Lines and hatching on paper, sometimes coloured in."""
    height, width = picture.shape[:2]
    paper = np.array([1.0, rng.uniform(0.93, 1), rng.uniform(0.8, 1)]) * rng.uniform(0.85, 1)
    paper = paper * (0.94 + 0.06 * _tiled(noise(rng, 64, 2, 0.8), picture.shape))
    pen = colour(rng, "dark") if rng.random() < 0.7 else colour(rng)
    shade = 1 - box_mean(picture.mean(-1), 1)
    limits = np.quantile(shade, [0.45, 0.7, 0.88])
    y, x = np.mgrid[0:height, 0:width].astype(float)
    shaking = 4 * _tiled(noise(rng, 12, 3, 0.6), picture.shape)[..., 0]
    period = max(3.0, width / 60 * rng.uniform(0.7, 1.3))
    ink = _ink(surface, light)[..., 0]
    for limit, angle in zip(limits, rng.uniform(0, np.pi) + np.array([0, 1.1, 2.2]), strict=True):
        wave = np.sin((x * np.cos(angle) + y * np.sin(angle) + shaking) * 2 * np.pi / period)
        ink = np.maximum(ink, 0.55 * (shade > limit) * np.clip(wave, 0, 1))
    if rng.random() < 0.5:
        paper = paper * (0.35 + 0.65 * most_common(picture, 2, 8) ** 0.6)
    return np.clip(paper * (1 - ink[..., None]) + pen * ink[..., None], 0, 1)


def print_flat(picture: np.ndarray, light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Few flat colours and ink, as in comics and posters."""
    levels = int(rng.integers(3, 6))
    smooth = most_common(picture, max(2, picture.shape[1] // 100), 10)
    grey = smooth.mean(-1, keepdims=True)
    flat = (np.floor(grey * levels) + 0.5) / levels
    colours = smooth / np.maximum(grey, 0.05)
    colours = 1 + (np.round(colours * 4) / 4 - 1) * rng.uniform(0.8, 1.6)
    return np.clip(
        np.clip(flat * colours, 0, 1) * (1 - rng.uniform(0.6, 1) * _ink(surface, light)), 0, 1
    )


def clay(scene: Scene, rng: Rng) -> Scene:
    """Every surface in one of few pale colours, without textures."""
    clays = [Material("diffuse", colour(rng, "pastel")) for _ in range(int(rng.integers(1, 5)))]
    kept = ("light", "glass", "pane", "mirror")
    changed: dict[int, Material] = {}
    parts = []
    for mesh, material in scene.parts:
        if material.kind not in kept:
            chosen = clays[int(rng.integers(len(clays)))]
            material = changed.setdefault(id(material), chosen)
        parts.append(Part(mesh, material))
    return replace(scene, parts=parts)


def _tiled(tile: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A tile [N, N], repeated to [H, W, 1]."""
    rows, columns = (np.arange(count) % len(tile) for count in shape[:2])
    return tile[rows[:, None], columns[None], None]


def _shift(picture: np.ndarray, wobble: tuple[np.ndarray, np.ndarray], by_px: float) -> np.ndarray:
    """Each pixel from a little beside it."""
    rows, columns = (np.arange(count) for count in picture.shape[:2])
    dy, dx = ((_tiled(tile, picture.shape)[..., 0] - 0.5) * by_px for tile in wobble)
    row = np.clip(rows[:, None] + dy.round().astype(int), 0, len(rows) - 1)
    column = np.clip(columns[None] + dx.round().astype(int), 0, len(columns) - 1)
    return picture[row, column]
