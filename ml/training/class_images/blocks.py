"""The tables, plots and pictures of `class-images` for one data set."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ml.evaluation import calibration, metrics
from ml.report import Bars, Lines, Picture, Pictures, Table
from ml.training.class_images.ablation import Variant
from ml.training.class_images.problem import Answers, Findings, Floats
from ml.verdict import softmax

SHARES = [f"{share:.0%}" for share in calibration.QUANTILES]


def right(answers: Answers, findings: Findings) -> npt.NDArray[np.bool_]:
    """Which test images are answered rightly."""
    return np.asarray(answers.test.argmax(axis=-1) == findings.problem.test.labels)


def spread(values: Sequence[float]) -> float | None:
    """The standard deviation of a sample (n - 1), None for a single value."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def comparison(findings: Findings) -> Table:
    """Every classifier on the whole test set."""
    labels = findings.problem.test.labels
    rows: list[list[str | int | float | None]] = []
    for each in findings.answers:
        probabilities = softmax(each.test)
        rows.append(
            [
                each.name,
                metrics.accuracy(labels, each.test.argmax(axis=-1)),
                int((~right(each, findings)).sum()),
                float(probabilities.max(axis=-1).mean()),
                calibration.expected_error(probabilities, labels),
                calibration.negative_log_likelihood(each.test, labels),
                each.fit_seconds,
                each.answer_seconds,
            ]
        )
    return Table(
        name=f"{findings.problem.name}-classifiers",
        title=f"Classifiers on {len(labels):,} test images",
        columns=(
            "classifier", "accuracy", "wrong", "mean confidence", "ECE", "NLL",
            "fit seconds", "answer seconds",
        ),
        rows=rows,
        formats={
            "accuracy": ".2%", "mean confidence": ".2%", "ECE": ".2%", "NLL": ".4f",
            "fit seconds": ".1f", "answer seconds": ".1f",
        },
    )  # fmt: skip


def seeds(findings: Findings) -> Table:
    """Each network: accuracy, temperature, calibration before and after."""
    labels = findings.problem.test.labels
    rows: list[list[str | float | None]] = []
    for network in findings.networks:
        before, after = errors_of_calibration(findings, network.test, network.temperature)
        rows.append(
            [
                str(network.classifier.card.seed),
                metrics.accuracy(labels, network.test.argmax(axis=-1)),
                network.temperature,
                before,
                after,
                calibration.negative_log_likelihood(network.test, labels),
                calibration.negative_log_likelihood(network.test, labels, network.temperature),
            ]
        )
    figures = np.array([row[1:] for row in rows], float)
    rows.append(["mean", *figures.mean(axis=0).tolist()])
    if len(figures) > 1:
        rows.append(["standard deviation", *figures.std(axis=0, ddof=1).tolist()])
    shares = ("accuracy", "ECE before", "ECE after")
    plain = ("temperature", "NLL before", "NLL after")
    return Table(
        name=f"{findings.problem.name}-seeds",
        title="The network, by seed: before and after temperature scaling",
        columns=("seed", "accuracy", "temperature", "ECE before", "ECE after", "NLL before", "NLL after"),
        rows=rows,
        formats={**dict.fromkeys(shares, ".3%"), **dict.fromkeys(plain, ".4f")},
    )


def errors_of_calibration(findings: Findings, logits: Floats, temperature: float) -> tuple[float, float]:
    """ECE on the test images without and with the temperature."""
    labels = findings.problem.test.labels
    before, after = (
        calibration.expected_error(calibration.scaled(logits, each), labels) for each in (1.0, temperature)
    )
    return before, after


def quantiles(findings: Findings) -> Table:
    """Quantiles of the confidence of every classifier; of the network also by right and wrong answers."""
    rows = [(each.name, softmax(each.test)) for each in findings.answers]
    network = findings.answers[0]
    good = right(network, findings)
    rows[1:1] = [
        (f"{network.name}, {kind}", softmax(network.test)[chosen])
        for kind, chosen in (("right answers", good), ("wrong answers", ~good))
        if chosen.any()
    ]
    return Table(
        name=f"{findings.problem.name}-confidence",
        title="Quantiles of the confidence",
        columns=("classifier", "images", *SHARES),
        rows=[
            [name, len(values), *calibration.confidence_quantiles(values).values()] for name, values in rows
        ],
        formats=dict.fromkeys(SHARES, ".2%"),
    )


