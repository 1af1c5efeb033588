"""The report of an estimator's recipe: both variants side by side, and what is taken for what."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ml.card import Card
from ml.datasets import mnist
from ml.datasets.locate import locate
from ml.report import Matrix, Report, Table, facts
from ml.training.recipe import Recipe


def write(
    recipe: Recipe,
    card: Card,
    found: Mapping[str, Mapping[str, float]],
    *,
    targets: Mapping[str, Sequence[float]],
    data: Path | None,
    output: Path,
    started: float,
) -> None:
    """Write the report into `output`.

    `found` holds for each figure its value plain and deskewed; `targets` say for each variant what is asked
    at least of its test accuracy, and then, where there is one, the aim.
    """
    shipped = "deskewed" if card.options.get("deskewed") else "plain"
    page = Report(
        name=recipe.name,
        title=recipe.title,
        summary=(
            f"Fitted on {card.data['training']:,} digits as they are, and on the same digits deskewed. "
            f"The zoo's model is the {shipped} one: {card.metrics['test_accuracy']:.2%} of "
            f"{card.metrics['test_images']:,} test digits are answered rightly."
        ),
        facts=facts(recipe, seed=card.seed, data=[locate(mnist.FILE, data=data)], started=started),
    )
    for variant, marks in targets.items():
        at_least, aim = [*marks, None][:2]
        accuracy = found["test_accuracy"][variant]
        page.headline(f"{card.name}, {variant}, MNIST test", accuracy, at_least=at_least, aim=aim)
    columns = {
        "validation accuracy": "validation_accuracy",
        "test accuracy": "test_accuracy",
        "seconds": "fit_seconds",
    }
    page.section(
        "Plain and deskewed",
        f"{card.data['validation']:,} validation digits chose; the test digits were measured afterwards.",
        Table(
            name="variants",
            title="As they are, and without their slant",
            columns=("digits", *columns),
            rows=[
                [variant, *(found[key][variant] for key in columns.values())]
                for variant in found["test_accuracy"]
            ],
            formats={"validation accuracy": ".2%", "test accuracy": ".2%", "seconds": ".1f"},
        ),
        Matrix(
            name="confusion",
            title="What the shipped model takes for what",
            labels=card.class_names,
            counts=card.confusion_matrix,
        ),
    )
    page.write(output)
