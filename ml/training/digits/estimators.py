"""Estimators without a network, fitted on MNIST: recipes of the kind `mnist-estimators`.

Each is fitted on the digits as they are and on deskewed ones; the validation digits choose which is shipped.
A logistic regression is always shipped plain: as a network of one layer it then has a gradient.
"""

import dataclasses
import json
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ml import architectures, estimators, files
from ml.card import Card, UnsureRule
from ml.datasets import mnist
from ml.datasets.locate import locate
from ml.estimators import Estimator, first_use, store
from ml.estimators.model import EstimatorModel
from ml.estimators.support_vectors import SupportVectors
from ml.evaluation import metrics
from ml.images import to_float
from ml.model import Model
from ml.report.facts import digest
from ml.training import result
from ml.training.digits import estimator_report
from ml.training.digits.run import Evaluation
from ml.training.recipe import Recipe
from ml.verdict import unsure
from ml.version import VERSION
from ml.zoo import WEIGHTS
from ml.zoo import weights as weight_files

Variant = Literal["plain", "deskewed"]
VARIANTS: tuple[Variant, ...] = ("plain", "deskewed")


@dataclass(frozen=True, kw_only=True)
class Data:
    """`validation` of the 60,000 training digits choose, the others are learned."""

    validation: int


@dataclass(frozen=True, kw_only=True)
class Training:
    """`ship` says whether the arrays lie beside the card, or the fit is repeated at first use."""

    ship: bool = True


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
    """Fit both variants, store the better one; see `ml.training.run`.

    There are no epochs and no starting weights here.

    Returns:
        The folder of the finished model.
    """
    started = time.time()
    evaluation = recipe.read("evaluation", Evaluation)
    held_out = recipe.read("data", Data).validation
    learning, validation = mnist.held_out(mnist.load("train", data), held_out, seed)
    test = mnist.load("test", data)
    fitted: dict[Variant, Estimator] = {}
    found: dict[str, dict[str, float]] = {"validation_accuracy": {}, "test_accuracy": {}, "fit_seconds": {}}
    for variant in VARIANTS:
        fitted[variant], seconds = _fit(recipe, variant, learning, validation, output, resume, seed)
        found["fit_seconds"][variant] = round(seconds, 1)
        found["validation_accuracy"][variant] = _accuracy(fitted[variant], validation)
        found["test_accuracy"][variant] = _accuracy(fitted[variant], test)
    accuracy = found["validation_accuracy"]
    network = recipe.family == "logistic-regression"
    chosen: Variant = "plain" if network or accuracy["plain"] >= accuracy["deskewed"] else "deskewed"
    about = {
        "name": "MNIST",
        "training": len(learning.labels),
        "validation": held_out,
        "sha256": digest(locate(mnist.FILE, data=data)),
    }
    folder = output / "model"
    make = _network if network else _estimator
    model = make(folder, recipe, fitted[chosen], seed, about, found)
    card = _store_card(folder, model, validation, evaluation, data)
    estimator_report.write(
        recipe, card, found, targets=evaluation.targets, data=data, output=output, started=started
    )
    return folder


def measure(card: Card, classifier: Model, data: Path | None = None) -> dict[str, Any]:
    """The figures of `card.metrics` once more, from the pixels of the test digits."""
    figures, _ = _test(card, classifier, data)
    return figures


