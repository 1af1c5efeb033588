"""Square attack: Andriushchenko et al. 2020, "Square Attack: a query-efficient black-box adversarial attack
via random search", algorithms 1 to 3. It asks for logits only, so masked gradients do not stop it.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ml.attacks.base import Attack, Problem
from ml.attacks.norms import TINY, Floats, Name

SIGNS = np.array([-1, 1], np.float32)
Indices = npt.NDArray[np.int64]
# After so many of 10,000 queries the squares' area halves (the paper's section 3.2).
HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)


@dataclass(frozen=True, kw_only=True)
class Square(Attack):
    """Random squares of full size ε, kept where they raise the margin, for `queries` questions an image.

    `share` is the part of the image that the first squares cover.
    """

    norms: ClassVar[tuple[Name, ...]] = ("linf", "l2")
    queries: int = 5000
    share: float = 0.8

    def __post_init__(self) -> None:
        if self.queries < 1 or not 0 < self.share <= 1:
            raise ValueError("queries must be at least 1, share in (0, 1]")

    def run(self, problem: Problem) -> Floats:
        images = problem.batch.copy()
        open_ = np.flatnonzero(~problem.success(images))
        if not len(open_):
            return images
        part = problem.some(open_)
        start, propose = (_stripes, _squares) if problem.norm.name == "linf" else (_tiles, _hills)
        current = start(part)
        margins = _margins(part, current)
        images[open_] = current
        for query in range(1, self.queries):
            left = margins <= 0
            if not left.any():
                break
            if not left.all():
                part, current, margins, open_ = part.some(left), current[left], margins[left], open_[left]
            tried = propose(part, current, _share(self.share, query, self.queries))
            found = _margins(part, tried)
            better = found > margins
            current = np.where(better[:, None, None, None], tried, current)
            margins = np.where(better, found, margins)
            images[open_] = current
        return images


def _share(first: float, query: int, queries: int) -> float:
    reached = query * 10_000 / queries
    return first / 2 ** sum(reached > step for step in HALVINGS)


def _margins(problem: Problem, images: Floats) -> Floats:
    """How far each answer (N,) is past the goal: above 0 it is reached."""
    logits = problem.model.logits(images)
    goal = problem.labels if problem.targets is None else problem.targets
    own = np.take_along_axis(logits, goal[:, None], axis=-1)[:, 0]
    others = logits.copy()
    np.put_along_axis(others, goal[:, None], -np.inf, axis=-1)
    beyond = others.max(axis=-1) - own
    return beyond if problem.targets is None else -beyond


def _stripes(problem: Problem) -> Floats:
    """Vertical stripes of ±ε."""
    count, _, width, channels = problem.batch.shape
    signs = problem.rng.choice(SIGNS, (count, 1, width, channels))
    return problem.project(problem.batch + problem.epsilon * signs)


def _squares(problem: Problem, current: Floats, share: float) -> Floats:
    """One square of each image set to ±ε around the original, each channel with its own sign."""
    count, height, width, channels = current.shape
    side = int(np.clip(round(np.sqrt(share * height * width)), 1, min(height, width)))
    window = _window(problem.rng, current.shape, side)
    moved = current - problem.batch
    signs = problem.rng.choice(SIGNS, (count, 1, 1, channels))
    moved[window] = signs * problem.epsilon
    return problem.project(problem.batch + moved)


def _tiles(problem: Problem) -> Floats:
    """Hills of random signs in a grid of five by five, scaled to ε."""
    count, height, width, channels = problem.batch.shape
    side = max(3, min(height, width) // 5)
    moved = np.zeros_like(problem.batch)
    for top in range(0, height - side + 1, side):
        for left in range(0, width - side + 1, side):
            signs = problem.rng.choice(SIGNS, (count, 1, 1, channels))
            moved[:, top : top + side, left : left + side] += signs * _turned(problem.rng, count, side)
    return problem.project(problem.batch + problem.epsilon * problem.norm.steepest(moved))


def _hills(problem: Problem, current: Floats, share: float) -> Floats:
    """The change in one window is moved, with what ε leaves, into a hill in another."""
    count, height, width, channels = current.shape
    side = int(np.clip(round(np.sqrt(share * height * width)), 3, min(height, width)))
    side -= 1 - side % 2
    moved = current - problem.batch
    into, out_of = (_window(problem.rng, current.shape, side) for _ in range(2))
    whole = _energy(moved)
    union = np.zeros(moved.shape, bool)
    union[into] = union[out_of] = True
    freed = _energy(np.where(union, moved, 0))
    spare = np.maximum(problem.epsilon**2 - whole, 0) + freed
    old = moved[into]
    signs = problem.rng.choice(SIGNS, (count, 1, 1, channels))
    hill = signs * _turned(problem.rng, count, side) + old / np.maximum(np.sqrt(_energy(old)), TINY)
    moved[out_of] = 0
    moved[into] = hill / np.maximum(np.sqrt(_energy(hill)), TINY) * np.sqrt(spare)
    return problem.project(problem.batch + problem.epsilon * problem.norm.steepest(moved))


def _turned(rng: np.random.Generator, count: int, side: int) -> Floats:
    """A hill for each image, every other one on its side as chance has it (N, side, side, 1)."""
    hill, turn = _hill(side), rng.random(count) < 0.5
    return np.where(turn[:, None, None], hill.T, hill)[..., None]


def _hill(side: int) -> Floats:
    """The paper's η (equation 2), (side, side): two hills of the same weight, one upside down, together of
    Euclidean length 1.
    """

    def centred(height: int, width: int) -> Floats:
        values = np.zeros((height, width), np.float32)
        row, column = height // 2, width // 2
        for ring in range(1, max(row, column) + 2):
            rows = slice(max(0, row - ring + 1), row + ring)
            columns = slice(max(0, column - ring + 1), column + ring)
            values[rows, columns] += 1 / ring**2
        return np.asarray(values / np.sqrt((values**2).sum()), np.float32)

    half = side // 2
    both = np.concatenate([centred(half, side), -centred(side - half, side)])
    return np.asarray(both / np.sqrt((both**2).sum()), np.float32)


def _energy(values: npt.NDArray[np.floating[Any]]) -> Floats:
    return np.asarray((values**2).sum(axis=(1, 2, 3), keepdims=True), np.float32)


def _window(rng: np.random.Generator, shape: tuple[int, ...], side: int) -> tuple[Indices, Indices, Indices]:
    """Index arrays of a square at a random place in each image: `batch[window]` is (N, side, side, C)."""
    count, height, width, _ = shape
    rows = rng.integers(0, height - side + 1, (count, 1, 1)) + np.arange(side)[None, :, None]
    columns = rng.integers(0, width - side + 1, (count, 1, 1)) + np.arange(side)[None, None, :]
    return np.arange(count)[:, None, None], rows, columns
