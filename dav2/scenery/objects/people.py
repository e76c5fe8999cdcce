"""People: a jointed skeleton in a pose, dressed. `rng -> list[Part]`, soles on z = 0, facing -y."""

from typing import NamedTuple

import numpy as np

from dav2.scenery.meshes import (
    Mesh,
    box,
    cylinder,
    ellipsoid,
    lathe,
    merge,
    move,
    rotation,
    rounded_box,
    sheet,
    torus,
)
from dav2.scenery.scene import Material, Part, painted, textured

Rng = np.random.Generator
Parts = list[Part]
SHOE = Material("plastic", np.array([0.06, 0.05, 0.05]))
HAIR = [
    Material("diffuse", np.array(tint))
    for tint in ([0.05, 0.04, 0.03], [0.25, 0.14, 0.07], [0.55, 0.38, 0.18], [0.6, 0.6, 0.6])
]
HIP, KNEE, ANKLE = 0.9, 0.48, 0.08  # heights of a 1.75 m adult
UPPER_ARM, FOREARM, HAND = 0.3, 0.26, 0.17


class Pose(NamedTuple):
    """Angles in radians, forward positive; pairs are (left, right)."""

    thighs: tuple[float, float] = (0.04, -0.04)
    knees: tuple[float, float] = (0.04, 0.04)
    arms: tuple[float, float] = (0.0, 0.0)
    spreads: tuple[float, float] = (0.14, 0.14)
    elbows: tuple[float, float] = (0.2, 0.2)
    lean: float = 0.0


POSES: dict[str, Pose] = {
    "standing": Pose(),
    "walking": Pose((0.45, -0.35), (0.1, 0.45), (-0.4, 0.45), elbows=(0.25, 0.5), lean=0.05),
    "running": Pose((0.9, -0.4), (1.1, 0.9), (-0.8, 0.7), elbows=(1.5, 1.5), lean=0.2),
    "sitting": Pose((1.5, 1.45), (1.5, 1.4), (0.5, 0.4), elbows=(0.7, 0.9), lean=-0.1),
    "waving": Pose(arms=(0.0, 2.7), spreads=(0.15, 0.35), elbows=(0.2, 0.3)),
    "arms_up": Pose(arms=(2.8, 2.7), spreads=(0.35, 0.35), elbows=(0.2, 0.25)),
    "leaning": Pose((0.15, 0.1), (0.1, 0.1), (0.9, 0.8), elbows=(0.3, 0.4), lean=0.45),
    "phone": Pose((0.06, -0.1), (0.05, 0.1), (0.5, 0.1), elbows=(1.9, 0.15)),
    "hands_on_hips": Pose(arms=(-0.35, -0.35), spreads=(0.75, 0.75), elbows=(1.1, 1.1)),
    "crouching": Pose((1.9, 1.7), (2.3, 2.2), (0.9, 0.8), elbows=(0.6, 0.7), lean=0.5),
    "reaching": Pose((0.1, -0.15), (0.05, 0.2), (1.7, 0.0), elbows=(0.1, 0.2), lean=0.15),
}
UPRIGHT = ("standing", "standing", "walking", "walking", "phone", "hands_on_hips", "waving")


def loft(rows: np.ndarray, segments: int = 14) -> Mesh:
    """Surface through ellipses: rows of (x, y, z, half width along x, half depth along y)."""
    rows = np.asarray(rows, float)
    rows = np.concatenate(
        [rows[:1] * [1, 1, 1, 1e-3, 1e-3], rows, rows[-1:] * [1, 1, 1, 1e-3, 1e-3]]
    )
    angle = np.linspace(0, 2 * np.pi, segments + 1)
    x = rows[:, :1] + rows[:, 3:4] * np.cos(angle)
    y = rows[:, 1:2] + rows[:, 4:5] * np.sin(angle)
    points = np.stack([x, y, np.broadcast_to(rows[:, 2:3], x.shape)], -1)
    uv = np.stack(np.broadcast_arrays(angle / 3, rows[:, 2:3] * 2), -1)
    return sheet(points, uv)


def limb(points: list[np.ndarray], radii: list[float]) -> Mesh:
    """Tapered segments with round joints."""
    pieces = [
        cylinder(a, b, r, s, 9, caps=False)
        for a, b, r, s in zip(points[:-1], points[1:], radii[:-1], radii[1:], strict=True)
    ]
    return merge(pieces + [ellipsoid(p, r, 7) for p, r in zip(points, radii, strict=True)])


def _swing(pitch: float, spread: float) -> np.ndarray:
    return np.array(
        [np.sin(spread), -np.sin(pitch) * np.cos(spread), -np.cos(pitch) * np.cos(spread)]
    )


