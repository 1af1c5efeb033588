"""The report of the adversarial challenge: their protocol with its three slips, then the honest one."""

from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

import numpy as np

from ml.classifier import Classifier
from ml.images import to_float
from ml.report import Bars, Lines, Report, Table, facts
from ml.report.blocks import Row
from ml.report.usual import classification, confusion, curves
from ml.training.challenge import text
from ml.training.challenge.attacks import FGSM_NAME
from ml.training.challenge.data import Digits
from ml.training.challenge.figures import Swept
from ml.training.challenge.pictures import pictures
from ml.training.challenge.slips import EPSILON, LIMIT, Rows, Slips
from ml.training.challenge.training import Training
from ml.training.fit import Series
from ml.training.recipe import Recipe

BEFORE, AFTER = "plain network", "after adversarial training"
# What the original prints: clean and adversarial accuracy, before and after its retraining.
THEIRS = (0.9775, 0.0107, 0.9775, 1.0)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The ε of the honest protocol, ascending, and how many steps its PGD makes."""

    epsilons: tuple[float, ...]
    pgd_steps: int


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a run found. Pairs are of the plain network and of the one after adversarial training."""

    how: Training
    evaluation: Evaluation
    before: Classifier
    after: Classifier
    seeds: list[dict[str, float]]
    slips: Slips
    honest: tuple[Swept, Swept]
    strange: tuple[Swept, Swept]
    histories: tuple[Series, Series]

    def of_seeds(self, figure: str) -> tuple[float, float | None]:
        """Mean and standard deviation over the seeds; a single seed has no deviation."""
        values = [each[figure] for each in self.seeds]
        return mean(values), stdev(values) if len(values) > 1 else None


def report(recipe: Recipe, found: Found, digits: Digits, *, seed: int, file: Path, started: float) -> Report:
    """The whole report, not yet written."""
    clean, spread = found.of_seeds("accuracy")
    attacked, attacked_spread = found.of_seeds("accuracy under FGSM")
    made = Report(
        name=recipe.name,
        title=recipe.title,
        summary=text.summary(clean, attacked, found.slips, found.honest, found.evaluation.epsilons[-1]),
        facts=facts(recipe, seed=seed, data=[file], started=started),
    )
    made.headline(
        f"challenge CNN, {len(found.histories[0]['loss'])} epochs, clean",
        clean,
        spread=spread,
        theirs=THEIRS[0],
        at_least=0.985,
        aim=0.989,
    )
    made.headline(f"the same under FGSM, ε = {EPSILON}", attacked, spread=attacked_spread)
    made.headline("after adversarial training, clean", found.after.card.metrics["test_accuracy"])
    for attack, accuracies in found.honest[1].items():
        epsilon, accuracy = list(accuracies.items())[-1]
        made.headline(f"after adversarial training, {attack}, ε = {epsilon}", accuracy)
    _slips(made, found)
    _honest(made, found, digits)
    _trainings(made, found, digits)
    return made


def _slips(made: Report, found: Found) -> None:
    slips = found.slips
    made.section("Their protocol, figure by figure", text.protocol(found.how), _protocol(found))
    small = [row for row in slips.sources if row["epsilon"] == EPSILON]
    made.section(
        "First slip: a loss read as an accuracy",
        text.LOSS,
        _table("slip-loss", f"Loss and accuracy of the trained network, FGSM ε = {EPSILON}", small),
    )
    made.section(
        "Second slip: images made before there was anything to fool",
        text.UNTRAINED,
        _table("slip-untrained", "The trained network, by the network that gave the gradient", slips.sources),
        _bars(slips.sources),
    )
    made.section(
        "Third slip: tested on what was trained on",
        text.ten_images(slips),
        _table("slip-ten", f"Accuracy before and after retraining on their ten, ε = {EPSILON}", slips.ten),
        _table("slip-ten-limit", f"The same with ten that fool the network, ε = {LIMIT}", slips.strong),
    )


def _protocol(found: Found) -> Table:
    """Their four figures, ours counted in their way, and ours counted rightly."""
    ten = next(row for row in found.slips.sources if row["images"] == "the ten" and row["epsilon"] == EPSILON)
    retrained = {row["images"]: row for row in found.slips.ten}
    own = retrained["whole test part, made against the network tested"]
    clean = retrained["whole test part, clean"]
    figures = (
        ("clean", clean["before"], clean["before"], "nothing"),
        ("adversarial", ten["loss"], own["before"], "the loss of ten harmless images, shown as per cent"),
        ("clean after retraining", clean["after"], clean["after"], "nothing"),
        (
            "adversarial after retraining",
            retrained["the ten trained on, as the ten were made"]["after"],
            own["after"],
            "the ten images that were trained on",
        ),
    )
    return Table(
        name="protocol",
        title="Their table, printed and true",
        columns=("figure", "theirs, as printed", "ours, counted so", "ours, whole test part", "what was off"),
        rows=[
            (name, theirs, so, true, off)
            for (name, so, true, off), theirs in zip(figures, THEIRS, strict=True)
        ],
        formats=dict.fromkeys(("theirs, as printed", "ours, counted so", "ours, whole test part"), ".2%"),
    )


