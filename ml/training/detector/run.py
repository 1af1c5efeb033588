"""Training of a detector of attacked images: recipes of the kind `detector`."""

import dataclasses
import datetime
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ml import zoo
from ml.attacks import PGD
from ml.defences import detection
from ml.defences.detection import Detector, DetectorCard, distances, head, opinion
from ml.defences.detection.adaptive import Watched
from ml.defences.detection.graphs import HEAD
from ml.errors import ModelUnavailable, sentence
from ml.images import to_float
from ml.model import Floats, Model
from ml.training import result
from ml.training.detector import data as detector_data
from ml.training.detector import figures as detector_figures
from ml.training.detector import guard as detector_guard
from ml.training.detector import plan as detector_plan
from ml.training.detector import report
from ml.training.detector.data import Part
from ml.training.detector.plan import Data, Evaluation, Training, attack
from ml.training.recipe import Recipe
from ml.version import VERSION

Arrays = dict[str, Any]
# The threshold of every detector.
EVEN = 0.5


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
    """Train, measure and store; see `ml.training.run`. `epochs` are the guard's; nothing starts from
    `weights`.

    Returns:
        The folder of the detector: `detector.h5` and `detector.json`, which belong beside the model's card.
    """
    started = time.time()
    described, how = recipe.read("data", Data), recipe.read("training", Training)
    evaluation = recipe.read("evaluation", Evaluation)
    model = zoo.load(described.model)
    further = detector_data.further_kinds(described.kinds, model.card)
    divided = detector_data.parts(model.card, data, opinion=zoo.card(how.opinion) if how.opinion else None)
    plan = _guard_plan(recipe, how, epochs)
    arrays = _guard(plan, model, divided.learning, output / "guard", resume, seed) if plan else {}
    card = _card(recipe, model, how, evaluation, plan.form if plan else {}, seed)
    clean, rest = divided.learning[: described.clean], divided.learning[described.clean :]
    arrays |= _distances(Detector(model, card, arrays), clean, how)
    usual = detector_data.kinds_of(clean, model.card, seed, further)
    shown = detector_data.of_kinds(
        rest[: described.attacked], ["plain", *further], np.random.default_rng((seed, 1))
    )
    detector = _headed(Detector(model, card, arrays), usual, shown, how, seed)
    validation = divided.validation[: described.validation]
    highest = max(
        float(np.quantile(detector.score(to_float(images)), 1 - evaluation.false_alarms))
        for images in (
            validation.images,
            *(detector_data.of_kind(kind, validation.images[: evaluation.of_kind], seed) for kind in further),
        )
    )
    folder = output / "detector"
    detection.write(folder, dataclasses.replace(card, threshold=EVEN), _evened(detector.arrays, highest))
    # What is measured is what was written, rounded as it is in the file.
    detector = detection.read(folder, model)
    figures = detector_figures.figures(detector, divided.test, evaluation, seed)
    card = detection.write(folder, dataclasses.replace(detector.card, figures=figures), detector.arrays)
    source = detector_data.source(model.card, data)
    report.write(
        recipe,
        card,
        evaluation,
        threshold_images=len(validation),
        source=source,
        output=output,
        started=started,
    )
    return folder


def measure(name: str, data: Path | None = None) -> dict[str, Any]:
    """The figures of the card of the model's detector once more, from pixels.

    Raises:
        ModelUnavailable: there is no such model, or it has no detector.
        DataMissing: its images are nowhere to be found.
    """
    model = zoo.load(name)
    detector = detection.load(model)
    if detector is None:
        raise ModelUnavailable(sentence("The model “%(name)s” has no detector."), name=name)
    plan = Evaluation(**detector.card.training["evaluation"])
    test = detector_data.parts(model.card, data, test_only=True).test
    return detector_figures.figures(detector, test, plan, detector.card.seed)


def _evened(arrays: Arrays, highest: float) -> Arrays:
    """The arrays with the head's last offset moved so that a score of `highest` becomes EVEN.

    The order of all scores stays, and a person sees a scale whose middle means something: a head that tells
    its training images apart may have its threshold at 0.0003.
    """
    least = float(np.finfo(np.float32).eps)
    chance = min(max(highest, least), 1 - least)
    name = f"{HEAD}offset.1"
    return arrays | {name: (arrays[name] - np.log(chance / (1 - chance))).astype(np.float32)}


