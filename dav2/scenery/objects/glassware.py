"""Glass and mirrors. `rng -> list[Part]`, on z = 0, facing -y."""

import numpy as np

from dav2.scenery.meshes import (
    blob,
    box,
    ellipsoid,
    lathe,
    merge,
    move,
    quad,
    rods,
    rotation,
    torus,
)
from dav2.scenery.objects.creatures import fish
from dav2.scenery.objects.tableware import SMALL, bottle, wine_glass
from dav2.scenery.scene import (
    GLASS,
    MIRROR,
    PANE,
    Material,
    Part,
    metallic,
    painted,
    textured,
    wooden,
)

Rng = np.random.Generator
Parts = list[Part]


def glass_cube(rng: Rng) -> Parts:
    s = rng.uniform(0.06, 0.2)
    return [
        Part(move(box((0, 0, s / 2), (s, s, s)), turn=rotation("z", rng.uniform(0, 1.5))), GLASS)
    ]


def glass_prism(rng: Rng) -> Parts:
    """A pyramid or a rod with few sides."""
    r, h = rng.uniform(0.04, 0.1), rng.uniform(0.08, 0.25)
    top = rng.choice([1e-4, r, r * 0.5])
    return [Part(lathe([(1e-4, 0), (r, 0), (top, h), (1e-4, h)], int(rng.integers(3, 7))), GLASS)]


def aquarium(rng: Rng) -> Parts:
    """Panes, gravel, plants and fish."""
    w, d, h = rng.uniform(0.4, 1.1), rng.uniform(0.25, 0.4), rng.uniform(0.28, 0.5)
    sides = merge(
        [quad((-w / 2, y, 0), (w, 0, 0), (0, 0, h)) for y in (-d / 2, d / 2)]
        + [quad((x, -d / 2, 0), (0, d, 0), (0, 0, h)) for x in (-w / 2, w / 2)]
    )
    corners = np.array([[x * w / 2, y * d / 2, 0] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))])
    frame = merge(
        [
            rods(corners, corners + [0, 0, h], 0.006, 4),
            *(
                rods(corners + [0, 0, z], np.roll(corners, -1, 0) + [0, 0, z], 0.008, 4)
                for z in (0.004, h)
            ),
        ]
    )
    parts = [
        Part(sides, PANE),
        Part(frame, painted(rng, "dark", 0.5)),
        Part(box((0, 0, 0.02), (w * 0.98, d * 0.96, 0.04), 0.3), textured(rng, "gravel", gloss=0)),
        Part(
            merge(
                [
                    blob(
                        rng,
                        (*rng.uniform(-0.35, 0.35, 2) * (w, d), 0.06),
                        rng.uniform(0.02, 0.06),
                        0.3,
                        9,
                    )
                    for _ in range(4)
                ]
            ),
            textured(rng, "rock", gloss=0),
        ),
    ]
    roots = np.c_[rng.uniform(-0.42, 0.42, (14, 2)) * (w, d), np.full(14, 0.03)]
    parts.append(
        Part(
            rods(
                roots,
                roots + np.c_[rng.normal(0, 0.015, (14, 2)), rng.uniform(0.08, h * 0.75, 14)],
                0.004,
                4,
            ),
            painted(rng, "green", 0),
        )
    )
    for _ in range(int(rng.integers(1, 5))):
        at, turn = (
            (*rng.uniform(-0.25, 0.25, 2) * (w, d * 0.6), rng.uniform(0.06, h * 0.6)),
            rotation("z", rng.choice([0, np.pi])),
        )
        parts += [Part(move(p.mesh, at, turn, 0.18), p.material) for p in fish(rng)]
    return parts


def bell_jar(rng: Rng) -> Parts:
    """A thing under a dome of glass."""
    r, h = rng.uniform(0.09, 0.16), rng.uniform(0.2, 0.4)
    t = np.linspace(0, np.pi / 2, 8)
    dome = lathe([(r, 0.02), *zip(r * np.cos(t), h - r + r * np.sin(t) + 1e-4, strict=True)], 24)
    thing = SMALL[int(rng.integers(len(SMALL)))](rng)
    size = np.ptp(np.concatenate([p.mesh.vertices for p in thing]), axis=0)
    scale = min(1.2 * r / max(size[0], size[1]), 0.7 * h / size[2])
    return [
        Part(dome, PANE),
        Part(lathe([(1e-4, 0), (r * 1.15, 0), (r * 1.15, 0.02), (1e-4, 0.02)], 24), wooden(rng)),
        *(Part(move(p.mesh, (0, 0, 0.02), scale=float(scale)), p.material) for p in thing),
    ]


def bottles(rng: Rng) -> Parts:
    """A row of bottles."""
    parts, count = [], int(rng.integers(3, 8))
    for i in range(count):
        parts += [
            Part(move(p.mesh, ((i - (count - 1) / 2) * 0.125, rng.normal(0, 0.01), 0)), p.material)
            for p in bottle(rng)
        ]
    return parts


