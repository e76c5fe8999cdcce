"""What stands in halls, cellars and garages."""

import numpy as np

from dav2.scenery.kit import *
from dav2.scenery.objects.tableware import parcel

BLACK = Material("plastic", np.full(3, 0.05))
RUBBER = Material("diffuse", np.full(3, 0.04))


def cardboard(rng: Rng) -> Material:
    """Brown board, or a printed carton."""
    if chance(rng, 0.3):
        return textured(rng, "poster", gloss=0.1)
    brown = np.array([0.7, 0.53, 0.35]) * rng.uniform(0.6, 1.15)
    return Material("diffuse", texture(rng, "mottled", brown))


def _wheels(x: float, wide: float, radius: float, *ys: float) -> Part:
    """Make wheels that stand on the ground, from ±x outwards."""
    axles = [((s * x, y, radius), (s * (x + wide), y, radius)) for s, y in grid((-1, 1), ys)]
    return part(RUBBER, [cylinder(*axle, radius, segments=16) for axle in axles])


def pallet(rng: Rng) -> Parts:
    blocks = [box((x, y, 0.07), (0.1, 0.1, 0.1)) for x, y in grid((-0.5, 0, 0.5), (-0.35, 0, 0.35))]
    slats = [box((0, y, 0.13), (1.2, 0.1, 0.022)) for y in np.linspace(-0.35, 0.35, 6)]
    skids = [box((0, y, 0.011), (1.2, 0.1, 0.022)) for y in (-0.35, 0, 0.35)]
    return [part(wooden(rng), slats, skids, blocks)]


def loaded_pallet(rng: Rng) -> Parts:
    """A pallet of equal cartons, drums or sacks."""
    parts, nx, ny, layers = pallet(rng), some(rng, 2, 3), some(rng, 1, 2), some(rng, 1, 4)
    size = np.array([1.16 / nx, 0.76 / ny, rng.uniform(0.18, 0.35)])
    sacks, load, at = chance(rng, 0.3), [], (0, 0, 0)
    one = rounded_box(at, size * [0.5, 0.5, 0.52], 0.5) if sacks else box(at, size * 0.98, 0.5)
    for x, y in grid(row(nx, 1.16), row(ny, 0.76)):
        for k in range(layers if chance(rng, 0.85) else max(1, layers - 1)):
            load.append(move(one, (x, y, 0.142 + (k + 0.5) * size[2])))
    return [*parts, part(textured(rng, "fabric", gloss=0) if sacks else cardboard(rng), load)]


def pallet_rack(
    rng: Rng, length: float = 2.7, height: float = 4.5, boxes: list[Material] | None = None
) -> Parts:
    """Uprights, beams, and cartons on every level; along x."""
    boxes = boxes or [cardboard(rng) for _ in range(3)]
    xs = np.arange(-length / 2, length / 2 + 0.1, 2.7)
    xs = xs if len(xs) > 1 else np.array([-length / 2, length / 2])
    left, right, wide, y = xs[0], xs[-1], xs[-1] - xs[0], 0.5
    levels = np.arange(0.25, height - 0.3, rng.uniform(1.1, 1.6))
    uprights = [post(x, y, 0, height, 0.05, 4) for x, y in grid(xs, (-y, y))]
    low = np.array([(x, -y, z) for x, z in grid(xs, np.arange(0.3, height - 1.2, 1.0))])
    braces = rods(low, low + [0, 2 * y, 0.9], 0.02, 4)
    beams = [box((0, s, z), (wide, 0.05, 0.11)) for s, z in grid((-y, y), levels)]
    cartons = [[] for _ in boxes]
    for z in levels:
        x = left + 0.15
        while x < right - 0.5:
            w, d, h = span(rng, (0.35, 1.0), (0.6, 1), (0.25, 0.95))
            if chance(rng, 0.75) and x + w < right - 0.05:
                pick(rng, cartons).append(box((x + w / 2, 0, z + 0.07 + h / 2), (w, d, h)))
            x += w + rng.uniform(0.03, 0.3)
    return [
        part(painted(rng, "any", 0.3), uprights, braces),
        part(painted(rng, "any", 0.3), beams),
        part(metallic(rng), [box((0, 0, z + 0.06), (wide, 2 * y, 0.02)) for z in levels]),
        *(part(material, pile) for material, pile in zip(boxes, cartons, strict=True) if pile),
    ]


