"""What stands on the sea bed. `rng -> list[Part]`, on z = 0."""

import numpy as np

from dav2.scenery.meshes import (
    blob,
    box,
    cylinder,
    ellipsoid,
    extrude,
    lathe,
    merge,
    move,
    planted,
    rods,
    rotation,
    sheet,
    torus,
    tube,
)
from dav2.scenery.scene import Material, Part, painted, textured
from dav2.scenery.textures import colour, texture

Rng = np.random.Generator
Parts = list[Part]


def _crust(rng: Rng) -> Material:
    kind = str(rng.choice(["mottled", "cracked", "rock", "plain"]))
    return Material("diffuse", texture(rng, kind, colour(rng, "reef")))


def _old(rng: Rng) -> Material:
    """Rotten wood and rusty iron."""
    return Material(
        "diffuse",
        texture(
            rng, str(rng.choice(["rust", "peeling", "planks", "rock"])), colour(rng, "earth") * 0.8
        ),
    )


def stag_coral(rng: Rng) -> Parts:
    """Branches of branches."""
    r, tips, pieces = rng.uniform(0.015, 0.04), [], []
    length = rng.uniform(0.12, 0.25)
    tips = [(np.zeros(3), np.array([*rng.normal(0, 0.6, 2), 1.0])) for _ in range(5)]
    for level in range(4):
        starts, ends, grown = [], [], []
        for at, way in tips:
            end = at + way / np.linalg.norm(way) * length * 0.85**level
            starts.append(at)
            ends.append(end)
            grown += [(end, way + rng.normal(0, 0.6, 3)) for _ in range(2)]
        pieces.append(rods(starts, ends, r * 0.75**level, 6))
        pieces.append(merge([ellipsoid(end, r * 0.75**level, 5) for end in ends[:40]]))
        tips = grown
    return [Part(planted(merge(pieces)), _crust(rng))]


def brain_coral(rng: Rng) -> Parts:
    r = rng.uniform(0.15, 0.6)
    return [
        Part(
            planted(blob(rng, (0, 0, r * 0.3), (r, r, r * 0.7), 0.12, 20)),
            Material("diffuse", texture(rng, "cracked", colour(rng, "reef"))),
        )
    ]


def fan_coral(rng: Rng) -> Parts:
    """A flat net of twigs, facing -y."""
    starts, ends, h = [], [], rng.uniform(0.3, 0.9)
    tips = [(np.zeros(2), np.pi / 2 + a) for a in (-0.5, 0, 0.5)]
    for level in range(6):
        grown = []
        for at, angle in tips:
            end = at + h * 0.24 * 0.88**level * np.array([np.cos(angle), np.sin(angle)])
            starts.append([at[0], 0, at[1]])
            ends.append([end[0], 0.02 * np.sin(9 * end[0]), max(end[1], 0)])
            grown += [(end, angle + turn + rng.normal(0, 0.12)) for turn in (-0.3, 0.3)]
        tips = grown[:60]
    return [Part(rods(starts, ends, rng.uniform(0.004, 0.009), 4), painted(rng, "reef", 0))]


def sponge(rng: Rng) -> Parts:
    """A cluster of tubes, or one barrel."""
    count = int(rng.integers(1, 7))
    pipes = []
    for _ in range(count):
        r, h = rng.uniform(0.04, 0.1) * (2.2 if count == 1 else 1), rng.uniform(0.2, 0.7)
        pipe = lathe(
            [(r * 0.7, 0), (r, h * 0.5), (r * 1.1, h), (r * 0.8, h), (r * 0.6, h * 0.3)], 14
        )
        pipes.append(
            move(pipe, (*rng.normal(0, 0.1, 2), 0), rotation("x", rng.normal(0, 0.05)), 1.0)
        )
    return [Part(planted(merge(pipes)), _crust(rng))]


def table_coral(rng: Rng) -> Parts:
    r, h = rng.uniform(0.3, 0.9), rng.uniform(0.2, 0.5)
    top = blob(rng, (0, 0, h), (r, r, 0.05), 0.25, 18)
    return [Part(merge([top, cylinder((0, 0, 0), (0, 0, h), r * 0.25, r * 0.35, 10)]), _crust(rng))]


