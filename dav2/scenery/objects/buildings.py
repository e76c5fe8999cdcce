"""Houses, towers and what hangs on them. `rng -> list[Part]`, on z = 0, the front towards -y."""

import numpy as np

from dav2.scenery.meshes import (
    Mesh,
    box,
    cards,
    cylinder,
    extrude,
    lathe,
    merge,
    move,
    quad,
    rotation,
)
from dav2.scenery.objects.vehicles import DARK_GLASS
from dav2.scenery.scene import Material, Part, painted, textured
from dav2.scenery.textures import colour, texture

Rng = np.random.Generator
Parts = list[Part]


def _wall(rng: Rng) -> Material:
    palette = str(rng.choice(["stone", "neutral", "pastel", "earth"]))
    return Material("diffuse", texture(rng, "facade", colour(rng, palette)))


def _gable(rng: Rng, w: float, d: float, h: float) -> list[Mesh]:
    """A roof whose ridge runs along x, sometimes hipped, always wider than its walls."""
    rise, over = rng.uniform(0.3, 0.65) * d, 0.4
    low = h - 0.15
    if rng.random() < 0.3:
        corners = np.array(
            [
                [s * (w / 2 + over), t * (d / 2 + over), low]
                for s, t in ((-1, -1), (1, -1), (1, 1), (-1, 1))
            ]
        )
        ridge = np.array(
            [[-max(0.1, w / 2 - d / 2), 0, h + rise], [max(0.1, w / 2 - d / 2), 0, h + rise]]
        )
        vertices = np.concatenate([corners, ridge])
        faces = np.array([[0, 1, 5], [0, 5, 4], [1, 2, 5], [2, 3, 4], [2, 4, 5], [3, 0, 4]])
        return [Mesh(vertices, faces, vertices[:, :2] / 2)]
    half = d / 2 + over
    panels = [
        quad((-w / 2 - over, s * half, low), (w + 2 * over, 0, 0), (0, -s * half, rise + 0.25), 2)
        for s in (-1, 1)
    ]
    gable = extrude([(-d / 2, h - 0.1), (d / 2, h - 0.1), (0, h + rise * 0.96)], w - 0.04, 2)
    return [*panels, move(gable, turn=rotation("z", np.pi / 2))]


def balcony(rng: Rng, w: float, at: tuple[float, float, float]) -> tuple[list[Mesh], list[Mesh]]:
    """Slab and rail out of a wall at y, towards -y; and leaves that hang over it."""
    x, y, z = at
    bars = [
        cylinder((x + o, y - 0.95, z), (x + o, y - 0.95, z + 0.9), 0.015, segments=4, caps=False)
        for o in np.linspace(-w / 2 + 0.05, w / 2 - 0.05, max(4, int(w / 0.22)))
    ]
    bars += [box((x + s * w / 2, y - 0.5, z + 0.9), (0.05, 1, 0.05)) for s in (-1, 1)]
    slab = [box((x, y - 0.5, z), (w, 1, 0.12)), box((x, y - 0.95, z + 0.9), (w, 0.05, 0.05))]
    green = []
    if rng.random() < 0.6:
        spread = rng.normal(0, 1, (60, 3)) * [w * 0.3, 0.14, 0.22] + [x, y - 0.95, z + 0.8]
        green.append(cards(rng, spread, 0.09))
    return slab + bars, green


def shop_front(rng: Rng, w: float, y: float) -> Parts:
    """Show windows, a door, a sign and perhaps an awning along a wall at y."""
    edges = np.linspace(-w / 2 + 0.3, w / 2 - 0.3, max(2, int(w / 2.2)) + 1)
    panes = [
        box(((a + b) / 2, y - 0.03, 1.45), (b - a - 0.2, 0.06, 2.1))
        for a, b in zip(edges[:-1], edges[1:], strict=True)
    ]
    frame = [box((x, y - 0.06, 1.4), (0.14, 0.14, 2.8)) for x in edges]
    frame.append(box((0, y - 0.08, 0.2), (w - 0.4, 0.18, 0.4)))
    parts = [
        Part(merge(panes), DARK_GLASS),
        Part(merge(frame), painted(rng, "dark", 0.5)),
        Part(
            box((0, y - 0.1, 2.95), (w - 0.4, 0.16, 0.55), 2),
            Material("diffuse", texture(rng, "poster")),
        ),
    ]
    if rng.random() < 0.55:
        out, drop = rng.uniform(1, 2), rng.uniform(0.3, 0.7)
        cloth = quad((-w / 2 + 0.3, y, 2.75), (w - 0.6, 0, 0), (0, -out, -drop), 1.2)
        fringe = quad((-w / 2 + 0.3, y - out, 2.75 - drop), (w - 0.6, 0, 0), (0, 0, -0.22), 1.2)
        parts.append(Part(merge([cloth, fringe]), textured(rng, "stripes", gloss=0)))
    return parts


