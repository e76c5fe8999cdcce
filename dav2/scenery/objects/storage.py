"""Things in halls, cellars and garages. `rng -> list[Part]`, on z = 0, facing -y."""

import numpy as np

from dav2.scenery.meshes import (
    box,
    cylinder,
    ellipsoid,
    lathe,
    merge,
    move,
    quad,
    rods,
    rotation,
    rounded_box,
    torus,
    tube,
)
from dav2.scenery.objects.tableware import parcel
from dav2.scenery.scene import Material, Part, metallic, painted, textured, wooden
from dav2.scenery.textures import colour, texture

Rng = np.random.Generator
Parts = list[Part]
RUBBER = Material("diffuse", np.full(3, 0.04))


def cardboard(rng: Rng) -> Material:
    """Brown board, or a printed carton."""
    if rng.random() < 0.3:
        return textured(rng, "poster", gloss=0.1)
    return Material(
        "diffuse", texture(rng, "mottled", np.array([0.7, 0.53, 0.35]) * rng.uniform(0.6, 1.15))
    )


def pallet(rng: Rng) -> Parts:
    slats = [box((0, y, 0.13), (1.2, 0.1, 0.022)) for y in np.linspace(-0.35, 0.35, 6)]
    slats += [box((0, y, 0.011), (1.2, 0.1, 0.022)) for y in (-0.35, 0, 0.35)]
    slats += [box((x, y, 0.07), (0.1, 0.1, 0.1)) for x in (-0.5, 0, 0.5) for y in (-0.35, 0, 0.35)]
    return [Part(merge(slats), wooden(rng))]


def loaded_pallet(rng: Rng) -> Parts:
    """A pallet of equal cartons, drums or sacks."""
    parts, nx, ny, nz = (
        pallet(rng),
        int(rng.integers(2, 4)),
        int(rng.integers(1, 3)),
        int(rng.integers(1, 5)),
    )
    size = np.array([1.16 / nx, 0.76 / ny, rng.uniform(0.18, 0.35)])
    load, sacks = [], rng.random() < 0.3
    for i in range(nx):
        for j in range(ny):
            for k in range(nz if rng.random() < 0.85 else max(1, nz - 1)):
                at = (
                    (i + 0.5) * size[0] - 0.58,
                    (j + 0.5) * size[1] - 0.38,
                    0.142 + (k + 0.5) * size[2],
                )
                load.append(
                    rounded_box(at, size * [0.5, 0.5, 0.52], 0.5)
                    if sacks
                    else box(at, size * 0.98, 0.5)
                )
    return [
        *parts,
        Part(merge(load), textured(rng, "fabric", gloss=0) if sacks else cardboard(rng)),
    ]


def pallet_rack(
    rng: Rng, length: float = 2.7, height: float = 4.5, boxes: list[Material] | None = None
) -> Parts:
    """Uprights, beams, and cartons on every level; along x."""
    boxes = boxes or [cardboard(rng) for _ in range(3)]
    xs, depth = np.arange(-length / 2, length / 2 + 0.1, 2.7), 1.0
    if len(xs) < 2:
        xs = np.array([-length / 2, length / 2])
    feet = np.array([[x, y, 0] for x in xs for y in (-depth / 2, depth / 2)])
    levels = np.arange(0.25, height - 0.3, rng.uniform(1.1, 1.6))
    frame = [rods(feet, feet + [0, 0, height], 0.05, 4)]
    steps = np.arange(0.3, height - 1.2, 1.0)
    braces = np.array([[x, -depth / 2, z] for x in xs for z in steps])
    frame.append(rods(braces, braces + [0, depth, 0.9], 0.02, 4))
    beams = [
        box((0, y, z), (xs[-1] - xs[0], 0.05, 0.11))
        for z in levels
        for y in (-depth / 2, depth / 2)
    ]
    shelves = [box((0, 0, z + 0.06), (xs[-1] - xs[0], depth, 0.02)) for z in levels]
    piles: list[list] = [[] for _ in boxes]
    for z in levels:
        x = xs[0] + 0.15
        while x < xs[-1] - 0.5:
            size = np.array([rng.uniform(0.35, 1.0), rng.uniform(0.6, 1), rng.uniform(0.25, 0.95)])
            if rng.random() < 0.75 and x + size[0] < xs[-1] - 0.05:
                piles[rng.integers(len(boxes))].append(
                    box((x + size[0] / 2, 0, z + 0.07 + size[2] / 2), size)
                )
            x += size[0] + rng.uniform(0.03, 0.3)
    return [
        Part(merge(frame), painted(rng, "any", 0.3)),
        Part(merge(beams), painted(rng, "any", 0.3)),
        Part(merge(shelves), metallic(rng)),
        *(Part(merge(pile), material) for pile, material in zip(piles, boxes, strict=True) if pile),
    ]


