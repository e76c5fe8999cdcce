"""People: a jointed skeleton in a pose, dressed."""

from typing import NamedTuple

import numpy as np

from dav2.scenery.kit import *

SHOE = Material("plastic", np.array([0.06, 0.05, 0.05]))
HAIR = ([0.05, 0.04, 0.03], [0.25, 0.14, 0.07], [0.55, 0.38, 0.18], [0.6, 0.6, 0.6])
THIGH, SHIN, UPPER_ARM, FOREARM = 0.42, 0.4, 0.3, 0.26  # lengths in a 1.75 m adult


class Pose(NamedTuple):
    """Angles in radians, forward positive; pairs are (left, right)."""

    thighs: tuple[float, float] = (0.04, -0.04)
    knees: tuple[float, float] = (0.04, 0.04)
    arms: tuple[float, float] = (0.0, 0.0)
    spreads: tuple[float, float] = (0.14, 0.14)
    elbows: tuple[float, float] = (0.2, 0.2)
    lean: float = 0.0


def mirrored(pose: Pose) -> Pose:
    """Swap left and right."""
    thighs, knees, arms, spreads, elbows, lean = pose
    return Pose(thighs[::-1], knees[::-1], arms[::-1], spreads[::-1], elbows[::-1], lean)


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

# rows of (x, y, z, half width, half depth)
CHEST = [
    (0, 0, 0, 0.17, 0.12),
    (0, 0, 0.16, 0.14, 0.1),
    (0, -0.01, 0.36, 0.175, 0.12),
    (0, 0.005, 0.46, 0.195, 0.1),
    (0, 0.01, 0.515, 0.13, 0.075),
    (0, 0.01, 0.55, 0.06, 0.06),
]
PELVIS = [(0, 0, -0.1, 0.14, 0.1), (0, 0, 0.03, 0.165, 0.115), (0, 0, 0.12, 0.14, 0.1)]
LONG_HAIR = [(0, 0.04, -0.12, 0.1, 0.03), (0, 0.05, 0.05, 0.1, 0.05), (0, 0.03, 0.25, 0.08, 0.08)]


def _loft(rows: list[tuple[float, ...]], wide: float = 1, deep: float = 1) -> Mesh:
    """Span a closed surface over ellipses."""
    x, y, z, a, b = np.array([rows[0], *rows, rows[-1]], float).T[..., None]
    a[[0, -1]] = b[[0, -1]] = 1e-3
    angle = np.linspace(0, 2 * np.pi, 15)
    points = (x + wide * a * np.cos(angle), y + deep * b * np.sin(angle), z)
    uv = np.stack(np.broadcast_arrays(angle / 3, z * 2), -1)
    return sheet(np.stack(np.broadcast_arrays(*points), -1), uv)


def _joints(root: np.ndarray, *bones: tuple[float, float, float]) -> list[np.ndarray]:
    """List the ends of bones that hang in a chain: (length, angle forward, angle aside)."""
    length, pitch, aside = np.array(bones).T
    ways = [np.sin(aside), -np.sin(pitch) * np.cos(aside), -np.cos(pitch) * np.cos(aside)]
    return [root, *(root + np.cumsum(length * ways, 1).T)]


def _limb(points: list[np.ndarray], radii: list[float]) -> list[Mesh]:
    """Join tapered segments by round joints."""
    bones = zip(points[:-1], points[1:], radii[:-1], radii[1:], strict=True)
    pieces = [cylinder(a, b, r, s, 9, caps=False) for a, b, r, s in bones]
    return pieces + [ellipsoid(p, r, 7) for p, r in zip(points, radii, strict=True)]


def _head(rng: Rng, skin: Material, cloth: Material) -> Parts:
    """Draw head, hair and perhaps a hat about the base of the neck at the origin."""
    face = [
        _limb([(0, 0.01, -0.04), (0, -0.005, 0.1)], [0.06, 0.05]),
        ellipsoid((0, -0.01, 0.2), (0.075, 0.095, 0.115), 12),
        ellipsoid((0, -0.035, 0.135), (0.052, 0.058, 0.06), 8),
        ellipsoid((0, -0.105, 0.185), (0.013, 0.02, 0.024), 6),
        both(lambda s: ellipsoid((s * 0.076, 0.005, 0.185), (0.012, 0.022, 0.03), 6)),
    ]
    eyes = both(lambda s: ellipsoid((s * 0.03, -0.092, 0.212), (0.013, 0.01, 0.008), 6))
    fringe = both(lambda s: ellipsoid((s * 0.05, 0.03, 0.18), (0.033, 0.075, 0.04), 8))
    scalp = ellipsoid((0, 0.018, 0.225), (0.084, 0.097, 0.105), 10)
    bun = ellipsoid((0, 0.1, 0.29), 0.045, 8)
    tail = _limb([(0, 0.11, 0.24), (0, 0.15, 0)], [0.03, 0.02])
    styles = ([scalp], [scalp, _loft(LONG_HAIR)], [scalp, bun], [scalp, tail], fringe)
    hair = styles[pick(rng, {0: 0.4, 1: 0.25, 2: 0.1, 3: 0.15, 4: 0.1})]
    tint = Material("diffuse", np.array(pick(rng, HAIR)))
    parts = [part(skin, face), part(tint, hair), part(SHOE, eyes)]
    if chance(rng, 0.25):
        crown = ellipsoid((0, 0.005, 0.25), (0.09, 0.108, 0.1), 10)
        peak = rounded_box((0, -0.13, 0.255), (0.075, 0.07, 0.01), 0.6)
        brim = lathe([(0.09, 0.25), (rng.uniform(0.14, 0.22), 0.24), (0.08, 0.26)], 18)
        parts.append(part(cloth, crown, pick(rng, ([], peak, brim))))
    return parts


