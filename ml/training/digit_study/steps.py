"""The steps of the study of digit networks: compare, search, cross-validate, leave out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from optuna.distributions import CategoricalDistribution, FloatDistribution

from ml.datasets import handwritten, mnist
from ml.training import search
from ml.training.digit_study.data import Data, folds, mixture
from ml.training.digit_study.fit import MIXED, Result, Setting, Trainer
from ml.training.digit_study.recipe import CNN, GRU, Training
from ml.training.digit_study.speed import speeds
from ml.training.recipe import Recipe
from ml.training.steps import remembered

SPACE: search.Space = {
    "learning_rate": FloatDistribution(1e-4, 1e-2, log=True),
    "weight_decay": FloatDistribution(1e-5, 1e-1, log=True),
    "dropout": FloatDistribution(0.0, 1.5),  # of the rates as they are
    "width": CategoricalDistribution((0.25, 0.5, 1.0)),  # of the hidden layers or GRUs as they are
    "batch_size": CategoricalDistribution((32, 64, 128)),
}
ABLATIONS: dict[str, dict[str, Any]] = {
    "complete": {},
    "without batch normalisation": {"normalised": False},
    "without dropout": {"dropout": 0.0},
    "single convolutions": {"doubled": False},
}
PLAIN_ONLY = "without augmentation"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the steps gave; each `Result` is that of one seed or fold."""

    how: Training
    compared: Mapping[handwritten.Kind, int]
    sizes: Mapping[handwritten.Kind, int]
    theirs: Mapping[str, Setting]
    speeds: Mapping[str, Mapping[str, Any]]
    comparison: Mapping[str, list[Result]]
    searches: Mapping[search.Method, list[search.Trial]]
    chosen: Setting
    folds: list[Result]
    ablation: Mapping[str, list[Result]]


