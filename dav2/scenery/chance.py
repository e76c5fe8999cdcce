"""How scenes are drawn by lot: one of several, a share of cases, a number of a range."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np

Rng = np.random.Generator
T = TypeVar("T")


def pick(rng: Rng, options: Sequence[T] | Mapping[T, float]) -> T:
    """Choose one of several; a mapping gives their weights."""
    if isinstance(options, Mapping):
        weights = np.array(list(options.values()), float)
        return list(options)[int(rng.choice(len(weights), p=weights / weights.sum()))]
    return options[int(rng.integers(len(options)))]


def chance(rng: Rng, share: float) -> bool:
    """Tell whether something happens that does so in this share of cases."""
    return bool(rng.random() < share)


def some(rng: Rng, least: int, most: int) -> int:
    """Draw a whole number from `least` to `most`, both included."""
    return int(rng.integers(least, most + 1))


def span(rng: Rng, *ranges: tuple[float, float]) -> tuple[float, ...]:
    """Draw a number from each range: `length, width = span(rng, (1, 2), (0.4, 0.6))`."""
    return tuple(float(rng.uniform(*one)) for one in ranges)


def few(
    rng: Rng, library: Sequence[Callable[[Rng], T]] | Mapping[Callable[[Rng], T], float], count: int
) -> list[T]:
    """Build some things of a library, to be placed again and again: materials are scarce."""
    return [pick(rng, library)(rng) for _ in range(count)]


def angle_of(rng: Rng) -> float:
    """Draw an angle of the full circle."""
    return float(rng.uniform(0, 2 * np.pi))