def barrel(rng: Rng) -> Parts:
    r, h = rng.uniform(0.25, 0.32), rng.uniform(0.75, 0.95)
    hoops = [torus((0, 0, z * h), r * 1.005, 0.012, sides=5) for z in (0.02, 0.33, 0.66, 0.98)]
    return [
        Part(
            merge(
                [
                    lathe(
                        [
                            (1e-4, 0),
                            (r, 0.005),
                            (r, h),
                            (r * 0.96, h),
                            (r * 0.96, h - 0.02),
                            (1e-4, h - 0.02),
                        ],
                        24,
                    ),
                    *hoops,
                ]
            ),
            textured(rng, str(rng.choice(["rust", "peeling", "plain"])), gloss=0.4),
        ),
    ]


def crate(rng: Rng) -> Parts:
    """Open, of slats, with something in it."""
    w, d, h = rng.uniform(0.4, 0.7), rng.uniform(0.3, 0.5), rng.uniform(0.2, 0.4)
    slats = [
        box((0, s * d / 2, z), (w, 0.015, h * 0.2))
        for s in (-1, 1)
        for z in np.array([0.12, 0.45, 0.8]) * h
    ]
    slats += [
        box((s * w / 2, 0, z), (0.015, d, h * 0.2))
        for s in (-1, 1)
        for z in np.array([0.12, 0.45, 0.8]) * h
    ]
    slats += [
        box((x * w / 2, y * d / 2, h / 2), (0.035, 0.035, h)) for x in (-1, 1) for y in (-1, 1)
    ]
    slats.append(box((0, 0, 0.01), (w, d, 0.02)))
    heap = [
        ellipsoid((*rng.uniform(-0.35, 0.35, 2) * (w, d), h * rng.uniform(0.4, 0.8)), 0.06, 8)
        for _ in range(12)
    ]
    return [Part(merge(slats), wooden(rng)), Part(merge(heap), painted(rng, "any", 0.5))]


def forklift(rng: Rng) -> Parts:
    """About 2.6 m long; forks towards -y."""
    body = [
        rounded_box((0, 0.5, 0.62), (0.52, 0.75, 0.38), 0.3),
        rounded_box((0, 1.05, 0.75), (0.5, 0.22, 0.42), 0.35),
    ]
    cage = rods(
        [[x, y, 0.9] for x in (-0.45, 0.45) for y in (-0.1, 0.9)],
        [[x, y, 2.1] for x in (-0.42, 0.42) for y in (0.05, 0.8)],
        0.03,
        6,
    )
    roof = [box((0, y, 2.1), (0.9, 0.06, 0.04)) for y in np.linspace(0.05, 0.8, 5)]
    mast = [box((x, -0.35, 1.05), (0.09, 0.12, 2.0)) for x in (-0.3, 0.3)] + [
        box((0, -0.35, z), (0.6, 0.08, 0.1)) for z in (0.35, 1.1, 1.98)
    ]
    z = rng.uniform(0.06, 0.8)
    forks = [box((x, -0.95, z), (0.12, 1.1, 0.04)) for x in (-0.25, 0.25)] + [
        box((0, -0.43, z + 0.25), (0.9, 0.05, 0.5))
    ]
    wheels = [
        cylinder((s * 0.38, y, 0.26), (s * 0.56, y, 0.26), 0.26, segments=18)
        for s in (-1, 1)
        for y in (-0.1, 1.0)
    ]
    seat = [
        rounded_box((0, 0.55, 1.02), (0.25, 0.25, 0.06), 0.5),
        rounded_box((0, 0.78, 1.25), (0.24, 0.06, 0.25), 0.5),
    ]
    return [
        Part(merge(body), Material("plastic", colour(rng, "any"))),
        Part(merge([cage, *roof, *mast, *seat, *forks]), Material("plastic", np.full(3, 0.05))),
        Part(merge(wheels), RUBBER),
    ]


