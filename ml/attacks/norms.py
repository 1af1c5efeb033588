"""What a perturbation is measured by: the largest change of a value (linf), or the Euclidean length (l2)."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Name = Literal["linf", "l2"]
TINY = np.float32(1e-12)


class Norm(ABC):
    """All take batches (N, H, W, C); `epsilon` is (N, 1, 1, 1), so that images may differ in it."""

    name: ClassVar[Name]

    @abstractmethod
    def size(self, moved: Floats) -> Floats:
        """Sizes (N,) of perturbations."""

    @abstractmethod
    def largest(self, shape: Sequence[int]) -> float:
        """The size of the change from black to white of every value of an image (H, W, C)."""

    @abstractmethod
    def shrink(self, moved: Floats, epsilon: Floats) -> Floats:
        """The nearest perturbation of size ≤ ε."""

    @abstractmethod
    def steepest(self, gradient: Floats) -> Floats:
        """The perturbation of size 1 that climbs `gradient` fastest; 0 where it vanishes."""

    @abstractmethod
    def random(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        """Random perturbations of size ≤ 1, spread over the whole ball."""


class Linf(Norm):
    name = "linf"

    def size(self, moved: Floats) -> Floats:
        return np.asarray(np.abs(moved).max(axis=(1, 2, 3), initial=0), np.float32)

    def largest(self, shape: Sequence[int]) -> float:
        return 1.0

    def shrink(self, moved: Floats, epsilon: Floats) -> Floats:
        return np.clip(moved, -epsilon, epsilon)

    def steepest(self, gradient: Floats) -> Floats:
        return np.sign(gradient)

    def random(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        return rng.uniform(-1, 1, shape).astype(np.float32)


class L2(Norm):
    name = "l2"

    def size(self, moved: Floats) -> Floats:
        return np.sqrt((moved.astype(np.float64) ** 2).sum(axis=(1, 2, 3))).astype(np.float32)

    def largest(self, shape: Sequence[int]) -> float:
        return math.sqrt(math.prod(shape))

    def shrink(self, moved: Floats, epsilon: Floats) -> Floats:
        return moved * np.minimum(1, epsilon / np.maximum(_column(self.size(moved)), TINY))

    def steepest(self, gradient: Floats) -> Floats:
        scaled = by_largest(gradient)
        return np.asarray(scaled / np.maximum(_column(self.size(scaled)), TINY), np.float32)

    def random(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        # Uniform in the ball: a direction by normal numbers, a length by the volume's root.
        count, values = shape[0], int(np.prod(shape[1:]))
        length = rng.uniform(0, 1, (count, 1, 1, 1)) ** (1 / values)
        return (self.steepest(rng.standard_normal(shape).astype(np.float32)) * length).astype(np.float32)


def by_largest(gradient: Floats) -> Floats:
    """Each gradient of (N, H, W, C) over its largest value, 0 where it vanishes: however little of it a very
    confident network leaves (1e-30 and less), so that its norm is not lost in float32.
    """
    largest = np.abs(gradient).max(axis=(1, 2, 3), keepdims=True, initial=0)
    return np.asarray(gradient / np.where(largest > 0, largest, 1), np.float32)


def _column(values: Floats) -> Floats:
    return values[:, None, None, None]


NORMS: dict[Name, Norm] = {"linf": Linf(), "l2": L2()}
