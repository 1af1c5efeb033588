"""The report of `class-images`: what was found, in words and blocks."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.evaluation import metrics
from ml.report import Report, usual
from ml.training.class_images import blocks
from ml.training.class_images.ablation import Variant
from ml.training.class_images.problem import Findings
from ml.training.class_images.recipe import Training
from ml.training.recipe import Recipe

# On MNIST: what was published before, what must be reached, what is aimed at.
MARKS = {
    "k-nn": {"theirs": 0.9688, "at_least": 0.97},
    "logistic-regression": {"theirs": 0.9258, "at_least": 0.926},
    "svm": {"at_least": 0.984},
    "random-forest": {"at_least": 0.97},
    "deskewed k-nn": {"at_least": 0.97, "aim": 0.985},
    "deskewed logistic-regression": {"at_least": 0.926, "aim": 0.95},
    "deskewed svm": {"at_least": 0.984, "aim": 0.99},
    "deskewed random-forest": {"at_least": 0.97, "aim": 0.98},
}


def write(
    findings: Sequence[Findings],
    variants: Sequence[Variant],
    missing: Mapping[str, str],
    *,
    recipe: Recipe,
    how: Training,
    facts: Mapping[str, Any],
    output: Path,
) -> None:
    """Write the report of a whole run into `output`; `missing` says of sets left out why."""
    report = Report(
        name=recipe.name,
        title=recipe.title,
        summary=" ".join(_sentence(each) for each in findings),
        facts=facts,
    )
    for each in findings:
        _headlines(report, each)
    for each in findings:
        _sections(report, each)
    report.section(
        f"Ablation on {findings[0].problem.title}",
        f"Every variant learned from the same {how.ablation_share:.0%} of the learning images and is"
        " judged on the validation images, so that the test set has no part in any choice.",
        blocks.without(variants),
    )
    if missing:
        report.section("Left out", "\n\n".join(f"{title}: {reason}" for title, reason in missing.items()))
    report.write(output)


def accuracies(findings: Findings) -> list[float]:
    """Test accuracy of the network, for each seed."""
    labels = findings.problem.test.labels
    return [metrics.accuracy(labels, each.test.argmax(axis=-1)) for each in findings.networks]


def _sentence(findings: Findings) -> str:
    said = {each.name: float(blocks.right(each, findings).mean()) for each in findings.answers[1:]}
    best = max(said, key=lambda name: said[name])
    return (
        f"{findings.problem.title}: the network answers {np.mean(accuracies(findings)):.2%} of"
        f" {len(findings.problem.test.labels):,} test images rightly, {best}, the best of the other"
        f" classifiers, {said[best]:.2%}."
    )


def _headlines(report: Report, findings: Findings) -> None:
    title, values = findings.problem.title, accuracies(findings)
    on_mnist = findings.problem.name == "mnist"
    report.headline(
        f"CNN, {title} test",
        float(np.mean(values)),
        spread=blocks.spread(values),
        theirs=0.99 if on_mnist else None,
    )
    for each in findings.answers[1:]:
        marks = MARKS.get(each.name, {}) if on_mnist else {}
        value = float(blocks.right(each, findings).mean())
        report.headline(
            f"{each.name}, {title} test",
            value,
            theirs=marks.get("theirs"),
            at_least=marks.get("at_least"),
            aim=marks.get("aim"),
        )
    errors = [
        blocks.errors_of_calibration(findings, each.test, each.temperature) for each in findings.networks
    ]
    for name, column in (("before", 0), ("after", 1)):
        chosen = [pair[column] for pair in errors]
        asked = on_mnist and name == "after"
        report.headline(
            f"ECE of the CNN {name} temperature scaling, {title}",
            float(np.mean(chosen)),
            spread=blocks.spread(chosen),
            at_least=0.005 if asked else None,
            aim=0.002 if asked else None,
        )


def _sections(report: Report, findings: Findings) -> None:
    problem, network = findings.problem, findings.networks[0]
    name, title = problem.name, problem.title
    answers = network.test.argmax(axis=-1)
    report.section(
        f"{title}: the classifiers",
        f"The network learned from {len(problem.learning.labels):,} images and was watched on"
        f" {len(problem.validation.labels):,}; the others, for which nothing is chosen here, learned from all"
        f" {len(problem.training.labels):,}. The row of the network is that of the first seed.",
        blocks.comparison(findings),
        *usual.curves(f"{name}-curves", f"CNN on {title}", network.history),
        usual.classification(
            f"{name}-classes", "The network by class", problem.test.labels, answers, problem.class_names
        ),
        usual.confusion(
            f"{name}-confusion", "The network's mistakes", problem.test.labels, answers, problem.class_names
        ),
    )
    report.section(
        f"{title}: confidence",
        "Confidence is the largest probability of an answer. That of k-NN and of the forest is a share of"
        " neighbours or trees, so it takes few values.",
        blocks.quantiles(findings),
        blocks.histogram(findings),
    )
    report.section(
        f"{title}: calibration",
        "The temperature is fitted on the validation images by minimising the negative log likelihood; it"
        " changes no answer. ECE has 15 equal-width bins. The other classifiers are shown as they are.",
        blocks.seeds(findings),
        blocks.diagram(findings),
        blocks.bins(findings),
    )
    margins = findings.typical.margin
    report.section(
        f"{title}: an image for each class",
        "First row: gradient ascent on the pixels until the network is sure of the class, starting from a"
        " plain grey, with total variation, L2, blur, jitter and grain against noise.\n\n"
        "Second row: k-NN has no gradient, and is sure of most training images. Shown is the one of those"
        " tried that stands deepest among its class (the nearest image of another class is farthest beyond"
        " its own neighbours), averaged with its mutual neighbours."
        f" {int((margins < 0).sum())} of {len(margins)} classes have no image whose neighbours are all of"
        " the class.",
        blocks.pictures(findings),
        blocks.agreement(findings),
    )