def traffic_cone(rng: Rng) -> Parts:
    h = rng.uniform(0.45, 0.75)
    band = lathe([(0.095 * h / 0.5, h * 0.4), (0.068 * h / 0.5, h * 0.65)], 18)
    cone = lathe([(0.14 * h / 0.5, 0.03), (0.028, h), (1e-4, h)], 18)
    return [
        Part(
            merge([cone, box((0, 0, 0.015), (0.36 * h / 0.5, 0.36 * h / 0.5, 0.03))]),
            Material("diffuse", np.array([0.9, 0.3, 0.06])),
        ),
        Part(move(band, scale=1.02, to=(0, 0, -0.01)), painted(rng, "white", 0)),
    ]


def hand_truck(rng: Rng) -> Parts:
    """Leaning back, with or without a carton."""
    frame = rods(
        [[s * 0.2, 0, 0.05] for s in (-1, 1)] + [[-0.2, 0.12 * z, z] for z in (0.3, 0.7, 1.2)],
        [[s * 0.2, 0.14, 1.2] for s in (-1, 1)] + [[0.2, 0.12 * z, z] for z in (0.3, 0.7, 1.2)],
        0.015,
        6,
    )
    wheels = [
        cylinder((s * 0.22, 0.1, 0.11), (s * 0.28, 0.1, 0.11), 0.11, segments=16) for s in (-1, 1)
    ]
    parts = [
        Part(merge([frame, box((0, -0.13, 0.04), (0.42, 0.26, 0.012))]), painted(rng, "any", 0.5)),
        Part(merge(wheels), RUBBER),
    ]
    if rng.random() < 0.6:
        parts.append(Part(box((0, -0.15, 0.25), (0.38, 0.26, 0.4), 0.5), cardboard(rng)))
    return parts


def platform_cart(rng: Rng) -> Parts:
    bar = tube([(-0.3, 0.55, 0.2), (-0.3, 0.6, 0.95), (0.3, 0.6, 0.95), (0.3, 0.55, 0.2)], 0.016)
    wheels = [
        cylinder((s * 0.27 - 0.02, y, 0.07), (s * 0.27 + 0.02, y, 0.07), 0.07, segments=12)
        for s in (-1, 1)
        for y in (-0.45, 0.45)
    ]
    parts = [
        Part(merge([bar]), metallic(rng)),
        Part(box((0, 0, 0.18), (0.7, 1.2, 0.05)), painted(rng)),
        Part(merge(wheels), RUBBER),
    ]
    z = 0.206
    for _ in range(int(rng.integers(0, 4))):
        size = rng.uniform([0.35, 0.4, 0.15], [0.65, 0.95, 0.35])
        parts.append(
            Part(
                box((rng.normal(0, 0.02), rng.normal(0, 0.04), z + size[2] / 2), size, 0.5),
                cardboard(rng),
            )
        )
        z += size[2]
    return parts


