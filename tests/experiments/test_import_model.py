"""`manage.py import_model`: a network that Keras saved whole becomes a model of the zoo."""

import io
import json

import keras
import numpy as np
import pytest
from django.core.management import CommandError, call_command
from keras import layers

from ml import zoo


@pytest.fixture
def saved(tmp_path):
    """A whole saved network for 28×28 grey pictures and two classes."""
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    network.save(tmp_path / "old.keras")
    return network


def run(tmp_path, *arguments, name="theirs", **options):
    text = io.StringIO()
    call_command(
        "import_model",
        str(tmp_path / "old.keras"),
        f"--name={name}",
        "--domain=digits",
        "--classes=even, odd",
        *arguments,
        stdout=text,
        **options,
    )
    return text.getvalue()


def test_the_model_is_found_in_the_zoo_by_its_name(saved, tmp_path, tiny_zoo, monkeypatch):
    monkeypatch.setenv("EPSILON_ZOO_DIR", str(tmp_path / "zoo"))
    assert "imported" in run(tmp_path)
    model = zoo.load("theirs")
    images = np.random.default_rng(0).random((4, 28, 28, 1), np.float32)
    assert model.class_names == ["even", "odd"]
    assert model.card.domain == "digits"
    np.testing.assert_allclose(model.probabilities(images), saved(images * 255, training=False), atol=1e-5)


def test_json_says_what_was_made(saved, tmp_path):
    row = json.loads(run(tmp_path, "--json", "--range=0..255", output=tmp_path / "new"))
    card = json.loads((tmp_path / "new" / "card.json").read_text())
    assert row["range"] == "0..255"
    assert row["parameters"] == card["parameters"] == 2 * 784 + 2
    assert row["weights_sha256"] == card["weights_sha256"]


def test_what_is_there_already_is_kept(saved, tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "card.json").write_text("mine")
    with pytest.raises(CommandError, match="already"):
        run(tmp_path, output=tmp_path / "new")
    assert (tmp_path / "new" / "card.json").read_text() == "mine"


def test_a_place_that_cannot_be_made_is_one_sentence(saved, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(CommandError, match=r"file.* cannot be used: (Not a directory|File exists)\.$"):
        run(tmp_path, output=tmp_path / "file" / "new")


def test_without_a_place_it_asks_for_one(saved, tmp_path, monkeypatch):
    monkeypatch.delenv("EPSILON_ZOO_DIR")
    with pytest.raises(CommandError, match="--output DIR"):
        run(tmp_path)


def test_a_refusal_is_one_sentence(tmp_path):
    network = keras.Sequential([keras.Input((8, 8, 3)), layers.Lambda(lambda x: x, name="trojan")])
    network.save(tmp_path / "old.keras")
    with pytest.raises(CommandError, match="The layer trojan is of the class Lambda"):
        run(tmp_path, output=tmp_path / "new")
