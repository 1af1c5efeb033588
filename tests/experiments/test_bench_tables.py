"""What the bench says of its figures: the ratio, what of a goal is reached, where a curve bends."""

import pytest

from experiments.bench import growth, table
from experiments.bench.growth import Curve
from experiments.bench.table import Row


def row(ours, theirs, **options):
    return Row(model="m", work="w", title="a work", peer="p", ours=ours, theirs=theirs, **options)


@pytest.mark.parametrize(
    ("theirs", "reached"), [(20.0, "aim"), (12.0, "aim"), (11.9, "at least"), (3.0, "at least"), (2.9, "no")]
)
def test_a_goal_says_how_many_times_as_fast(theirs, reached):
    made = row(1.0, theirs, goal=(3, 12))
    assert made.ratio == theirs
    assert made.reached == reached


@pytest.mark.parametrize(("ours", "reached"), [(1.0, "aim"), (1.05, "aim"), (1.2, "at least"), (1.4, "no")])
def test_a_goal_may_be_a_most(ours, reached):
    made = row(ours, 1.0, goal=(1.3, 1.05), most=True)
    assert made.ratio == ours
    assert made.reached == reached
    assert f"| at most 1.3 | at most 1.05 | {reached} |" in table.page([made])


def test_a_row_without_a_goal_reaches_nothing():
    made = row(1.0, 2.0)
    assert made.reached == ""
    assert "| – | – | – | – |" in table.page([made])


@pytest.mark.parametrize(
    ("points", "bend"),
    [
        ([(1, 10.0), (2, 20.0), (4, 40.0)], 1),
        ([(1, 10.0), (2, 11.0), (4, 20.0), (8, 40.0)], 2),
        ([(10, 5.0), (100, 5.5), (10_000, 6.0)], None),
        # One stretch that is steep by chance is no bend when the next is level again.
        ([(1, 10.0), (2, 20.0), (4, 21.0), (8, 42.0)], 4),
    ],
)
def test_a_curve_bends_where_time_begins_to_follow_what_is_asked(points, bend):
    curve = Curve(name="c", title="A curve", x="images", points=points, why="Because.")
    assert curve.bend == bend
    _, heading, *lines = growth.section([curve], "drawn")
    assert heading == "## Growth"
    assert "![A curve](drawn/c.svg)" in lines
    assert any("Because." in line for line in lines)
    assert curve.drawing().startswith("<svg")
