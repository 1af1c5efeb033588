"""The zoo: models by name, and one sentence for each way in which a model can be missing or damaged."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from ml import zoo
from ml.errors import ModelUnavailable
from tests import tiny


@pytest.fixture
def damaged(tiny_zoo):
    """A copy of tiny-photos under another name, to be broken."""
    folder = tiny_zoo / "damaged"
    shutil.copytree(tiny_zoo / "tiny-photos", folder)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def pets(tiny_zoo):
    """tiny-photos copied into another folder of the zoo, as `cp -r` leaves it."""
    folder = shutil.copytree(tiny_zoo / "tiny-photos", tiny_zoo / "pets")
    yield folder
    shutil.rmtree(folder)


def test_the_shipped_models_are_there(tiny_zoo):
    assert {"vehicles", "digits-simple"} <= set(zoo.names())


def test_shipped_models_come_before_those_trained_here_and_defended_ones_last(tiny_zoo):
    names = [name for name in zoo.names() if name.startswith(("vehicles", "digits-simple", "tiny"))]
    assert names == ["vehicles", "tiny-photos", "vehicles-robust", "digits-simple", "tiny-digits"]


@pytest.mark.parametrize("name", ["none", "", ".", "..", "../zoo", "tiny-photos/", "/etc"])
def test_an_unknown_name_is_one_sentence(name, tiny_zoo):
    with pytest.raises(ModelUnavailable, match="There is no model called"):
        zoo.card(name)


def test_a_model_is_loaded_once(tiny_zoo):
    assert zoo.load("tiny-photos") is zoo.load("tiny-photos")


def test_a_copied_model_gives_the_same_answers(damaged, tiny_photos):
    batch, _ = tiny.shapes(6, seed=8)
    np.testing.assert_allclose(zoo.load("damaged").logits(batch), tiny_photos.logits(batch), atol=1e-6)


def test_a_model_is_called_as_its_folder_is_whatever_name_its_card_says(pets):
    assert json.loads((pets / "card.json").read_text())["name"] == "tiny-photos"
    assert zoo.card("pets").name == zoo.load("pets").card.name == zoo.open_folder(pets).card.name == "pets"
    assert sorted(card.name for card in zoo.readable()) == sorted(zoo.names())


def test_what_is_kept_of_a_copied_model_leaves_the_card_it_was_copied_from_alone(pets, tiny_zoo):
    before = (tiny_zoo / "tiny-photos" / "card.json").read_text()
    zoo.keep(dataclasses.replace(zoo.card("pets"), notes="measured"))
    assert zoo.card("pets").notes == "measured"
    assert (tiny_zoo / "tiny-photos" / "card.json").read_text() == before


def _missing(folder):
    (folder / "weights.h5").unlink()


def _truncated(folder):
    data = (folder / "weights.h5").read_bytes()
    (folder / "weights.h5").write_bytes(data[: len(data) // 2])


def _other(folder):
    shutil.copy(folder.parent / "tiny-digits" / "weights.h5", folder / "weights.h5")


def _no_card(folder):
    (folder / "card.json").write_text("{")


def _half_a_card(folder):
    (folder / "card.json").write_text('{"name": "damaged"}')


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (_missing, "The weights of the model “damaged” are missing."),
        (_truncated, "The weights of the model “damaged” are damaged"),
        (_other, "The weights of the model “damaged” are damaged"),
        (_no_card, "The card of the model “damaged” is damaged"),
        (_half_a_card, "The card of the model “damaged” is damaged"),
    ],
)
def test_a_damaged_model_is_one_sentence_and_leaves_the_others_alone(damage, sentence, damaged, tiny_photos):
    damage(damaged)
    with pytest.raises(ModelUnavailable, match=sentence):
        zoo.open_folder(damaged)
    assert "tiny-photos" in zoo.names()
