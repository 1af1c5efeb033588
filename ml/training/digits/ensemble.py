"""Several finished models asked together: recipes of the kind `digit-ensemble`. Nothing is trained."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml import zoo
from ml.datasets import mnist
from ml.datasets.locate import locate
from ml.evaluation import metrics
from ml.images import to_float
from ml.report import Report, Table, facts
from ml.report.blocks import Row
from ml.report.usual import classification, confusion
from ml.training.recipe import Recipe

Floats = npt.NDArray[np.float32]
METHOD = (
    "The ensemble's answer is the class of the largest mean probability, every member counting the same. "
    "Nothing is fitted here; which networks are members was decided by a person who had seen the figures of "
    "some other sets of members on these test digits."
)


@dataclass(frozen=True, kw_only=True)
class Training:
    """`members` are names of the zoo."""

    members: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """`target`: at least, and aim, for the ensemble on MNIST's test digits."""

    target: tuple[float, ...]


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
    """Measure the members and all of them together; see `ml.training.run`.

    Returns:
        The folder of the report.
    """
    started = time.time()
    at_least, aim = recipe.read("evaluation", Evaluation).target
    members = recipe.read("training", Training).members
    split = mnist.load("test", data)
    each = {name: zoo.load(name).probabilities(to_float(split.images)) for name in members}
    together: Floats = np.mean(list(each.values()), axis=0)
    found = {**each, "ensemble": together}
    right = {name: metrics.accuracy(split.labels, values.argmax(axis=-1)) for name, values in found.items()}
    rows: list[Row] = [[name, right[name], _errors(split.labels, values)] for name, values in found.items()]
    page = Report(
        name=recipe.name,
        title=recipe.title,
        summary=f"{len(members)} models together: {right['ensemble']:.2%} of MNIST's test digits are right.",
        facts=facts(recipe, seed=seed, data=[locate(mnist.FILE, data=data)], started=started),
    )
    page.headline("ensemble, MNIST test", right["ensemble"], at_least=at_least, aim=aim)
    answers = together.argmax(axis=-1)
    page.section(
        "Members and ensemble",
        METHOD,
        Table(
            name="members",
            title="MNIST test",
            columns=("model", "accuracy", "errors"),
            rows=rows,
            formats={"accuracy": ".2%"},
        ),
        confusion("confusion", "Confusion of the ensemble", split.labels, answers, mnist.CLASSES),
        classification("classes", "The ensemble by class", split.labels, answers, mnist.CLASSES),
    )
    page.write(output)
    return output


def _errors(truth: mnist.Labels, probabilities: Floats) -> int:
    return int((probabilities.argmax(axis=-1) != truth).sum())