class Study:
    """The steps of the study, each on what the earlier ones chose."""

    def __init__(
        self, recipe: Recipe, *, data: Path | None, epochs: int | None, resume: bool, output: Path, seed: int
    ) -> None:
        self.how = recipe.read("training", Training).at_most(epochs)
        described = recipe.read("data", Data)
        self.data, self.resume, self.output, self.seed = data, resume, output, seed
        learning, held = mnist.held_out(mnist.load("train", data), described.validation, seed)
        self.sizes = described.sizes(described.fraction)
        self.mixed = mixture(learning, self.sizes, seed)
        self.compared = described.sizes(described.compared)
        self.learning = learning
        rng = np.random.default_rng(seed)
        self.validation: dict[str, mnist.Split] = {
            kind: mnist.Split(handwritten.make(kind, held.images, rng), held.labels) for kind in self.sizes
        }
        self.trainer = Trainer(
            recipe=recipe, precision=self.how.precision, traced=self.how.traced, output=output, resume=resume
        )

    def theirs(self) -> dict[str, Setting]:
        """The two networks with the optimizers that they were published with."""
        optimizers = {
            CNN: (self.how.cnn_rate, self.how.cnn_decay),
            GRU: (self.how.gru_rate, self.how.gru_decay),
        }
        return {
            family: Setting(
                family=family,
                options=self.how.options(family),
                learning_rate=rate,
                weight_decay=decay,
                batch_size=self.how.batch_size,
            )
            for family, (rate, decay) in optimizers.items()
        }

    def speeds(self) -> dict[str, dict[str, Any]]:
        """Images a second of the two; see `ml.training.digit_study.speed`."""
        found: dict[str, dict[str, Any]] = remembered(
            self.output / "steps" / "speeds.json",
            lambda: speeds(
                self.trainer,
                self.theirs(),
                self.mixed.unvaried,
                batches=self.how.timed,
                rounds=self.how.rounds,
                seed=self.seed,
            ),
            self.resume,
        )
        return found

    def comparison(self) -> dict[str, list[Result]]:
        """Both networks, as published, on the same digits."""
        digits = mixture(self.learning, self.compared, self.seed).split
        return {
            family: [
                self.trainer.train(
                    f"compared-{family}-{seed}",
                    setting,
                    digits,
                    epochs=self.how.epochs,
                    seed=seed,
                    measured=self.validation,
                )
                for seed in self._seeds(self.how.compared_seeds)
            ]
            for family, setting in self.theirs().items()
        }

    def searches(self, family: str) -> dict[search.Method, list[search.Trial]]:
        """Two searches of as many trials, the second begun with the first trials of the first."""
        random = self._search("random", family, ())
        return {"random": random, "bayesian": self._search("bayesian", family, random[: self.how.begun])}

    def setting(self, family: str, settings: Mapping[str, Any]) -> Setting:
        """The network and optimizer that one point of `SPACE` means."""
        return Setting(
            family=family,
            options={
                **self.how.short(family, share=settings["width"]),
                "dropout": settings["dropout"],
            },
            learning_rate=settings["learning_rate"],
            weight_decay=settings["weight_decay"],
            batch_size=settings["batch_size"],
        )

    def folds(self, chosen: Setting) -> list[Result]:
        """A network for each fold, watched on it; it answers the test digits for the last table."""
        test = mnist.load("test", self.data)
        measured: dict[str, mnist.Split] = {
            kind: mnist.Split(handwritten.test(kind, test.images), test.labels) for kind in self.sizes
        }
        return [
            self.trainer.train(
                f"fold-{number}",
                chosen,
                self.mixed.part(learning),
                epochs=self.how.fold_epochs,
                seed=self.seed,
                measured=measured,
                watched=self.mixed.part(held),
            )
            for number, (learning, held) in enumerate(folds(self.mixed, self.how.folds, self.seed), 1)
        ]

    def ablation(self, chosen: Setting) -> dict[str, list[Result]]:
        """The chosen architecture as published, with the optimizer found, less one of its parts at a time."""
        whole = replace(chosen, options=self.how.short(chosen.family))
        variants = {
            name: (replace(whole, options={**whole.options, **changed}), self.mixed.split)
            for name, changed in ABLATIONS.items()
        }
        variants[PLAIN_ONLY] = (whole, self.mixed.unvaried)
        return {
            name: [
                self.trainer.train(
                    f"{name.replace(' ', '-')}-{seed}",
                    setting,
                    learning,
                    epochs=self.how.ablation_epochs,
                    seed=seed,
                    measured=self.validation,
                )
                for seed in self._seeds(self.how.seeds)
            ]
            for name, (setting, learning) in variants.items()
        }

    def found(self) -> Found:
        """All steps, in order."""
        speeds, comparison = self.speeds(), self.comparison()
        family = max(comparison, key=lambda each: mean(comparison[each]))
        searches = self.searches(family)
        chosen = self.setting(family, search.best([*searches["random"], *searches["bayesian"]]).settings)
        return Found(
            how=self.how,
            compared=self.compared,
            sizes=self.sizes,
            theirs=self.theirs(),
            speeds=speeds,
            comparison=comparison,
            searches=searches,
            chosen=chosen,
            folds=self.folds(chosen),
            ablation=self.ablation(chosen),
        )

    def _search(
        self, method: search.Method, family: str, begun: Sequence[search.Trial]
    ) -> list[search.Trial]:
        def value(number: int, settings: Mapping[str, Any]) -> float:
            result = self.trainer.train(
                f"{method}-{number + 1}",
                self.setting(family, settings),
                self.mixed.split,
                epochs=self.how.trial_epochs,
                seed=self.seed,
                measured=self.validation,
            )
            return float(result["accuracy"][MIXED])

        return search.search(
            method,
            SPACE,
            value,
            trials=self.how.trials,
            path=self.output / "steps" / f"{method}.journal",
            seed=self.seed,
            resume=self.resume,
            begun=begun,
        )

    def _seeds(self, count: int) -> range:
        return range(self.seed, self.seed + count)


def mean(results: list[Result]) -> float:
    """The mean accuracy on the mixed digits."""
    return float(np.mean([result["accuracy"][MIXED] for result in results]))
