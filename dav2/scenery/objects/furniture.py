"""What rooms are furnished with: seats, tables, shelves, lamps, plants, mirrors and panes."""

import numpy as np

from dav2.scenery.kit import *
from dav2.scenery.objects.tableware import SMALL


def chair(rng: Rng) -> Parts:
    w, h, seat, t = span(rng, (0.38, 0.5), (0.75, 1.1), (0.42, 0.5), (0.012, 0.025))
    x = w / 2
    legs = both(lambda s: [post(s * x, -x, 0, seat, t), post(s * x, x, 0, h, t)])
    bars = [cylinder((-x, x, z), (x, x, z), t * 0.7) for z in np.arange(seat + 0.12, h, 0.12)]
    frame = wooden(rng) if chance(rng, 0.6) else metallic(rng)
    cushion = textured(rng) if chance(rng, 0.5) else frame
    return [part(frame, legs, bars), part(cushion, box((0, 0, seat), (w * 1.05, w * 1.05, 0.04)))]


def table(rng: Rng, top: Material | None = None) -> Parts:
    length, width, h, t = span(rng, (0.8, 2), (0.5, 1), (0.4, 0.78), (0.02, 0.05))
    legs = corners(lambda x, y: post(x, y, 0, h, t), length / 2 - 0.06, width / 2 - 0.06)
    body = wooden(rng)
    return [
        part(body if chance(rng, 0.6) else metallic(rng), legs),
        part(top or body, box((0, 0, h), (length, width, 0.03))),
    ]


def glass_table(rng: Rng) -> Parts:
    return table(rng, PANE)


def sofa(rng: Rng) -> Parts:
    length, depth = span(rng, (0.7, 1.2), (0.4, 0.5))
    seat = rounded_box((0, 0, 0.25), (length, depth, 0.2))
    back = rounded_box((0, depth - 0.1, 0.5), (length, 0.14, 0.4))
    arms = both(lambda s: rounded_box((s * length, 0, 0.35), (0.13, depth, 0.32)))
    parts = [part(textured(rng, ("fabric", "plain", "stripes", "dots"), gloss=0), seat, back, arms)]
    cushion = move(rounded_box((0, 0, 0), (0.22, 0.08, 0.2), 0.5), turn=rotation("x", -0.3))
    for _ in range(some(rng, 0, 3)):
        at = (rng.uniform(-1, 1) * (length - 0.3), 0.15, 0.62)
        parts.append(part(textured(rng, gloss=0), move(cushion, at)))
    return parts


def bed(rng: Rng) -> Parts:
    half = rng.uniform(0.45, 0.9)
    x, y = np.meshgrid(np.linspace(-half, half, 20), np.linspace(-1, 0.6, 20), indexing="ij")
    folds = 0.57 + 0.02 * np.sin(9 * x + 3 * y) + 0.015 * np.sin(17 * y - 5 * x)
    blanket = sheet(np.stack([x, y, folds], -1), np.stack([x, y], -1))
    pillows = both(lambda s: rounded_box((s * half / 2, 0.72, 0.62), (0.28, 0.18, 0.09), 0.5))
    frame = [box((0, 0, 0.2), (2 * half, 2, 0.3)), box((0, 1, 0.5), (2 * half, 0.06, 1))]
    return [
        part(wooden(rng), frame),
        part(painted(rng, "pastel", 0), rounded_box((0, 0, 0.42), (half, 1, 0.14), 0.25)),
        part(textured(rng, gloss=0), blanket),
        part(painted(rng, "pastel", 0), pillows),
    ]


def bookshelf(rng: Rng) -> Parts:
    w, h, d = span(rng, (0.6, 1.6), (0.9, 2.2), (0.25, 0.4))
    levels = np.linspace(0.05, h - 0.01, some(rng, 3, 5))
    boards = both(lambda s: box((s * w / 2, 0, h / 2), (0.02, d, h)))
    boards += [box((0, 0, z), (w, d, 0.02)) for z in levels]
    if chance(rng, 0.7):
        boards.append(box((0, d / 2, h / 2), (w, 0.01, h)))
    room, books = min(levels[1] - levels[0] - 0.03, 0.32), [[] for _ in range(5)]
    for z in levels[:-1]:
        x = -w / 2 + 0.03
        while x < w / 2 - 0.06:
            thick, deep, tall = span(rng, (0.015, 0.06), (0.6, 0.85), (0.5 * room, 0.92 * room))
            at = (x + thick / 2, -0.02, z + 0.01 + tall / 2)
            if chance(rng, 0.8):
                pick(rng, books).append(box(at, (thick, d * deep, tall), 0.3))
            x += thick + 0.002
    return [part(wooden(rng), boards), *(part(painted(rng), alike) for alike in books if alike)]


