"""The digits of the study: fixed sets of three kinds, and folds in which no digit is on both sides."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.datasets import handwritten, mnist

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Data:
    """How many digits of each kind there are in all, and which parts of them this study takes.

    The comparison takes the part `compared`, all that follows the part `fraction`. `validation` of the 60,000
    training digits are held out of all of it, before any kind is made.
    """

    validation: int
    plain: int
    affine: int
    imperfect: int
    fraction: float
    compared: float

    def sizes(self, part: float) -> dict[handwritten.Kind, int]:
        """How many of each kind a part is."""
        whole: dict[handwritten.Kind, int] = {
            "plain": self.plain,
            "affine": self.affine,
            "imperfect": self.imperfect,
        }
        return {kind: round(part * size) for kind, size in whole.items()}


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """Digits of several kinds, and beside each (N,) the kind and the digit from which it was made.

    `unvaried` are the same digits as they were: as many, in the same order.
    """

    split: mnist.Split
    unvaried: mnist.Split
    kinds: Indices
    sources: Indices

    def part(self, chosen: Indices) -> mnist.Split:
        """Some of the digits, as they were made."""
        return mnist.Split(self.split.images[chosen], self.split.labels[chosen])


def mixture(split: mnist.Split, sizes: Mapping[handwritten.Kind, int], seed: int) -> Mixture:
    """`sizes` digits of each kind, made once from random digits of `split`.

    No digit is taken twice before all have been taken once.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(split.labels))
    sources = order[np.arange(sum(sizes.values())) % len(order)]
    kinds = np.repeat(np.arange(len(sizes)), list(sizes.values()))
    unvaried = mnist.Split(split.images[sources], split.labels[sources])
    made = [
        handwritten.make(kind, unvaried.images[kinds == number], rng) for number, kind in enumerate(sizes)
    ]
    return Mixture(
        split=mnist.Split(np.concatenate(made), unvaried.labels),
        unvaried=unvaried,
        kinds=kinds,
        sources=sources,
    )


def folds(mixed: Mixture, count: int, seed: int) -> list[tuple[Indices, Indices]]:
    """`count` pairs (training, held out) of indices, each with its share of every class and kind.

    A digit that is there in several kinds is in one fold only: no network is measured on a digit it has seen.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    strata = mixed.split.labels * (mixed.kinds.max() + 1) + mixed.kinds
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    return list(splitter.split(strata, strata, mixed.sources))
