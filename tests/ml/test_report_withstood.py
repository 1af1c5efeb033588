"""What a report says of attacks and corruptions, from a model's card."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from ml import training
from ml.card import Card
from ml.report import Report, withstood
from ml.training import recipe

FACTS: dict[str, Any] = {}


@pytest.fixture
def card(tiny_digits: Any) -> Card:
    found: Card = tiny_digits.card
    return found


def blocks_of(card: Card) -> dict[str, list[list[Any]]]:
    page = Report(name="one", title="One", summary="", facts=FACTS)
    withstood.sections(page, card)
    return {block.name: block.csv_rows() for section in page.sections for block in section.blocks}


def test_nothing_is_said_where_nothing_was_measured(card: Card) -> None:
    assert blocks_of(dataclasses.replace(card, robustness=[], corruptions={})) == {}


def test_every_measurement_is_a_row(card: Card) -> None:
    rows = [
        {
            "attack": "pgd",
            "epsilon": 0.3,
            "options": {"steps": 20},
            "samples": 50,
            "clean_accuracy": 0.9,
            "accuracy": 0.4,
        },
        {"attack": "certified", "epsilon": 0.1, "samples": 50, "clean_accuracy": 0.9, "accuracy": 0.2},
    ]
    _, first, second = blocks_of(dataclasses.replace(card, robustness=rows))["under-attack"]
    assert list(first) == ["pgd", "steps 20", "linf", 0.3, 50, 0.9, 0.4]
    assert list(second) == ["certified", "", "linf", 0.1, 50, 0.9, 0.2]


def test_the_mean_over_strengths_stands_beside_each_of_them(card: Card) -> None:
    found = {"images": 30, "mean": 0.7, "accuracy": {"fog": [0.9, 0.7, 0.5], "rotate": 0.8}}
    rows = blocks_of(dataclasses.replace(card, corruptions=found))["under-corruptions"]
    assert [list(row) for row in rows[1:]] == [
        ["mean", 0.7, ""],
        ["fog", pytest.approx(0.7), "90.0% · 70.0% · 50.0%"],
        ["rotate", 0.8, ""],
    ]


def test_a_finished_digit_network_is_reported_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipes = tmp_path / "recipes"
    recipes.mkdir()
    text = recipe.load("digits-robust").text
    (recipes / "mine.toml").write_text(text.replace('"digits-robust"', '"mine"'), encoding="utf-8")
    monkeypatch.setattr("ml.training.recipe.FOLDER", recipes)
    folder = training.run("mine", quick=True, output=tmp_path / "run")
    (tmp_path / "zoo").mkdir()
    folder.rename(tmp_path / "zoo" / "mine")
    monkeypatch.setenv("EPSILON_ZOO_DIR", str(tmp_path / "zoo"))
    training.report("mine", data=tmp_path / "run" / "data", output=tmp_path / "again")
    first, again = (
        json.loads((tmp_path / name / "report.json").read_text())["sections"] for name in ("run", "again")
    )
    assert [section["heading"] for section in first] == [section["heading"] for section in again]
    assert first[-1] == again[-1]
    assert first[-1]["heading"] == "Under attack"
