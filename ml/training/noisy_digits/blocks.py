"""Tables, curves and pictures of a report on noisy digits."""

import numpy as np

from ml.datasets.arrays import CLASSES
from ml.images import to_pixels
from ml.report import Bars, Lines, Picture, Pictures, Table
from ml.report.blocks import Block
from ml.report.usual import classification, confusion, curves
from ml.training.noisy_digits.found import Found, best, by_fold, mean, paired, spread

NAMES = [str(digit) for digit in range(CLASSES)]
SHOWN_ERRORS = 20


def accuracy(found: Found) -> Table:
    columns = ["network", "parameters", "mean", "sd"]
    seeds = [f"seed {result['seed']}" for result in next(iter(found.results.values()))]
    rows = [
        [
            found.title(name),
            found.results[name][0]["parameters"],
            mean(found.accuracies(name)),
            spread(found.accuracies(name)),
            *found.accuracies(name),
        ]
        for name in found.networks
    ]
    formats = {"parameters": ",", **dict.fromkeys(("mean", "sd", *seeds), ".2%")}
    return Table(
        name="accuracy", title="Test accuracy", columns=[*columns, *seeds], rows=rows, formats=formats
    )


def bars(found: Found) -> Bars:
    return Bars(
        name="wrong-answers",
        title="Wrong answers on the test images, mean over seeds",
        labels=[found.title(name) for name in found.networks],
        series={"wrong": [1 - mean(found.accuracies(name)) for name in found.networks]},
        y="share of the test images",
        percent=True,
    )


def mcnemar(found: Found) -> Table:
    return Table(
        name="mcnemar",
        title="McNemar's exact test on the test images",
        columns=["first", "second", "seed", "only first right", "only second right", "p", "p corrected"],
        rows=[
            [found.title(first), found.title(second), seed, test.only_first, test.only_second, test.p, p]
            for first, second, seed, test, p in paired(found)
        ],
        formats={"p": ".2g", "p corrected": ".2g"},
    )


def fold_tests(found: Found) -> Table:
    return Table(
        name="folds-test",
        title="Corrected resampled t-test on the folds",
        columns=["first", "second", "difference", "t", "p", "p corrected"],
        rows=[
            [found.title(first), found.title(second), test.difference, test.t, test.p, p]
            for first, second, test, p in by_fold(found)
        ],
        formats={"difference": "+.2%", "t": ".2f", "p": ".2g", "p corrected": ".2g"},
    )


def learning_curves(found: Found) -> list[Block]:
    return [
        block
        for name in found.networks
        for block in curves(f"curve-{name}", found.title(name), found.results[name][0]["history"])
    ]


def folds(found: Found) -> list[Block]:
    numbers = [f"fold {number}" for number in range(1, found.evaluation.folds + 1)]
    table = Table(
        name="folds",
        title="Accuracy by fold",
        columns=["network", "mean", "sd", *numbers],
        rows=[
            [found.title(name), mean(fold["scores"]), spread(fold["scores"]), *fold["scores"]]
            for name, fold in found.folds.items()
        ],
        formats=dict.fromkeys(("mean", "sd", *numbers), ".2%"),
    )
    lines = [
        Lines(
            name=f"folds-{name}",
            title=f"{found.title(name)}: accuracy on the fold left out",
            x="epoch",
            y="accuracy",
            series={
                number: list(enumerate(curve["val_accuracy"], 1))
                for number, curve in zip(numbers, fold["curves"], strict=True)
            },
            percent=True,
        )
        for name, fold in found.folds.items()
    ]
    return [table, *lines]


def by_noise(found: Found) -> Table:
    kinds = [key for key in found.sets if key]
    rows: list[list[str | float]] = []
    for kind in kinds:
        models = [
            card.metrics["accuracy_by_noise"].get(kind, card.metrics["test_accuracy"])
            for card in found.cards.values()
        ]
        rows.append([kind, *(mean(found.accuracies(name, kind)) for name in found.networks), *models])
    columns = [*(found.title(name) for name in found.networks), *found.cards]
    return Table(
        name="noises",
        title="Test accuracy under each noise",
        columns=["noise", *columns],
        rows=rows,
        formats=dict.fromkeys(columns, ".2%"),
    )


def errors(found: Found) -> list[Block]:
    """Confusion matrices of all, figures by digit and wrong answers of the best, images as they were seen."""
    test, winner = found.sets[""], best(found)
    given = {name: np.asarray(found.results[name][0]["answers"]) for name in found.networks}
    matrices = [
        confusion(f"confusion-{name}", f"{found.title(name)}: answers", test.labels, given[name], NAMES)
        for name in found.networks
    ]
    table = classification(
        "classification", f"{found.title(winner)}: figures by digit", test.labels, given[winner], NAMES
    )
    wrong = np.flatnonzero(given[winner] != test.labels)[:SHOWN_ERRORS]
    shown = [
        Picture(
            image=to_pixels(test.images[index]),
            caption=f"{test.labels[index]} taken for {given[winner][index]}",
        )
        for index in wrong
    ]
    rows = [shown[start : start + 10] for start in range(0, len(shown), 10)]
    pictures = Pictures(name="errors", title=f"{found.title(winner)}: its first wrong answers", rows=rows)
    samples = Pictures(
        name="samples",
        title="The first test images",
        rows=[
            [Picture(image=to_pixels(image), caption=key or found.where) for image in digits.images[:8]]
            for key, digits in found.sets.items()
        ],
    )
    return [*matrices, table, pictures, samples]


def speed(found: Found) -> Table:
    recipe, plain = found.speeds["recipe"], found.speeds["plain"]
    return Table(
        name="speed",
        title="Images a second in training",
        columns=["batches of the recipe", "plain fit", "share"],
        rows=[[recipe, plain, recipe / plain]],
        formats={"batches of the recipe": ",.0f", "plain fit": ",.0f", "share": ".0%"},
    )