def _fit(
    recipe: Recipe,
    variant: Variant,
    learning: mnist.Split,
    validation: mnist.Split,
    output: Path,
    resume: bool,
    seed: int,
) -> tuple[Estimator, float]:
    """One variant, and the seconds that its fit took; both are kept beside the run.

    An SVM's temperature is fitted on the validation digits.
    """
    path, deskewed = output / "fits" / f"{variant}.h5", variant == "deskewed"
    took = path.with_suffix(".json")
    # It is written last; a fit whose time nobody knows is repeated.
    if resume and took.exists():
        seconds = float(json.loads(took.read_text(encoding="utf-8"))["seconds"])
        shape = learning.images.shape[1:]
        fitted = estimators.restore(
            recipe.family, store.read(path), input_shape=shape, deskewed=deskewed, **recipe.options
        )
    else:
        took.unlink(missing_ok=True)
        begun = time.perf_counter()
        fitted = estimators.fit(
            recipe.family, learning.images, learning.labels, deskewed=deskewed, seed=seed, **recipe.options
        )
        seconds = time.perf_counter() - begun
        store.write(fitted.arrays(), path)
        files.write_text(took, json.dumps({"seconds": seconds}))
    if isinstance(fitted, SupportVectors):
        fitted = fitted.tempered(to_float(validation.images), validation.labels)
    return fitted, seconds


def _accuracy(fitted: Estimator, split: mnist.Split) -> float:
    return metrics.accuracy(split.labels, fitted.logits(to_float(split.images)).argmax(axis=-1))


def _network(
    folder: Path,
    recipe: Recipe,
    fitted: Estimator,
    seed: int,
    about: dict[str, Any],
    found: dict[str, Any],
) -> Model:
    """A logistic regression as a network with the same weights."""
    network = architectures.build(recipe.family, input_shape=fitted.input_shape, classes=fitted.classes)
    arrays = fitted.arrays()
    network.get_layer("logits").set_weights([arrays["weights"], arrays["bias"]])
    bare = dataclasses.replace(recipe, architecture={"family": recipe.family})
    return result.store_weights(
        folder,
        network,
        bare,
        domain="digits",
        class_names=mnist.CLASSES,
        seed=seed,
        data=about,
        training={**fitted.options, **found},
    )


def _estimator(
    folder: Path,
    recipe: Recipe,
    fitted: Estimator,
    seed: int,
    about: dict[str, Any],
    found: dict[str, Any],
) -> Model:
    """The arrays beside the card, or the card alone where the model is fitted at first use."""
    ship = recipe.read("training", Training).ship
    options = {**fitted.options, "deskewed": fitted.deskewed}
    if ship:
        store.write(fitted.arrays(), folder / WEIGHTS)
        digest = weight_files.sha256(folder / WEIGHTS)
    else:
        digest = first_use.fingerprint(recipe.family, options, about, seed)
    card = result.new_card(
        dataclasses.replace(recipe, architecture={"family": recipe.family, **options}),
        domain="digits",
        class_names=mnist.CLASSES,
        input_shape=fitted.input_shape,
        parameters=sum(array.size for array in fitted.arrays().values()),
        weights_sha256=digest,
        seed=seed,
        data=about,
        training=found,
        versions={"epsilon": VERSION, "scikit-learn": version("scikit-learn"), "numpy": np.__version__},
    )
    card = dataclasses.replace(card, gradient=False, fitted_at_first_use=not ship)
    return EstimatorModel(fitted, card)


def _store_card(
    folder: Path, model: Model, validation: mnist.Split, evaluation: Evaluation, data: Path | None
) -> Card:
    confidence = model.probabilities(to_float(validation.images)).max(axis=-1)
    rule = UnsureRule(threshold=round(float(np.quantile(confidence, evaluation.unsure_share)), 3))
    card = dataclasses.replace(model.card, unsure=rule)
    figures, confusion = _test(card, model, data)
    return result.store_card(folder, card, metrics=figures, confusion_matrix=confusion)


def _test(card: Card, model: Model, data: Path | None) -> tuple[dict[str, Any], list[list[int]]]:
    split = mnist.load("test", data)
    logits = model.logits(to_float(split.images))
    answers = logits.argmax(axis=-1)
    figures = {
        "test_accuracy": metrics.accuracy(split.labels, answers),
        "test_unsure": float(unsure(logits, card.unsure).mean()),
        "test_images": len(split.labels),
    }
    return figures, metrics.confusion_matrix(split.labels, answers, len(mnist.CLASSES)).tolist()