def _head(rng: Rng, hat: bool, skin: Material, cloth: Material) -> Parts:
    """Head, face and hair about the base of the neck at the origin."""
    face = [
        limb([np.array([0, 0.01, -0.04]), np.array([0, -0.005, 0.1])], [0.06, 0.05]),
        ellipsoid((0, -0.01, 0.2), (0.075, 0.095, 0.115), 12),
        ellipsoid((0, -0.035, 0.135), (0.052, 0.058, 0.06), 8),
        ellipsoid((0, -0.105, 0.185), (0.013, 0.02, 0.024), 6),
        *(ellipsoid((s * 0.076, 0.005, 0.185), (0.012, 0.022, 0.03), 6) for s in (-1, 1)),
    ]
    eyes = [ellipsoid((s * 0.03, -0.092, 0.212), (0.013, 0.01, 0.008), 6) for s in (-1, 1)]
    hair = [ellipsoid((0, 0.018, 0.225), (0.084, 0.097, 0.105), 10)]
    style = str(rng.choice(["short", "long", "bun", "tail", "bald"], p=[0.4, 0.25, 0.1, 0.15, 0.1]))
    if style == "long":
        hair.append(
            loft(
                [
                    (0, 0.04, -0.12, 0.1, 0.03),
                    (0, 0.05, 0.05, 0.1, 0.05),
                    (0, 0.03, 0.25, 0.08, 0.08),
                ]
            )
        )
    elif style == "bun":
        hair.append(ellipsoid((0, 0.1, 0.29), 0.045, 8))
    elif style == "tail":
        hair.append(limb([np.array([0, 0.11, 0.24]), np.array([0, 0.15, 0.0])], [0.03, 0.02]))
    if style == "bald":
        hair = [ellipsoid((s * 0.05, 0.03, 0.18), (0.033, 0.075, 0.04), 8) for s in (-1, 1)]
    parts = [
        Part(merge(face), skin),
        Part(merge(hair), HAIR[int(rng.integers(len(HAIR)))]),
        Part(merge(eyes), SHOE),
    ]
    if hat:
        crown = [ellipsoid((0, 0.005, 0.25), (0.09, 0.108, 0.1), 10)]
        kind = int(rng.integers(3))
        if kind == 0:  # a peak
            crown.append(rounded_box((0, -0.13, 0.255), (0.075, 0.07, 0.01), 0.6))
        elif kind == 1:
            crown.append(lathe([(0.09, 0.25), (rng.uniform(0.14, 0.22), 0.24), (0.08, 0.26)], 18))
        parts.append(Part(merge(crown), cloth))
    return parts


def _bag(rng: Rng, neck: np.ndarray, hand: np.ndarray) -> list[Mesh]:
    """Something carried: a backpack, a bag, a case or an open umbrella."""
    kind = int(rng.integers(4))
    if kind == 0:
        back = neck + [0, 0.2, -0.22]
        straps = [
            torus(neck + [s * 0.1, 0.02, -0.14], 0.13, 0.016, (1, 0, 0), 16, 5) for s in (-1, 1)
        ]
        return [rounded_box(back, (0.15, 0.08, 0.22), 0.5), *straps]
    if kind == 1:
        return [
            rounded_box(hand + [0, 0, -0.3], (0.06, 0.16, 0.13), 0.4),
            torus(hand + [0, 0, -0.12], 0.09, 0.008, (1, 0, 0), 16, 5),
        ]
    if kind == 2:
        size = min(0.5, max(0.2, hand[2] - 0.12))
        return [
            box(hand + [0, 0, -size / 2 - 0.06], (0.14, 0.36, size)),
            torus(hand, 0.06, 0.01, (1, 0, 0)),
        ]
    top = neck + [0.12, -0.2, 0.75]
    canopy = [
        (r, 0.22 * np.cos(a))
        for a, r in zip(
            np.linspace(0.02, 1.4, 7), 0.6 * np.sin(np.linspace(0.02, 1.4, 7)), strict=True
        )
    ]
    return [
        move(lathe(canopy, 9), top - [0, 0, 0.2]),
        cylinder(top, neck + [0.2, -0.28, -0.2], 0.01),
    ]


