"""Run a recipe, or measure a finished model again: both are handed to the module of their kind."""

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from ml import zoo
from ml.card import Card
from ml.datasets import bundled
from ml.errors import OptionRefused, sentence
from ml.training import beginning
from ml.training import recipe as recipes

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

# A kind is a module with `train(recipe, *, data, epochs, resume, output, weights, seed) -> Path` and
# `measure(card, classifier, data) -> dict`, where a finished model can be reported also
# `report_of(recipe, classifier, *, data, output)`, for photos `unseen(card, data)`; it is imported only when
# used, as it brings TensorFlow.
KINDS = {
    "class-images": "ml.training.class_images.run",
    "mnist-digits": "ml.training.digits.run",
    "digit-ensemble": "ml.training.digits.ensemble",
    "adversarial-challenge": "ml.training.challenge.run",
    "noisy-digits": "ml.training.noisy_digits.run",
    "mnist-estimators": "ml.training.digits.estimators",
    "digit-study": "ml.training.digit_study.run",
    "defence-study": "ml.training.defence_study.run",
    "photo-folders": "ml.training.photos.run",
    "detector": "ml.training.detector.run",
}

QUICK = "# Run with --quick."


def run(
    name: str | Path,
    *,
    data: Path | None = None,
    epochs: int | None = None,
    resume: bool = False,
    output: Path | None = None,
    weights: Path | None = None,
    seed: int | None = None,
    quick: bool = False,
) -> Path:
    """Train what the recipe `name` (or a path to a `.toml`) says.

    Args:
        data: folder of the data; without it the data are looked for (`ml.datasets.locate`).
        epochs: at most this many instead of the recipe's number.
        resume: go on after the last finished epoch of the same output folder, with the options that the run
            began with; without it, what an earlier run left there to go on from is removed.
        output: folder for checkpoints and result, `runs/NAME` by default (`runs/NAME-quick`).
        weights: file of starting weights, for kinds that start from some.
        seed: instead of the recipe's.
        quick: small enough for seconds, on scikit-learn's bundled digits unless `data` is given.

    Returns:
        The folder of the finished model (`card.json` and `weights.h5`), or `output` where there are several.

    Raises:
        OptionRefused: an unknown recipe, kind or key, or a resumed run whose recipe or options have changed.
        DataMissing: the data are nowhere to be found.
    """
    recipe = recipes.load(name)
    usual = f"{recipe.name}-quick" if quick else recipe.name
    output = Path("runs") / usual if output is None else Path(output)
    module, text = _module(recipe.kind), recipe.text
    if quick:
        recipe, text = recipe.quickened(), f"{QUICK}\n{text}"
    options = {
        "data": data and Path(data),
        "epochs": epochs,
        "quick": quick,
        "seed": None if seed == recipe.seed else seed,
        "weights": weights and Path(weights),
    }
    beginning.begin(output, recipe.name, text, options, resume=resume)
    if quick and data is None:
        data = bundled.write(output / "data")
    finished: Path = module.train(
        recipe,
        data=data,
        epochs=epochs,
        resume=resume,
        output=output,
        weights=weights,
        seed=recipe.seed if seed is None else seed,
    )
    return finished


def measure(name: str, data: Path | None = None) -> dict[str, Any]:
    """Compute the figures of the model `name` again, from pixels; the keys are those of its card's metrics.

    The card's `data["kind"]` says which kind measures it.
    """
    classifier = zoo.load(name)
    metrics: dict[str, Any] = _module(classifier.card.data["kind"]).measure(classifier.card, classifier, data)
    return metrics


def unseen(card: Card, data: Path | None = None) -> tuple[Floats, Labels]:
    """The test images (N, H, W, C) in [0, 1] of a finished model, and their labels (N,).

    Raises:
        DataMissing: they are nowhere to be found.
        OptionRefused: no kind of training knows the model's test set.
    """
    # Every model of digits is tested on MNIST's, whatever it learned from.
    module = _module("mnist-digits" if card.domain == "digits" else card.data.get("kind", ""))
    images, labels = module.unseen(card, data)
    return images, labels


def report(name: str, *, data: Path | None = None, output: Path | None = None) -> Path:
    """Test the model `name` again and write the report of its training into `output`, `runs/NAME` by default.

    Returns:
        `output`.

    Raises:
        OptionRefused: the model's kind writes its report only while it trains, or its recipe is not shipped.
    """
    classifier = zoo.load(name)
    kind = classifier.card.data["kind"]
    module = _module(kind)
    if not hasattr(module, "report_of"):
        raise OptionRefused(
            sentence("Models of the kind %(kind)s are reported only when they are trained."), kind=kind
        )
    output = Path("runs") / name if output is None else output
    module.report_of(recipes.load(name), classifier, data=data, output=output)
    return output


def _module(kind: str) -> ModuleType:
    if kind not in KINDS:
        raise OptionRefused(
            sentence("There is no kind of training %(kind)s; there are: %(kinds)s."),
            kind=kind,
            kinds=", ".join(KINDS),
        )
    return importlib.import_module(KINDS[kind])
