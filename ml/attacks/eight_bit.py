"""What an attack found, as the 8-bit pixels of a file that never leaves the ball."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ml import epsilon
from ml.attacks.base import Problem, Result
from ml.attacks.norms import TINY, Floats
from ml.images import to_float

Pixels = npt.NDArray[np.uint8]
# An image that sits on a boundary may be rounded back over it; then it is moved so many times as far.
_PUSHES = (1.02, 1.05, 1.1, 1.2, 1.4, 1.7, 2.0)
# And if its change is less than a step: so far that its largest value moves by so many steps.
_STEPS = (1, 2, 4)


def eight_bit(result: Result, pixels: Pixels) -> Pixels:
    """The images of `result` rounded, uint8 (N, H, W, C), each within its ε of `pixels` in whole steps.

    `pixels` are the originals, uint8, of which the attacked batch was made by `to_float`. Where an image
    succeeded but, rounded, does not, it is moved further along its own way as far as ε allows.
    """
    problem, moved = result.problem, result.images - result.problem.batch
    best = _rounded(problem, moved, pixels)
    open_ = np.flatnonzero(result.success & ~problem.success(to_float(best)))
    for longer in _longer(moved):
        if not len(open_):
            break
        part = problem.some(open_)
        tried = _rounded(part, longer[open_], pixels[open_])
        held = part.success(to_float(tried))
        best[open_[held]] = tried[held]
        open_ = open_[~held]
    return best


def _longer(moved: Floats) -> Iterator[Floats]:
    """The changes (N, H, W, C), further and further along their own way."""
    for push in _PUSHES:
        yield np.float32(push) * moved
    largest = np.maximum(np.abs(moved).max(axis=(1, 2, 3), keepdims=True), TINY)
    for steps in _STEPS:
        yield np.float32(steps / epsilon.LEVELS) * moved / largest


def _rounded(problem: Problem, moved: Floats, pixels: Pixels) -> Pixels:
    wanted = problem.norm.shrink(moved, problem.epsilon).astype(np.float64) * epsilon.LEVELS
    steps = np.rint(wanted)
    for row, limit in enumerate(problem.epsilon[:, 0, 0, 0].astype(float)):
        if problem.norm.name == "linf":
            most = epsilon.steps(limit)
            np.clip(steps[row], -most, most, out=steps[row])
        else:
            _give_back(steps[row], wanted[row], (epsilon.LEVELS * limit) ** 2)
    return np.clip(pixels + steps, 0, epsilon.LEVELS).astype(np.uint8)


def _give_back(steps: npt.NDArray[np.float64], wanted: npt.NDArray[np.float64], most: float) -> None:
    """Round towards 0, in place, what rounding made longest, until the sum of squares is at most `most`."""
    beyond = (steps**2).sum() - most - 1e-6
    if beyond <= 0:
        return
    towards = np.trunc(wanted).ravel()
    gains = np.abs(steps.ravel()) - np.abs(wanted.ravel())
    order = np.argsort(-gains, kind="stable")
    saved = np.cumsum((steps.ravel() ** 2 - towards**2)[order])
    back = order[: int(np.searchsorted(saved, beyond)) + 1]
    flat = steps.reshape(-1)
    flat[back] = towards[back]
