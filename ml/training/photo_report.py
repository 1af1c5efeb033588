"""The report of a training on class folders: photos and their parts, curves, answers, pictures, speed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml import files
from ml.card import Card
from ml.datasets.locate import locate
from ml.images import resize
from ml.report import Bars, Lines, Picture, Pictures, Report, Table, facts
from ml.report.blocks import Block
from ml.report.usual import classification, confusion
from ml.training import photo_files
from ml.training.photo_figures import Tested, plan_of
from ml.training.recipe import Recipe
from ml.verdict import softmax, unsure

PARTS = ("train", "validation", "test")
LISTING = "photos.csv"
SHOWN_SIDE = 160
SHOWN = 16
A_ROW = 8
# More classes than this make a table of classes instead of bars and a matrix.
MOST_DRAWN = 40
DATA = (
    "The class of a photo is the name of its folder. Photos that look alike (mirrored ones too) form a group,"
    " and a group is in one part only, so that no test photo was seen in training under another name."
    f" {LISTING} lists every photo with its label, part and group."
)
TRAINING = (
    "The head learns first, on features that stay as they are; later stages free upper blocks at a smaller"
    " rate. After epochs without a better validation loss the learning rate falls (ReduceLROnPlateau), then"
    " the stage ends (EarlyStopping), and its best epoch's weights are kept. The loss includes that of the"
    " strangers, pictures of no class whose right answer is the same probability for every class: it does not"
    " go to zero, and training photos are varied while validation photos are not."
)
TEST = (
    "Whole test part, which was neither trained on nor used to choose anything. Unsure is an answer whose"
    " confidence is below the model's threshold; it counts as right or wrong like any other."
)


def write(
    recipe: Recipe, card: Card, tested: Tested, *, data: Path | None, output: Path, started: float
) -> None:
    """Write the report, and the list of the photos, into the folder `output`.

    Args:
        tested: the answers that the report is about; `card.metrics` only gives what was measured elsewhere.
        started: `time.time()` at the beginning of the run.
    """
    divided, answers = tested.divided, tested.logits.argmax(axis=-1)
    listing = photo_files.table(divided.photos, divided.split, divided.groups)
    files.write_text(output / LISTING, listing)
    right = tested.truth == answers
    page = Report(
        name=recipe.name,
        title=recipe.title,
        summary=_summary(card, tested, right),
        facts=facts(recipe, seed=card.seed, data=[locate(plan_of(card).folder, data=data)], started=started),
    )
    page.headline(f"{card.name}, test photos", float(right.mean()))
    page.section("Photos", DATA, *_counts(card, tested))
    page.section("Training", TRAINING, *_curves(card.training.get("history", {})))
    page.section("Answers to the test photos", TEST, *_answers(card, tested, right))
    page.section("Unsure answers", _unsure_text(card), *_confidence(card, tested, right))
    page.section(
        "Pictures",
        f"The test photos as the model sees them: first those that it answered wrongly, {int((~right).sum())}"
        " in all, the most confident first; then the right answers of the least confidence.",
        *_pictures(card, tested, right),
    )
    page.section(
        "Speed",
        "From photo files on disk to answers: decoding, resizing and the network, in batches.",
        Table(
            name="speed",
            title="Test photos",
            columns=("photos", "seconds", "photos a second"),
            rows=[[len(right), tested.seconds, len(right) / tested.seconds]],
            formats={"seconds": ".1f", "photos a second": ".1f"},
        ),
    )
    page.write(output)


def _summary(card: Card, tested: Tested, right: npt.NDArray[np.bool_]) -> str:
    doubts = unsure(tested.logits, card.unsure)
    wrong = int((~right).sum())
    return (
        f"{right.mean():.2%} of {len(right):,} test photos of {len(card.class_names)} classes are answered"
        f" rightly ({wrong} wrongly), {doubts.mean():.2%} of them are called unsure. The network"
        f" ({card.architecture}, {card.parameters:,} parameters) learned from"
        f" {len(tested.divided.split.train):,} photos."
    )


def _counts(card: Card, tested: Tested) -> list[Block]:
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
    counts = Counter((row[column], row[3]) for row in listed)
    rows: list[list[Any]] = [[each, *(counts[each, part] for part in PARTS)] for each in names]
    rows.append(["all", *(sum(counts[each, part] for each in names) for part in PARTS)])
    return Table(
        name=name, title=title, columns=(kind, *PARTS, "all"), rows=[[*row, sum(row[1:])] for row in rows]
    )


def _curves(histories: Mapping[str, Mapping[str, Sequence[float]]]) -> list[Block]:
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


def _answers(card: Card, tested: Tested, right: npt.NDArray[np.bool_]) -> list[Block]:
    answers, names = tested.logits.argmax(axis=-1), card.class_names
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
        classification("report-by-class", "By class", tested.truth, answers, names),
    ]
    if len(names) <= MOST_DRAWN:
        blocks.insert(1, confusion("confusion", "What is taken for what", tested.truth, answers, names))
    return blocks


def _unsure_text(card: Card) -> str:
    text = f"Below a {card.unsure.score} of {card.unsure.threshold:g} an answer is called unsure."
    elsewhere = [name for name in card.metrics if name.startswith(("strangers", "unseen"))]
    if elsewhere:
        text += (
            " Strangers are CIFAR-10's classes that show none of the model's and were not trained on; unseen"
            " ones are its classes that do, a source that was never trained on (figures of the card)."
        )
    return text


def _confidence(card: Card, tested: Tested, right: npt.NDArray[np.bool_]) -> list[Block]:
    """Confidence of right and wrong answers, what any threshold would cost, figures from elsewhere."""
    confidence = softmax(tested.logits).max(axis=-1)
    quantiles = (0.0, 0.01, 0.05, 0.25, 0.5, 1.0)
    rows: list[list[Any]] = [
        [name, int(part.sum()), *(float(np.quantile(confidence[part], each)) for each in quantiles)]
        for name, part in (("right", right), ("wrong", ~right))
        if part.any()
    ]
    thresholds = np.unique(np.r_[0.0, np.linspace(0.3, 0.98, 35), 0.99, 0.995, 0.999])
    sure = [confidence >= each for each in thresholds]
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


def _pictures(card: Card, tested: Tested, right: npt.NDArray[np.bool_]) -> list[Block]:
    confidence = softmax(tested.logits).max(axis=-1)
    wrong = np.flatnonzero(~right)
    doubtful = np.flatnonzero(right)
    chosen = {
        "wrong": ("Wrong answers", wrong[np.argsort(-confidence[wrong])]),
        "doubtful": ("Right answers of the least confidence", doubtful[np.argsort(confidence[doubtful])]),
    }
    return [
        Pictures(
            name=name, title=title, rows=_in_rows(_picture(card, tested, each) for each in places[:SHOWN])
        )
        for name, (title, places) in chosen.items()
        if len(places)
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
