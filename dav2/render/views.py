"""From a seed and a number to one finished view: scene, camera, style, depth, photograph."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dav2.errors import UserError
from dav2.geometry import Intrinsics
from dav2.lookup import is_own, load_own
from dav2.render.loading import Loaded, load
from dav2.render.photograph import expose, spoil, to_bytes
from dav2.render.styles import STYLES, choose_style
from dav2.render.styles.night import DARKEST, flash
from dav2.render.tracing import Light, Surface, trace_light, trace_surface
from dav2.scenery.families import FAMILIES, SHOWROOM, Family, families_with
from dav2.scenery.scene import Scene
from dav2.scenery.sweethome import Catalogue, open_catalogue

OWN_SHARE = 0.1  # how often a family of one's own is chosen, beside those of ours
VIEWS_PER_SCENE = 3  # building a scene costs as much as looking at it
CAMERA_TRIES, SCENE_TRIES = 8, 6


class View(NamedTuple):
    """A photograph uint8 [H, W, 3], its planar depth float32 [H, W] in metres (sky inf).

    Attributes:
        clear: bool [H, W]: the depth is that of glass or of a mirror.
    """

    image: np.ndarray
    depth: np.ndarray
    intrinsics: Intrinsics
    family: str
    style: str
    clear: np.ndarray


def known(names: Sequence[str] | None, table: dict[str, Any], what: str) -> list[str]:
    """The names in the table's order; all of them for None.

    Raises:
        UserError: a name is not in the table, or there is none.
    """
    wanted = list(table) if names is None else list(names)
    if not wanted or set(wanted) - set(table):
        raise UserError(f"{what} must be some of {', '.join(table)}, not {wanted}")
    return [name for name in table if name in wanted]


def _own_families(names: Sequence[str] | None) -> dict[str, Family]:
    """What is named as `module:function`: families of one's own."""
    own = [name for name in names or () if is_own(name)]
    return {name: (load_own(name), OWN_SHARE) for name in own}


def known_families(names: Sequence[str] | None, furnished: bool) -> list[str]:
    """The names of families in their usual order; for None all, `showroom` only if furnished.

    `module:function` is a family of one's own, a function as `build` of those in `families/`.

    Raises:
        UserError: there is no such family, or none is named.
    """
    if not furnished and SHOWROOM in (names or ()):
        raise UserError(
            "the family showroom needs furniture: --furniture FILE; "
            "datasets/scenes/README.md says where it comes from"
        )
    table = {**FAMILIES, **({SHOWROOM: None} if furnished else {}), **_own_families(names)}
    return known(names, table, "families")


def family_of(
    seed: int,
    scene: int,
    families: Sequence[str] | None = None,
    furniture: Catalogue | None = None,
) -> str:
    """The family that scene number `scene` of a set belongs to, out of `families` (default: all)."""
    names = known_families(families, furniture is not None)
    table = families_with(furniture) | _own_families(names)
    weights = np.array([table[name][1] for name in names])
    return str(np.random.default_rng([seed, scene]).choice(names, p=weights / weights.sum()))


def build_scene(
    family: str, seed: int, scene: int, attempt: int = 0, furniture: Catalogue | None = None
) -> Scene:
    """A scene; it depends on these arguments alone."""
    build, _ = (families_with(furniture) | _own_families([family]))[family]
    return build(np.random.default_rng([seed, scene, attempt, 1]))


@lru_cache(maxsize=1)
def _loaded(
    family: str,
    styles: tuple[str, ...],
    seed: int,
    scene: int,
    attempt: int,
    furniture: Catalogue | None,
) -> tuple[Scene, str, Loaded]:
    built = build_scene(family, seed, scene, attempt, furniture)
    style = choose_style(np.random.default_rng([seed, scene, 3]), built, family, styles)
    if change := STYLES[style].scene:
        built = change(built, np.random.default_rng([seed, scene, attempt, 4]))
    return built, style, load(built)


def is_worth_keeping(depth: np.ndarray, relief: float = 1.5) -> bool:
    """Enough surface, nothing on the lens, and some relief: 30 % surface, near 2 % beyond 12 cm,
    far to near at least `relief`."""
    known = depth[np.isfinite(depth)]
    if known.size < 0.3 * depth.size:
        return False
    near, far = np.percentile(known, [2, 98])
    return bool(near > 0.12 and (far / near > relief or known.size < 0.95 * depth.size))


def render_view(
    seed: int,
    number: int,
    size_px: tuple[int, int],
    family: str | None = None,
    style: str | None = None,
    furniture: Path | str | None = None,
) -> View:
    """View `number` of the set with `seed`; it depends on nothing else.

    Args:
        size_px: (width, height).
        family: a family's name instead of the set's own choice.
        style: a style's name instead of the set's own choice.
        furniture: catalogue of models (.sh3f file or folder) for the family showroom.

    Raises:
        UserError: there is no such family or style, or no furniture in the file.
        FileNotFoundError: there is no such furniture.
        RuntimeError: no camera saw anything worth keeping in any attempt.
    """
    catalogue = open_catalogue(furniture) if furniture else None
    return view_of_set(seed, number, size_px, family and [family], style and [style], catalogue)


def view_of_set(
    seed: int,
    number: int,
    size_px: tuple[int, int],
    families: Sequence[str] | None = None,
    styles: Sequence[str] | None = None,
    furniture: Catalogue | None = None,
) -> View:
    """View `number` of the set with `seed` that is restricted to these families and styles.

    Raises:
        UserError: there is no such family or style.
        RuntimeError: no camera saw anything worth keeping in any attempt.
    """
    scene_number = number // VIEWS_PER_SCENE
    family = family_of(seed, scene_number, families, furniture)
    allowed = tuple(known(styles, STYLES, "styles"))
    for attempt in range(SCENE_TRIES):
        scene, style, loaded = _loaded(family, allowed, seed, scene_number, attempt, furniture)
        rng = np.random.default_rng([seed, number, attempt, 2])
        for _ in range(CAMERA_TRIES):
            camera = scene.camera(rng)
            surface = trace_surface(loaded, camera, size_px)
            if not is_worth_keeping(surface.depth, scene.relief):
                continue
            light = trace_light(loaded, camera, size_px, int(rng.integers(2**31)))
            image = _develop(light, surface, style, np.random.default_rng([seed, number, 5]))
            return View(image, surface.depth, surface.intrinsics, family, style, surface.clear)
    raise RuntimeError(f"view {number} of seed {seed} ({family}): no camera saw enough")


def _develop(light: Light, surface: Surface, style: str, rng: np.random.Generator) -> np.ndarray:
    """The photograph or picture uint8 [H, W, 3] of a style."""
    look = STYLES[style]
    if light.radiance.mean() < DARKEST:  # else the style would have a say in the choice of cameras
        light = light._replace(radiance=flash(light, surface, rng))
    radiance = look.light(light, surface, rng) if look.light else light.radiance
    picture = expose(radiance, rng, look.brightness)
    picture = look.picture(picture, light, surface, rng) if look.picture else picture
    if look.photograph:
        picture = spoil(picture, rng, look.noise)
    return to_bytes(picture)
