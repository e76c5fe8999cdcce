"""Where things stand: many copies in few meshes, free spots on the ground, room for a camera."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from dav2.scenery.chance import Rng
from dav2.scenery.meshes import Mesh, Vector, merge, move, rotation
from dav2.scenery.scene import Camera, Part, Scene

Placement = tuple[tuple[float, float, float], float, float]  # where, turn about z, scale


def copies(
    scene: Scene, rng: Rng, prototypes: Sequence[Sequence[Part]], places: Iterable[Placement]
) -> None:
    """Put a random prototype at every place; all copies of one part become one mesh."""
    meshes: dict[tuple[int, int], list[Mesh]] = {}
    for at, turn, scale in places:
        which = int(rng.integers(len(prototypes)))
        matrix = rotation("z", turn)
        for k, part in enumerate(prototypes[which]):
            meshes.setdefault((which, k), []).append(move(part.mesh, at, matrix, scale))
    for (which, k), placed in meshes.items():
        scene.parts.append(Part(merge(placed), prototypes[which][k].material))


def moved(
    parts: Sequence[Part], at: Vector = (0, 0, 0), turn: float = 0.0, scale: float = 1.0
) -> list[Part]:
    """Place an object, turned about z."""
    matrix = rotation("z", turn)
    return [Part(move(one.mesh, at, matrix, scale), one.material) for one in parts]


def reach(parts: Sequence[Part]) -> float:
    """Measure how far an object reaches from the axis it stands on."""
    return max(float(np.hypot(*one.mesh.vertices[:, :2].T).max()) for one in parts)


Disc = tuple[float, float, float]  # x, y, radius


class Spots:
    """Discs on the ground that are taken."""

    def __init__(self, taken: Iterable[Disc] = ()) -> None:
        self.taken = list(taken)

    def free(self, x: float, y: float, radius: float) -> bool:
        """Tell whether nothing stands within a disc."""
        return all(np.hypot(x - a, y - b) >= radius + r for a, b, r in self.taken)

    def take(self, x: float, y: float, radius: float) -> bool:
        """Take a disc if nothing stands there yet; tell whether it did."""
        free = self.free(x, y, radius)
        if free:
            self.taken.append((float(x), float(y), float(radius)))
        return free


def scatter(
    rng: Rng,
    count: int,
    propose: Callable[[], Sequence[float]],
    radius: float | Callable[[], float],
    spots: Spots | None = None,
) -> Iterator[Disc]:
    """Propose places up to `count` times, and yield those at which nothing stands yet.

    Args:
        propose: gives (x, y).
        radius: of the disc that is taken, or what draws it.
        spots: what is taken before, and after.
    """
    spots = spots or Spots()
    for _ in range(count):
        x, y = (float(one) for one in propose())
        r = radius() if callable(radius) else radius
        if spots.take(x, y, r):
            yield x, y, r


def inside(parts: Sequence[Part], point: np.ndarray, margin: float = 0.3) -> bool:
    """Whether a point is within `margin` of some part's bounding box.

    Parts wider than 60 m (ground, rows of copies) are not asked.
    """
    for part in parts:
        low, high = part.mesh.vertices.min(0), part.mesh.vertices.max(0)
        if (
            (high - low).max() < 60
            and (point > low - margin).all()
            and (point < high + margin).all()
        ):
            return True
    return False


def view_from_outside(
    parts: Sequence[Part], propose: Callable[[Rng], Camera], rng: Rng, margin: float
) -> Camera:
    """A proposed camera that is in none of the parts, if eight further tries find one; sometimes askew."""
    view = propose(rng)
    for _ in range(8):
        if not inside(parts, view.position, margin):
            break
        view = propose(rng)
    return rolled(view, rng)


def rolled(camera: Camera, rng: Rng, share: float = 0.25, most: float = 0.15) -> Camera:
    """The camera, sometimes held askew by up to `most` radians."""
    if rng.random() < share:
        return camera._replace(roll=float(rng.uniform(-most, most)))
    return camera