def histogram(findings: Findings) -> Bars:
    """The share of test images in each of the bins of confidence, without the deskewed classifiers."""
    series, labels = {}, []
    for each in plain(findings):
        diagram = calibration.reliability(softmax(each.test), findings.problem.test.labels)
        # No confidence is below 1/classes.
        shown = [bin for bin in diagram if bin.high > 1 / len(findings.problem.class_names)]
        labels = [f"{bin.low:.0%} - {bin.high:.0%}" for bin in shown]
        series[each.name] = [bin.count / len(each.test) for bin in shown]
    return Bars(
        name=f"{findings.problem.name}-histogram",
        title="Distribution of the confidence over the test images",
        labels=labels,
        series=series,
        y="share of images",
        percent=True,
    )


def plain(findings: Findings) -> list[Answers]:
    """The classifiers that see the images as they are."""
    return [each for each in findings.answers if not each.name.startswith("deskewed")]


def diagram(findings: Findings) -> Lines:
    """Accuracy over confidence, bin by bin; on the diagonal a classifier is as right as it is sure."""
    network, labels = findings.networks[0], findings.problem.test.labels
    said = {each.name: softmax(each.test) for each in plain(findings)}
    said["CNN, scaled"] = calibration.scaled(network.test, network.temperature)
    series = {
        name: [
            (bin.confidence, bin.accuracy)
            for bin in calibration.reliability(probabilities, labels)
            if bin.confidence is not None and bin.accuracy is not None
        ]
        for name, probabilities in said.items()
    }
    return Lines(
        name=f"{findings.problem.name}-reliability",
        title=f"Reliability, {calibration.BINS} bins",
        x="confidence",
        y="accuracy",
        series=series,
        percent=True,
        diagonal=True,
    )


def bins(findings: Findings) -> Table:
    """The reliability diagram of the first network in figures, with the counts that no plot shows."""
    network, labels = findings.networks[0], findings.problem.test.labels
    before, after = (
        calibration.reliability(calibration.scaled(network.test, each), labels)
        for each in (1.0, network.temperature)
    )
    shares = ("from", "to", "confidence", "accuracy", "confidence, scaled", "accuracy, scaled")
    rows = [
        [
            a.low, a.high, a.count, a.confidence, a.accuracy, b.count, b.confidence, b.accuracy,
        ]
        for a, b in zip(before, after, strict=True)
    ]  # fmt: skip
    return Table(
        name=f"{findings.problem.name}-bins",
        title="The network's reliability, before and after temperature scaling",
        columns=(*shares[:2], "images", *shares[2:4], "images, scaled", *shares[4:]),
        rows=rows,
        formats=dict.fromkeys(shares, ".1%"),
    )


def pictures(findings: Findings) -> Pictures:
    """One row by gradient ascent, one by the heuristic for k-NN, each with p(class) of network and k-NN."""
    names, classes = findings.problem.class_names, len(findings.problem.class_names)
    images = (findings.ascended.images, findings.typical.images)
    said = [each for each in findings.answers if each.name in ("CNN", "k-nn")]

    def caption(place: int, label: int) -> str:
        shares = (f"{each.name} {each.pictures[place, label]:.0%}" for each in said)
        return f"{names[label]}: {', '.join(shares)}"

    rows = [
        [
            Picture(image=image, caption=caption(row * classes + label, label))
            for label, image in enumerate(made)
        ]
        for row, made in enumerate(images)
    ]
    return Pictures(
        name=f"{findings.problem.name}-pictures",
        title="By gradient ascent on the network (first row), by the neighbours of k-NN (second row)",
        rows=rows,
    )


def agreement(findings: Findings) -> Table:
    """What every classifier says to each of the pictures: p(class), and how many it agrees with."""
    names = findings.problem.class_names
    rows: list[list[str | float | int]] = []
    for made, start in (("ascent", 0), ("neighbours", len(names))):
        for each in findings.answers:
            said = each.pictures[start : start + len(names)]
            agreed = int((said.argmax(axis=-1) == np.arange(len(names))).sum())
            rows.append([made, each.name, agreed, *np.diag(said).tolist()])
    return Table(
        name=f"{findings.problem.name}-agreement",
        title=f"p(class) of the pictures, and how many of the {len(names)} are answered as that class",
        columns=("made by", "asked", "agreed", *names),
        rows=rows,
        formats=dict.fromkeys(names, ".1%"),
    )


def without(variants: Sequence[Variant]) -> Table:
    """The ablation: validation accuracy of each variant, mean and spread over seeds."""
    whole = float(np.mean(variants[0].accuracies))
    rows = [
        [
            each.name,
            each.parameters,
            float(np.mean(each.accuracies)),
            spread(each.accuracies),
            float(np.mean(each.accuracies)) - whole,
        ]
        for each in variants
    ]
    shares = ("validation accuracy", "standard deviation", "difference")
    return Table(
        name="ablation",
        title=f"The network with one part changed, {len(variants[0].accuracies)} seeds",
        columns=("variant", "parameters", *shares),
        rows=rows,
        formats={"parameters": ",", **dict.fromkeys(shares, ".2%")},
    )
