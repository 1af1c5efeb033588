"""Which class is it, and what does a class look like: recipes of the kind `class-images`.

A network against classifiers of scikit-learn: accuracy, confidence, calibration, ablation; then the
inverse, an image for each class.
"""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from ml.datasets import labelled
from ml.evaluation import calibration
from ml.explain.activation import Ascent, maximise
from ml.explain.typical import typical
from ml.images import to_float
from ml.report import facts
from ml.training.class_images.ablation import ablation
from ml.training.class_images.cnn import Shape, fitted
from ml.training.class_images.others import answers
from ml.training.class_images.problem import Answers, Findings, Network, Problem, load
from ml.training.class_images.recipe import Data, Evaluation, Training
from ml.training.class_images.report import write
from ml.training.recipe import Recipe


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
    """Fit, answer, make the images and report; see `ml.training.run`. `weights` has no use here.

    Returns:
        `output`, with the report.
    """
    started = time.time()
    described, how = recipe.read("data", Data), recipe.read("training", Training)
    evaluation = recipe.read("evaluation", Evaluation)
    problems, missing = load(described.sets, described.validation, seed, data)
    shapes = [_shape(recipe, how, problem, epochs) for problem in problems]
    findings = [
        _findings(problem, shape, how, evaluation, output=output, resume=resume, seed=seed)
        for problem, shape in zip(problems, shapes, strict=True)
    ]
    first = replace(shapes[0], epochs=min(epochs or how.ablation_epochs, how.ablation_epochs))
    variants = ablation(problems[0], first, how, folder=output / "checkpoints", resume=resume, seed=seed)
    paths = [labelled.file(problem.name, data) for problem in problems]
    write(
        findings,
        variants,
        missing,
        recipe=recipe,
        how=how,
        facts=facts(recipe, seed=seed, data=paths, started=started),
        output=output,
    )
    return output


def _shape(recipe: Recipe, how: Training, problem: Problem, epochs: int | None) -> Shape:
    return Shape(
        family=recipe.family,
        options=recipe.options,
        shift_pixels=how.shift_pixels,
        mirrored=problem.name in how.mirrored,
        grain=how.grain.get(problem.name, 0.0),
        epochs=min(epochs or how.epochs[problem.name], how.epochs[problem.name]),
    )


def _findings(
    problem: Problem,
    shape: Shape,
    how: Training,
    evaluation: Evaluation,
    *,
    output: Path,
    resume: bool,
    seed: int,
) -> Findings:
    networks = [
        _network(problem, shape, how, folder=output / "checkpoints", resume=resume, seed=seed + number)
        for number in range(how.seeds)
    ]
    classes = range(len(problem.class_names))
    ascended = maximise(
        networks[0].classifier, classes, ascent=Ascent(**evaluation.ascent.get(problem.name, {})), seed=seed
    )
    deepest = typical(
        problem.training.images,
        problem.training.labels,
        neighbours=evaluation.neighbours,
        candidates=evaluation.candidates,
        seed=seed,
    )
    pictures = np.concatenate([ascended.images, deepest.images])
    others = [
        answers(name, problem, pictures, folder=output / "steps", resume=resume, seed=seed)
        for name in evaluation.estimators[problem.name]
    ]
    first = networks[0]
    own = Answers(
        name="CNN",
        test=first.test,
        pictures=first.classifier.probabilities(to_float(pictures)),
        fit_seconds=None,
        answer_seconds=None,
    )
    return Findings(
        problem=problem, networks=networks, ascended=ascended, typical=deepest, answers=[own, *others]
    )


def _network(
    problem: Problem, shape: Shape, how: Training, *, folder: Path, resume: bool, seed: int
) -> Network:
    classifier, history = fitted(
        shape,
        problem.learning,
        problem.validation,
        class_names=problem.class_names,
        how=how,
        folder=folder / f"{problem.name}-{seed}",
        resume=resume,
        seed=seed,
        description=f"{problem.title}, seed {seed}",
    )
    validation = classifier.logits(to_float(problem.validation.images))
    return Network(
        classifier=classifier,
        history=history,
        validation=validation,
        test=classifier.logits(to_float(problem.test.images)),
        temperature=calibration.fit_temperature(validation, problem.validation.labels),
    )
