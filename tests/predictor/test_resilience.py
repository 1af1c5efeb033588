"""What the page of a model says about attacks and corruptions."""

import dataclasses

import pytest
from django.utils import translation

from ml import zoo
from predictor import resilience

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny_zoo")]
ROW = {"attack": "pgd", "norm": "linf", "options": {"steps": 10}, "samples": 200, "seed": 1, "seconds": 2.0}


@pytest.fixture
def card(tiny_digits):
    rows = [
        {**ROW, "epsilon": 0.1, "clean_accuracy": 0.9, "accuracy": 0.4},
        {**ROW, "epsilon": 0.2, "clean_accuracy": 0.9, "accuracy": 0.1},
        {**ROW, "attack": "certified", "options": {}, "epsilon": 0.1, "clean_accuracy": 0.9, "accuracy": 0.2},
    ]
    corruptions = {
        "suite": "digits",
        "images": 200,
        "seed": 0,
        "mean": 0.6,
        "accuracy": {"fog": 0.4, "rotate": 0.8},
    }
    return dataclasses.replace(
        tiny_digits.card, robustness=rows, corruptions=corruptions, signs={"black-box-wins": 0.2}
    )


def test_each_measurement_stands_with_its_bound_and_its_options(card):
    first, *_ = resilience.rows(card)
    assert first.bound == "L∞ 0.1"
    assert "10 steps" in first.name


def test_one_command_measures_an_attack_at_all_its_epsilons_again(card):
    assert resilience.commands(card) == [
        "python manage.py robustness tiny-digits --attack pgd --option steps=10"
        " --norm linf --samples 200 --seed 1 --epsilon 0.1 0.2",
        "python manage.py verify tiny-digits",
    ]


def test_the_page_writes_epsilon_as_its_language_does_and_the_command_does_not(card):
    with translation.override("fr"):
        assert resilience.rows(card)[0].bound == "L∞ 0,1"
        assert resilience.commands(card)[0].endswith("--epsilon 0.1 0.2")


def test_photos_name_epsilon_in_steps_of_their_file(tiny_photos):
    row = {**ROW, "epsilon": 4 / 255, "clean_accuracy": 1.0, "accuracy": 0.5}
    card = dataclasses.replace(tiny_photos.card, robustness=[row])
    assert resilience.rows(card)[0].bound == "L∞ 4/255"
    with translation.override("fr"):
        assert resilience.rows(card)[0].bound == "L∞ 4/255"
    assert resilience.commands(card)[0].endswith("--epsilon 4/255")


def test_the_curve_starts_at_the_clean_accuracy_and_needs_two_epsilons(card):
    drawn = resilience.curve(card)
    assert drawn.startswith("<svg")
    assert drawn.count('class="series-') >= 2
    assert resilience.curve(dataclasses.replace(card, robustness=card.robustness[:1])) is None


def test_the_marks_of_the_curve_are_numbers_of_the_language(card):
    assert ">0.05<" in resilience.curve(card)
    with translation.override("fr"):
        drawn = resilience.curve(card)
    assert ">0,05<" in drawn
    assert ">0.05<" not in drawn


def test_a_line_of_the_curve_joins_measurements_of_the_same_number_of_pictures_only(card):
    more = {**card.robustness[1], "samples": 1000, "accuracy": 0.15, "epsilon": 0.3}
    drawn = resilience.curve(dataclasses.replace(card, robustness=[*card.robustness, more]))
    assert "10 steps · n = 200" in drawn
    assert "10 steps · n = 1,000" in drawn
    assert "n =" not in resilience.curve(card)


def test_corruptions_come_hardest_first(card):
    found = resilience.corruptions(card)
    assert [each.accuracy for each in found] == [0.4, 0.8]
    several = dataclasses.replace(
        card, corruptions={"suite": "photos", "images": 9, "mean": 0.6, "accuracy": {"snow": [0.9, 0.3]}}
    )
    assert resilience.corruptions(several)[0].accuracy == pytest.approx(0.6)
    assert resilience.corruptions(several)[0].severities == [0.9, 0.3]


def test_the_page_shows_them_with_the_signs_that_speak_against(client, card, monkeypatch):
    monkeypatch.setattr(zoo, "card", lambda name: card)
    monkeypatch.setattr("predictor.engine.card", lambda name: card)
    page = client.get("/models/tiny-digits/").content.decode()
    assert "Under attack" in page
    assert "gradients are masked" in page
    assert "--attack pgd" in page
    assert "Under corruptions" in page


def test_a_card_without_measurements_has_no_such_section(client):
    assert "Under attack" not in client.get("/models/tiny-digits/").content.decode()