def cabinet(rng: Rng) -> Parts:
    w, h, d = span(rng, (0.5, 1.6), (0.5, 1.1), (0.35, 0.6))
    doors, y, z = some(rng, 1, 3), -d / 2, h / 2
    wide = w / doors
    body = wooden(rng) if chance(rng, 0.6) else painted(rng)
    fronts = [box((x, y - 0.01, z), (wide - 0.02, 0.02, h - 0.05)) for x in row(doors, w)]
    xs = row(doors, w) + 0.3 * wide
    return [
        part(body, box((0, 0, z), (w, d, h))),
        part(body if chance(rng, 0.5) else textured(rng), fronts),
        part(metallic(rng), [cylinder((x, y - 0.02, z), (x, y - 0.05, z), 0.012) for x in xs]),
    ]


def floor_lamp(rng: Rng) -> Parts:
    h = rng.uniform(1.2, 1.8)
    return [
        part(metallic(rng), post(0, 0, 0, 0.03, 0.15, 20), post(0, 0, 0, h, 0.012)),
        part(painted(rng, "pastel", 0), lathe([(0.22, h - 0.12), (0.12, h + 0.2)], 24)),
        part(lamp(rng, rng.uniform(8, 40)), ellipsoid((0, 0, h), 0.05, 8)),
    ]


def plant(rng: Rng) -> Parts:
    h = rng.uniform(0.15, 0.4)
    outline = [(1e-4, 0), (0.5, 0), (0.7, 1), (0.6, 1), (0.55, 0.85), (1e-4, 0.85)]
    t, leaves = np.linspace(0, 1, 6), []
    for _ in range(some(rng, 8, 39)):
        angle = angle_of(rng)
        rise, length, width = span(rng, (0.3, 1.4), (0.2, 0.9), (0.02, 0.09))
        out, z = t * np.cos(rise), h * 0.85 + length * t * (np.sin(rise) - 0.35 * t)
        spine = np.stack([length * out * np.cos(angle), length * out * np.sin(angle), z], 1)
        breadth = width * np.sin(np.pi * np.clip(t * 0.9 + 0.08, 0, 1))
        side = breadth[:, None] * [-np.sin(angle), np.cos(angle), 0]
        leaves.append(sheet(np.stack([spine - side, spine + side], 1)))
    pot = lathe(np.array(outline) * h, 18)
    return [part(textured(rng), pot), part(painted(rng, "green"), leaves)]


def _gate(w: float, y: float, low: float, high: float) -> list[Mesh]:
    """Make two square posts and what lies across them."""
    lintel = cylinder((-w / 2, y, high), (w / 2, y, high), 0.02, segments=4)
    return [lintel, *both(lambda s: post(s * w / 2, y, low, high, 0.02, 4))]


def standing_mirror(rng: Rng) -> Parts:
    w, h = span(rng, (0.5, 1.2), (1.2, 1.9))
    upright = [
        part(MIRROR, quad((-w / 2, -0.02, 0.05), (w, 0, 0), (0, 0, h))),
        part(wooden(rng), _gate(w, -0.02, 0.05, h + 0.05), box((0, 0, h / 2), (w, 0.01, h))),
    ]
    return [Part(move(mesh, turn=rotation("x", -0.08)), material) for mesh, material in upright]


def glass_door(rng: Rng) -> Parts:
    return [
        part(PANE, quad((-0.5, 0, 0.02), (1, 0, 0), (0, 0, 2.05))),
        part(metallic(rng), _gate(1, 0, 0, 2.08), post(0.4, -0.05, 0.9, 1.2, 0.012)),
    ]


def showcase(rng: Rng) -> Parts:
    w, d, h = rng.uniform(0.5, 1), 0.45, rng.uniform(0.9, 1.7)
    x, y, up = w / 2, d / 2, (0, 0, h - 0.05)
    posts = corners(lambda i, j: post(i, j, 0, h, 0.012, 4), x, y)
    sides = both(lambda s: quad((s * x, -y, 0.05), (0, d, 0), up))
    parts = [
        part(metallic(rng), posts, [box((0, 0, z), (w, d, 0.015)) for z in (0.05, h)]),
        part(PANE, quad((-x, -y, 0.05), (w, 0, 0), up), sides),
    ]
    for thing in few(rng, SMALL, 2):
        parts += moved(thing, (rng.uniform(-w / 4, w / 4), 0, 0.06))
    return parts


def picture(rng: Rng) -> Parts:
    """A framed picture or mirror, centred on the origin, facing -y."""
    w, h = span(rng, (0.25, 1.1), (0.25, 1.1))
    face = MIRROR if chance(rng, 0.2) else Material("diffuse", texture(rng, "poster"))
    return [
        part(face, quad((-w / 2, -0.012, -h / 2), (w, 0, 0), (0, 0, h), max(w, h))),
        part(wooden(rng), box((0, 0, 0), (w + 0.06, 0.02, h + 0.06))),
    ]
