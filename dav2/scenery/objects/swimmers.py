"""What swims. `rng -> list[Part]`, the lowest point on z = 0, the head towards -x."""

import numpy as np

from dav2.scenery.meshes import (
    blob,
    box,
    cylinder,
    ellipsoid,
    merge,
    move,
    rods,
    rotation,
    rounded_box,
    sheet,
    tube,
)
from dav2.scenery.scene import Material, Part, painted, textured
from dav2.scenery.textures import colour, texture

Rng = np.random.Generator
Parts = list[Part]


def _grounded(parts: Parts) -> Parts:
    low = min(part.mesh.vertices[:, 2].min() for part in parts)
    return [Part(move(part.mesh, (0, 0, -low)), part.material) for part in parts]


def _skin(rng: Rng) -> Material:
    kind = str(rng.choice(["scales", "stripes", "spots", "plain", "dots", "mottled"]))
    return Material(
        "plastic" if rng.random() < 0.3 else "diffuse",
        texture(rng, kind, colour(rng, "reef" if rng.random() < 0.7 else "neutral")),
    )


def _fin(*points: tuple[float, float, float]) -> np.ndarray:
    return np.array([[points[0], points[1]], [points[2], points[3]]], float)


def reef_fish(rng: Rng) -> Parts:
    """A fish with fins and eyes, 0.1 to 0.5 m long, slim or as round as a plate."""
    s, h, thick = rng.uniform(0.1, 0.5), rng.uniform(0.2, 0.65), rng.uniform(0.1, 0.2)
    body = blob(rng, (0, 0, 0), (0.5, thick, h * 0.5), 0.04, 11)
    pinched = (
        body.vertices
        * np.c_[
            np.ones(len(body.vertices)),
            np.repeat(1 - 0.6 * np.clip(body.vertices[:, :1] * 2, 0, 1), 2, 1),
        ]
    )
    fins = [
        sheet(_fin((0.38, 0, 0.02), (0.68, 0, 0.28), (0.38, 0, -0.02), (0.68, 0, -0.28))),
        sheet(
            _fin((-0.2, 0, h * 0.42), (0.0, 0, h * 0.75), (0.3, 0, h * 0.15), (0.35, 0, h * 0.5))
        ),
        sheet(
            _fin(
                (0.05, 0, -h * 0.4), (0.15, 0, -h * 0.7), (0.3, 0, -h * 0.15), (0.32, 0, -h * 0.45)
            )
        ),
        *(
            sheet(
                _fin(
                    (-0.12, q * thick * 0.9, 0),
                    (0.08, q * (thick + 0.12), -0.08),
                    (-0.1, q * thick * 0.9, -0.06),
                    (0.06, q * (thick + 0.1), -0.16),
                )
            )
            for q in (-1, 1)
        ),
    ]
    eyes = merge([ellipsoid((-0.36, q * thick * 0.62, h * 0.08), 0.035, 6) for q in (-1, 1)])
    pieces = [
        Part(body._replace(vertices=pinched), _skin(rng)),
        Part(merge(fins), painted(rng, "reef", 0)),
        Part(eyes, Material("plastic", np.full(3, 0.02))),
    ]
    return _grounded([Part(move(p.mesh, scale=s), p.material) for p in pieces])


def school(rng: Rng) -> Parts:
    """Many small fish that swim the same way."""
    one, count = reef_fish(rng), int(rng.integers(10, 26))
    spread = rng.uniform(0.5, 1.4) * np.array([1, 0.8, 0.5])
    spots, turns = rng.normal(0, 1, (count, 3)) * spread, rng.normal(0, 0.2, count)
    size = 0.14 / float(np.ptp(one[0].mesh.vertices[:, 0]))
    return _grounded(
        [
            Part(
                merge(
                    [
                        move(p.mesh, at, rotation("z", turn), size)
                        for at, turn in zip(spots, turns, strict=True)
                    ]
                ),
                p.material,
            )
            for p in one
        ]
    )


