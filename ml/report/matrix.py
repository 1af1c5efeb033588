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
    left = svg.LINE + min(longest, svg.NAME) + 14
    figures = max(len(str(count)) for row in block.counts for count in row) * 0.64 * svg.FONT + 6
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


def mistakes(block: Matrix) -> list[tuple[str, str, int]]:
    """(true, answered, how often) of all mistakes that were made, the most frequent first."""
    found = [
        (block.labels[true], block.labels[answered], count)
        for true, row in enumerate(block.counts)
        for answered, count in enumerate(row)
        if count and true != answered
    ]
    return sorted(found, key=lambda mistake: -mistake[2])


def _cells(block: Matrix, left: float, top: float, side: float, counted: bool) -> list[str]:
    """A frame, and in it the cells that are not empty."""
    most = max((count for _, _, count in mistakes(block)), default=0)
    pieces, zeros = [_square(left, top, side * len(block.labels), 0)], []
    for true, row in enumerate(block.counts):
        for answered, count in enumerate(row):
            x, y = left + side * answered, top + side * true
            written = svg.words(x + side / 2, y + side / 2 + 4.5, str(count), "middle") if counted else ""
            if not count:
                zeros.append(written)
                continue
            right = true == answered
            said = f"{block.labels[true]} answered as {block.labels[answered]}: {count} of {sum(row)}"
            cell = _square(x, y, side, 0.3 if right else 0.1 + 0.5 * count / most, said)
            pieces += [svg.coloured(RIGHT if right else WRONG, cell), written]
    return [*pieces, f'<g fill-opacity=".4">{"".join(zeros)}</g>']


def _square(x: float, y: float, side: float, strength: float, said: str = "") -> str:
    """A cell; `said` is shown while the pointer rests on it."""
    place = f'x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}"'
    look = f'fill-opacity="{strength:.2f}" stroke="currentColor" stroke-opacity=".3"'
    return f"<rect {place} {look}>{f'<title>{svg.escaped(said)}</title>' if said else ''}</rect>"
