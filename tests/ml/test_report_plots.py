"""Plots drawn by the server: well-formed SVG with no style of its own, every value in its place."""

import math
import re
import xml.etree.ElementTree as ET

import pytest

from ml.report import Bars, Lines, Matrix
from ml.report.axes import linear, logarithmic
from ml.report.matrix import matrix
from ml.report.plots import bars, lines

SVG = "{http://www.w3.org/2000/svg}"
EVIL = '<script>alert("1")</script> & \x00'
CURVES = Lines(
    name="c",
    title=EVIL,
    x="<epoch>",
    y="loss",
    series={EVIL: [(float(n), 1 / n) for n in range(1, 9)], "flat": [(1.0, 0.5), (8.0, 0.5)]},
)
BARS = Bars(name="b", title=EVIL, labels=(EVIL, "two"), series={EVIL: (1.0, 3.0), "q": (2.0, -1.0)})
MATRIX = Matrix(name="m", title=EVIL, labels=(EVIL, "dog", "cat"), counts=[[8, 2, 0], [1, 9, 0], [0, 0, 7]])
DRAWN = {"lines": lines(CURVES), "bars": bars(BARS), "matrix": matrix(MATRIX)}


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def texts(svg: str) -> list[str]:
    return [str(node.text) for node in parsed(svg).iter(f"{SVG}text")]