def shark(rng: Rng) -> Parts:
    s = rng.uniform(1.2, 3)
    body = blob(rng, (0, 0, 0), (0.5, 0.085, 0.09), 0.03, 18)
    bend = 0.08 * np.sin(body.vertices[:, 0] * 4)
    fins = [
        sheet(_fin((0.42, 0.08, 0.0), (0.62, 0.1, 0.2), (0.42, 0.08, -0.02), (0.58, 0.1, -0.12))),
        sheet(_fin((-0.08, 0, 0.07), (0.04, 0, 0.22), (0.08, 0, 0.07), (0.09, 0, 0.2))),
        *(
            sheet(
                _fin(
                    (-0.15, q * 0.07, -0.03),
                    (0.02, q * 0.28, -0.09),
                    (-0.02, q * 0.07, -0.03),
                    (0.06, q * 0.27, -0.09),
                )
            )
            for q in (-1, 1)
        ),
    ]
    skin = Material("diffuse", texture(rng, "mottled", colour(rng, "neutral")))
    whole = merge([body._replace(vertices=body.vertices + np.c_[0 * bend, bend, 0 * bend]), *fins])
    return _grounded([Part(move(whole, scale=s), skin)])


def ray(rng: Rng) -> Parts:
    """A manta with beating wings."""
    s, beat = rng.uniform(0.5, 1.6), rng.uniform(-0.5, 0.5)
    x, y = np.meshgrid(np.linspace(-0.4, 0.4, 12), np.linspace(-1, 1, 21), indexing="ij")
    x = x * (1 - np.abs(y)) ** 0.8 + 0.25 * np.abs(y)
    back = 0.14 * (1 - np.abs(y)) * np.sqrt(np.clip(1 - (x / 0.45) ** 2, 0, 1)) + beat * y**2
    wings = [sheet(np.stack([x, y, z], -1)) for z in (back, back * 0.3 + beat * y**2 * 0.7)]
    tail = tube(
        np.c_[np.linspace(0.35, 1.3, 6), 0.05 * np.sin(np.arange(6)), np.full(6, 0.02)], 0.012, 5
    )
    return _grounded(
        [
            Part(
                move(merge([*wings, tail]), scale=s),
                textured(rng, "spots", colour(rng, "dark") + 0.1, 0),
            )
        ]
    )


def turtle(rng: Rng) -> Parts:
    s = rng.uniform(0.4, 0.9)
    shell = ellipsoid((0, 0, 0.05), (0.5, 0.4, 0.2), 16)
    limbs = [ellipsoid((-0.62, 0, 0.02), (0.16, 0.11, 0.1), 9)]
    for q in (-1, 1):
        limbs.append(
            move(
                ellipsoid((0, 0, 0), (0.12, 0.36, 0.03), 9),
                (-0.3, q * 0.55, 0.0),
                rotation("z", q * 0.5) @ rotation("x", q * rng.normal(0, 0.4)),
            )
        )
        limbs.append(
            move(
                ellipsoid((0, 0, 0), (0.09, 0.18, 0.03), 8),
                (0.42, q * 0.3, -0.02),
                rotation("z", -q * 0.6),
            )
        )
    parts = [
        Part(shell, Material("diffuse", texture(rng, "cracked", colour(rng, "earth")))),
        Part(merge(limbs), Material("diffuse", texture(rng, "scales", colour(rng, "green")))),
    ]
    return _grounded([Part(move(p.mesh, scale=s), p.material) for p in parts])


