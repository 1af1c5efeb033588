"""Each defence measured alone and combined, on one small network: recipes of the kind `defence-study`."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.attacks import FGSM, PGD, Attack
from ml.classifier import Classifier
from ml.datasets import mnist
from ml.datasets.mnist import Split
from ml.evaluation.robustness import attacked
from ml.images import to_float
from ml.training.defence_study import report as defence_study_report
from ml.training.defence_study.inputs import Purified, Watch
from ml.training.defence_study.networks import Training, fitted
from ml.training.recipe import Recipe
from ml.training.steps import remembered

ATTACKS: dict[str, Attack] = {"FGSM": FGSM(), "PGD": PGD(steps=40, relative_step=0.1)}


@dataclass(frozen=True, kw_only=True)
class Data:
    """Of the training digits `digits` are learned from; `validation` others set detection's thresholds."""

    digits: int
    validation: int


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The first `images` test digits are attacked at each of `epsilons`.

    Detection rejects what `squeezes` change by more than they change `false_alarms` of the validation digits;
    purification answers for the image after `purified`.
    """

    images: int
    epsilons: tuple[float, ...]
    squeezes: tuple[str, ...]
    purified: str
    false_alarms: float


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
    """Fit every variant, attack each as it stands and behind what guards its input, and report.

    See `ml.training.run`; nothing starts from `weights`.

    Returns:
        `output`: the networks are for comparison, not for the zoo.
    """
    started = time.time()
    described, how = recipe.read("data", Data), recipe.read("training", Training)
    asked = recipe.read("evaluation", Evaluation)
    rest, validation = mnist.held_out(mnist.load("train", data), described.validation, seed)
    _, learning = mnist.held_out(rest, described.digits, seed)
    tested = mnist.load("test", data)
    found = []
    for name in how.variants:
        for number in range(how.seeds):
            model = fitted(
                name,
                recipe,
                how,
                learning,
                epochs=epochs,
                folder=output / "checkpoints" / f"{name}-{seed + number}",
                resume=resume,
                seed=seed + number,
            )

            def figures(model: Classifier = model) -> dict[str, Any]:
                return _figures(model, tested, validation, asked)

            step = output / "steps" / f"{name}-{seed + number}.json"
            found.append({"name": name, "seed": seed + number, **remembered(step, figures, resume)})
    defence_study_report.write(
        recipe, found, how, epsilons=asked.epsilons, data=data, output=output, seed=seed, started=started
    )
    return output


def _figures(
    model: Classifier, tested: Split, validation: Split, asked: Evaluation
) -> dict[str, Mapping[str, float]]:
    """Accuracy by attack and ε: of the network alone, behind detection, and of purified images.

    Behind detection an attacked image counts as withstood when it is answered rightly or rejected, a clean
    one only when it is answered rightly and let through.
    """
    everything = to_float(tested.images)
    images, truth = everything[: asked.images], tested.labels[: asked.images]
    watch = Watch(model, asked.squeezes, to_float(validation.images), asked.false_alarms)
    purified = Purified(model, asked.purified)
    clean = model.logits(everything).argmax(axis=-1) == tested.labels
    passed = ~watch.rejects(everything)
    found = {
        "alone": {"clean": float(clean.mean())},
        "detection": {"clean": float((clean & passed).mean())},
        "purification": {
            "clean": float((purified.logits(everything).argmax(axis=-1) == tested.labels).mean())
        },
        "purification, known": {},
    }
    for title, attack in ATTACKS.items():
        for epsilon in asked.epsilons:
            where = f"{title} {epsilon:g}"
            made = attack(model, images, epsilon=epsilon, labels=truth).images
            right = model.logits(made).argmax(axis=-1) == truth
            found["alone"][where] = float(right.mean())
            found["detection"][where] = float((right | watch.rejects(made)).mean())
            found["purification"][where] = float((purified.logits(made).argmax(axis=-1) == truth).mean())
            knowing = attacked(attack, purified, images, truth, epsilon=epsilon)
            found["purification, known"][where] = knowing.robust_accuracy
    return {way: dict(values) for way, values in found.items()}
