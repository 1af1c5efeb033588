"""Tables and bars of accuracies, and rows of trials, for the report of the study of digit networks."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from ml.report import Bars, Table
from ml.training import search
from ml.training.digit_study.fit import MIXED, Result

SETTINGS = ("learning_rate", "weight_decay", "dropout", "width", "batch_size")


def accuracy_table(
    name: str, title: str, first: str, results: Mapping[str, Sequence[Result]], count: int
) -> Table:
    """A row for each of `results`: the mean accuracy on every kind, and the spread on mixed."""
    kinds = list(next(iter(results.values()))[0]["accuracy"])
    rows = [
        [row, *(over(each, kind)[0] for kind in kinds), over(each, MIXED)[1]] for row, each in results.items()
    ]
    return Table(
        name=name,
        title=f"{title}, {count} trainings",
        columns=(first, *kinds, "sd of mixed"),
        rows=rows,
        formats=dict.fromkeys((*kinds, "sd of mixed"), ".2%"),
    )


def accuracy_bars(name: str, title: str, results: Mapping[str, Sequence[Result]]) -> Bars:
    """A group of bars for each kind, in it one for each of `results`."""
    kinds = list(next(iter(results.values()))[0]["accuracy"])
    return Bars(
        name=name,
        title=title,
        labels=kinds,
        series={row: [over(each, kind)[0] for kind in kinds] for row, each in results.items()},
        y="accuracy",
        percent=True,
    )


def over(results: Sequence[Result], kind: str) -> tuple[float, float | None]:
    """Mean and standard deviation (n - 1; None of a single one) of the accuracy on `kind`."""
    values = [result["accuracy"][kind] for result in results]
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else None


def mixed(results: Sequence[Result]) -> tuple[float, float | None]:
    """`over` of the mixed digits."""
    return over(results, MIXED)


def trial_row(method: str, number: int, trial: search.Trial) -> list[Any]:
    """What was tried, and what it gave."""
    return [method, number, *(trial.settings[each] for each in SETTINGS), trial.value]


def best_row(method: str, trials: Sequence[search.Trial]) -> list[Any]:
    """`trial_row` of the best trial."""
    winner = search.best(trials)
    return trial_row(method, trials.index(winner) + 1, winner)