def anemone(rng: Rng) -> Parts:
    """Soft arms on a foot."""
    r, count = rng.uniform(0.08, 0.2), 34
    angle, lean = rng.uniform(0, 2 * np.pi, count), rng.uniform(0.1, 1.3, count)
    way = np.c_[np.sin(lean) * np.cos(angle), np.sin(lean) * np.sin(angle), np.cos(lean)]
    root = np.c_[0.6 * r * way[:, :2], np.full(count, r * 0.6)]
    middle = root + way * r * 0.8
    end = middle + (way + rng.normal(0, 0.3, way.shape)) * r * 0.6
    arms = [
        rods(root, middle, r * 0.07, 5),
        rods(middle, end, r * 0.055, 5),
        *(ellipsoid(e, r * 0.07, 5) for e in end),
    ]
    return [
        Part(merge(arms), painted(rng, "reef", 0.2)),
        Part(cylinder((0, 0, 0), (0, 0, r * 0.7), r * 0.6, r * 0.75, 14), painted(rng, "reef", 0)),
    ]


def kelp(rng: Rng) -> Parts:
    """Ribbons that rise from one root."""
    ribbons = []
    for _ in range(int(rng.integers(3, 9))):
        h, t = rng.uniform(0.8, 4.5), np.linspace(0, 1, 16)
        phase, at = rng.uniform(0, 6.28, 2), rng.normal(0, 0.12, 2)
        line = np.c_[
            at[0] + 0.25 * t * np.sin(t * 5 + phase[0]),
            at[1] + 0.25 * t * np.cos(t * 4 + phase[1]),
            t * h,
        ]
        angle = rng.uniform(0, np.pi)
        side = (
            0.06
            * np.sin(np.pi * np.clip(t, 0.06, 0.97))[:, None]
            * [np.cos(angle), np.sin(angle), 0]
        )
        ribbons.append(sheet(np.stack([line - side, line + side], 1)))
    return [Part(merge(ribbons), painted(rng, "green", 0))]


def sea_grass(rng: Rng) -> Parts:
    root = np.c_[rng.normal(0, 0.3, (70, 2)), np.zeros(70)]
    tip = root + np.c_[rng.normal(0.05, 0.06, (70, 2)), rng.uniform(0.1, 0.45, 70)]
    return [Part(rods(root, tip, 0.006, 3), painted(rng, "green", 0))]


def sea_star(rng: Rng) -> Parts:
    r = rng.uniform(0.08, 0.2)
    arms = [
        move(
            ellipsoid((r * 0.5, 0, 0), (r * 0.55, r * 0.16, r * 0.12), 8),
            (0, 0, r * 0.1),
            rotation("z", a),
        )
        for a in np.linspace(0, 2 * np.pi, 6)[:-1]
    ]
    return [
        Part(
            planted(merge(arms)),
            textured(rng, "dots", colour(rng, "reef"), 0),
        )
    ]


