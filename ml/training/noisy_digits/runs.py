"""The trainings of a run on noisy digits: every network with every seed and in every fold, each done once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ml.datasets.arrays import Digits
from ml.errors import DataMissing, sentence
from ml.training.digits.handwriting import Variation
from ml.training.fit import Series
from ml.training.noisy_digits.fit import VALIDATION, Job, Noise, answers, fitted, speed
from ml.training.noisy_digits.recipe import Evaluation, Network, Training, architecture, nested
from ml.training.recipe import Recipe
from ml.training.steps import remembered

SPEED_IMAGES = 4096


@dataclass(frozen=True, kw_only=True)
class Run:
    """What all steps of a run need."""

    recipe: Recipe
    how: Training
    epochs: int | None
    evaluation: Evaluation
    networks: Mapping[str, Network]
    noise: Noise
    output: Path
    resume: bool
    seed: int

    def limited(self, epochs: int) -> int:
        """As many epochs as the recipe says, or as the user allows."""
        return epochs if self.epochs is None else min(self.epochs, epochs)

    def job(self, name: str, seed: int) -> Job:
        """The training of one of the networks."""
        network = self.networks[name]
        return Job(
            network=network,
            architecture=architecture(self.recipe, network),
            epochs=self.limited(self.how.epochs),
            batch_size=self.how.batch_size,
            noise=self.noise,
            variation=nested(self.recipe, self.how.variation, Variation),
            seed=seed,
        )


def seeds(
    run: Run, name: str, learning: Digits, validation: Digits, sets: Mapping[str, Digits]
) -> list[dict[str, Any]]:
    """One network with every seed, judged on one noisy version of the validation images."""
    noisy = run.noise(validation.images, np.random.default_rng((run.seed, VALIDATION)))
    judged = Digits(noisy, validation.labels)
    return [_trained(run, name, run.seed + number, learning, judged, sets) for number in range(run.how.seeds)]


def _trained(
    run: Run, name: str, seed: int, learning: Digits, validation: Digits, sets: Mapping[str, Digits]
) -> dict[str, Any]:
    """One network of one seed: its curves, its answers to the test images, its accuracy on every set."""

    def compute() -> dict[str, Any]:
        network, history = fitted(
            run.job(name, seed),
            learning,
            validation,
            folder=run.output / "checkpoints" / f"{name}-{seed}",
            resume=run.resume,
            description=f"{name}, seed {seed}",
            choose=True,
        )
        given = {key: answers(network, digits.images) for key, digits in sets.items()}
        return {
            "seed": seed,
            "parameters": network.count_params(),
            "history": history,
            "answers": given[""].tolist(),
            "accuracies": {key: float(np.mean(given[key] == sets[key].labels)) for key in sets},
        }

    result: dict[str, Any] = remembered(run.output / "steps" / f"{name}-{seed}.json", compute, run.resume)
    return result


def split(digits: Digits, evaluation: Evaluation, seed: int) -> list[tuple[Digits, Digits]]:
    """(to train on, to measure on) of every fold of a random part of `digits`, stratified by class.

    Raises:
        DataMissing: there are fewer images of a digit than folds.
    """
    from sklearn.model_selection import StratifiedKFold

    order = np.random.default_rng(seed).permutation(len(digits.labels))
    part = digits[order[: evaluation.fold_images]]
    if np.unique(part.labels, return_counts=True)[1].min() < evaluation.folds:
        raise DataMissing(
            sentence("Cross-validation in %(folds)s folds needs as many training images of each digit."),
            folds=evaluation.folds,
        )
    splitter = StratifiedKFold(evaluation.folds, shuffle=True, random_state=seed)
    return [(part[rest], part[held]) for rest, held in splitter.split(part.images, part.labels)]


def folds(run: Run, name: str, parts: Sequence[tuple[Digits, Digits]]) -> dict[str, Any]:
    """Cross-validation of one network: each fold measured after every epoch; scores are the last."""
    curves = [_fold(run, name, number, *pair) for number, pair in enumerate(parts, 1)]
    return {
        "curves": curves,
        "scores": [curve["val_accuracy"][-1] for curve in curves],
        "training": len(parts[0][0].labels),
        "test": len(parts[0][1].labels),
    }


def _fold(run: Run, name: str, number: int, rest: Digits, held: Digits) -> Series:
    """The curves of one network in one fold; all networks are measured on the same noisy images."""
    noisy = run.noise(held.images, np.random.default_rng((run.seed, VALIDATION, number)))

    def compute() -> Series:
        _, history = fitted(
            run.job(name, run.seed + number),
            rest,
            Digits(noisy, held.labels),
            folder=run.output / "checkpoints" / f"{name}-fold-{number}",
            resume=run.resume,
            description=f"{name}, fold {number}",
            choose=False,
        )
        return history

    found: Series = remembered(run.output / "steps" / f"{name}-fold-{number}.json", compute, run.resume)
    return found


def speeds(run: Run, learning: Digits) -> dict[str, float]:
    """Of the last network, the one whose batches cost most to make."""
    job = run.job(list(run.networks)[-1], run.seed)
    found: dict[str, float] = remembered(
        run.output / "steps" / "speed.json", lambda: speed(job, learning[:SPEED_IMAGES]), run.resume
    )
    return found