def _carried(rng: Rng, neck: np.ndarray, hand: np.ndarray) -> list[Mesh]:
    """Draw a backpack, a bag, a case or an open umbrella."""
    straps = both(lambda s: torus(neck + [s * 0.1, 0.02, -0.14], 0.13, 0.016, (1, 0, 0), 16, 5))
    backpack = [rounded_box(neck + [0, 0.2, -0.22], (0.15, 0.08, 0.22), 0.5), *straps]
    loop = torus(hand - [0, 0, 0.12], 0.09, 0.008, (1, 0, 0), 16, 5)
    bag = [rounded_box(hand - [0, 0, 0.3], (0.06, 0.16, 0.13), 0.4), loop]
    case = [box(hand - [0, 0, 0.16], (0.14, 0.36, 0.2)), torus(hand, 0.06, 0.01, (1, 0, 0))]
    top, a = neck + [0.12, -0.2, 0.75], np.linspace(0.02, 1.4, 7)
    canopy = move(lathe(np.c_[0.6 * np.sin(a), 0.22 * np.cos(a)], 9), top - [0, 0, 0.2])
    umbrella = [canopy, cylinder(top, neck + [0.2, -0.28, -0.2], 0.01)]
    return pick(rng, (backpack, bag, case, umbrella))


def person(rng: Rng, pose: str | None = None) -> Parts:
    """Draw a grown-up or a child in any pose of `POSES`, in an upright one if None."""
    name = pose or pick(rng, UPRIGHT)
    p = POSES[name]
    if chance(rng, 0.5):
        p = mirrored(p)
    wide = rng.uniform(0.88, 1.2)
    skin = Material("diffuse", np.array([0.9, 0.68, 0.55]) * rng.uniform(0.35, 1))
    pattern = pick(rng, {"plain": 0.5, "fabric": 0.25, "stripes": 0.15, "dots": 0.1})
    above = textured(rng, pattern, gloss=0)
    below = painted(rng, pick(rng, ("dark", "neutral", "any", "earth")), 0)
    skirt, long_sleeves = name != "crouching" and chance(rng, 0.25), chance(rng, 0.65)
    jitter = rng.normal(0, 0.06, (5, 2))

    # about a pelvis at the origin; the body is put on the ground at the end
    tilt = rotation("x", p.lean + 0.3 * jitter[4, 0])
    trunk, legs = [move(_loft(CHEST, wide, wide), turn=tilt)], []
    bare, shoes, knees, hands = [], [], [], []
    for k, side in enumerate((-1, 1)):
        pitch = p.thighs[k] + jitter[0, k]
        bent = pitch - p.knees[k] - abs(jitter[1, k])
        hip = np.array([side * 0.09 * wide, 0, 0])
        leg = _joints(hip, (THIGH, pitch, side * 0.05), (SHIN, bent, side * 0.02))
        (bare if skirt else legs).append(_limb(leg, [0.09 * wide, 0.06, 0.042]))
        foot = rounded_box((0, -0.06, -0.035), (0.045, 0.135, 0.045), 0.55)
        heel = 0 if abs(pitch) > 1 else -0.6 * min(0, pitch)
        shoes.append(move(foot, leg[2], rotation("x", heel)))
        knees.append(leg[1])
        pitch, spread = p.arms[k] + 2 * jitter[2, k], side * (p.spreads[k] + abs(jitter[3, k]))
        bent = (pitch + p.elbows[k], side * -0.5 if name == "hands_on_hips" else spread * 0.4)
        shoulder = tilt @ [side * 0.185 * wide, 0.005, 0.45]
        bones = ((UPPER_ARM, pitch, spread), (FOREARM, *bent), (0.09, *bent), (0.07, *bent))
        arm = _joints(shoulder, *bones)
        trunk.append(_limb(arm[:2], [0.068 * wide, 0.046]))
        (trunk if long_sleeves else bare).append(_limb(arm[1:3], [0.045, 0.032]))
        bare.append(_limb(arm[2:], [0.03, 0.042, 0.022]))
        hands.append(arm[3])
    hem, deep = np.mean(knees, 0) * rng.uniform(0.7, 1.3), 0.13 + 0.55 * np.ptp(knees, 0)[1]
    dress = [(*hem, 0.21, deep), (*hem / 2, 0.19, deep * 0.8 + 0.03), (0, 0, 0.08, 0.155, 0.11)]
    legs.append(_loft(dress if skirt else PELVIS, wide))
    if abs(p.thighs[0]) < 0.3 and chance(rng, 0.25):  # a coat
        tails = (0, 0, -rng.uniform(0.25, 0.55), 0.23, 0.17)
        trunk.append(_loft([tails, (0, 0, 0.02, 0.175, 0.13), (0, 0, 0.16, 0.15, 0.11)], wide))

    neck = tilt @ [0, 0.01, 0.55]
    nod = rotation("z", rng.normal(0, 0.4)) @ rotation("x", p.lean * 0.4 + rng.normal(0.05, 0.12))
    size = rng.uniform(0.92, 1.08) if chance(rng, 0.85) else rng.uniform(0.55, 0.8)
    parts = [part(below, legs), part(above, trunk), part(skin, bare), part(SHOE, shoes)]
    for mesh, material in _head(rng, skin, below):  # children have larger heads
        parts.append(part(material, move(mesh, neck, nod, 1 if size > 0.85 else 1.25)))
    if name in ("standing", "walking") and chance(rng, 0.3):
        parts.append(part(painted(rng), _carried(rng, neck, hands[1])))
    sole = min(shoe.vertices[:, 2].min() for shoe in shoes)
    return moved(parts, (0, 0, -sole * size), scale=size)
