"""Curves and grouped bars as SVG text, 440 pixels wide (many bars need more); see `ml.report.svg`."""

import math
from collections.abc import Callable, Iterator, Sequence

from ml.report import svg
from ml.report.axes import Axis, finite, linear, logarithmic
from ml.report.blocks import Bars, Lines

WIDTH = 440
RIGHT = 14  # free beside the last mark of an axis
DEPTH = 230  # of the area inside the axes
MARKED = 24  # up to so many points of a curve are marked each
VALUED = 12  # up to so many bars have their value written above


def lines(block: Lines, write: Callable[[str], str] = str) -> str:
    """Curves, broken where a value is missing; each has its colour, its dashes and its marker.

    `write` puts a number that English would write as "1,000.5" into the reader's language.
    """
    samples = [
        (svg.coloured(index, svg.path([(0, 6), (27, 6)], index), svg.markers([(13.5, 6)], index)), name)
        for index, name in enumerate(block.series)
    ]
    if block.diagonal:
        samples.append((svg.faint((0, 6), (27, 6), 0.6), f"{block.y} = {block.x}"))
    points = [point for values in block.series.values() for point in values]
    across, heights = [x for x, _ in points], [y for _, y in points]
    pieces, top = _head(samples, block.y)
    y_axis = linear(
        heights + across if block.diagonal else heights,
        top + DEPTH,
        top,
        outward=True,
        percent=block.percent,
    ).written(write)
    left = _left(y_axis)
    x_axis = (logarithmic if block.log_x else linear)(across, left, WIDTH - RIGHT).written(write)
    pieces += svg.upright(y_axis, left, WIDTH - RIGHT) + svg.level(x_axis, top + DEPTH)
    pieces.append(svg.words((left + WIDTH - RIGHT) / 2, top + DEPTH + 2 * svg.LINE, block.x, "middle"))
    if block.diagonal:
        ends = [(x_axis.at(each), y_axis.at(each)) for each in (x_axis.low, x_axis.high)]
        pieces.append(svg.faint(ends[0], ends[1], 0.6))
    for index, values in enumerate(block.series.values()):
        runs = list(_runs(values, x_axis, y_axis))
        drawn = [point for run in runs for point in run]
        marked = drawn[:: math.ceil(len(drawn) / MARKED) or 1]
        curves = [svg.path(run, index) for run in runs if len(run) > 1]
        pieces.append(svg.coloured(index, *curves, svg.markers(marked, index)))
    return svg.drawing(block.title, WIDTH, top + DEPTH + 2 * svg.LINE + 8, pieces)


def bars(block: Bars) -> str:
    """Bars from 0; where one could not see differences from there, markers on a closer scale."""
    values = finite(value for heights in block.series.values() for value in heights)
    close = bool(values) and min(values) > 0.5 * max(values)
    samples = [
        (
            svg.coloured(index, svg.markers([(13.5, 6)], index) if close else svg.bar(1, 0, 25, 12, index)),
            name,
        )
        for index, name in enumerate(block.series)
    ]
    pieces, top = _head(samples, block.y)
    shown = values if close else [0.0, *values]
    axis = linear(shown, top + DEPTH, top + svg.LINE, outward=True, percent=block.percent)
    left, groups, count = _left(axis), max(1, len(block.labels)), max(1, len(block.series))
    width = max(WIDTH, left + RIGHT + 12 * groups * (count + 1))
    group = (width - RIGHT - left) / groups
    thick = min(40.0, 0.8 * group / count)
    pieces += svg.upright(axis, left, width - RIGHT)
    pieces.append(svg.faint((left, axis.at(axis.low)), (width - RIGHT, axis.at(axis.low)), 0.6))
    for index, heights in enumerate(block.series.values()):
        first = left + group / 2 + thick * (index - (count - 1) / 2)
        middles = [first + group * place for place in range(len(heights))]
        drawn = _bars(axis, middles, heights, index, None if close else thick)
        if groups * count <= VALUED:
            drawn += _values(axis, middles, heights, block.percent)
        pieces.append(svg.coloured(index, *drawn))
    middles = [left + group * (place + 0.5) for place in range(len(block.labels))]
    names, deep = svg.names(block.labels, middles, top + DEPTH, group)
    return svg.drawing(block.title, width, top + DEPTH + deep + 8, pieces + names)


def _bars(
    axis: Axis, middles: Sequence[float], heights: Sequence[float], index: int, thick: float | None
) -> list[str]:
    """The bars of one series, `thick` pixels wide; without that its markers."""
    places = [
        (x, axis.at(value), axis.at(0)) for x, value in zip(middles, heights, strict=True) if finite([value])
    ]
    if thick is None:
        return [svg.markers([(x, y) for x, y, _ in places], index)]
    return [
        svg.bar(x - 0.44 * thick, min(y, base), 0.88 * thick, abs(y - base), index) for x, y, base in places
    ]


def _values(axis: Axis, middles: Sequence[float], heights: Sequence[float], percent: bool) -> list[str]:
    return [
        svg.words(x, min(axis.at(value), axis.at(max(0, axis.low))) - 8, _short(value, percent), "middle")
        for x, value in zip(middles, heights, strict=True)
        if finite([value])
    ]


def _short(value: float, percent: bool) -> str:
    """A value in the few letters that there is room for above a bar."""
    return f"{100 * value:#.4g}" if percent else f"{value:.3g}"


def _head(samples: Sequence[tuple[str, str]], title: str) -> tuple[list[str], float]:
    """The legend and, below it, the name of the vertical axis; and where the area inside the axes begins."""
    pieces, high = svg.legend(samples, WIDTH - RIGHT)
    if title:
        high += svg.LINE
        pieces.append(svg.words(0, high - 4, title))
    return pieces, high + 10


def _left(axis: Axis) -> float:
    """Room for the names of a vertical axis."""
    return max(svg.width_of(name) for _, name in axis.marks) + 11


def _runs(values: Sequence[svg.Point], across: Axis, upright: Axis) -> Iterator[list[svg.Point]]:
    """The pixels of `values` in unbroken runs: a missing value ends one."""
    run: list[svg.Point] = []
    for x, y in values:
        if len(finite((x, y))) == 2:
            run.append((across.at(x), upright.at(y)))
        elif run:
            yield run
            run = []
    if run:
        yield run