def building(
    rng: Rng, width: float | None = None, depth: float | None = None, height: float | None = None
) -> Parts:
    """A house with roof, chimneys, balconies; higher ones flat, with machines on the roof."""
    w, d, h = width or rng.uniform(6, 15), depth or rng.uniform(6, 12), height or rng.uniform(4, 25)
    trim: list[Mesh] = []
    roof: list[Mesh] = []
    parts = [Part(box((0, 0, h / 2 - 0.5), (w, d, h + 1), rng.uniform(4, 8)), _wall(rng))]
    if h < 14 and rng.random() < 0.75:
        roof += _gable(rng, w, d, h)
        for x in rng.uniform(-w / 2 + 0.6, w / 2 - 0.6, int(rng.integers(0, 3))):
            trim.append(box((x, rng.normal(0, d * 0.1), h + d * 0.25), (0.6, 0.6, d * 0.6), 1))
        cover = textured(rng, "bricks", colour(rng, str(rng.choice(["earth", "dark", "earth"]))), 0)
    else:
        roof.append(box((0, 0, h + 0.02), (w - 0.4, d - 0.4, 0.04), 4))
        trim += [box((0, s * d / 2, h + 0.2), (w + 0.3, 0.3, 0.7), 2) for s in (-1, 1)]
        trim += [box((s * w / 2, 0, h + 0.2), (0.3, d + 0.3, 0.7), 2) for s in (-1, 1)]
        for _ in range(int(rng.integers(1, 5))):
            size = rng.uniform(0.8, 2.6, 3)
            trim.append(
                box(
                    (rng.uniform(-0.3, 0.3) * w, rng.uniform(-0.3, 0.3) * d, h + size[2] / 2),
                    size,
                    2,
                )
            )
        cover = textured(rng, "mottled", np.full(3, rng.uniform(0.2, 0.6)), 0)
    parts.append(Part(merge(roof), cover))
    green: list[Mesh] = []
    columns = [x for x in np.arange(-w / 2 + 1.5, w / 2 - 1, 3.0) if rng.random() < 0.35]
    for x in columns:
        for z in np.arange(3.2, h - 1.5, 3.1 if rng.random() < 0.5 else 9):
            slab, leaves = balcony(rng, 1.8, (x, -d / 2, z))
            trim += slab
            green += leaves
    if trim:
        parts.append(Part(merge(trim), painted(rng, "neutral", 0)))
    if green:
        parts.append(Part(merge(green), painted(rng, "green", 0)))
    return parts


def tower(rng: Rng, height: float | None = None) -> Parts:
    """A high-rise: slab, steps, or round, with machines and a mast on its roof."""
    h, w, d = height or rng.uniform(25, 100), rng.uniform(14, 26), rng.uniform(12, 24)
    tile = rng.uniform(8, 14)
    kind = int(rng.integers(3))
    trim = []
    if kind == 0:
        levels = [(0.0, h, 1.0)]
    elif kind == 1:
        cuts = np.sort(rng.uniform(0.3, 0.9, 2))
        levels = [(0.0, h * cuts[0], 1.0), (h * cuts[0], h * cuts[1], 0.78), (h * cuts[1], h, 0.55)]
    else:
        levels = [(0.0, h * 0.16, 1.0), (h * 0.16, h, 0.62)]
    walls, roofs = [], []
    round_ = rng.random() < 0.2
    for low, high, share in levels:
        if round_:
            walls.append(lathe([(w * share / 2, low), (w * share / 2, high)], 28, tile))
            roofs.append(cylinder((0, 0, high - 0.1), (0, 0, high), w * share / 2, segments=28))
        else:
            walls.append(box((0, 0, (low + high) / 2), (w * share, d * share, high - low), tile))
            roofs.append(box((0, 0, high), (w * share * 0.98, d * share * 0.98, 0.1), 4))
            trim += [
                box((0, s * d * share / 2, high + 0.4), (w * share, 0.4, 0.9)) for s in (-1, 1)
            ]
            trim += [
                box((s * w * share / 2, 0, high + 0.4), (0.4, d * share, 0.9)) for s in (-1, 1)
            ]
    top = levels[-1][2]
    for _ in range(int(rng.integers(2, 6))):
        size = rng.uniform(1.5, 5, 3) * top
        trim.append(
            box(
                (
                    rng.uniform(-0.3, 0.3) * w * top,
                    rng.uniform(-0.3, 0.3) * d * top,
                    h + size[2] / 2,
                ),
                size,
                3,
            )
        )
    if rng.random() < 0.4:
        trim.append(cylinder((0, 0, h), (0, 0, h * 1.15), 0.3, 0.05))
    return [
        Part(merge(walls), _wall(rng)),
        Part(merge(roofs), textured(rng, "mottled", np.full(3, rng.uniform(0.2, 0.6)), 0)),
        Part(merge(trim), painted(rng, "neutral", 0)),
    ]