def _card(
    recipe: Recipe, model: Model, how: Training, evaluation: Evaluation, form: dict[str, Any], seed: int
) -> DetectorCard:
    texts = recipe.read("card", result.CardTexts)
    return DetectorCard(
        model=model.card.name,
        weights_sha256=model.card.weights_sha256,
        arrays_sha256="",
        settings={
            "squeezes": list(how.squeezes),
            "layers": list(how.layers),
            "limits": list(how.limits),
            "footprint": list(how.footprint),
            "ink": how.ink,
            "guard": form,
            "opinion": opinion.asked(how.opinion, model.card) if how.opinion else {},
        },
        threshold=1.0,
        seed=seed,
        command=f"python manage.py recipe run {recipe.name}",
        made_on=datetime.datetime.now(datetime.UTC).date().isoformat(),
        training={
            "data": dict(recipe.data),
            **dict(recipe.training),
            "evaluation": dataclasses.asdict(evaluation),
        },
        versions={"epsilon": VERSION, "numpy": np.__version__, "scikit-learn": version("scikit-learn")},
        notes=texts.notes,
    )


def _guard_plan(recipe: Recipe, how: Training, epochs: int | None) -> detector_guard.Plan | None:
    """The recipe's guard, with at most so many epochs, or none."""
    if not how.guard:
        return None
    plan = dataclasses.replace(recipe, training=how.guard).read("training", detector_guard.Plan)
    return dataclasses.replace(plan, epochs=min(plan.epochs, epochs or plan.epochs))


def _guard(
    plan: detector_guard.Plan, model: Model, learning: Part, folder: Path, resume: bool, seed: int
) -> Arrays:
    """The trained guard's weights, halved in size."""
    trained = detector_guard.train(
        plan,
        learning.images,
        learning.labels,
        len(model.class_names),
        seed=seed,
        folder=folder,
        resume=resume,
    )
    return {f"guard.{place}": value.astype(np.float16) for place, value in enumerate(trained.get_weights())}


def _distances(detector: Detector, clean: Part, how: Training) -> Arrays:
    """What `distances.fit` learns of each layer's features of clean images."""
    found: Arrays = {}
    classes = len(detector.model.class_names)
    for name, features in zip(how.layers, detector.features(to_float(clean.images)), strict=True):
        learned = distances.fit(features, clean.labels, classes=classes, directions=how.directions)
        found |= {f"layer.{name}.{key}": value for key, value in learned.items()}
    return found


def _headed(detector: Detector, clean: Part, rest: Part, how: Training, seed: int) -> Detector:
    """The detector with a head, fitted on clean and attacked images, then also on those that know it."""
    model, usual = detector.model, detector.figures(to_float(clean.images))
    victims = detector_figures.right(model, rest, len(rest))
    groups = [
        detector.figures(to_float(detector_figures.attacked(model, victims, attack(name), epsilon, seed)))
        for name, epsilons in how.attacks.items()
        for epsilon in detector_plan.every(epsilons)
    ]
    for turn in range(1 + how.rounds):
        learned = head.fit(usual, groups, hidden=how.hidden, penalty=how.penalty, seed=seed)
        fitted = detector.arrays | {HEAD + name: value for name, value in learned.items()}
        detector = Detector(model, detector.card, fitted)
        if turn < how.rounds:
            groups += _evading(detector, victims, how, seed + turn)
    return detector


def _evading(detector: Detector, victims: Part, how: Training, seed: int) -> list[Floats]:
    """Figures of images that fooled the model while their maker knew the detector, for each ε."""
    pgd = PGD(steps=how.aware_steps, random_start=False)
    start = seed * how.aware_images % max(1, len(victims) - how.aware_images + 1)
    part, found = victims[start : start + how.aware_images], []
    for epsilon in how.aware:
        batch = to_float(detector_figures.attacked(Watched(detector), part, pgd, epsilon, seed))
        fooled = detector.model.logits(batch).argmax(axis=-1) != part.labels
        if fooled.any():
            found.append(detector.figures(batch[fooled]))
    return found
