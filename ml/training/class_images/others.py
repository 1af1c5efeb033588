"""The classifiers beside the network: fitted on all training images, asked about test images and pictures."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from ml import estimators
from ml.images import to_float
from ml.training.class_images.problem import Answers, Problem
from ml.training.steps import remembered
from ml.verdict import softmax

DESKEWED = "deskewed "


def answers(
    name: str, problem: Problem, pictures: np.ndarray, *, folder: Path, resume: bool, seed: int
) -> Answers:
    """The answers of the estimator `name`, a kind of `ml.estimators` or "deskewed " and a kind.

    Fitted with the options that `ml.estimators` has for the kind; what it says is remembered in `folder`.
    """
    path = folder / f"{problem.name}-{name.replace(' ', '-')}.json"
    said = remembered(path, lambda: _said(name, problem, pictures, seed), resume)
    return Answers(
        name=name,
        test=np.array(said["test"], np.float32),
        pictures=softmax(np.array(said["pictures"], np.float32)),
        fit_seconds=said["fit_seconds"],
        answer_seconds=said["answer_seconds"],
    )


def _said(name: str, problem: Problem, pictures: np.ndarray, seed: int) -> dict[str, Any]:
    begun = time.perf_counter()
    model = estimators.fit(
        name.removeprefix(DESKEWED),
        problem.training.images,
        problem.training.labels,
        deskewed=name.startswith(DESKEWED),
        seed=seed,
    )
    fitted = time.perf_counter()
    test = model.logits(to_float(problem.test.images))
    answered = time.perf_counter()
    # Four digits behind the point move a probability by less than 0.01 %, and halve the file.
    return {
        "test": test.round(4).tolist(),
        "pictures": model.logits(to_float(pictures)).round(4).tolist(),
        "fit_seconds": fitted - begun,
        "answer_seconds": answered - fitted,
    }