def _table(name: str, title: str, rows: Rows) -> Table:
    columns = list(rows[0])
    shares = [column for column in columns if column in ("accuracy", "before", "after")]
    formats = dict.fromkeys(shares, ".2%") | ({"loss": ".4f"} if "loss" in columns else {})
    return Table(
        name=name, title=title, columns=columns, rows=[list(row.values()) for row in rows], formats=formats
    )


def _bars(sources: Rows) -> Bars:
    whole = [row for row in sources if row["images"] != "the ten"]
    names = list(dict.fromkeys(row["gradient of the network"] for row in whole))
    return Bars(
        name="slip-untrained-bars",
        title="Accuracy of the trained network on the whole test part",
        labels=[f"ε = {epsilon}" for epsilon in (EPSILON, LIMIT)],
        series={
            f"gradient {name}": [row["accuracy"] for row in whole if row["gradient of the network"] == name]
            for name in names
        },
        y="accuracy",
        percent=True,
    )


def _honest(made: Report, found: Found, digits: Digits) -> None:
    clean = [each.card.metrics["test_accuracy"] for each in (found.before, found.after)]
    blocks: list[Table | Lines] = [
        _robust("honest", f"Whole test part, {len(digits.tested.labels):,} digits", found.honest, clean),
        Lines(
            name="accuracy-by-epsilon",
            title="Accuracy over ε, whole test part",
            x="ε",
            y="accuracy",
            series={
                f"{name}, {attack}": [
                    (0.0, start),
                    *((float(epsilon), accuracy) for epsilon, accuracy in accuracies.items()),
                ]
                for name, start, swept in zip((BEFORE, AFTER), clean, found.honest, strict=True)
                for attack, accuracies in swept.items()
            },
            percent=True,
        ),
    ]
    if digits.strange is not None:
        clean = [each.card.metrics["mnist_test_accuracy"] for each in (found.before, found.after)]
        title = f"MNIST's own test digits, {len(digits.strange.labels):,} that are not in the file"
        blocks.append(_robust("mnist-test", title, found.strange, clean))
    words = text.honest(found.how, found.evaluation.pgd_steps, digits)
    made.section("The honest protocol", words, *blocks)
    epsilons = found.evaluation.epsilons
    made.section(
        "What it looks like", text.PICTURES, pictures(found.before, found.after, digits.tested, epsilons)
    )


def _robust(name: str, title: str, swept: tuple[Swept, Swept], clean: list[float]) -> Table:
    before, after = swept
    rows = [
        (attack, float(epsilon), accuracy, after[attack][epsilon])
        for attack, accuracies in before.items()
        for epsilon, accuracy in accuracies.items()
    ]
    return Table(
        name=name,
        title=title,
        columns=("attack", "epsilon", BEFORE, AFTER),
        rows=[("none", 0.0, *clean), *rows],
        formats={"epsilon": "g", BEFORE: ".2%", AFTER: ".2%"},
    )


def _trainings(made: Report, found: Found, digits: Digits) -> None:
    made.section(
        "The trainings",
        text.trainings(found.how, digits),
        _seeds(found),
        _speed(found, digits),
        *curves("plain", BEFORE, found.histories[0]),
        *curves("hardened", AFTER, found.histories[1]),
    )
    names = found.before.class_names
    blocks: list[Table] = []
    matrices = []
    for name, title, classifier in (("plain", BEFORE, found.before), ("hardened", AFTER, found.after)):
        truth = digits.tested.labels
        answers = classifier.logits(to_float(digits.tested.images)).argmax(axis=-1).astype(np.int64)
        blocks.append(classification(f"{name}-classes", title, truth, answers, names))
        matrices.append(confusion(f"{name}-confusion", title, truth, answers, names))
    made.section("Which digit is taken for which", text.CONFUSION, *matrices, *blocks)


def _seeds(found: Found) -> Table:
    columns = list(found.seeds[0])
    both = [found.of_seeds(column) for column in columns]
    rows: list[Row] = [(str(number), *each.values()) for number, each in enumerate(found.seeds, 1)]
    rows.append(("mean", *(average for average, _ in both)))
    rows.append(("standard deviation", *(spread for _, spread in both)))
    shares = [column for column in columns if column != "loss"]
    return Table(
        name="seeds",
        title=f"Plain trainings from different seeds; {FGSM_NAME} at ε = {EPSILON}",
        columns=("training", *columns),
        rows=rows,
        formats={"loss": ".4f", **dict.fromkeys(shares, ".2%")},
    )


def _speed(found: Found, digits: Digits) -> Table:
    count = len(digits.learned.labels)
    rows = []
    for name, history in zip(("plain fit", "adversarial training"), found.histories, strict=True):
        seconds = sorted(history["seconds"])[len(history["seconds"]) // 2]
        rows.append((name, len(history["seconds"]), seconds, count / seconds))
    return Table(
        name="speed",
        title="Training steps alone, median over the epochs",
        columns=("training", "epochs", "seconds an epoch", "images a second"),
        rows=rows,
        formats={"seconds an epoch": ".1f", "images a second": ",.0f"},
    )
