"""Pictures that are no photographs: painted, drawn, printed. Their lines come from the exact depth."""

from dataclasses import replace

import numpy as np

from dav2.render.styles.filters import box_mean, most_common, resample
from dav2.render.tracing import Light, Surface
from dav2.scenery.chance import Rng, chance, pick, some, span
from dav2.scenery.scene import Material, Part, Scene
from dav2.scenery.textures import colour, noise


def outlines(surface: Surface, light: Light, bend: float = 0.6) -> np.ndarray:
    """Find where [H, W] surfaces end or bend.

    Disparity is linear across a plane in perspective, so its second difference is zero on planes at
    any slant, and large at outlines. `bend` is the change of the unit normal that makes a crease.
    """
    disparity = 1 / surface.depth
    lines = np.zeros(disparity.shape, bool)
    for axis, inner in ((0, np.index_exp[1:-1]), (1, np.index_exp[:, 1:-1])):
        before, after = np.roll(disparity, 1, axis), np.roll(disparity, -1, axis)
        jump = np.abs(before - 2 * disparity + after) > 0.06 * np.maximum(before, after)
        nearer = disparity >= np.maximum(before, after) * 0.97
        crease = np.linalg.norm(light.normal - np.roll(light.normal, 1, axis), axis=-1) > bend
        lines[inner] |= (jump & nearer | crease)[inner]
    return lines


def _ink(surface: Surface, light: Light) -> np.ndarray:
    """Tell how much ink [H, W] in 0..1 lies on a pixel."""
    lines = outlines(surface, light).astype(float)
    return np.clip(0.75 * lines + 0.5 * box_mean(lines, 1), 0, 1)


def _noise(picture: np.ndarray, rng: Rng, base: int, octaves: int, fine: float) -> np.ndarray:
    """Make noise [H, W] of a picture's size."""
    tile = noise(rng, base, octaves, fine)
    return tile[np.ix_(*(np.arange(count) % len(tile) for count in picture.shape[:2]))]


def paint(picture: np.ndarray, light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Lay strokes of one colour each on a canvas."""
    radius = max(2, round(picture.shape[1] * rng.uniform(0.006, 0.016)))
    wobble = np.stack([_noise(picture, rng, 24, 3, 0.7) - 0.5 for _ in range(2)])
    at = np.indices(picture.shape[:2]) + 1.2 * radius * wobble
    picture = resample(picture, at)  # a hand does not follow edges exactly
    picture = most_common(picture, radius, some(rng, 8, 19))
    grey = picture.mean(-1, keepdims=True)
    picture = grey + (picture - grey) * rng.uniform(1.0, 1.8)
    if chance(rng, 0.4):
        picture = picture + 0.25 * (colour(rng) - 0.5)
    relief = _noise(picture, rng, 64, 2, 0.6)[..., None] - 0.5
    return np.clip(picture * (1 + rng.uniform(0.05, 0.25) * relief), 0, 1)


def draw(picture: np.ndarray, light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Draw lines and hatching on paper, sometimes coloured in."""
    paper = np.array([1.0, *span(rng, (0.93, 1), (0.8, 1))]) * rng.uniform(0.85, 1)
    paper = paper * (0.94 + 0.06 * _noise(picture, rng, 64, 2, 0.8)[..., None])
    pen = colour(rng, "dark" if chance(rng, 0.7) else None)
    shade = 1 - box_mean(picture.mean(-1), 1)
    y, x = np.indices(shade.shape)
    shaking = 4 * _noise(picture, rng, 12, 3, 0.6)
    period = max(3.0, shade.shape[1] / 60 * rng.uniform(0.7, 1.3))
    ink, first = _ink(surface, light), rng.uniform(0, np.pi)
    for darkest, turn in ((0.45, 0), (0.7, 1.1), (0.88, 2.2)):
        across = x * np.cos(first + turn) + y * np.sin(first + turn) + shaking
        hatch = 0.55 * np.clip(np.sin(across * 2 * np.pi / period), 0, 1)
        ink = np.maximum(ink, hatch * (shade > np.quantile(shade, darkest)))
    if chance(rng, 0.5):
        paper = paper * (0.35 + 0.65 * most_common(picture, 2, 8) ** 0.6)
    return np.clip(paper * (1 - ink[..., None]) + pen * ink[..., None], 0, 1)


def print_flat(picture: np.ndarray, light: Light, surface: Surface, rng: Rng) -> np.ndarray:
    """Print few flat colours and ink, as in comics and posters."""
    levels = some(rng, 3, 5)
    smooth = most_common(picture, max(2, picture.shape[1] // 100), 10)
    grey = smooth.mean(-1, keepdims=True)
    hue = np.round(smooth / np.maximum(grey, 0.05) * 4) / 4
    flat = (np.floor(grey * levels) + 0.5) / levels * (1 + (hue - 1) * rng.uniform(0.8, 1.6))
    ink = rng.uniform(0.6, 1) * _ink(surface, light)[..., None]
    return np.clip(flat, 0, 1) * (1 - ink)


def clay(scene: Scene, rng: Rng) -> Scene:
    """Make every surface of one of few pale colours, without textures."""
    clays = [Material("diffuse", colour(rng, "pastel")) for _ in range(some(rng, 1, 4))]
    kept = ("light", "glass", "pane", "mirror")
    changed = {id(m): pick(rng, clays) for _, m in scene.parts if m.kind not in kept}
    parts = [Part(mesh, changed.get(id(m), m)) for mesh, m in scene.parts]
    return replace(scene, parts=parts)