def jellyfish(rng: Rng) -> Parts:
    r = rng.uniform(0.08, 0.35)
    t = np.linspace(0, np.pi / 2, 9)
    lobes = 1 + 0.05 * np.cos(8 * np.linspace(0, 2 * np.pi, 25))
    dome = sheet(
        np.stack(
            [
                np.outer(r * np.sin(t), np.cos(np.linspace(0, 2 * np.pi, 25)) * lobes),
                np.outer(r * np.sin(t), np.sin(np.linspace(0, 2 * np.pi, 25)) * lobes),
                np.repeat((r * 0.8 * np.cos(t))[:, None], 25, 1),
            ],
            -1,
        )
    )
    arms = []
    for a in np.linspace(0, 2 * np.pi, 15)[:-1]:
        u = np.linspace(0, 1, 9)
        line = np.c_[
            r * 0.8 * np.cos(a) + 0.1 * r * np.sin(u * 9 + a),
            r * 0.8 * np.sin(a) + 0.1 * r * np.cos(u * 8),
            -u * r * rng.uniform(1.5, 4),
        ]
        arms.append(rods(line[:-1], line[1:], r * 0.02, 3))
    return _grounded(
        [Part(dome, painted(rng, "pastel", 0.4)), Part(merge(arms), painted(rng, "pastel", 0))]
    )


def diver(rng: Rng) -> Parts:
    """Swimming flat, with a bottle, fins and a string of bubbles."""
    suit, limbs = [rounded_box((0, 0, 0), (0.34, 0.2, 0.13), 0.7)], []
    for q in (-1, 1):
        kick = rng.uniform(-0.25, 0.25)
        suit += [
            cylinder((0.3, q * 0.1, 0), (0.72, q * 0.12, kick * 0.5), 0.085, 0.065, 9),
            cylinder((0.72, q * 0.12, kick * 0.5), (1.1, q * 0.13, kick), 0.065, 0.045, 9),
        ]
        limbs.append(
            move(
                box((0.28, 0, 0), (0.5, 0.18, 0.015)), (1.08, q * 0.13, kick), rotation("y", -kick)
            )
        )
        reach = (-0.6 - rng.uniform(0, 0.25), q * rng.uniform(0.15, 0.5), rng.uniform(-0.3, 0))
        suit.append(tube([(-0.27, q * 0.19, 0), (-0.42, q * 0.3, -0.15), reach], 0.05, 8))
    head = [ellipsoid((-0.5, 0, 0.06), (0.12, 0.1, 0.12), 12)]
    bottle = [
        cylinder((-0.25, 0, 0.2), (0.3, 0, 0.2), 0.085, segments=14),
        ellipsoid((-0.25, 0, 0.2), 0.085, 8),
    ]
    bubbles = [
        ellipsoid(
            (-0.5 + rng.normal(0, 0.06), rng.normal(0, 0.06), 0.25 + 0.09 * i),
            rng.uniform(0.008, 0.035),
            6,
        )
        for i in range(16)
    ]
    mask = [rounded_box((-0.6, 0, 0.07), (0.04, 0.085, 0.05), 0.5)]
    return _grounded(
        [
            Part(merge(suit), Material("diffuse", colour(rng, "dark") + 0.02)),
            Part(merge(limbs + bottle), painted(rng, "any", 0.6)),
            Part(
                merge(head), Material("diffuse", np.array([0.8, 0.6, 0.48]) * rng.uniform(0.15, 1))
            ),
            Part(merge(mask), Material("plastic", np.full(3, 0.05))),
            Part(merge(bubbles), Material("plastic", np.array([0.85, 0.92, 0.95]))),
        ]
    )


def bubbles(rng: Rng) -> Parts:
    """A rising string of bubbles."""
    count = int(rng.integers(12, 50))
    rise = np.sort(rng.uniform(0, rng.uniform(0.6, 2.5), count))
    at = np.c_[rng.normal(0, 0.05, (count, 2)) * (0.3 + rise[:, None]), rise]
    return _grounded(
        [
            Part(
                merge([ellipsoid(a, rng.uniform(0.004, 0.02), 5) for a in at]),
                Material("plastic", np.array([0.85, 0.92, 0.95])),
            )
        ]
    )


FISH = (reef_fish, reef_fish, reef_fish, school, school)
LARGE = (shark, ray, turtle, diver, diver, jellyfish, jellyfish)
