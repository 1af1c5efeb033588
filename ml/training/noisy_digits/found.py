"""What a run on noisy digits found, and the tests of significance on it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from ml.card import Card
from ml.datasets.arrays import Digits
from ml.evaluation.significance import Paired, Resampled, corrected_resampled_t, holm, mcnemar
from ml.training.noisy_digits.recipe import Data, Evaluation, Network
from ml.training.recipe import Recipe

Results = Mapping[str, Sequence[Mapping[str, Any]]]
Folds = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Found:
    """All that a run found. `data` is None where the images were given noisy; `sets[""]` is the test set."""

    recipe: Recipe
    data: Data | None
    networks: Mapping[str, Network]
    results: Results
    folds: Folds
    speeds: Mapping[str, float]
    sets: Mapping[str, Digits]
    cards: Mapping[str, Card]
    evaluation: Evaluation

    @property
    def where(self) -> str:
        """Which images are meant, in words."""
        return "the given images" if self.data is None else f"{self.data.noise} {self.data.level:g}"

    def title(self, name: str) -> str:
        """A network's name for readers."""
        return self.networks[name].title

    def accuracies(self, name: str, of: str = "") -> list[float]:
        """A network's accuracy on a set, by seed."""
        return [result["accuracies"][of] for result in self.results[name]]

    def pairs(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """Every two of the networks, the later one first: it is thought to be the better one."""
        return [(second, first) for first, second in combinations(names, 2)]


def mean(values: Sequence[float]) -> float:
    """Of the values of all seeds or folds."""
    return float(np.mean(values))


def spread(values: Sequence[float]) -> float | None:
    """The standard deviation (n - 1); None of a single value."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def best(found: Found) -> str:
    """The network with the highest mean accuracy on the test images."""
    return max(found.networks, key=lambda name: mean(found.accuracies(name)))


def paired(found: Found) -> list[tuple[str, str, int, Paired, float]]:
    """(first, second, seed, test, corrected p) for every pair of networks and seed."""
    rows = []
    truth = found.sets[""].labels
    for index, result in enumerate(next(iter(found.results.values()))):
        answers = {name: np.asarray(found.results[name][index]["answers"]) for name in found.networks}
        tests = {
            pair: mcnemar(truth, answers[pair[0]], answers[pair[1]]) for pair in found.pairs(found.networks)
        }
        corrected = holm({" ".join(pair): test.p for pair, test in tests.items()})
        rows += [(*pair, result["seed"], test, corrected[" ".join(pair)]) for pair, test in tests.items()]
    return rows


def by_fold(found: Found) -> list[tuple[str, str, Resampled, float]]:
    """(first, second, test, corrected p) for every pair of networks that were cross-validated."""
    tests = {
        pair: corrected_resampled_t(
            found.folds[pair[0]]["scores"],
            found.folds[pair[1]]["scores"],
            training=found.folds[pair[0]]["training"],
            test=found.folds[pair[0]]["test"],
        )
        for pair in found.pairs(found.folds)
    }
    corrected = holm({" ".join(pair): test.p for pair, test in tests.items()})
    return [(*pair, test, corrected[" ".join(pair)]) for pair, test in tests.items()]
