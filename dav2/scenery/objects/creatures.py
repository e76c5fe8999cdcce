"""Animals from ellipsoids and capsules: rough bodies whose outlines and poses teach more than fur."""

import numpy as np

from dav2.scenery.meshes import blob, cards, cylinder, ellipsoid, merge, move, rotation, sheet, tube
from dav2.scenery.scene import Material, Part, painted
from dav2.scenery.textures import texture

Rng = np.random.Generator
Parts = list[Part]


def _coat(rng: Rng) -> Material:
    return Material(
        "diffuse",
        texture(
            rng,
            str(rng.choice(["spots", "mottled", "plain", "grass"], p=[0.4, 0.3, 0.2, 0.1])),
            None if rng.random() < 0.4 else rng.uniform(0.1, 0.9) * np.array([1, 0.85, 0.65]),
        ),
    )


def _head(rng: Rng, at: np.ndarray, size: float, snout: float) -> list:
    """Head, snout and ears, facing -y."""
    pieces = [blob(rng, at, size * np.array([0.8, 1, 0.9]), 0.08, 12)]
    pieces.append(
        ellipsoid(
            at + [0, -size * (0.7 + snout), -size * 0.25],
            size * np.array([0.4, 0.3 + snout, 0.35]),
            10,
        )
    )
    shape = str(rng.choice(["round", "pointed", "long"]))
    for side in (-1, 1):
        root = at + [side * size * 0.55, size * 0.1, size * 0.6]
        if shape == "round":
            pieces.append(ellipsoid(root, size * np.array([0.3, 0.12, 0.32]), 8))
        else:
            tip = root + np.array([side * 0.3, 0.1, 0.7 if shape == "pointed" else 1.4]) * size
            pieces.append(cylinder(root, tip, size * 0.25, 0.01, 8))
    return pieces


def four_legs(rng: Rng) -> Parts:
    """A quadruped from kitten to bison, facing -y, standing or lying."""
    length, belly, leg = rng.uniform(0.3, 1.1), rng.uniform(0.16, 0.4), rng.uniform(0.1, 0.8)
    lying = rng.random() < 0.3
    leg = 0.02 if lying else leg
    z = leg + belly * length
    coat = _coat(rng)
    body = [
        blob(
            rng,
            (0, 0, z),
            (belly * length, length * 0.6, belly * length * rng.uniform(0.9, 1.3)),
            0.1,
        )
    ]
    neck = np.array([0, -length * 0.55, z + belly * length * 0.4])
    head = (
        neck + np.array([rng.normal(0, 0.1), -rng.uniform(0.1, 0.35), rng.uniform(0, 0.7)]) * length
    )
    size = length * rng.uniform(0.16, 0.28)
    body += [
        cylinder(neck, head, belly * length * 0.6, size * 0.7, 12),
        *_head(rng, head, size, rng.uniform(0.1, 0.7)),
    ]
    if not lying:
        for x in (-1, 1):
            for y in (-0.4, 0.4):
                foot = (x * belly * length * 0.6, y * length + rng.normal(0, 0.06), 0)
                body.append(
                    cylinder(
                        foot,
                        (x * belly * length * 0.55, y * length, z),
                        leg * 0.09 + 0.015,
                        belly * length * 0.35,
                        10,
                    )
                )
    tail = np.cumsum(
        np.c_[rng.normal(0, 0.03, 5), np.full(5, 0.09), rng.normal(0.02, 0.06, 5)] * length * 1.2, 0
    ) + [0, length * 0.5, z]
    body.append(tube(tail, rng.uniform(0.01, 0.05) * length * 1.5, 8))
    parts = [Part(merge(body), coat)]
    eyes = merge(
        [
            ellipsoid(head + [s * size * 0.45, -size * 0.75, size * 0.2], size * 0.12, 6)
            for s in (-1, 1)
        ]
    )
    parts.append(Part(eyes, Material("plastic", np.full(3, 0.02))))
    if rng.random() < 0.25:  # horns
        horns = [
            tube(
                head
                + [[0, 0, 0]]
                + np.array([[s * 0.3, 0, 0.8], [s * 0.8, 0.2, 1.3], [s * 1.0, 0, 2.0]]) * size,
                size * 0.12,
                8,
            )
            for s in (-1, 1)
        ]
        parts.append(Part(merge(horns), painted(rng, "stone", 0.2)))
    if rng.random() < 0.4:  # a shaggy coat
        normal = rng.normal(size=(500, 3))
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        parts.append(
            Part(
                cards(
                    rng,
                    normal * [belly * length * 1.05, length * 0.62, belly * length * 1.1]
                    + [0, 0, z],
                    0.05 * length,
                ),
                coat,
            )
        )
    return parts


