"""Tables, curves and pictures of a report on photos in class folders."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.card import Card
from ml.evaluation import calibration
from ml.images import resize
from ml.report import Bars, Lines, Picture, Pictures, Table
from ml.report.blocks import Block
from ml.report.usual import classification, confusion
from ml.training.photos import files as photo_files
from ml.training.photos.figures import Tested, plan_of
from ml.verdict import softmax, unsure

PARTS = ("train", "validation", "test")
SHOWN_SIDE = 160
SHOWN = 16
A_ROW = 8
# More classes than this have no confusion matrix that could be read.
MOST_DRAWN = 40


def counts(card: Card, tested: Tested) -> list[Block]:
    """How many photos are in which part, by class and by source, and how many look like another."""
    photos, split, groups = (tested.divided.photos, tested.divided.split, tested.divided.groups)
    listed = list(photo_files.rows(photos, split, groups))
    blocks: list[Block] = [_by_part("classes", "Photos by class", "class", photos.class_names, listed, 2)]
    if plan_of(card).sources:
        sources = sorted(set(photos.sources()))
        blocks.append(_by_part("sources", "Photos by source", "source", sources, listed, 5))
    alike = len(photos) - len(np.unique(groups))
    blocks.append(
        Table(
            name="near-duplicates",
            title="Photos that look like another",
            columns=("photos", "groups", "like another"),
            rows=[[len(photos), len(np.unique(groups)), alike]],
        )
    )
    return blocks


def _by_part(
    name: str, title: str, kind: str, names: Sequence[str], listed: Sequence[Sequence[Any]], column: int
) -> Table:
    """How many photos of each class or source are in each part; `column` of the list says which it is."""
    found = Counter((row[column], row[3]) for row in listed)
    rows: list[list[Any]] = [[each, *(found[each, part] for part in PARTS)] for each in names]
    rows.append(["all", *(sum(found[each, part] for each in names) for part in PARTS)])
    return Table(
        name=name, title=title, columns=(kind, *PARTS, "all"), rows=[[*row, sum(row[1:])] for row in rows]
    )


def curves(histories: Mapping[str, Mapping[str, Sequence[float]]]) -> list[Block]:
    """The stages one after the other on one axis of epochs, each a curve of its own."""
    losses: dict[str, list[tuple[float, float]]] = {}
    rates: dict[str, list[tuple[float, float]]] = {}
    rows: list[list[Any]] = []
    epoch = 0
    for stage, history in histories.items():
        for place, loss in enumerate(history["loss"]):
            epoch += 1
            checked, rate = history["val_loss"][place], history["learning_rate"][place]
            losses.setdefault(f"{stage}, training", []).append((epoch, loss))
            losses.setdefault(f"{stage}, validation", []).append((epoch, checked))
            rates.setdefault(stage, []).append((epoch, rate))
            rows.append([epoch, stage, loss, checked, rate])
    return [
        Lines(name="curves-loss", title="Loss", x="epoch", y="loss", series=losses),
        Lines(name="curves-rate", title="Learning rate", x="epoch", y="learning rate", series=rates),
        Table(
            name="epochs",
            title="Every epoch",
            columns=("epoch", "stage", "loss", "validation loss", "learning rate"),
            rows=rows,
            formats={"loss": ".4f", "validation loss": ".4f", "learning rate": ".2g"},
        ),
    ]


def answers(card: Card, tested: Tested, right: npt.NDArray[np.bool_]) -> list[Block]:
    """Accuracy by class and source, what is taken for what, precision and recall."""
    answered, names = tested.logits.argmax(axis=-1), card.class_names
    doubts = unsure(tested.logits, card.unsure)
    rows: list[list[Any]] = [["all photos", "", len(right), float(right.mean()), float(doubts.mean())]]
    kinds = {"class": [names[label] for label in tested.truth]}
    if plan_of(card).sources:
        sources = tested.divided.photos.sources()
        kinds["source"] = [sources[index] for index in tested.divided.split.test]
    for kind, values in kinds.items():
        for value in sorted(set(values)):
            here = np.array(values) == value
            rows.append([kind, value, int(here.sum()), float(right[here].mean()), float(doubts[here].mean())])
    blocks: list[Block] = [
        Table(
            name="accuracy",
            title="Accuracy",
            columns=("of", "name", "photos", "accuracy", "unsure"),
            rows=rows,
            formats={"accuracy": ".2%", "unsure": ".2%"},
        ),
        classification("report-by-class", "By class", tested.truth, answered, names),
    ]
    if len(names) <= MOST_DRAWN:
        blocks.insert(1, confusion("confusion", "What is taken for what", tested.truth, answered, names))
    return blocks


def confidence(card: Card, tested: Tested, right: npt.NDArray[np.bool_]) -> list[Block]:
    """Confidence of right and wrong answers, what any threshold would cost, figures from elsewhere."""
    sureness = softmax(tested.logits).max(axis=-1)
    quantiles = (0.0, 0.01, 0.05, 0.25, 0.5, 1.0)
    rows: list[list[Any]] = [
        [name, int(part.sum()), *(float(np.quantile(sureness[part], each)) for each in quantiles)]
        for name, part in (("right", right), ("wrong", ~right))
        if part.any()
    ]
    thresholds = np.unique(np.r_[0.0, np.linspace(0.3, 0.98, 35), 0.99, 0.995, 0.999])
    sure = [sureness >= each for each in thresholds]
    pairs = [(float(each), part) for each, part in zip(thresholds, sure, strict=True) if part.any()]
    blocks: list[Block] = [
        Table(
            name="confidence",
            title="Quantiles of the confidence",
            columns=("answer", "photos", *(f"{each:.0%}" for each in quantiles)),
            rows=rows,
            formats={f"{each:.0%}": ".4f" for each in quantiles},
        ),
        Lines(
            name="thresholds",
            title="What another threshold would do",
            x="threshold",
            y="share",
            series={
                "called unsure": [(each, float(1 - part.mean())) for each, part in pairs],
                "right among the sure": [(each, float(right[part].mean())) for each, part in pairs],
            },
            percent=True,
        ),
    ]
    found = {name: value for name, value in card.metrics.items() if name.startswith(("strangers", "unseen"))}
    shares = {name: value for name, value in found.items() if not name.endswith("images")}
    if shares:
        blocks.append(
            Bars(
                name="elsewhere",
                title="On photos from elsewhere",
                labels=list(shares),
                series={"share": list(shares.values())},
                percent=True,
            )
        )
    return blocks


def pictures(card: Card, tested: Tested, right: npt.NDArray[np.bool_]) -> list[Block]:
    """Wrong answers and doubtful ones."""
    sureness = softmax(tested.logits).max(axis=-1)
    wrong = np.flatnonzero(~right)
    doubtful = np.flatnonzero(right)
    chosen = {
        "wrong": ("Wrong answers", wrong[np.argsort(-sureness[wrong])]),
        "doubtful": ("Right answers of the least confidence", doubtful[np.argsort(sureness[doubtful])]),
    }
    return [
        Pictures(
            name=name, title=title, rows=_in_rows(_picture(card, tested, each) for each in places[:SHOWN])
        )
        for name, (title, places) in chosen.items()
        if len(places)
    ]


def calibrated(tested: Tested) -> list[Block]:
    """Whether an answer of so much confidence is right so often."""
    probabilities = softmax(tested.logits)
    diagram = calibration.reliability(probabilities, tested.truth)
    held = [each for each in diagram if each.confidence is not None and each.accuracy is not None]
    return [
        Table(
            name="calibration",
            title="Expected calibration error",
            columns=("bins", "error", "negative log likelihood"),
            rows=[
                [
                    len(diagram),
                    calibration.expected_error(probabilities, tested.truth),
                    calibration.negative_log_likelihood(tested.logits, tested.truth),
                ]
            ],
            formats={"error": ".2%", "negative log likelihood": ".4f"},
        ),
        Table(
            name="reliability",
            title="By confidence",
            columns=("from", "to", "photos", "confidence", "accuracy"),
            rows=[[each.low, each.high, each.count, each.confidence, each.accuracy] for each in held],
            formats=dict.fromkeys(("from", "to", "confidence", "accuracy"), ".1%"),
        ),
    ]


def _picture(card: Card, tested: Tested, place: int) -> Picture:
    """A test photo as the model sees it, with the truth, the answer and its confidence."""
    chances = softmax(tested.logits[place : place + 1])[0]
    truth, answer = card.class_names[tested.truth[place]], card.class_names[chances.argmax()]
    shown = f"{truth}" if truth == answer else f"{truth} → {answer}"
    height, width, _ = card.input_shape
    seen = resize(photo_files.read(tested.paths[place]), (height, width))
    side = min(SHOWN_SIDE, height)
    return Picture(
        image=resize(seen, (side, round(side * width / height))),
        caption=f"{shown}, {chances.max():.1%}, {tested.paths[place].name}",
    )


def _in_rows(pictures: Iterable[Picture]) -> list[list[Picture]]:
    every = list(pictures)
    return [every[start : start + A_ROW] for start in range(0, len(every), A_ROW)]