def urchin(rng: Rng) -> Parts:
    r = rng.uniform(0.04, 0.1)
    way = rng.normal(size=(90, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    way[:, 2] = np.abs(way[:, 2])
    spines = rods(way * r + [0, 0, r], way * r * 2.3 + [0, 0, r], r * 0.035, 3)
    return [Part(merge([spines, ellipsoid((0, 0, r), r, 10)]), painted(rng, "dark", 0.4))]


def boulders(rng: Rng) -> Parts:
    """Rocks grown over with crust."""
    heap = [
        blob(rng, (*rng.normal(0, 0.35, 2), 0.1), rng.uniform(0.15, 0.6, 3), 0.3, 14)
        for _ in range(int(rng.integers(2, 6)))
    ]
    return [
        Part(
            planted(merge(heap)),
            Material("diffuse", texture(rng, "rock", colour(rng, "stone"))),
        )
    ]


def arch(rng: Rng) -> Parts:
    """A gate of rock to look through."""
    r, thick = rng.uniform(1, 2.2), rng.uniform(0.3, 0.6)
    t = np.linspace(0, np.pi, 9)
    stones = [
        blob(
            rng,
            (r * np.cos(a), rng.normal(0, 0.1), r * np.sin(a)),
            thick * rng.uniform(0.9, 1.3, 3),
            0.25,
            12,
        )
        for a in t
    ]
    return [
        Part(
            planted(merge(stones)),
            Material("diffuse", texture(rng, "rock", colour(rng, "stone"))),
        )
    ]


def wreck(rng: Rng) -> Parts:
    """The ribs and planks of a boat, heeled over."""
    length, beam = rng.uniform(4, 8), rng.uniform(1, 1.6)
    ribs, hull = [], []
    for x in np.linspace(-length / 2, length / 2, 11):
        k = max(0.15, 1 - (2 * x / length) ** 2)
        t = np.linspace(-1.3, 1.3, 9)
        rib = np.c_[np.full(9, x), beam * k * np.sin(t), beam * (1 - np.cos(t) * k)]
        ribs.append(rods(rib[:-1], rib[1:], 0.05, 5))
        hull.append(rib[: int(rng.integers(4, 10))])
    for a, b in zip(hull[:-1], hull[1:], strict=True):
        n = min(len(a), len(b))
        if rng.random() < 0.75 and n > 1:
            ribs.append(sheet(np.stack([a[:n], b[:n]])))
    mast = cylinder((length * 0.1, 0, 0.2), (length * 0.1, 0.4, rng.uniform(2.5, 4)), 0.1, 0.06)
    turned = move(merge([*ribs, mast]), turn=rotation("x", rng.normal(0, 0.3)))
    return [
        Part(
            turned._replace(vertices=turned.vertices - [0, 0, turned.vertices[:, 2].min()]),
            _old(rng),
        )
    ]


def anchor(rng: Rng) -> Parts:
    s = rng.uniform(0.6, 1.5)
    t = np.linspace(-2.6, -0.54, 9)
    arms = np.c_[0.5 * np.cos(t), 0 * t, 0.55 + 0.5 * np.sin(t)]
    body = [
        tube(arms, 0.05),
        cylinder((0, 0, 0.06), (0, 0, 1.2), 0.045),
        torus((0, 0, 1.28), 0.1, 0.025, axis=(0, 1, 0), segments=16),
        rods([[0, -0.35, 1.05]], [[0, 0.35, 1.05]], 0.035),
    ]
    lying = move(merge(body), turn=rotation("x", rng.uniform(0, 0.6)), scale=s)
    return [
        Part(
            lying._replace(vertices=lying.vertices - [0, 0, lying.vertices[:, 2].min()]), _old(rng)
        )
    ]


def amphora(rng: Rng) -> Parts:
    h = rng.uniform(0.4, 0.9)
    body = lathe(
        [
            (1e-4, 0),
            (0.06 * h, 0.02),
            (0.24 * h, h * 0.5),
            (0.2 * h, h * 0.7),
            (0.08 * h, h * 0.82),
            (0.1 * h, h),
            (0.07 * h, h),
        ],
        20,
    )
    ears = [
        torus((s * 0.14 * h, 0, h * 0.8), 0.09 * h, 0.02 * h, axis=(0, 1, 0), segments=14, sides=6)
        for s in (-1, 1)
    ]
    tipped = move(merge([body, *ears]), turn=rotation("y", rng.choice([0.1, 1.4])))
    return [
        Part(
            tipped._replace(vertices=tipped.vertices - [0, 0, tipped.vertices[:, 2].min()]),
            textured(rng, "peeling", colour(rng, "earth"), 0),
        )
    ]


def chest(rng: Rng) -> Parts:
    """A coffer with its lid ajar."""
    w, d, h = 0.8, 0.5, 0.35
    arc = [(d / 2 * np.cos(a), 0.18 * np.sin(a)) for a in np.linspace(0, np.pi, 9)]
    lid = move(extrude(arc, w), turn=rotation("z", np.pi / 2))
    lid = move(
        move(lid, (0, -d / 2, 0)), (0, d / 2, h + 0.01), rotation("x", -rng.uniform(0.1, 0.9))
    )
    coins = [
        ellipsoid((*rng.uniform(-0.35, 0.35, 2) * (w, d), h - 0.01), (0.04, 0.04, 0.02), 6)
        for _ in range(20)
    ]
    return [
        Part(merge([box((0, 0, h / 2), (w, d, h)), lid]), _old(rng)),
        Part(merge(coins), Material("metal", metal="Au")),
    ]


GROWING = (
    stag_coral,
    stag_coral,
    brain_coral,
    fan_coral,
    sponge,
    table_coral,
    anemone,
    kelp,
    kelp,
    sea_grass,
    boulders,
    boulders,
)
LOST = (wreck, anchor, amphora, chest, arch, arch)
SMALL_LIFE = (sea_star, urchin, anemone, sea_grass)
