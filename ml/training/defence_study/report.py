"""The report of the study of defences."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ml.datasets.locate import locate
from ml.datasets.mnist import FILE
from ml.report import Lines, Report, Table, facts
from ml.report.blocks import Row
from ml.training.defence_study.networks import Training, variant
from ml.training.recipe import Recipe

WAYS = {
    "alone": (
        "Alone",
        "Each network by itself. Dropout, a penalty on the weights and label smoothing keep a network from "
        "learning its training digits by heart; none of them was made against attacks, and what they do "
        "against one is seen here. The attack knows the network and its weights.",
    ),
    "detection": (
        "Behind detection",
        "Feature squeezing rejects an image when its squeezed copies get another answer. An attacked image "
        "counts when it is answered rightly or rejected, a clean one only when it is answered rightly and "
        "let through. This attack does not know that anything is watching, so these figures flatter: see the "
        "detectors' own cards for attackers who know.",
    ),
    "purification": (
        "Purified, the attack not knowing it",
        "The network answers for the squeezed image; the attack was made against the network alone.",
    ),
    "purification, known": (
        "Purified, the attack knowing it",
        "The same, attacked through the squeeze itself. What is lost between the last table and this one was "
        "never a defence, only a surprise.",
    ),
}
Found = Sequence[Mapping[str, Any]]


def write(
    recipe: Recipe,
    found: Found,
    how: Training,
    *,
    epsilons: Sequence[float],
    data: Path | None,
    output: Path,
    seed: int,
    started: float,
) -> None:
    """Write the report of `found`, one row of figures for each network, into `output`."""
    titles = {name: variant(recipe, how, name).title for name in how.variants}
    page = Report(
        name=recipe.name,
        title=recipe.title,
        summary=_summary(found, titles, max(epsilons)),
        facts=facts(recipe, seed=seed, data=[locate(FILE, data=data)], started=started),
    )
    for name, title in titles.items():
        values = _values(found, name, "alone", f"PGD {max(epsilons):g}")
        page.headline(f"{title}, PGD ε = {max(epsilons):g}", statistics.fmean(values), spread=_spread(values))
    for way, (title, text) in WAYS.items():
        slug = way.replace(", ", "-")
        page.section(
            title,
            text,
            Lines(
                name=f"{slug}-pgd",
                title="Accuracy under PGD",
                x="ε",
                y="accuracy",
                percent=True,
                series={
                    titles[name]: [
                        (epsilon, statistics.fmean(_values(found, name, way, f"PGD {epsilon:g}")))
                        for epsilon in epsilons
                    ]
                    for name in titles
                },
            ),
            _table(found, titles, way, slug),
        )
    page.write(output)


def _summary(found: Found, titles: Mapping[str, str], epsilon: float) -> str:
    under = {name: statistics.fmean(_values(found, name, "alone", f"PGD {epsilon:g}")) for name in titles}
    best = max(under, key=lambda name: under[name])
    plain = next(iter(titles))
    return (
        f"The same network trained in {len(titles)} ways. Under PGD at ε = {epsilon:g}, {titles[best]} still "
        f"answers {under[best]:.1%} rightly, {titles[plain]} {under[plain]:.1%}."
    )


def _table(found: Found, titles: Mapping[str, str], way: str, slug: str) -> Table:
    columns = list(found[0][way])
    rows: list[Row] = []
    for name, title in titles.items():
        values = [_values(found, name, way, column) for column in columns]
        rows.append([title, *map(statistics.fmean, values)])
        if len(values[0]) > 1:
            rows.append([f"{title}, ± over {len(values[0])} seeds", *map(_spread, values)])
    return Table(
        name=slug,
        title="Accuracy on test digits",
        columns=("network", *columns),
        rows=rows,
        formats=dict.fromkeys(columns, ".2%"),
    )


def _values(found: Found, name: str, way: str, column: str) -> list[float]:
    return [float(each[way][column]) for each in found if each["name"] == name]


def _spread(values: Iterable[float]) -> float | None:
    values = list(values)
    return statistics.stdev(values) if len(values) > 1 else None