def glasses(rng: Rng) -> Parts:
    """Wine glasses in a row or a triangle."""
    one, count = wine_glass(rng)[0], int(rng.integers(2, 7))
    spots = [((i % 3 - 1) * 0.09, (i // 3) * 0.09, 0) for i in range(count)]
    return [Part(merge([move(one.mesh, at) for at in spots]), GLASS)]


def decanter(rng: Rng) -> Parts:
    r, h = rng.uniform(0.06, 0.09), rng.uniform(0.2, 0.3)
    body = lathe(
        [
            (1e-4, 0),
            (r * 0.7, 0),
            (r, h * 0.25),
            (r * 0.3, h * 0.6),
            (r * 0.28, h * 0.85),
            (r * 0.45, h * 0.9),
            (1e-4, h * 0.9),
        ],
        24,
    )
    return [Part(merge([body, ellipsoid((0, 0, h * 0.96), r * 0.35, 10)]), GLASS)]


def table_mirror(rng: Rng) -> Parts:
    r = rng.uniform(0.07, 0.14)
    face = lathe([(1e-4, 0), (r, 0)], 28)
    tilt, at = rotation("x", np.pi / 2 - 0.15), (0, 0, r + 0.09)
    return [
        Part(move(face, at, tilt), MIRROR),
        Part(
            merge(
                [
                    move(torus((0, 0, 0), r, 0.009), at, tilt),
                    rods([[0, 0.01, 0]], [[0, 0.01, 0.09]], 0.008),
                    lathe([(1e-4, 0), (r * 0.6, 0), (r * 0.5, 0.012), (1e-4, 0.014)], 20),
                ]
            ),
            metallic(rng),
        ),
    ]


def glass_shelf(rng: Rng) -> Parts:
    """Boards of glass in a frame, with things on them."""
    w, d, h = rng.uniform(0.6, 1), 0.32, rng.uniform(1, 1.7)
    corners = np.array([[x * w / 2, y * d / 2, 0] for x in (-1, 1) for y in (-1, 1)])
    zs = np.linspace(0.15, h - 0.02, int(rng.integers(3, 5)))
    parts = [
        Part(rods(corners, corners + [0, 0, h], 0.012, 6), metallic(rng)),
        Part(merge([quad((-w / 2, -d / 2, z), (w, 0, 0), (0, d, 0)) for z in zs]), PANE),
    ]
    things = [SMALL[int(rng.integers(len(SMALL)))](rng) for _ in range(3)]
    for z in zs[:-1]:
        for x in np.arange(-w / 2 + 0.12, w / 2 - 0.1, 0.22):
            if rng.random() < 0.6:
                thing = things[int(rng.integers(3))]
                size = np.ptp(np.concatenate([p.mesh.vertices for p in thing]), axis=0)
                scale = float(min(1, 0.2 / size[0], 0.26 / size[1], 0.3 / size[2]))
                parts += [
                    Part(move(p.mesh, (x, 0, z + 0.002), scale=scale), p.material) for p in thing
                ]
    return parts


def glass_partition(rng: Rng) -> Parts:
    """A wall of panes in a frame, as between offices."""
    w, h, count = rng.uniform(1.6, 3), rng.uniform(1.9, 2.2), int(rng.integers(2, 5))
    xs = np.linspace(-w / 2, w / 2, count + 1)
    bars = [rods(np.c_[xs, 0 * xs, 0 * xs], np.c_[xs, 0 * xs, 0 * xs + h], 0.02, 4)]
    bars += [box((0, 0, z), (w, 0.04, 0.04)) for z in (0.02, h)]
    return [
        Part(quad((-w / 2, 0, 0.02), (w, 0, 0), (0, 0, h - 0.02)), PANE),
        Part(merge(bars), painted(rng, "dark", 0.6) if rng.random() < 0.5 else metallic(rng)),
    ]


def mirror_wall(rng: Rng) -> Parts:
    """Tall mirrors side by side, as in a dance studio; the back at y = 0."""
    w, h, count = rng.uniform(1.4, 3), rng.uniform(1.6, 2.2), int(rng.integers(1, 4))
    panes = [
        quad((-w / 2 + i * w / count + 0.01, -0.02, 0.05), (w / count - 0.02, 0, 0), (0, 0, h))
        for i in range(count)
    ]
    return [
        Part(merge(panes), MIRROR),
        Part(
            box((0, -0.008, 0.05 + h / 2), (w + 0.06, 0.014, h + 0.08)),
            Material("diffuse", np.full(3, 0.2)),
        ),
    ]


GLASSWARE = (
    glass_cube,
    glass_prism,
    aquarium,
    bell_jar,
    bottles,
    glasses,
    decanter,
    table_mirror,
)
