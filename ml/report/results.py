"""The figures of finished runs as one Markdown file, copied from their `report.json` alone."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ml.errors import DataMissing, OptionRefused, sentence
from ml.report import words
from ml.report.report import FIGURES, TABLES

LONGEST = 40  # rows of a table that is copied; a longer one is named
HEADLINES = ("figure", "theirs", "at least", "aim", "measured", "reached")
INTRODUCTION = """# Results

Figures of full runs of the recipes. Those of a test are of images that were never trained on: of whole
test sets or, under attack and for detectors, of as many as the recipe says. A spread (±) is the standard
deviation over seeds or, where the figure speaks of folds, over these. Written from the reports of these
runs by `python manage.py recipe results`: do not edit.
"""


def read(folder: Path) -> dict[str, Any]:
    """The values of `report.json` in the folder of a run.

    Raises:
        DataMissing: there is none.
        OptionRefused: it is no JSON.
    """
    path = folder / FIGURES
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataMissing(
            sentence("There is no report of a finished run in %(folder)s."), folder=folder
        ) from error
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error
    return values


def markdown(folders: Iterable[Path]) -> str:
    """`docs/results.md` from the reports in the folders of full runs.

    Raises:
        DataMissing: a folder has no report.
        OptionRefused: a report is damaged, or that of a quick run.
    """
    return "\n".join([INTRODUCTION, *(_run(folder) for folder in folders)])


def _run(folder: Path) -> str:
    values = read(folder)
    try:
        quick, text = values["facts"]["quick"], _recipe(values)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(folder / FIGURES, error) from error
    if quick:
        raise OptionRefused(
            sentence("The run in %(folder)s was a quick one: its figures are no results."), folder=folder
        )
    return text


def _recipe(values: Mapping[str, Any]) -> str:
    """Title, summary, headlines, tables and facts of one run."""
    headlines = [words.headline(each) for each in values["headlines"]]
    parts = [f"## {_text(values['title'])}", _text(values["summary"])]
    if headlines:
        parts.append(
            _table(HEADLINES, [[line[name] for name in HEADLINES] for line in headlines], ["", *">>>>", ""])
        )
    for section in values["sections"]:
        tables = [block for block in section["blocks"] if block["kind"] == "table"]
        if tables:
            parts += [f"### {_text(section['heading'])}", *map(_block, tables)]
    parts.append("### How these figures were made")
    parts.append("\n".join(f"- {_text(name)}: {_text(text)}" for name, text in words.facts(values["facts"])))
    return "\n\n".join(parts) + "\n"


def _block(block: Mapping[str, Any]) -> str:
    title, rows = _text(block["title"]), block["rows"]
    if len(rows) > LONGEST:
        return f"{title}: {len(rows)} rows, in `{TABLES}/{block['name']}.csv` of the run."
    columns, formats = block["columns"], block["formats"]
    cells = [
        [words.figure(value, formats.get(name, "")) for name, value in zip(columns, row, strict=True)]
        for row in rows
    ]
    wordy = [any(isinstance(row[place], str) for row in rows) for place in range(len(columns))]
    return f"**{title}**\n\n" + _table(columns, cells, ["" if each else ">" for each in wordy])


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]], sides: Sequence[str]) -> str:
    """A table; columns whose side is `>` are flush right."""
    rule = ["---:" if side else "---" for side in sides]
    lines = [[_text(cell) for cell in row] for row in (columns, *rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in [lines[0], rule, *lines[1:]])


def _text(text: str) -> str:
    """`text` on one line, with nothing in it that Markdown or HTML would take for its own."""
    return re.sub(r"([\\`*\[\]<>|~])", r"\\\1", " ".join(text.split()))


def _damaged(path: Path, error: Exception) -> OptionRefused:
    return OptionRefused(
        sentence("%(path)s is no report of a run, or is damaged (%(reason)s)."), path=path, reason=error
    )