def person(rng: Rng, pose: str | None = None) -> Parts:
    """A grown-up or a child; any pose of `POSES`, upright ones if None."""
    name = pose or str(rng.choice(UPRIGHT))
    p = POSES[name]
    jitter = rng.normal(0, 0.06, 10)
    if rng.random() < 0.5:
        p = Pose(*(pair[::-1] for pair in p[:5]), p.lean)  # type: ignore[arg-type]
    build = rng.uniform(0.88, 1.2)
    skin = Material("diffuse", np.array([0.9, 0.68, 0.55]) * rng.uniform(0.35, 1))
    top = textured(
        rng,
        str(rng.choice(["plain", "fabric", "stripes", "dots"], p=[0.5, 0.25, 0.15, 0.1])),
        gloss=0,
    )
    legs_cloth = painted(rng, str(rng.choice(["dark", "neutral", "any", "earth"])), 0)

    # legs, about a pelvis at the origin; the body is put on the ground at the end
    legs, bare, shoes, soles = [], [], [], []
    skirt = rng.random() < 0.25 and name not in ("crouching",)
    knees_at = []
    for k, side in enumerate((-1, 1)):
        hip = np.array([side * 0.09 * build, 0, 0])
        pitch = p.thighs[k] + jitter[k]
        knee = hip + (HIP - KNEE) * _swing(pitch, side * 0.05)
        ankle = knee + (KNEE - ANKLE) * _swing(pitch - p.knees[k] - abs(jitter[2 + k]), side * 0.02)
        mesh = limb([hip, knee, ankle], [0.09 * build, 0.06, 0.042])
        (bare if skirt else legs).append(mesh)
        foot = rounded_box((0, -0.06, -0.035), (0.045, 0.135, 0.045), 0.55)
        shoes.append(
            move(foot, ankle, rotation("x", 0.0 if abs(pitch) > 1 else -0.6 * min(0.0, pitch)))
        )
        soles.append(float(shoes[-1].vertices[:, 2].min()))
        knees_at.append(knee)

    if not skirt:
        legs.append(
            loft(
                [
                    (0, 0, -0.1, 0.14 * build, 0.1),
                    (0, 0, 0.03, 0.165 * build, 0.115),
                    (0, 0, 0.12, 0.14 * build, 0.1),
                ]
            )
        )

    # trunk: hips, waist, chest, shoulders
    tilt = rotation("x", p.lean + 0.3 * jitter[4])
    coat = rng.random() < 0.25 and abs(p.thighs[0]) < 0.3
    chest = loft(
        [
            (0, 0, 0.0, 0.17 * build, 0.12 * build),
            (0, 0, 0.16, 0.14 * build, 0.1 * build),
            (0, -0.01, 0.36, 0.175 * build, 0.12 * build),
            (0, 0.005, 0.46, 0.195 * build, 0.1),
            (0, 0.01, 0.515, 0.13, 0.075),
            (0, 0.01, 0.55, 0.06, 0.06),
        ]
    )
    cloth = [move(chest, turn=tilt)]
    if coat:
        hem = -rng.uniform(0.25, 0.55)
        cloth.append(
            loft(
                [
                    (0, 0, hem, 0.23 * build, 0.17),
                    (0, 0, 0.02, 0.175 * build, 0.13),
                    (0, 0, 0.16, 0.15 * build, 0.11),
                ]
            )
        )
    if skirt:
        middle = (knees_at[0] + knees_at[1]) / 2
        wide = 0.13 + abs(knees_at[0] - knees_at[1])[1] * 0.55
        low = middle * rng.uniform(0.7, 1.3)
        legs.append(
            loft(
                [
                    (*low, 0.21 * build, wide),
                    (*(low / 2), 0.19 * build, wide * 0.8 + 0.03),
                    (0, 0, 0.08, 0.155 * build, 0.11),
                ]
            )
        )
    hands, sleeves = [], []
    long_sleeves = rng.random() < 0.65
    for k, side in enumerate((-1, 1)):
        shoulder = tilt @ np.array([side * 0.185 * build, 0.005, 0.45])
        pitch, spread = p.arms[k] + jitter[5 + k] * 2, side * (p.spreads[k] + abs(jitter[7 + k]))
        elbow = shoulder + UPPER_ARM * _swing(pitch, spread)
        bent = side * -0.5 if name == "hands_on_hips" else spread * 0.4
        wrist = elbow + FOREARM * _swing(pitch + p.elbows[k], bent)
        palm = wrist + 0.09 * (wrist - elbow) / FOREARM
        sleeves.append(limb([shoulder, elbow], [0.068 * build, 0.046]))
        (sleeves if long_sleeves else bare).append(limb([elbow, wrist], [0.045, 0.032]))
        bare.append(limb([wrist, palm, palm + 0.07 * (palm - wrist) / 0.09], [0.03, 0.042, 0.022]))
        hands.append(palm)
    neck = tilt @ np.array([0, 0.01, 0.55])
    nod = rotation("z", rng.normal(0, 0.4)) @ rotation("x", p.lean * 0.4 + rng.normal(0.05, 0.12))
    parts = [
        Part(merge(legs), legs_cloth),
        Part(merge(cloth + sleeves), top),
        Part(merge(bare), skin),
        Part(merge(shoes), SHOE),
        *(
            Part(move(q.mesh, neck, nod), q.material)
            for q in _head(rng, rng.random() < 0.25, skin, legs_cloth)
        ),
    ]
    scale = rng.uniform(0.92, 1.08) if rng.random() < 0.85 else rng.uniform(0.55, 0.8)
    rise = np.array([0, 0, -min(soles)])
    if scale < 0.85:  # children have larger heads
        parts = [
            Part(move(move(q.mesh, -neck), neck, scale=1.25), q.material) if i >= 4 else q
            for i, q in enumerate(parts)
        ]
    if rng.random() < 0.3 and name in ("standing", "walking"):
        parts.append(Part(merge(_bag(rng, neck, hands[1])), painted(rng)))
    return [Part(move(q.mesh, rise * scale, scale=scale), q.material) for q in parts]
