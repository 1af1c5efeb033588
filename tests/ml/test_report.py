"""What a report writes: every figure as JSON and as CSV, whole and valid."""

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import precision_recall_fscore_support

from ml.report import Bars, Lines, Matrix, Picture, Pictures, Report, Table, usual

FACTS = {
    "recipe": "tiny",
    "quick": False,
    "command": "python manage.py recipe run tiny",
    "seed": 1,
    "data": {"mnist.npz": "ab" * 32},
    "epsilon": "0.1.0",
    "commit": None,
    "versions": {"python": "3.11.7"},
    "processor": "a processor",
    "cores": 2,
    "seconds": 12.5,
    "date": "2026-11-21T13:00+00:00",
}
TABLE = Table(
    name="search",
    title="Trials",
    columns=("trial", "optimizer", "accuracy"),
    rows=[(1, "adam, slow", 0.98), (2, 'the "fast"', None)],
    formats={"accuracy": ".2%"},
)
LINES = Lines(
    name="attack",
    title="Under attack",
    x="ε",
    y="accuracy",
    series={"before": [(0.01, 0.96), (0.1, 1 / 3)], "after": [(0.01, 0.97), (0.1, 0.9)]},
    percent=True,
)
BARS = Bars(
    name="speed", title="Speed", labels=("CNN", "GRU"), series={"training": (14700.0, 460.0)}, y="images/s"
)
MATRIX = Matrix(name="confusion", title="Errors", labels=("cat", "dog"), counts=[[8, 2], [1, 9]])


def report(*blocks: Any, **changes: Any) -> Report:
    made = Report(**{"name": "tiny", "title": "Tiny", "summary": "What came out.", "facts": FACTS, **changes})
    made.section("Section", "First.\n\nSecond.", *blocks)
    return made


def written(made: Report, folder: Path) -> dict[str, Any]:
    made.write(folder)

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    values: dict[str, Any] = json.loads((folder / "report.json").read_text(), parse_constant=refuse)
    return values


def rows_of(folder: Path, name: str) -> list[list[str]]:
    with (folder / "tables" / f"{name}.csv").open(newline="") as file:
        return list(csv.reader(file))


def test_the_json_holds_every_block_as_it_was_given(tmp_path: Path) -> None:
    values = written(report(TABLE, LINES, BARS, MATRIX), tmp_path)
    table, lines, bars, matrix = values["sections"][0]["blocks"]
    assert [block["kind"] for block in (table, lines, bars, matrix)] == ["table", "lines", "bars", "matrix"]
    assert table["rows"] == [list(row) for row in TABLE.rows]
    assert (table["columns"], table["formats"]) == (list(TABLE.columns), TABLE.formats)
    assert {
        name: [tuple(point) for point in points] for name, points in lines["series"].items()
    } == LINES.series
    assert (lines["x"], lines["y"], lines["percent"]) == ("ε", "accuracy", True)
    assert bars["series"] == {"training": [14700.0, 460.0]}
    assert matrix["counts"] == MATRIX.counts
    assert (values["summary"], values["facts"]) == ("What came out.", FACTS)
    assert values["sections"][0]["text"] == "First.\n\nSecond."


def test_the_csv_of_a_block_holds_all_its_figures_with_all_their_digits(tmp_path: Path) -> None:
    report(TABLE, LINES, BARS, MATRIX).write(tmp_path)
    assert rows_of(tmp_path, "search") == [
        ["trial", "optimizer", "accuracy"],
        ["1", "adam, slow", "0.98"],
        ["2", 'the "fast"', ""],
    ]
    first, *points = rows_of(tmp_path, "attack")
    assert first == ["series", "ε", "accuracy"]
    assert [(name, float(x), float(y)) for name, x, y in points] == [
        (name, x, y) for name, each in LINES.series.items() for x, y in each
    ]
    assert rows_of(tmp_path, "speed") == [["label", "training"], ["CNN", "14700.0"], ["GRU", "460.0"]]
    assert rows_of(tmp_path, "confusion")[1:] == [["cat", "8", "2"], ["dog", "1", "9"]]


def test_numbers_of_numpy_are_written_as_numbers(tmp_path: Path) -> None:
    table = Table(name="t", title="T", columns=("a", "b"), rows=[(np.float32(0.5), np.int64(3))])
    values = written(report(table), tmp_path)
    assert values["sections"][0]["blocks"][0]["rows"] == [[0.5, 3]]
    assert rows_of(tmp_path, "t")[1] == ["0.5", "3"]


def test_what_is_no_number_is_null_in_json_and_leaves_the_rest_whole(tmp_path: Path) -> None:
    points = [(1.0, math.nan), (2.0, math.inf), (3.0, 0.5)]
    made = report(
        Lines(name="loss", title="Loss", x="epoch", y="loss", series={"CNN": points}),
        Bars(name="bars", title="Bars", labels=("a", "b"), series={"CNN": (math.nan, 1.0)}),
    )
    made.headline("Never measured", math.nan, at_least=0.5)
    values = written(made, tmp_path)
    lines, bars = values["sections"][0]["blocks"]
    assert lines["series"]["CNN"] == [[1.0, None], [2.0, None], [3.0, 0.5]]
    assert bars["series"]["CNN"] == [None, 1.0]
    assert values["headlines"][0]["value"] is None
    assert values["headlines"][0]["reached"] is False
    assert [row[2] for row in rows_of(tmp_path, "loss")[1:]] == ["nan", "inf", "0.5"]


