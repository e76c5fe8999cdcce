"""From a seed and a number to one finished view: scene, camera, light, depth, photograph."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from dav2.geometry import Intrinsics
from dav2.render.families import FAMILIES
from dav2.render.scene import Scene

VIEWS_PER_SCENE = 3  # building a scene costs as much as looking at it
CAMERA_TRIES, SCENE_TRIES = 8, 6
DARKEST = 1e-3


class View(NamedTuple):
    """A photograph uint8 [H, W, 3], its planar depth float32 [H, W] in metres (sky inf)."""

    image: np.ndarray
    depth: np.ndarray
    intrinsics: Intrinsics
    family: str


def family_of(seed: int, scene: int) -> str:
    """The family that scene number `scene` of a set belongs to."""
    names = list(FAMILIES)
    weights = np.array([FAMILIES[name][1] for name in names])
    return str(np.random.default_rng([seed, scene]).choice(names, p=weights / weights.sum()))


def build_scene(family: str, seed: int, scene: int, attempt: int = 0) -> Scene:
    """A scene; it depends on these arguments alone."""
    return FAMILIES[family][0](np.random.default_rng([seed, scene, attempt, 1]))


@lru_cache(maxsize=1)
def _loaded(family: str, seed: int, scene: int, attempt: int) -> tuple[Scene, Any]:
    from dav2.render.loading import load

    built = build_scene(family, seed, scene, attempt)
    return built, load(built)


def is_worth_keeping(depth: np.ndarray) -> bool:
    """Enough surface, nothing on the lens, and some relief: 30 % surface, near 2 % beyond 12 cm,
    far to near at least 1.5."""
    known = depth[np.isfinite(depth)]
    if known.size < 0.3 * depth.size:
        return False
    near, far = np.percentile(known, [2, 98])
    return bool(near > 0.12 and (far / near > 1.5 or known.size < 0.95 * depth.size))


def develop(radiance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Linear radiance to an sRGB photograph uint8: exposure, highlights, tint, sensor noise."""
    brightness = np.exp(np.log(np.maximum(radiance.mean(-1), 1e-6)).mean())
    exposed = radiance * np.clip(rng.uniform(0.16, 0.3) / brightness, 0.05, 40)
    exposed = exposed * rng.uniform(0.92, 1.08, 3)
    compressed = exposed * 1.25 * (1 + exposed * 1.25 / 36) / (1 + exposed * 1.25)
    picture = np.clip(compressed, 0, 1) ** (1 / 2.2)
    if rng.random() < 0.3:
        picture = picture + rng.normal(0, rng.uniform(0.005, 0.03), picture.shape)
    return (np.clip(picture, 0, 1) * 255).round().astype(np.uint8)


def render_view(
    seed: int, number: int, size_px: tuple[int, int], family: str | None = None
) -> View:
    """View `number` of the set with `seed`; it depends on nothing else.

    Args:
        size_px: (width, height).
        family: a family's name instead of the set's own choice.

    Raises:
        RuntimeError: no camera saw anything worth keeping in any attempt.
    """
    from dav2.render.tracing import trace_depth, trace_light

    scene_number = number // VIEWS_PER_SCENE
    family = family or family_of(seed, scene_number)
    for attempt in range(SCENE_TRIES):
        scene, loaded = _loaded(family, seed, scene_number, attempt)
        rng = np.random.default_rng([seed, number, attempt, 2])
        for _ in range(CAMERA_TRIES):
            camera = scene.camera(rng)
            depth, intrinsics = trace_depth(loaded, camera, size_px)
            if is_worth_keeping(depth):
                radiance = trace_light(loaded, camera, size_px, int(rng.integers(2**31)))
                if radiance.mean() < DARKEST:  # shut in, with no light to see by
                    continue
                return View(develop(radiance, rng), depth, intrinsics, family)
    raise RuntimeError(f"view {number} of seed {seed} ({family}): no camera saw enough")