def tool_shelf(rng: Rng) -> Parts:
    """Metal shelving with tins, boxes and bins."""
    w, h, d, levels = rng.uniform(0.8, 1.3), rng.uniform(1.6, 2.1), 0.42, int(rng.integers(4, 6))
    feet = np.array([[x * w / 2, y * d / 2, 0] for x in (-1, 1) for y in (-1, 1)])
    zs = np.linspace(0.12, h - 0.02, levels)
    frame = [rods(feet, feet + [0, 0, h], 0.018, 4), *(box((0, 0, z), (w, d, 0.025)) for z in zs)]
    kinds = [cardboard(rng), painted(rng, "any"), textured(rng, "poster", gloss=0.3), painted(rng)]
    piles: list[list] = [[] for _ in kinds]
    for z in zs[:-1]:
        x, room = -w / 2 + 0.03, zs[1] - zs[0] - 0.05
        while x < w / 2 - 0.15:
            wide, tall, kind = (
                rng.uniform(0.09, 0.35),
                rng.uniform(0.3, 0.95) * room,
                int(rng.integers(len(kinds))),
            )
            if rng.random() < 0.8 and x + wide < w / 2 - 0.02:
                at = (x + wide / 2, rng.uniform(-0.04, 0.04), z + 0.013 + tall / 2)
                round_ = kind in (1, 3) and wide < 0.22
                piles[kind].append(
                    cylinder(
                        (at[0], at[1], z + 0.013),
                        (at[0], at[1], z + 0.013 + tall),
                        wide / 2,
                        segments=14,
                    )
                    if round_
                    else box(at, (wide, d * rng.uniform(0.5, 0.85), tall), 0.4)
                )
            x += wide + 0.02
    return [
        Part(merge(frame), metallic(rng) if rng.random() < 0.6 else painted(rng)),
        *(Part(merge(p), k) for p, k in zip(piles, kinds, strict=True) if p),
    ]


def tyres(rng: Rng) -> Parts:
    """A stack of tyres."""
    r, count = rng.uniform(0.26, 0.34), int(rng.integers(1, 5))
    pile = [
        torus((*rng.normal(0, 0.015, 2), 0.09 + 0.18 * i), r - 0.09, 0.09, segments=22, sides=10)
        for i in range(count)
    ]
    return [Part(merge(pile), RUBBER)]


