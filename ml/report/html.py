"""A report as one page of HTML that needs nothing beside it: plots and pictures are in it."""

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ml.report import plots, words
from ml.report.blocks import Bars, Block, Lines, Matrix, Picture, Pictures, Table
from ml.report.matrix import LARGEST, matrix, mistakes
from ml.report.svg import escaped

STYLE = Path(__file__).with_name("report.css")
PIXELATED = 64  # pictures up to this many pixels wide are shown with their pixels as squares
WORST = 20  # mistakes that are named where a matrix is too large to be drawn
MANY = 500  # rows of figures that a page need not repeat


def page(values: Mapping[str, Any], sections: Iterable[tuple[str, str, Sequence[Block]]]) -> str:
    """The page of the report whose JSON is `values`; `sections` are headings, texts and blocks."""
    title = escaped(values["title"])
    body = "\n".join(
        [
            f'<p class="eyebrow">Epsilon · recipe {escaped(values["name"])}</p>\n<h1>{title}</h1>',
            _quick(values["facts"]),
            _paragraphs(values["summary"], "lead"),
            _headlines(values["headlines"]),
            *(_section(heading, text, blocks) for heading, text, blocks in sections),
            f"<h2>How these figures were made</h2>\n{_facts(values['facts'])}",
        ]
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title} · Epsilon</title>\n<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _quick(facts: Mapping[str, Any]) -> str:
    return f'<p class="warning">{words.QUICK}</p>' if facts["quick"] else ""


def _paragraphs(text: str, kind: str = "") -> str:
    """Plain text as paragraphs; an empty line is between two of them."""
    start = f'<p class="{kind}">' if kind else "<p>"
    return "\n".join(f"{start}{escaped(each.strip())}</p>" for each in text.split("\n\n") if each.strip())


def _headlines(headlines: Sequence[Mapping[str, Any]]) -> str:
    if not headlines:
        return ""
    lines = [words.headline(each) for each in headlines]
    marks = {"aim": "reached", "at least": "reached", "no": "missed"}
    kinds = [["", "number", marks.get(line["reached"], ""), *["number"] * 3] for line in lines]
    return _scrolled(_table(list(lines[0]), [list(line.values()) for line in lines], kinds), "Headlines")


def _facts(facts: Mapping[str, Any]) -> str:
    rows = (
        f'<tr><th scope="row">{escaped(name)}</th><td>{escaped(text)}</td></tr>'
        for name, text in words.facts(facts)
    )
    return f'<table class="facts">\n<tbody>\n{_joined(rows)}\n</tbody>\n</table>'


def _section(heading: str, text: str, blocks: Sequence[Block]) -> str:
    """What there is to see, then the numbers, then the words."""
    seen = [_figure(block) for block in blocks if not isinstance(block, Table)]
    numbers = [_figure(block) for block in blocks if isinstance(block, Table)]
    figures = f'<div class="figures">\n{_joined(seen)}\n</div>' if seen else ""
    return "\n".join([f"<h2>{escaped(heading)}</h2>", figures, *numbers, _paragraphs(text)])


def _figure(block: Block) -> str:
    shown, broad = _shown(block)
    kind = ' class="broad"' if broad else ""
    link = f'<a href="tables/{block.name}.csv">CSV</a>'
    return f"<figure{kind}>\n<figcaption>{escaped(block.title)} {link}</figcaption>\n{shown}\n</figure>"


def _shown(block: Block) -> tuple[str, bool]:
    """A block as HTML, and whether it needs the whole width of the page."""
    if isinstance(block, Pictures):
        return _scrolled(_pictures(block.rows), block.title), True
    if isinstance(block, Table):
        return _scrolled(_cells(block.columns, block.rows, block.formats), block.title), False
    if isinstance(block, Matrix) and len(block.labels) > LARGEST:
        worst = _cells(("true", "answered", "times"), mistakes(block)[:WORST], {})
        text = "<p>Too many classes to draw; the most frequent mistakes:</p>\n"
        return text + _scrolled(worst, block.title), False
    drawn = _drawn(block)
    return f"{_scrolled(drawn, block.title)}\n{_numbers(block)}", 'class="plot wide"' in drawn


def _drawn(block: Block) -> str:
    if isinstance(block, Lines):
        return plots.lines(block)
    if isinstance(block, Bars):
        return plots.bars(block)
    if isinstance(block, Matrix):
        return matrix(block)
    raise TypeError(f"{type(block).__name__} cannot be shown")


def _numbers(block: Block) -> str:
    """The figures behind a plot, folded; very many are in the CSV only."""
    columns, *rows = block.csv_rows()
    if len(rows) > MANY:
        return ""
    names = [str(name) for name in columns]
    percent = isinstance(block, Lines | Bars) and block.percent
    formats = dict.fromkeys(names[1:], ".2%") if isinstance(block, Bars) else {names[-1]: ".2%"}
    numbers = _scrolled(_cells(names, rows, formats if percent else {}), f"{block.title}: numbers")
    return f"<details>\n<summary>Numbers</summary>\n{numbers}\n</details>"


def _cells(columns: Sequence[str], rows: Sequence[Sequence[Any]], formats: Mapping[str, str]) -> str:
    """A table of values; columns without a word in them are flush right."""
    texts = [
        [words.figure(value, formats.get(name, "")) for name, value in zip(columns, row, strict=True)]
        for row in rows
    ]
    wordy = [any(isinstance(row[place], str) for row in rows) for place in range(len(columns))]
    kinds = ["" if each else "number" for each in wordy]
    return _table(columns, texts, [kinds] * len(texts))


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], kinds: Sequence[Sequence[str]]) -> str:
    """A table of texts, each cell with its class."""
    head = "".join(
        f'<th scope="col" class="{kind if kind == "number" else ""}">{escaped(name)}</th>'
        for name, kind in zip(columns, kinds[0] if kinds else [""] * len(columns), strict=True)
    )
    lines = [
        "<tr>"
        + "".join(f'<td class="{kind}">{escaped(text)}</td>' for text, kind in zip(row, each, strict=True))
        + "</tr>"
        for row, each in zip(rows, kinds, strict=True)
    ]
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{_joined(lines)}\n</tbody>\n</table>"


def _scrolled(inside: str, title: str) -> str:
    """What may be wider than a phone, reachable by keyboard."""
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{escaped(title)}">\n{inside}\n</div>'


def _pictures(rows: Sequence[Sequence[Picture]]) -> str:
    lines = ("<tr>" + "".join(f"<td>{_picture(each)}</td>" for each in row) + "</tr>" for row in rows)
    return f'<table class="pictures">\n<tbody>\n{_joined(lines)}\n</tbody>\n</table>'


def _picture(picture: Picture) -> str:
    from PIL import Image

    image = picture.image[..., 0] if picture.image.shape[2] == 1 else picture.image
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", optimize=True)
    kind = "" if image.shape[1] <= PIXELATED else ' class="photo"'
    data = base64.b64encode(file.getvalue()).decode()
    caption = escaped(picture.caption)
    return f'<img{kind} alt="{caption}" src="data:image/png;base64,{data}">{caption}'


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines)