def bird(rng: Rng) -> Parts:
    """A bird, standing or flying, facing -y, about 0.3 m."""
    body = [blob(rng, (0, 0, 0.2), (0.08, 0.15, 0.1), 0.08), ellipsoid((0, -0.14, 0.3), 0.06, 12)]
    coat, second = _coat(rng), _coat(rng)
    beak = cylinder((0, -0.19, 0.3), (0, -0.19 - rng.uniform(0.03, 0.14), 0.28), 0.02, 0.003, 8)
    flying = rng.random() < 0.35
    wings = []
    for side in (-1, 1):
        if flying:
            t, span = np.linspace(0, 1, 8), rng.uniform(0.3, 0.7)
            z = 0.22 + rng.uniform(-0.1, 0.4) * t
            edge = 0.13 * np.cos(t * 1.4)
            wings.append(
                sheet(
                    np.stack(
                        [np.stack([side * span * t, 0.02 + s * edge, z], 1) for s in (-1, 1)], 1
                    )
                )
            )
        else:
            wings.append(
                move(
                    ellipsoid((0, 0, 0), (0.02, 0.16, 0.07), 10),
                    (side * 0.08, 0.05, 0.21),
                    rotation("x", 0.3),
                )
            )
    wings.append(
        sheet(
            np.array(
                [[[-0.02, 0.12, 0.2], [-0.06, 0.32, 0.16]], [[0.02, 0.12, 0.2], [0.06, 0.32, 0.16]]]
            )
        )
    )
    legs = [cylinder((s * 0.03, 0, 0), (s * 0.03, 0, 0.14), 0.006) for s in (-1, 1)]
    return [
        Part(merge(body), coat),
        Part(merge(wings), second),
        Part(merge([beak, *legs]), painted(rng, "earth")),
    ]


def fish(rng: Rng) -> Parts:
    """A fish seen from its side along x, about 0.4 m, floating at z = 0.2."""
    h = rng.uniform(0.05, 0.13)
    body = blob(rng, (0, 0, 0.2), (0.2, h * 0.4, h), 0.05)
    fins = [
        sheet(np.array([[[0.17, 0, 0.2], [0.3, 0, 0.2 + h]], [[0.17, 0, 0.2], [0.3, 0, 0.2 - h]]]))
    ]
    fins.append(
        sheet(
            np.array(
                [
                    [[-0.08, 0, 0.2 + h * 0.8], [-0.02, 0, 0.2 + h * 1.5]],
                    [[0.1, 0, 0.2 + h * 0.6], [0.14, 0, 0.2 + h * 1.2]],
                ]
            )
        )
    )
    return [Part(body, _coat(rng)), Part(merge(fins), painted(rng, "any"))]


def caterpillar(rng: Rng) -> Parts:
    """A row of balls: small animals, beads, fruit on a twig."""
    count, r = int(rng.integers(5, 12)), rng.uniform(0.02, 0.05)
    balls = [
        ellipsoid((r * 1.3 * (i - count / 2), 0, r + 0.3 * r * np.sin(i)), r, 10)
        for i in range(count)
    ]
    return [Part(merge(balls), _coat(rng))]


CREATURES = (four_legs, four_legs, four_legs, bird, bird, fish, caterpillar)
