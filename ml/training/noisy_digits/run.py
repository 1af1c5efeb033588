"""Dense and convolutional networks compared on noisy digits: recipes of the kind `noisy-digits`.

The digits are noisy arrays in `--data`, or MNIST's under noise that is made here. Every network is trained
with several seeds and, on a part of the training images, in folds; the report tests what is significant.
From MNIST the recipe then trains models for the zoo, for digits under any of several noises.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ml.card import Card
from ml.datasets import arrays, mnist, noise
from ml.datasets.arrays import Digits
from ml.datasets.locate import locate
from ml.images import to_float
from ml.training.noisy_digits import report as noisy_digits_report
from ml.training.noisy_digits import zoo as noisy_digits_zoo
from ml.training.noisy_digits.fit import Floats
from ml.training.noisy_digits.found import Found
from ml.training.noisy_digits.recipe import Data, Evaluation, Training, fold_networks, models, networks
from ml.training.noisy_digits.runs import Run, folds, seeds, speeds, split
from ml.training.recipe import Recipe

measure = noisy_digits_zoo.measure


@dataclass(frozen=True, kw_only=True)
class Source:
    """The digits of a run, before the noise that the run adds: none where they were `given` noisy."""

    training: Digits
    test: Digits
    given: bool
    files: list[Path]


def train(
    recipe: Recipe,
    *,
    data: Path | None = None,
    epochs: int | None = None,
    resume: bool = False,
    output: Path,
    weights: Path | None = None,
    seed: int,
) -> Path:
    """Compare the networks, write the report, train the models; see `ml.training.run`.

    `weights` has no use here: all networks start from nothing.

    Returns:
        `output`: the report is in it and, from MNIST, `models/NAME`.
    """
    started = time.time()
    described, how = recipe.read("data", Data), recipe.read("training", Training)
    _check(recipe, described)
    source = _source(data)
    evaluation = recipe.read("evaluation", Evaluation)

    def made(images: Floats, rng: np.random.Generator) -> Floats:
        return images if source.given else noise.make(described.noise, images, described.level, rng)

    run = Run(
        recipe=recipe,
        how=how,
        epochs=epochs,
        evaluation=evaluation,
        networks=networks(recipe),
        noise=made,
        output=output,
        resume=resume,
        seed=seed,
    )
    learning, validation = _held_out(source.training, described.validation, seed)
    parts = split(source.training, evaluation, seed)
    sets = _sets(source, described, evaluation)
    results = {name: seeds(run, name, learning, validation, sets) for name in run.networks}
    found = Found(
        recipe=recipe,
        data=None if source.given else described,
        networks=run.networks,
        results=results,
        folds={name: folds(run, name, parts) for name in fold_networks(recipe)},
        speeds=speeds(run, learning),
        sets=sets,
        cards={} if source.given else _models(run, learning, validation, data),
        evaluation=evaluation,
    )
    noisy_digits_report.write(found, output, seed=seed, files=source.files, started=started)
    return output


def _check(recipe: Recipe, described: Data) -> None:
    """Refuse noises, networks and models that do not exist before anything is trained."""
    noises = [(described.noise, (described.level,)), *recipe.read("evaluation", Evaluation).noises.items()]
    noises += [(kind, (level,)) for model in models(recipe).values() for kind, level in model.highest.items()]
    for kind, levels in noises:
        for level in levels:
            noise.check(kind, level)
    networks(recipe)
    fold_networks(recipe)


def _source(data: Path | None) -> Source:
    if data is not None and arrays.given(data):
        return Source(
            training=arrays.load("train", data),
            test=arrays.load("test", data),
            given=True,
            files=[data / name for name in arrays.FILES],
        )
    training, test = mnist.load("train", data), mnist.load("test", data)
    return Source(
        training=Digits(to_float(training.images), training.labels),
        test=Digits(to_float(test.images), test.labels),
        given=False,
        files=[locate(mnist.FILE, data=data)],
    )


def _held_out(digits: Digits, share: float, seed: int) -> tuple[Digits, Digits]:
    """(training, validation): a random `share` is held out."""
    count = len(digits.labels)
    rest, chosen = mnist.rows_held_out(count, max(1, round(share * count)), seed)
    return digits[rest], digits[chosen]


def _sets(source: Source, described: Data, evaluation: Evaluation) -> dict[str, Digits]:
    """The test images as the run has them, under ""; of MNIST also clean ones and under every other noise."""
    test = source.test
    if source.given:
        return {"": test}
    made = {"": noise.test(described.noise, test.images, described.level), "clean": test.images}
    for kind, levels in evaluation.noises.items():
        for level in levels:
            made[noisy_digits_zoo.label(kind, level)] = noise.test(kind, test.images, level)
    return {key: Digits(images, test.labels) for key, images in made.items()}


def _models(run: Run, learning: Digits, validation: Digits, data: Path | None) -> dict[str, Card]:
    """Train and store the models for the zoo; their cards by name."""
    cards = {}
    for name, model in models(run.recipe).items():
        job = replace(run.job(model.network, run.seed), epochs=run.limited(run.how.model_epochs))
        cards[name] = noisy_digits_zoo.train(
            run.recipe,
            name,
            model,
            job,
            learning,
            validation,
            evaluation=run.evaluation,
            output=run.output,
            resume=run.resume,
            data=data,
        )
    return cards
