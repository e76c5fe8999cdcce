"""Woods, gorges, shores, meadows and mountains: ahead, up into crowns, down from ledges."""

import numpy as np

from dav2.scenery.objects import buildings, outdoors, people, plants, ships
from dav2.scenery.placing import Placement, copies, view_from_outside
from dav2.scenery.scene import Camera, Material, Part, Scene, daylight, look
from dav2.scenery.textures import colour, noise, texture

Rng = np.random.Generator
SIZE = 260.0
KINDS = ("meadow", "wood", "gorge", "shore", "heights")


def add_foreground(scene: Scene, rng: Rng, camera: Camera) -> None:
    """Branches at the top or sides of a view, one or two metres away."""
    forward = camera.target - camera.position
    forward = forward / np.linalg.norm(forward)
    side = np.array([-forward[1], forward[0], 0])
    side = side / max(float(np.linalg.norm(side)), 1e-6)
    up = np.cross(side, forward) * (1 if np.cross(side, forward)[2] >= 0 else -1)
    branches = [plants.branch(rng) for _ in range(2)]
    for _ in range(int(rng.integers(2, 7))):
        away = rng.uniform(0.7, 2.5)
        spread = np.tan(camera.fov / 2) * away
        at = camera.position + forward * away + side * rng.uniform(-1.2, 1) * spread
        at = at + up * rng.uniform(0.15, 0.8) * spread
        scene.add(
            branches[int(rng.integers(2))], at, rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.4)
        )


def _relief(rng: Rng, kind: str) -> np.ndarray:
    """Ground heights [128, 128]; the camera stands near the origin and looks along x."""
    axis = np.linspace(-SIZE / 2, SIZE / 2, 128)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    rough = noise(rng, int(rng.integers(2, 5)), 6, 0.45)[::2, ::2] - 0.5
    calm = np.clip((np.hypot(x, y) - 4) / 15, 0, 1)
    if kind == "gorge":  # walls at both sides of a floor that winds away
        middle = rng.uniform(3, 9) * np.sin(x / rng.uniform(10, 25))
        share = np.clip((np.abs(y - middle) - rng.uniform(3, 8)) / rng.uniform(3, 14), 0, 1)
        return rng.uniform(8, 40) * share**0.8 * (0.8 + 0.6 * rough) + 1.5 * rough
    if kind == "heights":  # a ledge above a valley, mountains beyond
        drop = np.clip((x - 4 + 6 * rough) / rng.uniform(4, 14), 0, 1)
        beyond = np.clip((x - 45) / 80, 0, 1) * rng.uniform(20, 90)
        return (
            -rng.uniform(12, 45) * drop
            + beyond * (0.6 + 1.5 * rough)
            + 20 * rough * drop
            + 1.5 * rough
        )
    if kind == "shore":
        return -0.06 * (y - rng.uniform(-4, 6)) * np.where(y > 0, 1, 0.4) + 3 * rough * calm
    rise = rng.uniform(1, 12) if kind == "wood" else rng.uniform(2, 50)
    return rough * rise * calm


def _soil(rng: Rng, kind: str) -> Material:
    """Grass, earth, rock, sand, snow or heath."""
    season = str(
        rng.choice(["green", "sand", "snow", "heath", "earth"], p=[0.5, 0.14, 0.12, 0.12, 0.12])
    )
    if kind == "gorge":
        return Material(
            "diffuse", texture(rng, "rock", colour(rng, str(rng.choice(["stone", "earth"]))))
        )
    if kind == "shore":
        season = str(rng.choice(["sand", "earth"]))
    tints = {
        "green": ("grass", None),
        "sand": ("mottled", np.array([0.8, 0.66, 0.45]) * rng.uniform(0.7, 1.1)),
        "snow": ("mottled", np.full(3, rng.uniform(0.8, 0.95))),
        "heath": ("grass", np.array([0.4, 0.25, 0.35]) * rng.uniform(0.7, 1.2)),
        "earth": ("rock", colour(rng, "earth")),
    }
    return Material("diffuse", texture(rng, *tints[season]))


