"""What answers back when a student has tried an exercise.

Each check takes the student's function and the points it is worth, says what is wrong in one
sentence or that it is right, and returns the points earned: all, none, or half where only the hard
case is wrong (ties, noise, holes). nbgrader reads that number. Nothing here stops a notebook: an
unsolved exercise blocks nothing. Checks compare results, with numbers or with the library's own
functions; no exercise's solution stands here.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from dav2 import geometry, losses


def _answer(problem: str | None, points: float, share: float = 0) -> float:
    """Say what is wrong, if anything is, and return the points: all, or a share of them."""
    print("Right." if problem is None else f"Not yet: {problem}")
    return points if problem is None else points * share


def _survives_anything(check: Callable[..., float]) -> Callable[..., float]:
    """A check whose comparison fails, because it got something of another kind, says so."""

    @functools.wraps(check)
    def safe(function: Callable[..., Any], points: float = 1) -> float:
        try:
            return check(function, points)
        except Exception as error:  # whatever a student's code returns
            name = type(error).__name__
            return _answer(f"what it returns is of another kind ({name}: {error}).", points)

    return safe


def _try(function: Callable[..., Any], *arguments: Any) -> tuple[Any, str | None]:
    try:
        result = function(*arguments)
    except NotImplementedError:
        return None, "write the function first."
    except Exception as error:  # a student's code may raise anything
        return None, f"it raises {type(error).__name__}: {error}"
    return result, "it returns None." if result is None else None


@_survives_anything
def check_nearer(function: Callable[..., Any], points: float = 1) -> float:
    """Lesson 00: `nearer(disparity, first, second)` -> "first", "second" or "tie"."""
    disparity = np.array([[0.1, 0.9], [0.5, 0.5]])
    cases = [((0, 0), (0, 1), "second"), ((0, 1), (1, 0), "first"), ((1, 0), (1, 1), "tie")]
    for first, second, expected in cases:
        result, problem = _try(function, disparity, first, second)
        if problem is None and result != expected:
            problem = f"for points {first} and {second} of {disparity.tolist()} it says {result!r}, not {expected!r}. Points are (row, column); larger disparity is nearer."
        if problem:
            return _answer(problem, points, 0.5 if expected == "tie" else 0)
    return _answer(None, points)


@_survives_anything
def check_scale_and_shift(function: Callable[..., Any], points: float = 1) -> float:
    """Lesson 01: `fit(pred, target)` -> least-squares (scale, shift) of flat arrays."""
    rng = np.random.default_rng(0)
    pred = rng.random(200)
    for target, hint in (
        (3 * pred + 2, "on exact data"),
        (3 * pred + 2 + rng.normal(0, 0.1, 200), "on noisy data"),
    ):
        result, problem = _try(function, pred, target)
        if problem is None:
            expected = np.polyfit(pred, target, 1)
            if np.shape(result) != (2,):
                problem = "it must return two numbers, scale and shift."
            elif not np.allclose(result, expected, atol=1e-6):
                problem = f"{hint} it gives {np.round(result, 3).tolist()}, least squares {np.round(expected, 3).tolist()}."
        if problem:
            return _answer(problem, points, 0.5 if hint == "on noisy data" else 0)
    return _answer(None, points)


@_survives_anything
def check_planar_depth(function: Callable[..., Any], points: float = 1) -> float:
    """Lesson 02: `planar(distance, intrinsics)` -> z of distances along the rays."""
    intrinsics = geometry.intrinsics_from_fov(8, 6, 1.2)
    distance = np.full((6, 8), 2.0)
    result, problem = _try(function, distance, intrinsics)
    if problem is None:
        expected = geometry.planar_from_distance(distance, intrinsics)
        if np.shape(result) != (6, 8):
            problem = f"its shape is {np.shape(result)}, not (6, 8)."
        elif np.allclose(result, distance):
            problem = "it returns the distance itself; towards the corners z is smaller."
        elif not np.allclose(result, expected, atol=1e-6):
            problem = f"the corner should be {expected[0, 0]:.4f}, it is {float(result[0, 0]):.4f}."
    return _answer(problem, points)


@_survives_anything
def check_feature_sizes(function: Callable[..., Any], points: float = 1) -> float:
    """Lesson 03: `sizes(height, width)` -> the (height, width) of the four maps of a Lite encoder."""
    small = [(40, 56), (20, 28), (10, 14), (5, 7)]
    large = [(96, 128), (48, 64), (24, 32), (12, 16)]
    for (height, width), expected in (((160, 224), small), ((384, 512), large)):
        result, problem = _try(function, height, width)
        if problem is None and not np.array_equal(result, expected):
            problem = f"for {height}x{width} it says {result}, the encoder says {expected}."
        if problem:
            return _answer(problem, points)
    return _answer(None, points)


@_survives_anything
def check_ssi_loss(function: Callable[..., Any], points: float = 1) -> float:
    """Lesson 04: `ssi(pred, target, valid)` -> scalar, for [B, 1, H, W]."""
    generator = torch.Generator().manual_seed(0)
    pred, target = torch.rand(2, 3, 1, 8, 8, generator=generator)
    everywhere = torch.ones_like(pred, dtype=torch.bool)
    holes = torch.rand(pred.shape, generator=generator) > 0.6
    for valid, hint in (
        (everywhere, "without holes"),
        (holes, "with invalid pixels: are they in your median?"),
    ):
        result, problem = _try(function, pred, target, valid)
        if problem is None:
            expected = losses.ssi_loss(pred, target, valid)
            if not torch.allclose(torch.as_tensor(result).float(), expected, atol=1e-4):
                problem = f"{hint} it gives {float(result):.4f}, not {float(expected):.4f}."
        if problem:
            return _answer(problem, points, 0.5 if valid is holes else 0)
    return _answer(None, points)


@_survives_anything
def check_learning_rate(function: Callable[..., Any], points: float = 1) -> float:
    """Lesson 05: `rate(step)` of a linear decay from 1e-3 to 0 over 1000 steps."""
    for step, expected in ((0, 1e-3), (250, 7.5e-4), (999, 1e-6)):
        result, problem = _try(function, step)
        if problem is None and abs(float(result) - expected) > 1e-9:
            problem = f"at step {step} it says {float(result):.2e}, not {expected:.2e}."
        if problem:
            return _answer(problem, points)
    return _answer(None, points)


@_survives_anything
def check_trim(function: Callable[..., Any], points: float = 1) -> float:
    """Lesson 06: `trimmed_mean(errors, share)` of a flat tensor."""
    errors = torch.tensor([5.0, 1, 2, 100, 3, 4, 2, 1, 3, 4])
    for share, expected in ((0.0, 12.5), (0.1, 25 / 9), (0.2, 20 / 8)):
        result, problem = _try(function, errors, share)
        if problem is None and abs(float(result) - expected) > 1e-4:
            problem = f"leaving out {share:.0%} of {errors.tolist()} it gives {float(result):.3f}, not {expected:.3f}. Sorting returns values and indices."
        if problem:
            return _answer(problem, points)
    return _answer(None, points)


@_survives_anything
def check_flip_average(function: Callable[..., Any], points: float = 1) -> float:
    """Lesson 07: `flip_average(model, image)` -> mean of a map and the mirrored image's map, mirrored back."""
    ramp = torch.linspace(0, 1, 6).expand(1, 1, 4, 6)
    image = torch.rand(1, 3, 4, 6, generator=torch.Generator().manual_seed(0))

    def model(x: torch.Tensor) -> torch.Tensor:
        return x[:, :1] + ramp

    result, problem = _try(function, model, image)
    if problem is None:
        expected = image[:, :1] + (ramp + ramp.flip(-1)) / 2
        if not torch.allclose(result, expected, atol=1e-6):
            problem = "mirror the picture, predict, and mirror the map back before you average."
    return _answer(problem, points)


@_survives_anything
def check_pair_accuracy(function: Callable[..., Any], points: float = 1) -> float:
    """Lesson 08: `accuracy(nearer, farther)` of disparities at point pairs."""
    nearer, farther = np.array([0.9, 0.5, 0.2, 0.7]), np.array([0.1, 0.5, 0.3, 0.6])
    result, problem = _try(function, nearer, farther)
    if problem is None and abs(float(result) - 0.5) > 1e-9:
        problem = (
            f"two of the four pairs are right (a tie is wrong), so 0.5; it says {float(result)}."
        )
    return _answer(problem, points)
