"""How the figures of a card are written."""

import pytest
from django.utils import translation

from predictor.figures import SETTINGS, figures, percent, written


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
    assert percent(0.5) == "50.00\N{NARROW NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    ("values", "name", "text"),
    [
        ({"test_accuracy": 0.5}, "Clean accuracy", "50.00 %"),
        ({"strangers": {"cats": {"unsure": 0.9}}}, "Strangers never trained on: cats: unsure", "90.00 %"),
        ({"accuracy_by_class": {"Bike": 0.99}}, "Accuracy by class: Bike", "99.00 %"),
        ({"unseen_ship_unsure": 0.1}, "Called unsure on a source never trained on, ship", "10.00 %"),
        ({"stages": [{"name": "head", "epochs": 2}]}, "stages: head: epochs", "2"),
        ({"weight_decay": 0.5}, "weight decay", "0.5"),
    ],
)
def test_a_figure_has_a_name_and_a_nested_one_the_name_of_its_group(values, name, text):
    (row,) = figures(values)
    assert (row.name, _plain(row.text)) == (name, text)


def test_the_settings_of_a_training_have_names_of_their_own():
    (row,) = figures({"stages": [{"name": "head", "strangers": 20}]}, names=SETTINGS)
    assert (row.name, row.text) == ("Stages: head: Strangers in a batch", "20")


def test_the_curves_of_a_training_are_no_figures():
    assert list(figures({"history": {"loss": [1.0, 0.5]}})) == []
