"""A report as it is built up by a run, and what is written of it."""

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ml import files
from ml.report.blocks import Block, Row
from ml.report.html import page

PAGE = "report.html"
FIGURES = "report.json"
TABLES = "tables"


@dataclass(frozen=True, kw_only=True)
class Headline:
    """One of the figures that a run is about, with what was published before and what it should reach.

    All are in the unit that `format` shows, fractions by default; `spread` is the standard deviation over
    seeds. Larger is better, unless `aim` is below `at_least` (a calibration error): then smaller is.
    """

    figure: str
    value: float
    spread: float | None = None
    theirs: float | None = None
    at_least: float | None = None
    aim: float | None = None
    format: str = ".2%"

    def values(self) -> dict[str, Any]:
        """As `report.json` holds it; `reached` is about `at_least`, null where nothing was asked."""
        return {
            **vars(self),
            "reached": self._reaches(self.at_least),
            "aim_reached": self._reaches(self.aim),
        }

    def _reaches(self, mark: float | None) -> bool | None:
        if mark is None:
            return None
        smaller = self.aim is not None and self.at_least is not None and self.aim < self.at_least
        return bool(self.value <= mark if smaller else self.value >= mark)


@dataclass(frozen=True)
class Section:
    """A heading, plain text whose paragraphs are split by blank lines, and blocks."""

    heading: str
    text: str
    blocks: tuple[Block, ...]


@dataclass(kw_only=True)
class Report:
    """What a run found: `headline` and `section` add to it, `write` makes its files."""

    name: str
    title: str
    summary: str
    facts: Mapping[str, Any]
    headlines: list[Headline] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)

    def headline(
        self,
        figure: str,
        value: float,
        *,
        spread: float | None = None,
        theirs: float | None = None,
        at_least: float | None = None,
        aim: float | None = None,
        format: str = ".2%",
    ) -> None:
        """Add a figure to those that stand first; see `Headline`."""
        self.headlines.append(
            Headline(
                figure=figure,
                value=value,
                spread=spread,
                theirs=theirs,
                at_least=at_least,
                aim=aim,
                format=format,
            )
        )

    def section(self, heading: str, text: str, *blocks: Block) -> None:
        """Add a section; paragraphs of `text` are split by blank lines.

        Raises:
            ValueError: a block has the name of one that is already there.
        """
        names = [block.name for block in (*self.blocks(), *blocks)]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two blocks of the report {self.name} are named {name}")
        self.sections.append(Section(heading, text, blocks))

    def blocks(self) -> list[Block]:
        """The blocks of all sections, in order."""
        return [block for section in self.sections for block in section.blocks]

    def values(self) -> dict[str, Any]:
        """The whole report as JSON values; what is no finite number is null."""
        content = {
            "name": self.name,
            "title": self.title,
            "summary": self.summary,
            "headlines": [headline.values() for headline in self.headlines],
            "facts": dict(self.facts),
            "sections": [
                {
                    "heading": section.heading,
                    "text": section.text,
                    "blocks": [block.values() for block in section.blocks],
                }
                for section in self.sections
            ],
        }
        plain: dict[str, Any] = plainly(content)
        return plain

    def write(self, output: Path) -> Path:
        """Write `report.html`, `report.json` and `tables/NAME.csv` of every block into the folder `output`.

        Returns:
            The path of the page.
        """
        for block in self.blocks():
            files.write_text(output / TABLES / f"{block.name}.csv", _csv(block.csv_rows()))
        values = self.values()
        text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)
        files.write_text(output / FIGURES, text + "\n")
        parts = [(section.heading, section.text, section.blocks) for section in self.sections]
        files.write_text(output / PAGE, page(values, parts))
        return output / PAGE


def plainly(value: Any) -> Any:
    """`value` of JSON's own types: NumPy's numbers become Python's, NaN and the infinities null."""
    if isinstance(value, Mapping):
        return {str(key): plainly(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plainly(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _csv(rows: list[Row]) -> str:
    """RFC 4180 text, floats with all their digits; None is an empty cell, NaN is `nan`."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