def barrel(rng: Rng) -> Parts:
    r, h = span(rng, (0.25, 0.32), (0.75, 0.95))
    hoops = [torus((0, 0, z * h), r * 1.005, 0.012, sides=5) for z in (0.02, 0.33, 0.66, 0.98)]
    outline = [(1e-4, 0), (r, 0.005), (r, h), (r * 0.96, h), (r * 0.96, h - 0.02), (1e-4, h - 0.02)]
    return [part(textured(rng, ("rust", "peeling", "plain"), gloss=0.4), lathe(outline, 24), hoops)]


def crate(rng: Rng) -> Parts:
    """Open, of slats, with something in it."""
    w, d, h = span(rng, (0.4, 0.7), (0.3, 0.5), (0.2, 0.4))
    slats = [corners(lambda x, y: box((x, y, h / 2), (0.035, 0.035, h)), w / 2, d / 2)]
    for s, z in grid((-0.5, 0.5), (0.12 * h, 0.45 * h, 0.8 * h)):
        slats += [box((0, s * d, z), (w, 0.015, h * 0.2)), box((s * w, 0, z), (0.015, d, h * 0.2))]
    places = rng.uniform((-0.35 * w, -0.35 * d, 0.4 * h), (0.35 * w, 0.35 * d, 0.8 * h), (12, 3))
    heap = [ellipsoid(at, 0.06, 8) for at in places]
    bottom = box((0, 0, 0.01), (w, d, 0.02))
    return [part(wooden(rng), slats, bottom), part(painted(rng, "any", 0.5), heap)]


def forklift(rng: Rng) -> Parts:
    """About 2.6 m long; forks towards -y."""
    body = rounded_box((0, 0.5, 0.62), (0.52, 0.75, 0.38), 0.3)
    rear = rounded_box((0, 1.05, 0.75), (0.5, 0.22, 0.42), 0.35)
    z = rng.uniform(0.06, 0.8)  # of the forks
    below, above = grid((-0.45, 0.45), (-0.1, 0.9)), grid((-0.42, 0.42), (0.05, 0.8))
    black = [
        rods([(*at, 0.9) for at in below], [(*at, 2.1) for at in above], 0.03, 6),
        [box((0, y, 2.1), (0.9, 0.06, 0.04)) for y in np.linspace(0.05, 0.8, 5)],
        both(lambda s: box((s * 0.3, -0.35, 1.05), (0.09, 0.12, 2.0))),
        [box((0, -0.35, height), (0.6, 0.08, 0.1)) for height in (0.35, 1.1, 1.98)],
        both(lambda s: box((s * 0.25, -0.95, z), (0.12, 1.1, 0.04))),
        box((0, -0.43, z + 0.25), (0.9, 0.05, 0.5)),
        rounded_box((0, 0.55, 1.02), (0.25, 0.25, 0.06), 0.5),
        rounded_box((0, 0.78, 1.25), (0.24, 0.06, 0.25), 0.5),
    ]
    wheels = _wheels(0.38, 0.18, 0.26, -0.1, 1.0)
    return [part(painted(rng, "any", 1), body, rear), part(BLACK, black), wheels]


def traffic_cone(rng: Rng) -> Parts:
    h = rng.uniform(0.45, 0.75)
    cone = lathe(np.array([(0.28, 0.04), (0.05, 1), (1e-4, 1)]) * h, 18)
    band = lathe(np.array([(0.198, 0.4), (0.138, 0.65)]) * h, 18)
    orange = Material("diffuse", np.array([0.9, 0.3, 0.06]))
    return [
        part(orange, cone, box((0, 0, 0.015), (0.72 * h, 0.72 * h, 0.03))),
        part(painted(rng, "white", 0), band),
    ]


