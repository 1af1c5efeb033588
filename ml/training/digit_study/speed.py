"""Images a second: two networks side by side, and the final trainings' batches beside plain `fit`."""

import time
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from ml.datasets import mnist
from ml.images import to_float
from ml.training import clock
from ml.training import recipe as recipes
from ml.training.digit_study.feed import AT_ONCE
from ml.training.digit_study.fit import Setting, Trainer, answers
from ml.training.digits import run as mnist_digits


def speeds(
    trainer: Trainer,
    settings: Mapping[str, Setting],
    split: mnist.Split,
    *,
    batches: int,
    rounds: int,
    seed: int,
) -> dict[str, dict[str, Any]]:
    """Images a second of each network, medians over `rounds` in which all that is compared takes turns.

    `plain` is `fit` on arrays, `pipeline` is `fit` on the batches of the recipe that bears the family's name,
    made anew as its final training makes them; `kept` is the second over the first, round by round.
    `inference` is without gradient.
    """
    kept = {
        name: Contest(trainer.network(setting), setting.family, split, batches, seed)
        for name, setting in settings.items()
    }
    for _ in range(rounds):
        for contest in kept.values():
            contest.play()
    return {name: contest.figures() for name, contest in kept.items()}


class Contest:
    """One network with its ways to be fed."""

    def __init__(
        self, network: keras.Model, family: str, split: mnist.Split, batches: int, seed: int
    ) -> None:
        final = recipes.load(family)
        how, described = final.read("training", mnist_digits.Training), final.read("data", mnist_digits.Data)
        size = min(batches * how.batch_size, len(split.labels))
        self.network, self.batch_size = network, how.batch_size
        self.split = mnist.Split(split.images[:size], split.labels[:size])
        self.batches = mnist_digits.Batches(self.split, described.kinds, how, seed)
        self.rates: dict[str, list[float]] = {"plain": [], "pipeline": [], "inference": []}
        # Traced before it is timed; training traces in its first batch, which is not timed.
        answers(network, self.split.images[:AT_ONCE])

    def play(self) -> None:
        """One round: each way once."""
        arrays = (to_float(self.split.images), self.split.labels)
        self.rates["plain"].append(
            clock.rate(self.network, self.batch_size, *arrays, batch_size=self.batch_size)
        )
        self.rates["pipeline"].append(clock.rate(self.network, self.batch_size, self.batches))
        began = time.perf_counter()
        answers(self.network, self.split.images)
        self.rates["inference"].append(len(self.split.labels) / (time.perf_counter() - began))

    def figures(self) -> dict[str, Any]:
        """Medians over the rounds, and `rounds` themselves."""
        kept = np.divide(self.rates["pipeline"], self.rates["plain"])
        middle = {way: float(np.median(rates)) for way, rates in self.rates.items()}
        return {**middle, "kept": float(np.median(kept)), "rounds": self.rates}
