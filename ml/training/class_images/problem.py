"""The data of `class-images`: each set with its images held out, and what is computed on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml.classifier import Classifier
from ml.datasets import labelled, mnist
from ml.errors import DataMissing
from ml.explain.activation import Result
from ml.explain.typical import Typical
from ml.training.fit import Series

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One set: the network learns from `learning`, watched on `validation`; the others use `training`."""

    name: str
    title: str
    class_names: tuple[str, ...]
    training: mnist.Split
    learning: mnist.Split
    validation: mnist.Split
    test: mnist.Split


@dataclass(frozen=True, kw_only=True)
class Network:
    """A fitted network with its logits on the validation and the test images."""

    classifier: Classifier
    history: Series
    validation: Floats
    test: Floats
    temperature: float


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What one classifier says: logits on the test images, probabilities of the pictures made for each class.

    The seconds are of fitting and of answering the test images; None for the network, whose training may
    have been interrupted.
    """

    name: str
    test: Floats
    pictures: Floats
    fit_seconds: float | None
    answer_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All that was computed on one set; `networks` has one for each seed, the pictures are of the first."""

    problem: Problem
    networks: Sequence[Network]
    ascended: Result
    typical: Typical
    answers: Sequence[Answers]


def load(
    names: Sequence[str], share: float, seed: int, data: Path | None
) -> tuple[list[Problem], dict[str, str]]:
    """The sets that are at hand, and for each that is not, why; the first one must be.

    Raises:
        OptionRefused: there is no such set.
        DataMissing: the first is not at hand.
    """
    problems: list[Problem] = []
    missing: dict[str, str] = {}
    for name in names:
        try:
            training, test = labelled.load(name, "train", data), labelled.load(name, "test", data)
        except DataMissing as error:
            if not problems:
                raise
            missing[labelled.SETS[name].title] = str(error)
            continue
        learning, validation = mnist.held_out(training, round(share * len(training.labels)), seed)
        problems.append(
            Problem(
                name=name,
                title=labelled.SETS[name].title,
                class_names=labelled.SETS[name].class_names,
                training=training,
                learning=learning,
                validation=validation,
                test=test,
            )
        )
    return problems, missing
