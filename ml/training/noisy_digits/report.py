"""The report of a run on noisy digits: who is best, and whether that is more than chance."""

from collections.abc import Sequence
from pathlib import Path

from ml.report import Report, facts
from ml.training.noisy_digits import blocks
from ml.training.noisy_digits.found import Found, best, by_fold, mean, paired, spread

TESTS = (
    "McNemar's exact test compares two networks of one seed on the same test images; only images that one of"
    " them got right count. The corrected resampled t-test of Nadeau and Bengio compares two networks fold by"
    " fold and allows for the overlap of the folds' training images.\n\n"
    "The p-values are corrected by Holm's method for the number of pairs. The conclusion calls a difference"
    " significant with a corrected p below the recipe's level; of several seeds it gives the largest."
)
NOISES = (
    "The same networks, trained under the one noise of the recipe, measured under others that they have never"
    " seen, means over seeds; beside them the models for the zoo, trained under a mixture of all of them."
)
SPEED = (
    "One epoch of the last network on the same images: with the batches of the recipe, whose noise and"
    " variations are made while training, and with Keras's plain fit on arrays."
)
CURVES = "Of the first seed. Accuracy on the training batches is under dropout and their variations."


def write(found: Found, output: Path, *, seed: int, files: Sequence[Path], started: float) -> None:
    """Write the report of `found` into `output`."""
    report = Report(
        name=found.recipe.name,
        title=found.recipe.title,
        summary=_summary(found),
        facts=facts(found.recipe, seed=seed, data=list(files), started=started),
    )
    for name, network in found.networks.items():
        values = found.accuracies(name)
        at_least = network.at_least if found.data else None
        report.headline(
            f"{network.title}, {found.where}", mean(values), spread=spread(values), at_least=at_least
        )
    for name, fold in found.folds.items():
        scores = fold["scores"]
        report.headline(
            f"{found.title(name)}, mean of {len(scores)} folds", mean(scores), spread=spread(scores)
        )
    for name, card in found.cards.items():
        report.headline(f"{name}, MNIST test without noise", card.metrics["test_accuracy"])
    report.section("Conclusion", _conclusion(found))
    report.section("Accuracy", _accuracy_text(found), blocks.accuracy(found), blocks.bars(found))
    report.section(
        "Is the difference more than chance?", TESTS, blocks.mcnemar(found), blocks.fold_tests(found)
    )
    report.section(
        "Learning curves",
        CURVES,
        *blocks.learning_curves(found),
    )
    if found.folds:
        report.section("Cross-validation", _fold_text(found), *blocks.folds(found))
    if found.data:
        report.section("Other noises", NOISES, blocks.by_noise(found))
    report.section("Where they err", "Of the first seed.", *blocks.errors(found))
    report.section("Speed", SPEED, blocks.speed(found))
    report.write(output)


def _summary(found: Found) -> str:
    winner = best(found)
    values = found.accuracies(winner)
    source = (
        "noisy digits given as arrays"
        if found.data is None
        else f"MNIST's digits under the noise {found.where}, drawn once for the test images"
    )
    return (
        f"{len(found.networks)} networks on {source}: {len(values)} trainings of each and"
        f" {found.evaluation.folds} folds. Best is {found.title(winner)} with {mean(values):.2%} of"
        f" {len(found.sets[''].labels)} test images."
    )


def _accuracy_text(found: Found) -> str:
    return (
        f"On the {len(found.sets[''].labels)} test images ({found.where}), mean and standard deviation over"
        " seeds; the epoch of each training was chosen on validation images."
    )


def _conclusion(found: Found) -> str:
    """A paragraph for every pair: which is better, and which tests say so."""
    pairs = found.pairs(found.networks)
    return "\n\n".join(_verdict(found, first, second) for first, second in pairs)


def _verdict(found: Found, first: str, second: str) -> str:
    """A test calls a difference significant when p is small and its direction that of the test images."""
    gain = mean(found.accuracies(first)) - mean(found.accuracies(second))
    better, worse = (first, second) if gain > 0 else (second, first)
    level = found.evaluation.significance
    seeds = [
        (test.only_first - test.only_second, p)
        for one, other, _, test, p in paired(found)
        if (one, other) == (first, second)
    ]
    folds = [
        (test.difference, p) for one, other, test, p in by_fold(found) if (one, other) == (first, second)
    ]
    said = []
    for place, tests in (
        (f"on the test images with each of {len(seeds)} seeds", seeds),
        ("over the folds", folds),
    ):
        if tests:
            agree = all(difference * gain > 0 and p < level for difference, p in tests)
            verdict = "significant" if agree else "not significant"
            said.append(f"{verdict} {place} (p {max(p for _, p in tests):.2g})")
    return (
        f"{found.title(better)} gets {100 * abs(gain):.2f} percentage points more of the test images right"
        f" than {found.title(worse)}: {', '.join(said)}."
    )


def _fold_text(found: Found) -> str:
    first = next(iter(found.folds.values()))
    return (
        f"{found.evaluation.folds} stratified folds of {first['training'] + first['test']} training images:"
        f" {first['training']} to train on and {first['test']} to measure on. Nothing is chosen on the fold"
        " that is measured: its accuracy is that after the last epoch."
    )