@pytest.mark.parametrize(
    ("value", "marks", "reached", "aim_reached"),
    [
        (0.9965, {"at_least": 0.996, "aim": 0.9979}, True, False),
        (0.998, {"at_least": 0.996, "aim": 0.9979}, True, True),
        (0.9959, {"at_least": 0.996, "aim": 0.9979}, False, False),
        (0.003, {"at_least": 0.005, "aim": 0.002}, True, False),
        (0.006, {"at_least": 0.005, "aim": 0.002}, False, False),
        (0.5, {}, None, None),
    ],
)
def test_a_headline_says_which_mark_it_reaches_and_less_is_better_where_the_aim_is_less(
    value: float, marks: dict[str, float], reached: bool | None, aim_reached: bool | None, tmp_path: Path
) -> None:
    made = report()
    made.headline("A figure", value, theirs=0.99, spread=0.001, **marks)
    (headline,) = written(made, tmp_path)["headlines"]
    assert (headline["reached"], headline["aim_reached"]) == (reached, aim_reached)
    assert (headline["value"], headline["theirs"], headline["spread"]) == (value, 0.99, 0.001)


def test_pictures_have_their_captions_in_json_and_csv(tmp_path: Path) -> None:
    picture = Picture(image=np.zeros((8, 8, 1), np.uint8), caption="7, answered 1")
    values = written(report(Pictures(name="wrong", title="Wrong", rows=[[picture]])), tmp_path)
    assert values["sections"][0]["blocks"][0]["captions"] == [["7, answered 1"]]
    assert rows_of(tmp_path, "wrong")[1] == ["1", "1", "7, answered 1"]


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: Table(name="../t", title="T", columns=("a",), rows=[]),
        lambda: Table(name="t", title="T", columns=("a",), rows=[(1, 2)]),
        lambda: Table(name="t", title="T", columns=("a",), rows=[(1,)], formats={"b": ".2%"}),
        lambda: Table(name="t", title="T", columns=("a",), rows=[(1,)], formats={"a": ".2 percent"}),
        lambda: Bars(name="b", title="B", labels=("a",), series={"s": (1.0, 2.0)}),
        lambda: Matrix(name="m", title="M", labels=("a", "b"), counts=[[1, 2]]),
        lambda: Lines(name="l", title="L", x="x", y="y", series={"s": [(0.0, 1.0)]}, log_x=True),
        lambda: Picture(image=np.zeros((8, 8), np.uint8), caption=""),
        lambda: report(TABLE, TABLE),
    ],
)
def test_a_block_that_cannot_be_written_is_refused_when_it_is_made(mistake: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the sentences are the programmer's
        mistake()


def test_curves_are_those_of_the_history_by_epoch() -> None:
    history = {
        "loss": [2.0, 1.0],
        "val_loss": [2.1, 1.2],
        "accuracy": [0.3, 0.6],
        "learning_rate": [1e-3, 1e-4],
    }
    loss, accuracy = usual.curves("cnn", "CNN", history)
    assert (loss.name, accuracy.name) == ("cnn-loss", "cnn-accuracy")
    assert loss.series == {"training": [(1, 2.0), (2, 1.0)], "validation": [(1, 2.1), (2, 1.2)]}
    assert accuracy.series == {"training": [(1, 0.3), (2, 0.6)]}
    assert (loss.percent, accuracy.percent) == (False, True)


def test_the_table_by_class_and_the_confusion_are_of_the_same_answers() -> None:
    truth = load_digits().target.astype(np.int64)
    answers = np.where(np.arange(len(truth)) % 7 == 0, (truth + 3) % 10, truth)
    names = [str(digit) for digit in range(10)]
    table = usual.classification("classes", "Classes", truth, answers, names)
    figures = precision_recall_fscore_support(truth, answers)
    np.testing.assert_allclose(np.array([row[1:] for row in table.rows[:10]], float).T, figures)
    confusion = usual.confusion("confusion", "Confusion", truth, answers, names)
    accuracy = next(row[3] for row in table.rows if row[0] == "accuracy")
    assert np.trace(confusion.counts) / np.sum(confusion.counts) == pytest.approx(accuracy)
    assert confusion.counts[0][3] == int(((truth == 0) & (answers == 3)).sum()) > 0


def test_a_class_that_is_never_seen_nor_answered_has_a_row_of_zeros() -> None:
    table = usual.classification("c", "C", np.array([0, 1]), np.array([0, 1]), ["a", "b", "c"])
    assert table.rows[2] == ["c", 0.0, 0.0, 0.0, 0]
