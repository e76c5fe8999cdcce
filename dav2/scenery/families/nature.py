"""Woods, gorges, shores, meadows and mountains: ahead, up into crowns, down from ledges."""

import numpy as np

from dav2.scenery.kit import *
from dav2.scenery.objects import buildings, outdoors, people, plants, ships
from dav2.scenery.textures import noise

SIZE = 260.0
KINDS = {"meadow": 0.25, "wood": 0.27, "gorge": 0.16, "shore": 0.14, "heights": 0.18}
WAYS: dict[str, dict[str, float]] = {  # to look
    "meadow": {"ahead": 0.7, "up": 0.3},
    "wood": {"ahead": 0.5, "up": 0.3, "down": 0.2},
    "gorge": {"ahead": 0.5, "up": 0.3, "down": 0.2},
    "shore": {"ahead": 1},
    "heights": {"ahead": 0.48, "over the ledge": 0.52},
}
SOILS = {"green": 0.5, "sand": 0.14, "snow": 0.12, "heath": 0.12, "earth": 0.12}
Range = tuple[float, float]


def add_foreground(scene: Scene, rng: Rng, camera: Camera) -> None:
    """Hang branches at the top or sides of a view, one or two metres away."""
    forward = camera.target - camera.position
    forward = forward / np.linalg.norm(forward)
    side = np.cross((0, 0, 1), forward)
    side = side / max(float(np.linalg.norm(side)), 1e-6)
    places = []
    for _ in range(some(rng, 2, 6)):
        away, aside, rise = span(rng, (0.7, 2.5), (-1.2, 1), (0.15, 0.8))
        spread = aside * side + rise * np.cross(forward, side)
        at = camera.position + away * (forward + np.tan(camera.fov / 2) * spread)
        places.append((at, angle_of(rng), rng.uniform(0.6, 1.4)))
    copies(scene, rng, few(rng, (plants.branch,), 2), places)


def frame_view(scene: Scene, rng: Rng, wobble: float) -> None:
    """Keep the camera in one place, with branches before it."""
    fixed = scene.camera(rng)
    add_foreground(scene, rng, fixed)
    scene.camera = lambda rng: fixed._replace(
        target=fixed.target + rng.normal(0, wobble, 3), fov=fixed.fov * rng.uniform(0.7, 1.1)
    )


def _relief(rng: Rng, kind: str) -> np.ndarray:
    """Make ground heights [128, 128]; the camera stands near the origin and looks along x."""
    x, y = np.mgrid[-1:1:128j, -1:1:128j] * SIZE / 2
    rough = noise(rng, some(rng, 2, 4), 6, 0.45)[::2, ::2] - 0.5
    calm = np.clip((np.hypot(x, y) - 4) / 15, 0, 1)
    if kind == "gorge":  # walls at both sides of a floor that winds away
        bend, wave, wide, steep, high = span(rng, (3, 9), (10, 25), (3, 8), (3, 14), (8, 40))
        share = np.clip((np.abs(y - bend * np.sin(x / wave)) - wide) / steep, 0, 1)
        return high * share**0.8 * (0.8 + 0.6 * rough) + 1.5 * rough
    if kind == "heights":  # a ledge above a valley, mountains beyond
        deep, steep, high = span(rng, (12, 45), (4, 14), (20, 90))
        drop, beyond = np.clip((x - 4 + 6 * rough) / steep, 0, 1), np.clip((x - 45) / 80, 0, 1)
        return drop * (20 * rough - deep) + high * beyond * (0.6 + 1.5 * rough) + 1.5 * rough
    if kind == "shore":
        return -0.06 * (y - rng.uniform(-4, 6)) * np.where(y > 0, 1, 0.4) + 3 * rough * calm
    return rough * rng.uniform(*((1, 12) if kind == "wood" else (2, 50))) * calm


def _soil(rng: Rng, kind: str) -> Material:
    """Make grass, earth, rock, sand, snow or heath."""
    tints = {
        "green": ("grass", None),
        "sand": ("mottled", np.array([0.8, 0.66, 0.45]) * rng.uniform(0.7, 1.1)),
        "snow": ("mottled", np.full(3, rng.uniform(0.8, 0.95))),
        "heath": ("grass", np.array([0.4, 0.25, 0.35]) * rng.uniform(0.7, 1.2)),
        "earth": ("rock", colour(rng, "earth")),
        "cliff": ("rock", colour(rng, pick(rng, ("stone", "earth")))),
    }
    soils = {"gorge": ("cliff",), "shore": ("sand", "earth")}.get(kind, SOILS)
    return textured(rng, *tints[pick(rng, soils)], gloss=0)