def hand_truck(rng: Rng) -> Parts:
    """Leaning back, with or without a carton."""
    rungs = [cylinder((-0.2, 0.12 * z, z), (0.2, 0.12 * z, z), 0.015) for z in (0.3, 0.7, 1.2)]
    rails = both(lambda s: cylinder((s * 0.2, 0, 0.05), (s * 0.2, 0.14, 1.2), 0.015))
    plate = box((0, -0.13, 0.04), (0.42, 0.26, 0.012))
    parts = [part(painted(rng, "any", 0.5), rungs, rails, plate), _wheels(0.22, 0.06, 0.11, 0.1)]
    if chance(rng, 0.6):
        parts.append(part(cardboard(rng), box((0, -0.15, 0.25), (0.38, 0.26, 0.4), 0.5)))
    return parts


def platform_cart(rng: Rng) -> Parts:
    bar = tube([(-0.3, 0.55, 0.2), (-0.3, 0.6, 0.95), (0.3, 0.6, 0.95), (0.3, 0.55, 0.2)], 0.016)
    board = part(painted(rng), box((0, 0, 0.18), (0.7, 1.2, 0.05)))
    parts, z = [part(metallic(rng), bar), board, _wheels(0.25, 0.04, 0.07, -0.45, 0.45)], 0.206
    for _ in range(some(rng, 0, 3)):
        size = rng.uniform([0.35, 0.4, 0.15], [0.65, 0.95, 0.35])
        at = rng.normal((0, 0, z + size[2] / 2), (0.02, 0.04, 0))
        parts.append(part(cardboard(rng), box(at, size, 0.5)))
        z += size[2]
    return parts


def tool_shelf(rng: Rng) -> Parts:
    """Metal shelving with tins, boxes and bins."""
    w, h, d = *span(rng, (0.8, 1.3), (1.6, 2.1)), 0.42
    zs = np.linspace(0.12, h - 0.02, some(rng, 4, 5))
    posts = corners(lambda x, y: post(x, y, 0, h, 0.018, 4), w / 2, d / 2)
    kinds = [cardboard(rng), textured(rng, "poster"), painted(rng, "any"), painted(rng)]
    things, room = [[] for _ in kinds], zs[1] - zs[0] - 0.05
    for z in zs[:-1] + 0.013:
        x = -w / 2 + 0.03
        while x < w / 2 - 0.15:
            wide, deep, tall = span(rng, (0.09, 0.35), (0.5, 0.85), (0.3 * room, 0.95 * room))
            kind, y = some(rng, 0, 3), rng.uniform(-0.04, 0.04)
            if chance(rng, 0.8) and x + wide < w / 2 - 0.02:
                tin = post(x + wide / 2, y, z, z + tall, wide / 2, 14)
                carton = box((x + wide / 2, y, z + tall / 2), (wide, d * deep, tall), 0.4)
                things[kind].append(tin if kind > 1 and wide < 0.22 else carton)
            x += wide + 0.02
    frame = metallic(rng) if chance(rng, 0.6) else painted(rng)
    boards = [box((0, 0, z), (w, d, 0.025)) for z in zs]
    filled = [part(kind, pile) for kind, pile in zip(kinds, things, strict=True) if pile]
    return [part(frame, posts, boards), *filled]


def tyres(rng: Rng) -> Parts:
    """A stack of tyres."""
    r, places = rng.uniform(0.26, 0.34), rng.normal(0, 0.015, (some(rng, 1, 4), 2))
    pile = [torus((*at, 0.09 + 0.18 * i), r - 0.09, 0.09, sides=10) for i, at in enumerate(places)]
    return [part(RUBBER, pile)]