def marked(svg: str) -> list[list[tuple[float, float]]]:
    """The places of the markers of each series, legend left out."""
    shapes = [node.get("d", "") for node in parsed(svg).iter(f"{SVG}path") if node.get("stroke") == "none"]
    places = [[(float(x), float(y)) for x, y in re.findall(r"M(\S+) ([\d.]+)m", shape)] for shape in shapes]
    return places[len(places) // 2 :]


@pytest.mark.parametrize("svg", DRAWN.values(), ids=DRAWN)
def test_a_plot_is_an_image_with_a_name_and_neither_style_nor_script(svg: str) -> None:
    root = parsed(svg)
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == '<script>alert("1")</script> & '
    for node in root.iter():
        assert node.tag not in (f"{SVG}script", f"{SVG}style")
        assert not [name for name in node.attrib if name == "style" or name.startswith("on")]
        assert node.get("fill") in (None, "none", "currentColor")
        assert node.get("stroke") in (None, "none", "currentColor")


def test_every_point_of_a_curve_is_marked_where_the_axes_say() -> None:
    first, flat = marked(DRAWN["lines"])
    assert len(first) == 8
    assert [x for x, _ in first] == sorted(x for x, _ in first)
    heights = [y for _, y in first]
    assert heights == sorted(heights)  # a falling curve goes down the page
    steps = [(y - heights[0]) / (heights[-1] - heights[0]) for y in heights]
    assert steps == pytest.approx([(1 - 1 / n) / (1 - 1 / 8) for n in range(1, 9)], abs=0.01)
    assert flat[0][1] == flat[1][1]
    assert (flat[0][0], flat[1][0]) == (first[0][0], first[-1][0])


def test_two_series_differ_without_their_colours() -> None:
    dashes = {
        node.get("stroke-dasharray") for node in parsed(DRAWN["lines"]).iter() if node.get("stroke-dasharray")
    }
    fills = {node.get("fill-opacity") for node in parsed(DRAWN["bars"]).iter(f"{SVG}rect")}
    assert len(dashes) == len(fills) == 2


def test_a_missing_value_interrupts_a_curve() -> None:
    series = {"a": [(1.0, 1.0), (2.0, 2.0), (3.0, math.nan), (4.0, 1.0), (5.0, 2.0)]}
    svg = lines(Lines(name="l", title="L", x="x", y="y", series=series))
    _legend, *runs = [node.get("d") for node in parsed(svg).iter(f"{SVG}path") if node.get("fill") == "none"]
    assert len(runs) == 2
    assert [len(places) for places in marked(svg)] == [4]


def test_names_and_round_numbers_are_written() -> None:
    svg = lines(
        Lines(
            name="l",
            title="L",
            x="ε",
            y="accuracy",
            series={"PGD": [(0.01, 0.5), (1, 1)]},
            percent=True,
            log_x=True,
        )
    )
    assert {"PGD", "ε", "accuracy", "50%", "60%", "100%", "0.01", "0.1", "1"} <= set(texts(svg))


@pytest.mark.parametrize("values", [[], [math.nan], [3.0], [0.0, 0.0]])
def test_a_plot_of_nothing_or_of_one_value_has_axes_all_the_same(values: list[float]) -> None:
    points = [(float(n), value) for n, value in enumerate(values)]
    assert len(texts(lines(Lines(name="l", title="L", x="x", y="y", series={"a": points})))) > 4
    bare = Bars(name="b", title="B", labels=[str(n) for n in range(len(values))], series={"a": values})
    assert len(texts(bars(bare))) > 3


def test_bars_begin_at_zero_and_are_as_high_as_their_values() -> None:
    svg = bars(Bars(name="b", title="B", labels=("a", "b", "c"), series={"s": (1.0, 3.0, -2.0)}))
    _sample, *drawn = parsed(svg).iter(f"{SVG}rect")
    tops = [float(bar.get("y", "")) for bar in drawn]
    heights = [float(bar.get("height", "")) for bar in drawn]
    assert [height / heights[0] for height in heights] == pytest.approx([1, 3, 2], abs=0.02)
    zero = tops[0] + heights[0]
    assert tops[1] + heights[1] == pytest.approx(zero, abs=0.2)
    assert tops[2] == pytest.approx(zero, abs=0.2)
    assert {"1", "3", "-2"} <= set(texts(svg))


def test_figures_close_to_each_other_are_markers_on_their_own_scale_not_cut_bars() -> None:
    svg = bars(Bars(name="b", title="B", labels=("a", "b"), series={"s": (0.991, 0.9965)}, percent=True))
    assert not list(parsed(svg).iter(f"{SVG}rect"))
    ((_, low), (_, high)) = marked(svg)[0]
    assert low - high > 50
    assert {"99.10", "99.65"} <= set(texts(svg))


def test_a_matrix_shows_its_counts_and_colours_frequent_mistakes_strongest() -> None:
    counts = [text for text in texts(DRAWN["matrix"]) if text.isdigit()]
    assert sorted(counts) == sorted(str(count) for row in MATRIX.counts for count in row)
    strength = {}
    for cell in parsed(DRAWN["matrix"]).iter(f"{SVG}rect"):
        for said in cell.iter(f"{SVG}title"):
            strength[str(said.text).rpartition(": ")[2]] = float(cell.get("fill-opacity", ""))
    assert strength["2 of 10"] > strength["1 of 10"] > 0


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([0.0, 0.7, 1.0], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([1.0, 30.0], ["10", "20", "30"]),
        ([1.0, 3.0], ["1", "2", "3"]),
        ([-1.5, 14700.0], ["0", "5,000", "10,000"]),
        ([-0.25, 0.25], ["−0.2", "−0.1", "0.0", "0.1", "0.2"]),
    ],
)
def test_an_axis_names_round_numbers_inside_its_values(values: list[float], names: list[str]) -> None:
    assert [name for _, name in linear(values, 0, 100).marks] == names


def test_an_axis_going_outward_ends_at_round_numbers() -> None:
    axis = linear([0.9712, 0.9965], 100, 0, outward=True, percent=True)
    assert (axis.low, axis.high) == pytest.approx((0.97, 1.0))
    assert [name for _, name in axis.marks] == ["97%", "98%", "99%", "100%"]
    assert (axis.at(0.97), axis.at(1.0)) == pytest.approx((100, 0))


def test_a_logarithmic_axis_gives_every_power_the_same_room() -> None:
    axis = logarithmic([1e-4, 1.0], 0, 400)
    assert [axis.at(value) for value in (1e-4, 1e-3, 1e-2, 1e-1)] == pytest.approx([0, 100, 200, 300])
    assert [name for _, name in axis.marks] == ["0.0001", "0.001", "0.01", "0.1", "1"]