def build(rng: Rng) -> Scene:
    """One kind of landscape, with plants, rocks, perhaps water, a hut, a fence, walkers."""
    scene = Scene()
    kind = str(rng.choice(KINDS, p=[0.25, 0.27, 0.16, 0.14, 0.18]))
    heights = _relief(rng, kind)
    scene.add([Part(outdoors.ground_of(heights, SIZE, rng.uniform(1.5, 5)), _soil(rng, kind))])

    def level(x: float, y: float) -> float:
        return outdoors.ground_height(heights, SIZE, x, y)

    def spread(
        count: int, near: float, far: float, wide: float, size: tuple[float, float]
    ) -> list[Placement]:
        places = []
        for away, angle in zip(
            rng.uniform(near, far, count), rng.normal(0, wide, count), strict=True
        ):
            x, y = away * np.cos(angle), away * np.sin(angle)
            low = min(level(x, y), level(x + 1, y), level(x, y + 1))
            places.append(((x, y, low - 0.05), rng.uniform(0, 2 * np.pi), rng.uniform(*size)))
        return places

    if kind == "shore":
        scene.add([outdoors.water(3 * SIZE, -0.25)])
        copies(
            scene,
            rng,
            [plants.boulder(rng, 1.2) for _ in range(3)],
            spread(25, 3, 45, 0.9, (0.3, 1.6)),
        )
        boats = spread(2, 12, 40, 0.6, (0.8, 1))
        copies(
            scene,
            rng,
            [ships.boat(rng, 7)],
            [((x, abs(y) + 12, -0.3), t, s) for (x, y, _), t, s in boats],
        )
    elif kind == "gorge":
        copies(
            scene,
            rng,
            [plants.boulder(rng, 1.6) for _ in range(3)],
            spread(22, 4, 50, 0.5, (0.3, 1.5)),
        )
    elif kind == "heights":
        copies(
            scene,
            rng,
            [plants.crown_tree(rng, 9) for _ in range(3)],
            spread(90, 14, 110, 0.7, (0.6, 1.3)),
        )
    elif kind == "wood":
        stems = [plants.trunk(rng) for _ in range(3)] + [plants.crown_tree(rng, 14)]
        copies(scene, rng, stems, spread(70, 3.5, 45, 1.0, (0.7, 1.2)))
        copies(
            scene,
            rng,
            [plants.fern(rng), plants.fern(rng), plants.tuft(rng)],
            spread(45, 1.5, 18, 1.0, (0.7, 1.6)),
        )
        copies(scene, rng, [plants.fallen(rng)], spread(4, 4, 18, 0.8, (0.8, 1.2)))
    if kind in ("meadow", "wood") and rng.random() < 0.3:
        scene.add([outdoors.water(SIZE, float(np.quantile(heights, 0.2)))])
    makers = (plants.rock, plants.bush, plants.tuft, plants.boulder, plants.flower)
    for make in makers:
        if rng.random() < 0.6:
            count = int(rng.integers(3, 22))
            size = (0.5, 1.4) if make is not plants.boulder else (0.2, 1.0)
            copies(scene, rng, [make(rng) for _ in range(2)], spread(count, 2.5, 25, 0.9, size))
    if kind == "meadow" or rng.random() < 0.3:
        trees = [plants.tree(rng) for _ in range(2)]
        copies(scene, rng, trees, spread(int(rng.integers(3, 22)), 5, 70, 0.8, (0.6, 1.3)))
    if rng.random() < 0.3 and kind in ("meadow", "heights"):
        x, y = rng.uniform(4, 12) if kind == "meadow" else -1.5, rng.uniform(-4, 4)
        scene.add(outdoors.fence(rng, 24), (x, y, level(x, y)), rng.uniform(0.6, 2.5))
    if rng.random() < 0.3 and kind == "meadow":
        x, y = rng.uniform(15, 40), rng.uniform(-12, 12)
        scene.add(buildings.building(rng, 8, 6, 3.5), (x, y, level(x, y) - 0.3), rng.uniform(0, 6))
    for _ in range(int(rng.integers(0, 4))):
        x, y = rng.uniform(3, 18), rng.uniform(-5, 5)
        scene.add(people.person(rng), (x, y, level(x, y)), rng.uniform(0, 2 * np.pi))
    daylight(scene, rng)

    def propose(rng: Rng) -> Camera:
        x, y = rng.uniform(-3, 1), rng.uniform(-2, 2)
        at = np.array([x, y, max(level(x, y), -0.2) + rng.uniform(0.3, 2.4)])
        way = str(rng.choice(["ahead", "up", "down"], p=[0.5, 0.3, 0.2]))
        if kind == "heights" and (way == "down" or rng.random() < 0.4):
            at += [3.0, 0, 0.5]
            return look(rng, at, at + [8, rng.normal(0, 4), -rng.uniform(2, 11)], (45, 80))
        if kind in ("gorge", "wood") and way == "down":
            at[2] += rng.uniform(2, 9)
            return look(rng, at, at + [8, rng.normal(0, 4), -rng.uniform(2, 11)], (45, 80))
        if way == "up" and kind in ("wood", "gorge", "meadow"):
            return look(
                rng, at, at + [rng.uniform(1, 6), rng.normal(0, 3), rng.uniform(2.5, 9)], (50, 90)
            )
        return look(rng, at, at + [10, rng.normal(0, 3), rng.normal(0.8, 1.5)], (40, 85))

    def camera(rng: Rng) -> Camera:
        return view_from_outside(scene.parts, propose, rng, 0.1)

    scene.camera = camera
    if rng.random() < 0.45:
        fixed = camera(rng)
        add_foreground(scene, rng, fixed)
        scene.camera = lambda rng: fixed._replace(
            target=fixed.target + rng.normal(0, 0.7, 3), fov=fixed.fov * rng.uniform(0.7, 1.1)
        )
    return scene