def workbench(rng: Rng) -> Parts:
    """A bench with a vice and a wall of tools."""
    w, d, h = rng.uniform(1.2, 2), 0.6, 0.9
    legs = corners(lambda x, y: box((x, y, h / 2), (0.08, 0.08, h)), w / 2 - 0.05, d / 2 - 0.06)
    boards = [box((0, 0, h), (w, d, 0.06)), box((0, 0, 0.25), (w - 0.1, d - 0.1, 0.03))]
    vice, front, y, z = -w * 0.3, -d / 2 - 0.12, d / 2 - 0.03, h + 0.7
    tools = [
        box((vice, front + 0.1, h + 0.08), (0.13, 0.1, 0.1)),
        cylinder((vice - 0.1, front, h + 0.06), (vice + 0.1, front, h + 0.06), 0.008),
    ]
    for x in np.arange(-w / 2 + 0.1, w / 2 - 0.05, 0.13):
        long, head = span(rng, (0.12, 0.35), (0.03, 0.1))
        top = z + 0.01 - long * chance(rng, 0.5)
        tools += [post(x, y, z - long, z, 0.009), box((x, y - 0.005, top), (head, 0.02, 0.04))]
    return [
        part(wooden(rng), legs, boards),
        part(textured(rng, "dots", gloss=0), box((0, d / 2 - 0.01, h + 0.5), (w, 0.02, 0.75))),
        part(metallic(rng), tools),
    ]


def gas_bottle(rng: Rng) -> Parts:
    r, h = span(rng, (0.1, 0.16), (0.6, 1.4))
    outline = [(1e-4, 0), (r, 0), (r, h * 0.85), (r * 0.6, h * 0.95), (1e-4, h * 0.97)]
    wheel = torus((0, 0, h * 1.05), 0.04, 0.008, segments=14, sides=5)
    return [
        part(painted(rng, "any", 0.8), lathe(outline)),
        part(metallic(rng), post(0, 0, h * 0.95, h * 1.05, 0.03), wheel),
    ]


def cable_drum(rng: Rng) -> Parts:
    """A reel of cable, axle along y."""
    r, w = span(rng, (0.3, 0.6), (0.25, 0.5))
    ends = [cylinder((0, y - 0.02, r), (0, y + 0.02, r), r, segments=26) for y in (-w / 2, w / 2)]
    coils = [torus((0, y, r), r * 0.62, w / 14, (0, 1, 0), 22, 6) for y in row(7, w * 0.98)]
    palette = pick(rng, {"dark": 0.6, "any": 0.4})
    return [part(wooden(rng), ends), part(painted(rng, palette, 0.6), coils)]


def bin_(rng: Rng) -> Parts:
    """A wheeled refuse bin."""
    w, h = span(rng, (0.45, 0.7), (0.9, 1.15))
    body = box((0, 0, h * 0.5), (w, w * 1.05, h * 0.9))
    lid = box((0, -0.02, h * 0.97), (w * 1.06, w * 1.15, 0.06))
    return [part(painted(rng, gloss=0.6), body, lid), _wheels(w * 0.42, w * 0.1, 0.09, w * 0.5)]


def parcels(rng: Rng) -> Parts:
    """A leaning heap of parcels."""
    parts, z = [], 0.0
    for _ in range(some(rng, 2, 4)):
        one = parcel(rng)[0]._replace(material=cardboard(rng))
        parts += moved([one], (*rng.normal(0, 0.03, 2), z), rng.normal(0, 0.2))
        z += one.mesh.vertices[:, 2].max()
    return parts


def roller_door(rng: Rng, width: float = 3, height: float = 3) -> Parts:
    """A door of slats with a frame, its back at y = 0."""
    posts = both(lambda s: box((s * width / 2, -0.05, height / 2), (0.12, 0.1, height)))
    case = box((0, -0.15, height + 0.15), (width + 0.3, 0.3, 0.3))
    slats = quad((-width / 2, -0.03, 0), (width, 0, 0), (0, 0, height), 1.5)
    return [
        part(textured(rng, "corrugated", gloss=0.2), slats),
        part(painted(rng, "neutral"), posts, case),
    ]
