"""Confusion matrices as SVG text; see `ml.report.svg`."""

from ml.report import svg
from ml.report.blocks import Matrix

WIDTH = 440
LARGEST = 40  # classes that can be drawn
COUNTED = 16  # classes whose cells have room for their counts
RIGHT, WRONG = 0, 1  # the series whose colours the cells have


def matrix(block: Matrix) -> str:
    """Rows true, columns answered; the stronger a mistake is coloured, the more frequent it is."""
    size, counted = len(block.labels), len(block.labels) <= COUNTED
    longest = max(map(svg.width_of, block.labels), default=0)
    left = svg.LINE + min(longest, svg.NAME) + 8
    figures = max(len(str(count)) for row in block.counts for count in row) * svg.LETTER + 6
    side = max((WIDTH - 6 - left) / size, figures if counted else 10, svg.LINE)
    top, end = svg.LINE + 4, svg.LINE + 4 + side * size
    middles = [side * (index + 0.5) for index in range(size)]
    pieces = [svg.words(left + side * size / 2, svg.LINE - 5, "answered", "middle")]
    pieces.append(svg.words(svg.LINE - 6, top + side * size / 2, "true", "middle", -90))
    for label, middle in zip(block.labels, middles, strict=True):
        pieces.append(svg.words(left - 6, top + middle + 4.5, svg.shortened(label, svg.NAME), "end"))
    pieces += _cells(block, left, top, side, counted)
    names, deep = svg.names(block.labels, [left + middle for middle in middles], end, side)
    return svg.drawing(block.title, left + side * size + 6, end + deep + 6, pieces + names)


def _cells(block: Matrix, left: float, top: float, side: float, counted: bool) -> list[str]:
    """The cells row by row; where counts have no room, only those that hold some, in a frame."""
    rows = list(enumerate(block.counts))
    most = max((n for true, row in rows for other, n in enumerate(row) if other != true), default=0)
    pieces = [] if counted else [_square(left, top, side * len(rows), 0)]
    for true, row in rows:
        for answered, count in enumerate(row):
            if not (counted or count):
                continue
            right = true == answered
            strength = 0.3 if right else 0.1 + 0.5 * count / most
            said = f"{block.labels[true]} answered as {block.labels[answered]}: {count} of {sum(row)}"
            x, y = left + side * answered, top + side * true
            square = _square(x, y, side, strength if count else 0, said)
            pieces.append(svg.coloured(RIGHT if right else WRONG, square))
            if counted:
                pieces.append(svg.words(x + side / 2, y + side / 2 + 4.5, str(count), "middle"))
    return pieces


def _square(x: float, y: float, side: float, strength: float, said: str = "") -> str:
    """A cell; `said` is shown while the pointer rests on it."""
    place = f'x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}"'
    look = f'fill-opacity="{strength:.2f}" stroke="currentColor" stroke-opacity=".25"'
    return f"<rect {place} {look}><title>{svg.escaped(said)}</title></rect>"
