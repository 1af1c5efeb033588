"""The report of a training on class folders: photos and their parts, curves, answers, pictures, speed."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml import files
from ml.card import Card
from ml.datasets.locate import locate
from ml.report import Report, Table, facts, withstood
from ml.training.photos import blocks as photo_blocks
from ml.training.photos import files as photo_files
from ml.training.photos.figures import Tested, plan_of
from ml.training.recipe import Recipe
from ml.verdict import unsure

LISTING = "photos.csv"
DATA = (
    "The class of a photo is the name of its folder. Photos that look alike (mirrored ones too) form a group,"
    " and a group is in one part only, so that no test photo was seen in training under another name."
    f" {LISTING} lists every photo with its label, part and group."
)
STARTED = "The network starts from nothing."
HEAD = (
    "The head learns first, on features that stay as they are; later stages free upper blocks at a smaller"
    " rate."
)
LAYERS = "The layers from {first} on learn with the head, in the first stage already."
PATIENCE = (
    "After epochs without a better validation loss the learning rate falls (ReduceLROnPlateau), then the"
    " stage ends (EarlyStopping), and its best epoch's weights are kept."
)
ATTACKED = (
    "Photos are attacked while they are learned. In a stage with attacks a cosine takes the learning rate to"
    " 0, and the weights of the last epoch are kept: the photos as they are, by which an epoch could be"
    " chosen, would choose another network."
)
STRANGERS = (
    "The loss includes that of the strangers, pictures of no class whose right answer is the same probability"
    " for every class: it does not go to zero."
)
VARIED = "Training photos are varied while validation photos are not."
BLEND = (
    "The weights in the end lie between those after the first stage and the last ones: {share:.0%} of these."
)
TEST = (
    "The whole test part, which was never trained on. Unsure is an answer whose confidence is below the"
    " model's threshold; it counts as right or wrong like any other."
)
CALIBRATION = (
    "The mean distance between how sure the answers are and how often they are right, over equal-width bins"
    " of the confidence. A network that learned to be unsure of strangers keeps some doubt where it is right."
)
SPEED = (
    "Answering: from photo files on disk to answers; decoding, resizing and the network, in batches."
    " Training: as in the last stage, strangers and attacks included where it has them, on batches that are"
    " decoded and varied anew in threads, beside plain fit on the same arrays in memory, with the same"
    " attacks; the machine may have had other work."
)


def write(
    recipe: Recipe,
    card: Card,
    tested: Tested,
    speeds: Mapping[str, float],
    *,
    data: Path | None,
    output: Path,
    started: float,
) -> None:
    """Write the report, and the list of the photos, into the folder `output`.

    Args:
        tested: the answers that the report is about; `card.metrics` only gives what was measured elsewhere.
        speeds: of training, as `ml.training.photos.speed.speeds` gives them.
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
    page.section("Photos", DATA, *photo_blocks.counts(card, tested))
    page.section("Training", training(card), *photo_blocks.curves(card.training.get("history", {})))
    notes = f"\n\n{card.notes}" if card.notes else ""
    page.section("Answers to the test photos", TEST + notes, *photo_blocks.answers(card, tested, right))
    page.section("Unsure answers", _unsure_text(card), *photo_blocks.confidence(card, tested, right))
    page.section("Calibration", CALIBRATION, *photo_blocks.calibrated(tested))
    page.section(
        "Pictures",
        f"The test photos as the model sees them: first those that it answered wrongly, {int((~right).sum())}"
        " in all, the most confident first; then the right answers of the least confidence.",
        *photo_blocks.pictures(card, tested, right),
    )
    withstood.sections(page, card)
    page.section("Speed", SPEED, _speed(tested, speeds))
    page.write(output)


def training(card: Card) -> str:
    """How the model of `card` was trained: what its stages did."""
    how = card.training
    # A run may have been cut off before the last of the recipe's stages.
    stages = [stage for stage in how["stages"] if stage["name"] in how["history"]]
    attacked = [bool(how.get("defence") or stage.get("defence")) for stage in stages]
    first = stages[0].get("first", "")
    texts = [STARTED] if how["start"] == "random" else [LAYERS.format(first=first) if first else HEAD]
    texts += [ATTACKED] if any(attacked) else []
    texts += [] if all(attacked) else [PATIENCE]
    texts += [STRANGERS] if how["strangers"] else []
    blend = how.get("blend", 1.0)
    return " ".join([*texts, VARIED, *([BLEND.format(share=blend)] if blend < 1 else [])])


def _speed(tested: Tested, speeds: Mapping[str, float]) -> Table:
    rows: list[list[str | float | None]] = [
        ["answering", len(tested.truth) / tested.seconds, None],
        ["training, plain fit", speeds["plain"], None],
        ["training, as here", speeds["pipeline"], speeds["kept"]],
    ]
    return Table(
        name="speed",
        title="Photos a second",
        columns=("work", "photos a second", "of plain fit"),
        rows=rows,
        formats={"photos a second": ".1f", "of plain fit": ".0%"},
    )


def _summary(card: Card, tested: Tested, right: npt.NDArray[np.bool_]) -> str:
    doubts = unsure(tested.logits, card.unsure)
    wrong = int((~right).sum())
    return (
        f"{right.mean():.2%} of {len(right):,} test photos of {len(card.class_names)} classes are answered"
        f" rightly ({wrong} wrongly), {doubts.mean():.2%} of them are called unsure. The network"
        f" ({card.architecture}, {card.parameters:,} parameters) learned from"
        f" {len(tested.divided.split.train):,} photos."
    )


def _unsure_text(card: Card) -> str:
    text = f"Below a {card.unsure.score} of {card.unsure.threshold:g} an answer is called unsure."
    elsewhere = [name for name in card.metrics if name.startswith(("strangers", "unseen"))]
    if elsewhere:
        text += (
            " Strangers are CIFAR-10's classes that show none of the model's and were not trained on; unseen"
            " ones are its classes that do, a source that was never trained on (figures of the card)."
        )
    return text
