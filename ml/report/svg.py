"""Pieces of server-drawn SVG.

Nothing here has a `style` attribute, so that a strict Content-Security-Policy lets it pass. All is drawn in
`currentColor`; a page gives the series their colours by the classes `series-0` ... `series-9`
(`.plot .series-0 { color: ... }`). Dashes, markers and fills differ too, for those who see no colours.
"""

import html
import re
from collections.abc import Iterable, Sequence

from ml.report.axes import Axis

FONT = 13
LINE = 19  # from one line of text to the next
NAME = 120  # pixels that a name of a group or a class may take
COLOURS = 10
NARROW, WIDE = frozenset(" .,:;()!|ijltfrI1"), frozenset("%mwMW@")
DASHES = ("none", "7 4", "2 3", "9 3 2 3", "14 4", "4 2 1 2 1 2")
MARKERS = (
    "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z",
    "m-3-3h6v6h-6z",
    "m0-4.5 4.2 7.5h-8.4z",
    "m0-4.6 4.6 4.6-4.6 4.6-4.6-4.6z",
    "m0 4.5 4.2-7.5h-8.4z",
    "m-4-1.5h2.5v-2.5h3v2.5h2.5v3h-2.5v2.5h-3v-2.5h-2.5z",
)
FILLS = (0.95, 0.2, 0.6, 0.05, 0.4)
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # in no XML, escaped or not

Point = tuple[float, float]


def escaped(text: str) -> str:
    """`text` as it may stand in HTML and XML, between tags and in attributes."""
    return html.escape(CONTROL.sub("", text))


def width_of(text: str) -> float:
    """About how many pixels `text` takes, in one of the wider fonts."""
    narrow, wide = sum(each in NARROW for each in text), sum(each in WIDE for each in text)
    return FONT * (0.64 * len(text) - 0.27 * narrow + 0.3 * wide)


def shortened(text: str, width: float) -> str:
    """`text`, cut where it is wider than `width` pixels."""
    if width_of(text) <= width:
        return text
    while len(text) > 1 and width_of(text) > width - FONT:
        text = text[:-1]
    return text + "…"


def words(x: float, y: float, text: str, anchor: str = "start", turn: int = 0) -> str:
    """A line of text at its base point, turned by `turn` degrees about it."""
    turned = f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" stroke="none"{turned}>{escaped(text)}</text>'
    )


def drawing(title: str, width: float, height: float, pieces: Iterable[str]) -> str:
    """A whole SVG named `title`; one that does not fit half a page has the class `wide` too."""
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    kind = "plot wide" if width > 480 else "plot"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" role="img" {size}'
    body = "\n".join((f"<title>{escaped(title)}</title>", *pieces))
    return f'{head} font-size="{FONT}" fill="currentColor">\n{body}\n</svg>'


def coloured(index: int, *pieces: str) -> str:
    """What is drawn in the colour of the series `index`."""
    return f'<g class="series-{index % COLOURS}" stroke="currentColor">{"".join(pieces)}</g>'


def path(points: Sequence[Point], index: int) -> str:
    """A line through `points`, dashed as the series `index` is."""
    way = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dash = DASHES[index % len(DASHES)]
    return (
        f'<path fill="none" stroke-width="2" stroke-linejoin="round" stroke-dasharray="{dash}" d="M{way}"/>'
    )


def markers(points: Sequence[Point], index: int) -> str:
    """The sign of the series `index` at each of `points`."""
    shape = MARKERS[index % len(MARKERS)]
    return f'<path stroke="none" d="{"".join(f"M{x:.1f} {y:.1f}{shape}" for x, y in points)}"/>'


def bar(x: float, y: float, width: float, height: float, index: int) -> str:
    """A rectangle, filled as the series `index` is."""
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{max(height, 0.5):.1f}"'
    return f'<rect {place} fill-opacity="{FILLS[index % len(FILLS)]}"/>'


def faint(start: Point, end: Point, opacity: float) -> str:
    """A thin line of an axis or a grid."""
    way = f"M{start[0]:.1f} {start[1]:.1f}L{end[0]:.1f} {end[1]:.1f}"
    return f'<path stroke="currentColor" stroke-opacity="{opacity}" d="{way}"/>'


def upright(axis: Axis, left: float, right: float) -> list[str]:
    """Grid lines and names of a vertical axis."""
    lines = [faint((left, axis.at(mark)), (right, axis.at(mark)), 0.16) for mark, _ in axis.marks]
    return lines + [words(left - 7, axis.at(mark) + 4.5, name, "end") for mark, name in axis.marks]


def level(axis: Axis, bottom: float) -> list[str]:
    """The line, ticks and names of a horizontal axis; names that would touch the one before are left out."""
    pieces, free = [faint((axis.start, bottom), (axis.end, bottom), 0.6)], float("-inf")
    for mark, name in axis.marks:
        x, half = axis.at(mark), width_of(name) / 2
        pieces.append(faint((x, bottom), (x, bottom + 5), 0.6))
        if x - half > free:
            pieces.append(words(x, bottom + LINE, name, "middle"))
            free = x + half + 4
    return pieces


def legend(samples: Sequence[tuple[str, str]], width: float) -> tuple[list[str], float]:
    """Rows of (drawn sample of 28×12 pixels, name) within `width`, and how high they are together."""
    pieces, x, y = [], 0.0, 4.0
    for sample, name in samples:
        name = shortened(name, width - 34)
        taken = 34 + width_of(name)
        if x and x + taken > width:
            x, y = 0.0, y + LINE
        pieces.append(f'<g transform="translate({x + 1:.1f} {y:.1f})">{sample}</g>')
        pieces.append(words(x + 34, y + 10.5, name))
        x += taken + 16
    return pieces, y + LINE + 4 if samples else 0.0


def names(labels: Sequence[str], middles: Sequence[float], y: float, room: float) -> tuple[list[str], float]:
    """Names below the line `y`, slanted where one is wider than its `room`; and how deep they reach."""
    if all(width_of(label) <= room - 4 for label in labels):
        pieces = [words(x, y + LINE, label, "middle") for x, label in zip(middles, labels, strict=True)]
        return pieces, LINE
    cut = [shortened(label, NAME) for label in labels]
    pieces = [words(x + 4, y + LINE - 4, label, "end", -40) for x, label in zip(middles, cut, strict=True)]
    return pieces, LINE + 0.65 * max(width_of(label) for label in cut)