def workbench(rng: Rng) -> Parts:
    """A bench with a vice and a wall of tools."""
    w, d, h = rng.uniform(1.2, 2), 0.6, 0.9
    legs = [
        box((x * (w / 2 - 0.05), y * (d / 2 - 0.06), h / 2), (0.08, 0.08, h))
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    tools, z0 = [], h + 0.25
    for x in np.arange(-w / 2 + 0.1, w / 2 - 0.05, 0.13):
        long = rng.uniform(0.12, 0.35)
        tools.append(
            rods([[x, d / 2 - 0.03, z0 + 0.45]], [[x, d / 2 - 0.03, z0 + 0.45 - long]], 0.009)
        )
        tools.append(
            box(
                (x, d / 2 - 0.035, z0 + 0.46 - long * (rng.random() < 0.5)),
                (rng.uniform(0.03, 0.1), 0.02, 0.04),
            )
        )
    vice = [
        box((-w * 0.3, -d / 2 - 0.02, h + 0.08), (0.13, 0.1, 0.1)),
        rods(
            [[-w * 0.3 - 0.1, -d / 2 - 0.12, h + 0.06]],
            [[-w * 0.3 + 0.1, -d / 2 - 0.12, h + 0.06]],
            0.008,
        ),
    ]
    return [
        Part(
            merge(
                [*legs, box((0, 0, h), (w, d, 0.06)), box((0, 0, 0.25), (w - 0.1, d - 0.1, 0.03))]
            ),
            wooden(rng),
        ),
        Part(box((0, d / 2 - 0.01, z0 + 0.25), (w, 0.02, 0.75)), textured(rng, "dots", gloss=0)),
        Part(merge(tools + vice), metallic(rng)),
    ]


def gas_bottle(rng: Rng) -> Parts:
    r, h = rng.uniform(0.1, 0.16), rng.uniform(0.6, 1.4)
    return [
        Part(
            lathe([(1e-4, 0), (r, 0), (r, h * 0.85), (r * 0.6, h * 0.95), (1e-4, h * 0.97)], 20),
            painted(rng, "any", 0.8),
        ),
        Part(
            merge(
                [
                    cylinder((0, 0, h * 0.95), (0, 0, h * 1.05), 0.03),
                    torus((0, 0, h * 1.05), 0.04, 0.008, segments=14, sides=5),
                ]
            ),
            metallic(rng),
        ),
    ]


def cable_drum(rng: Rng) -> Parts:
    """A reel of cable, axle along y."""
    r, w = rng.uniform(0.3, 0.6), rng.uniform(0.25, 0.5)
    discs = [
        cylinder((0, s * w / 2 - 0.02, r), (0, s * w / 2 + 0.02, r), r, segments=26)
        for s in (-1, 1)
    ]
    coils = [
        torus((0, y, r), r * 0.62, w / 14, axis=(0, 1, 0), segments=22, sides=6)
        for y in np.linspace(-w * 0.42, w * 0.42, 7)
    ]
    return [
        Part(merge(discs), wooden(rng)),
        Part(merge(coils), painted(rng, "dark" if rng.random() < 0.6 else "any", 0.6)),
    ]


def bin_(rng: Rng) -> Parts:
    """A wheeled refuse bin."""
    w, h = rng.uniform(0.45, 0.7), rng.uniform(0.9, 1.15)
    body = [
        box((0, 0, h * 0.5), (w, w * 1.05, h * 0.9)),
        box((0, -0.02, h * 0.97), (w * 1.06, w * 1.15, 0.06)),
    ]
    wheels = [
        cylinder((s * w * 0.42, w * 0.5, 0.09), (s * w * 0.52, w * 0.5, 0.09), 0.09, segments=14)
        for s in (-1, 1)
    ]
    return [Part(merge(body), painted(rng, gloss=0.6)), Part(merge(wheels), RUBBER)]


def parcels(rng: Rng) -> Parts:
    """A leaning heap of parcels."""
    parts, z = [], 0.0
    for _ in range(int(rng.integers(2, 5))):
        one = parcel(rng)
        high = one[0].mesh.vertices[:, 2].max()
        turned = move(one[0].mesh, (*rng.normal(0, 0.03, 2), z), rotation("z", rng.normal(0, 0.2)))
        parts.append(Part(turned, cardboard(rng)))
        z += float(high)
    return parts


def roller_door(rng: Rng, width: float = 3, height: float = 3) -> Parts:
    """A door of slats with a frame, its back at y = 0."""
    slats = quad((-width / 2, -0.03, 0), (width, 0, 0), (0, 0, height), 1.5)
    posts = [box((s * width / 2, -0.05, height / 2), (0.12, 0.1, height)) for s in (-1, 1)]
    posts.append(box((0, -0.15, height + 0.15), (width + 0.3, 0.3, 0.3)))
    return [
        Part(slats, textured(rng, "corrugated", gloss=0.2)),
        Part(merge(posts), painted(rng, "neutral")),
    ]


STORED = (
    loaded_pallet,
    loaded_pallet,
    pallet,
    barrel,
    crate,
    forklift,
    traffic_cone,
    hand_truck,
    platform_cart,
    tyres,
    gas_bottle,
    cable_drum,
    bin_,
    parcels,
)
GARAGE = (
    tool_shelf,
    tool_shelf,
    workbench,
    tyres,
    barrel,
    crate,
    gas_bottle,
    cable_drum,
    bin_,
    hand_truck,
    parcels,
)
