"""The report of a detector's training."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml.defences.detection import DetectorCard
from ml.report import Report, Table, facts
from ml.report.blocks import Row
from ml.training.detector.plan import Evaluation
from ml.training.recipe import Recipe

COLUMNS = ("attack", "images", "fooled", "auroc", "auroc_all", "caught")
NAMES = {
    "worst_auroc": "worst AUROC, images that fooled the network",
    "worst_auroc_all": "worst AUROC, all attacked images",
    "worst_aware_auroc": "worst AUROC against who knows the detector",
    "false_alarms": "false alarms",
}
ATTACKS = (
    "Every image is an 8-bit one, made of a test image that the network answers rightly. AUROC is the "
    "chance that an attacked image scores higher than a clean test image: first of those that fooled the "
    "network, then of all. Caught is the share of the fooled ones that reach the threshold."
)
KIND = (
    "The same of test images of another kind, against clean ones of that kind: of "
    "{images:,} of those {alarms:.1%} are called tampered with."
)
AWARE = (
    "PGD on the network's answer and the detector's score at once, with the gradient through both; rounding "
    "is passed straight through."
)


def write(
    recipe: Recipe,
    card: DetectorCard,
    evaluation: Evaluation,
    *,
    threshold_images: int,
    source: Path,
    output: Path,
    started: float,
) -> None:
    """Write the report of a finished training on the images of `source` into `output`.

    `threshold_images` are how many images set the threshold: fewer than the recipe's `validation`, where the
    network or the one that is asked for its opinion held out fewer.
    """
    found = card.figures
    page = Report(
        name=recipe.name,
        title=recipe.title,
        summary=f"{found['false_alarms']:.1%} of {found['clean_images']:,} clean test images are called "
        f"tampered with; the worst AUROC over {len(found['attacks'])} attacks is "
        f"{found['worst_auroc_all']:.4f}. The threshold is set on {threshold_images:,} images that no "
        "network of the detector learned.",
        facts=facts(recipe, seed=card.seed, data=[source], started=started),
    )
    for figure, (theirs, at_least, aim) in evaluation.targets.items():
        if figure in found:
            page.headline(
                NAMES[figure], found[figure], theirs=theirs, at_least=at_least, aim=aim, format=".4f"
            )
    page.section("Attacks", ATTACKS, _table("attacks", found["attacks"]))
    for kind, known in found["attacks_by_kind"].items():
        alarms = found["false_alarms_by_kind"][kind]
        page.section(
            f"Images of the kind “{kind}”",
            KIND.format(alarms=alarms, images=min(evaluation.of_kind, found["clean_images"])),
            _table(f"attacks-{kind}", known),
        )
    if found["aware"]:
        page.section("Attacks that know the detector", AWARE, _table("aware", found["aware"]))
    page.write(output)


def _table(name: str, found: Mapping[str, Mapping[str, Any]]) -> Table:
    rows: list[Row] = [[key, *(each.get(column) for column in COLUMNS[1:])] for key, each in found.items()]
    return Table(
        name=name,
        title="AUROC by attack",
        columns=COLUMNS,
        rows=rows,
        formats={"auroc": ".4f", "auroc_all": ".4f", "caught": ".1%"},
    )
