"""The report of the study of digit networks."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from ml.architectures.digits_cnn import MOMENTUM
from ml.datasets.locate import locate
from ml.datasets.mnist import FILE
from ml.report import Lines, Report, Table, facts
from ml.report.blocks import Row
from ml.training import search
from ml.training.digit_study.blocks import SETTINGS, accuracy_bars, accuracy_table, best_row, mixed, trial_row
from ml.training.digit_study.fit import Result
from ml.training.digit_study.recipe import CNN, GRU
from ml.training.digit_study.steps import Found
from ml.training.recipe import Recipe

TITLES = {CNN: "CNN", GRU: "CNN×GRU"}
KEPT_AT_LEAST = 0.8


def write(
    recipe: Recipe, found: Found, *, data: Path | None, output: Path, seed: int, started: float
) -> None:
    """Write the report of `found` into `output`."""
    report = Report(
        name=recipe.name,
        title=recipe.title,
        summary=_summary(found),
        facts=facts(recipe, seed=seed, data=[locate(FILE, data=data)], started=started),
    )
    _headlines(report, found)
    _comparison(report, found)
    _speed(report, found)
    _searches(report, found)
    _folds(report, found)
    _ablation(report, found)
    _test(report, found)
    report.write(output)


def _summary(found: Found) -> str:
    compared, sizes = (
        ", ".join(f"{size:,} {kind}" for kind, size in each.items()) for each in (found.compared, found.sizes)
    )
    accuracy = {family: mixed(results)[0] for family, results in found.comparison.items()}
    better, worse = sorted(accuracy, key=lambda family: accuracy[family], reverse=True)
    return (
        f"Which network, with which settings? Trained on {compared} digits, {TITLES[better]} answered "
        f"{accuracy[better]:.2%} of the validation digits of all kinds, {TITLES[worse]} "
        f"{accuracy[worse]:.2%}. What follows is about the first, on {sizes} digits. These are short "
        "trainings, for choosing: the final trainings are other recipes."
    )


def _headlines(report: Report, found: Found) -> None:
    value, spread = mixed(found.folds)
    name = TITLES[found.chosen.family]
    report.headline(
        f"{name} with the settings found, {len(found.folds)} folds, mixed test", value, spread=spread
    )
    for family, rates in found.speeds.items():
        figure = f"{TITLES[family]}: images a second with augmentation, of those of plain fit"
        report.headline(figure, rates["kept"], at_least=KEPT_AT_LEAST)


def _comparison(report: Report, found: Found) -> None:
    settings = "; ".join(
        f"{TITLES[family]}: learning rate {each.learning_rate:g}, weight decay {each.weight_decay:g}"
        for family, each in found.theirs.items()
    )
    report.section(
        "Comparison",
        "Both networks as published, with the optimizers that they were published with "
        f"({settings}; AdamW, which is what Keras's Adam with a weight decay is too), on the same digits: "
        f"epochs {found.how.epochs}, seeds {found.how.compared_seeds}. Accuracy on validation digits, mean "
        "and standard deviation over the seeds; mixed is the mean over the kinds. The better on mixed goes "
        "on.",
        accuracy_table(
            "comparison",
            "The two networks, validation",
            "network",
            _named(found.comparison),
            found.how.compared_seeds,
        ),
        accuracy_bars("comparison-kinds", "The two networks by kind", _named(found.comparison)),
        Lines(
            name="comparison-curves",
            title="Training, first seed",
            x="epoch",
            y="accuracy",
            series={
                TITLES[family]: list(enumerate(results[0]["history"]["accuracy"], 1))
                for family, results in found.comparison.items()
            },
            percent=True,
        ),
    )


def _speed(report: Report, found: Found) -> None:
    ways = ("plain", "pipeline", "inference")
    rows: list[Row] = [
        [TITLES[family], *(rates[way] for way in ways), rates["kept"]]
        for family, rates in found.speeds.items()
    ]
    first, second = (found.speeds[family] for family in (CNN, GRU))
    rows.append(["CNN / CNN×GRU", *(first[way] / second[way] for way in ways), None])
    report.section(
        "Speed",
        f"Images a second in {found.how.precision}, medians of {found.how.rounds} rounds in which all take "
        "turns on this machine, whatever else it does: the ratios say more than the figures. With "
        "augmentation means the batches of the final trainings, in which every digit is made anew; plain is "
        "fit on the same arrays; kept is the first as a part of the second, at least 80 % being asked.",
        Table(
            name="speed",
            title="Images a second",
            columns=("network", "training, plain fit", "training, with augmentation", "inference", "kept"),
            rows=rows,
            formats={
                "training, plain fit": ".4g",
                "training, with augmentation": ".4g",
                "inference": ".4g",
                "kept": ".0%",
            },
        ),
    )


def _searches(report: Report, found: Found) -> None:
    trials = [
        (method, number, trial)
        for method, made in found.searches.items()
        for number, trial in enumerate(made, 1)
    ]
    formats = {"learning_rate": ".2e", "weight_decay": ".2e", "dropout": ".2f", "accuracy": ".2%"}
    report.section(
        "Searches",
        f"{TITLES[found.chosen.family]}, {found.how.trials} trials for each search, {found.how.trial_epochs} "
        f"epochs each, all with the same seed; the first {found.how.begun} are common to both. Random search "
        "draws every trial by itself; Bayesian search (tree-structured Parzen estimator) draws it from what "
        "the earlier ones gave. Dropout is a factor on all rates, width one on the layers behind the "
        "convolutions. The value is the accuracy on the mixed validation digits, which the best of several "
        "overstates a little: the folds below measure the settings again. From here on batch normalisation's "
        f"moving figures keep {found.how.momentum:.0%} of themselves at each step, as its usual "
        f"{MOMENTUM:.0%} would not have settled in so few.",
        Table(
            name="search-best",
            title="The best of each search",
            columns=("search", "trial", *SETTINGS, "accuracy"),
            rows=[best_row(method, made) for method, made in found.searches.items()],
            formats=formats,
        ),
        Lines(
            name="search-progress",
            title="The best trial so far",
            x="trial",
            y="accuracy",
            series={
                method: list(enumerate(search.best_so_far(made), 1))
                for method, made in found.searches.items()
            },
            percent=True,
        ),
        Table(
            name="search-trials",
            title="All trials",
            columns=("search", "trial", *SETTINGS, "accuracy"),
            rows=[trial_row(*each) for each in trials],
            formats=formats,
        ),
    )


def _folds(report: Report, found: Found) -> None:
    count = len(found.folds)
    histories = [result["history"] for result in found.folds]
    ends = [history["val_accuracy"][-1] for history in histories]
    rows: list[Row] = [
        [str(number), history["accuracy"][-1], end]
        for number, (history, end) in enumerate(zip(histories, ends, strict=True), 1)
    ]
    training = [history["accuracy"][-1] for history in histories]
    rows.append(["mean", statistics.mean(training), statistics.mean(ends)])
    rows.append(["standard deviation", statistics.stdev(training), statistics.stdev(ends)])
    report.section(
        "Cross-validation",
        f"The settings found, {count} times {found.how.fold_epochs} epochs, each time without another fold, "
        "which is then answered. Folds have equal shares of every class and kind, and no digit is on both "
        "sides in different kinds. Held out: "
        f"{statistics.mean(ends):.2%} ± {statistics.stdev(ends):.2%}.",
        Lines(
            name="fold-curves",
            title="Accuracy on the fold held out",
            x="epoch",
            y="accuracy",
            series={
                f"fold {number}": list(enumerate(history["val_accuracy"], 1))
                for number, history in enumerate(histories, 1)
            },
            percent=True,
        ),
        Table(
            name="folds",
            title="Accuracy after the last epoch",
            columns=("fold", "training", "held out"),
            rows=rows,
            formats={"training": ".2%", "held out": ".2%"},
        ),
    )


def _ablation(report: Report, found: Found) -> None:
    chosen = found.chosen
    report.section(
        "Ablation",
        f"{TITLES[chosen.family]} with the widths and dropout as published, and the learning rate "
        f"({chosen.learning_rate:.2e}), weight decay ({chosen.weight_decay:.2e}) and batch size "
        f"({chosen.batch_size}) found; each variant {found.how.ablation_epochs} epochs of as many steps, "
        f"{found.how.seeds} seeds. Without augmentation trains on the same digits as they were. Accuracy on "
        "validation digits. A training this short favours what learns fast: that dropout pays only later is "
        "no contradiction.",
        accuracy_table("ablation", "Without one part", "variant", found.ablation, found.how.seeds),
        accuracy_bars("ablation-kinds", "Without one part, by kind", found.ablation),
    )


def _test(report: Report, found: Found) -> None:
    report.section(
        "Test digits, once",
        f"The {len(found.folds)} networks of the cross-validation on the test digits in every kind, mean and "
        "standard deviation over the networks. Nothing was chosen by these figures.",
        accuracy_table(
            "test",
            "The settings found, test",
            "network",
            {TITLES[found.chosen.family]: found.folds},
            len(found.folds),
        ),
    )


def _named(results: Mapping[str, Sequence[Result]]) -> dict[str, Sequence[Result]]:
    return {TITLES[family]: each for family, each in results.items()}