def build(rng: Rng) -> Scene:
    """Make one kind of landscape, with plants, rocks, perhaps water, a hut, a fence, walkers."""
    scene, kind = Scene(), pick(rng, KINDS)
    heights = _relief(rng, kind)
    scene.add([part(_soil(rng, kind), outdoors.ground_of(heights, SIZE, rng.uniform(1.5, 5)))])

    def level(x: float, y: float) -> float:
        return outdoors.ground_height(heights, SIZE, x, y)

    def spread(things: list[Parts], count: int, away: Range, wide: float, size: Range) -> None:
        """Put things before the camera, at some distances, mostly within `wide` radians."""
        places = []
        for r, angle in zip(rng.uniform(*away, count), rng.normal(0, wide, count), strict=True):
            x, y = r * np.cos(angle), r * np.sin(angle)
            low = min(level(x, y), level(x + 1, y), level(x, y + 1))
            places.append(((x, y, low - 0.05), angle_of(rng), rng.uniform(*size)))
        copies(scene, rng, things, places)

    match kind:
        case "wood":
            stems = [*few(rng, (plants.trunk,), 3), plants.crown_tree(rng, 14)]
            ferns = [plants.fern(rng), plants.fern(rng), plants.tuft(rng)]
            spread(stems, 70, (3.5, 45), 1.0, (0.7, 1.2))
            spread(ferns, 45, (1.5, 18), 1.0, (0.7, 1.6))
            spread([plants.fallen(rng)], 4, (4, 18), 0.8, (0.8, 1.2))
        case "gorge":
            spread([plants.boulder(rng, 1.6) for _ in range(3)], 22, (4, 50), 0.5, (0.3, 1.5))
        case "heights":
            spread([plants.crown_tree(rng, 9) for _ in range(3)], 90, (14, 110), 0.7, (0.6, 1.3))
        case "shore":
            scene.add([outdoors.water(3 * SIZE, -0.25)])
            spread([plants.boulder(rng, 1.2) for _ in range(3)], 25, (3, 45), 0.9, (0.3, 1.6))
            afloat = [span(rng, (8, 40), (12, 35), (0.8, 1)) for _ in range(2)]
            boats = [((x, y, -0.3), angle_of(rng), size) for x, y, size in afloat]
            copies(scene, rng, [ships.boat(rng, 7)], boats)
    if kind in ("meadow", "wood") and chance(rng, 0.3):
        scene.add([outdoors.water(SIZE, float(np.quantile(heights, 0.2)))])
    for make in (plants.rock, plants.bush, plants.tuft, plants.boulder, plants.flower):
        if chance(rng, 0.6):
            size = (0.2, 1.0) if make is plants.boulder else (0.5, 1.4)
            spread(few(rng, (make,), 2), some(rng, 3, 21), (2.5, 25), 0.9, size)
    if kind == "meadow" or chance(rng, 0.3):
        spread(few(rng, (plants.tree,), 2), some(rng, 3, 21), (5, 70), 0.8, (0.6, 1.3))
    if kind in ("meadow", "heights") and chance(rng, 0.3):
        x, y = rng.uniform(4, 12) if kind == "meadow" else -1.5, rng.uniform(-4, 4)
        scene.add(outdoors.fence(rng, 24), (x, y, level(x, y)), rng.uniform(0.6, 2.5))
    if kind == "meadow" and chance(rng, 0.3):
        x, y = span(rng, (15, 40), (-12, 12))
        scene.add(buildings.building(rng, 8, 6, 3.5), (x, y, level(x, y) - 0.3), angle_of(rng))
    for _ in range(some(rng, 0, 3)):
        x, y = span(rng, (3, 18), (-5, 5))
        scene.add(people.person(rng), (x, y, level(x, y)), angle_of(rng))
    daylight(scene, rng)

    def propose(rng: Rng) -> Camera:
        x, y, eyes = span(rng, (-3, 1), (-2, 2), (0.3, 2.4))
        at, way = np.array([x, y, max(level(x, y), -0.2) + eyes]), pick(rng, WAYS[kind])
        if way == "ahead":
            return look(rng, at, at + [10, rng.normal(0, 3), rng.normal(0.8, 1.5)], (40, 85))
        if way == "up":
            to = at + [rng.uniform(1, 6), rng.normal(0, 3), rng.uniform(2.5, 9)]
            return look(rng, at, to, (50, 90))
        at += [0, 0, rng.uniform(2, 9)] if way == "down" else [3, 0, 0.5]
        return look(rng, at, at + [8, rng.normal(0, 4), -rng.uniform(2, 11)], (45, 80))

    scene.camera = lambda rng: view_from_outside(scene.parts, propose, rng, 0.1)
    if chance(rng, 0.45):
        frame_view(scene, rng, 0.7)
    return scene
