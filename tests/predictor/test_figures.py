"""How the figures of a card are written."""

import pytest
from django.utils import translation

from predictor.figures import figures, percent, written


@pytest.mark.parametrize(
    ("key", "value", "english", "french"),
    [
        ("test_accuracy", 0.9935, "99.35 %", "99,35 %"),
        ("test_unsure", 0.0, "0.00 %", "0,00 %"),
        ("test_images", 10000, "10,000", "10 000"),
        ("learning_rate", 0.001, "0.001", "0,001"),
        ("scale", 0.12, "0.12", "0,12"),
        ("name", "MNIST", "MNIST", "MNIST"),
        ("input_shape", [28, 28, 1], "28, 28, 1", "28, 28, 1"),
    ],
)
def test_a_value_is_written_as_the_language_writes_it(key, value, english, french):
    assert _plain(written(key, value)) == english
    with translation.override("fr"):
        assert _plain(written(key, value)) == french


def _plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_a_percentage_never_breaks_from_its_number():
    assert percent(0.5) == "50.00\N{NO-BREAK SPACE}%"


def test_known_figures_have_names_and_nested_ones_the_name_of_their_group():
    rows = list(figures({"test_accuracy": 0.5, "strangers": {"cats": {"unsure": 0.9}}}))
    assert [row.name for row in rows] == ["Clean accuracy", "strangers: cats: unsure"]
    assert _plain(rows[1].text) == "90.00 %"
