"""Estimators as models of the zoo: without a gradient, some without a file, each with its recipe."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from ml import estimators, training, zoo
from ml.attacks import FGSM
from ml.datasets import mnist
from ml.errors import DataMissing, ModelUnavailable, NotANetwork
from ml.estimators import first_use
from ml.images import to_float
from ml.training.digits import estimators as mnist_estimators
from tests import tiny_estimators

NAMES = ["digits-logistic", "digits-forest", "digits-knn", "digits-svm"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with `zoo`, a forest and an SVM fitted at first use, and `data`."""
    folder = tmp_path_factory.mktemp("estimators")
    data = tiny_estimators.data(folder / "data")
    tiny_estimators.make(folder / "zoo", "random-forest")
    tiny_estimators.make(folder / "zoo", "svm", data=data)
    return folder


@pytest.fixture(autouse=True)
def _places(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("EPSILON_ZOO_DIR", str(folder / "zoo"))
    monkeypatch.setenv("EPSILON_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("DATASETS_DIR", str(folder / "data"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "nothing"))
    monkeypatch.setattr(zoo, "_loaded", {})


@pytest.fixture
def digit():
    return tiny_estimators.digits()[0][3]


ASKED = {
    "gradient": lambda model, digit: model.gradient(to_float(digit)[None], [3]),
    "sign map": lambda model, digit: model.sign_map(digit),
    "sweep": lambda model, digit: model.sweep(to_float(digit), [0.1]),
    "flip": lambda model, digit: model.flip_steps(digit),
    "attack": lambda model, digit: FGSM()(model, to_float(digit)[None], epsilon=0.1),
}


@pytest.mark.parametrize("asked", ASKED)
def test_what_needs_a_gradient_is_refused_in_a_sentence(asked, digit):
    model = zoo.load("tiny-random-forest")
    with pytest.raises(NotANetwork, match="“tiny-random-forest” has no gradient, so it cannot be attacked"):
        ASKED[asked](model, digit)


def test_there_is_no_network_to_export():
    with pytest.raises(NotANetwork, match="“tiny-random-forest” is no network"):
        _ = zoo.load("tiny-random-forest").network


def test_it_answers_like_every_model(digit):
    model = zoo.load("tiny-random-forest")
    assert model.verdicts(to_float(digit)[None])[0].class_name == "3"


def test_networks_come_before_other_models_of_their_domain(tiny_zoo, folder, monkeypatch):
    shutil.copytree(tiny_zoo / "tiny-digits", folder / "zoo" / "zz-network", dirs_exist_ok=True)
    monkeypatch.setattr(zoo, "SHIPPED", folder / "nothing")
    assert zoo.names() == ["zz-network", "tiny-random-forest", "tiny-svm"]


def test_a_damaged_forest_is_one_sentence(folder):
    copy = shutil.copytree(folder / "zoo" / "tiny-random-forest", folder / "damaged" / "tiny-random-forest")
    (copy / "weights.h5").write_bytes(b"nothing")
    with pytest.raises(ModelUnavailable, match="damaged: they are not those its card names"):
        zoo.open_folder(copy)


def test_the_first_use_fits_and_the_second_start_reads_what_was_kept(digit, monkeypatch):
    first = zoo.load("tiny-svm")
    assert first_use.is_kept(first.card)
    monkeypatch.setattr(zoo, "_loaded", {})
    monkeypatch.setattr(first_use, "fit", lambda *arguments, **options: pytest.fail("fitted again"))
    monkeypatch.setenv("DATASETS_DIR", "/nowhere")
    again = zoo.load("tiny-svm")
    assert again is not first
    np.testing.assert_array_equal(again.logits(to_float(digit)[None]), first.logits(to_float(digit)[None]))


def test_a_copy_under_another_name_is_not_fitted_again(folder, monkeypatch):
    first = zoo.load("tiny-svm")
    copy = shutil.copytree(folder / "zoo" / "tiny-svm", folder / "copied" / "other")
    monkeypatch.setattr(first_use, "fit", lambda *arguments, **options: pytest.fail("fitted again"))
    assert zoo.open_folder(copy).card == dataclasses.replace(first.card, name="other")


def test_what_was_kept_and_is_damaged_is_fitted_again(digit, monkeypatch):
    card = zoo.load("tiny-svm").card
    first_use._kept(card).write_bytes(b"nothing")
    monkeypatch.setattr(zoo, "_loaded", {})
    assert zoo.load("tiny-svm").verdicts(to_float(digit)[None])[0].class_name == "3"


def test_missing_training_data_are_one_sentence(monkeypatch):
    monkeypatch.setenv("DATASETS_DIR", "/nowhere")
    with pytest.raises(DataMissing, match="put them into the folder that DATASETS_DIR names"):
        zoo.load("tiny-svm")


def test_other_training_data_than_the_cards_are_one_sentence(tmp_path, monkeypatch):
    images, labels = tiny_estimators.digits()
    np.savez(tmp_path / mnist.FILE, x_train=images[:9, ..., 0], y_train=labels[:9])
    monkeypatch.setenv("DATASETS_DIR", str(tmp_path))
    with pytest.raises(DataMissing, match="not the one that the model “tiny-svm” learned from"):
        zoo.load("tiny-svm")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Every recipe, run with --quick: name to folder of the run."""
    home = tmp_path_factory.mktemp("runs")
    for name in NAMES:
        training.run(name, quick=True, output=home / name)
    return home


@pytest.mark.parametrize("name", NAMES)
def test_a_quick_run_makes_a_model_whose_figures_hold(name, runs, monkeypatch):
    monkeypatch.setenv("DATASETS_DIR", str(runs / name / "data"))
    model = zoo.open_folder(runs / name / "model")
    card = model.card
    assert card.metrics["test_accuracy"] > 0.85
    assert np.sum(card.confusion_matrix) == card.metrics["test_images"] == 397
    measured = mnist_estimators.measure(card, model, runs / name / "data")
    assert measured == pytest.approx(card.metrics, abs=0.003)


@pytest.mark.parametrize("name", NAMES)
def test_the_card_says_what_both_variants_reach_and_the_better_is_shipped(name, runs):
    card = zoo.cards.read(runs / name / "model" / "card.json")
    accuracy = card.training["validation_accuracy"]
    assert set(accuracy) == set(card.training["test_accuracy"]) == {"plain", "deskewed"}
    if name != "digits-logistic":
        shipped = "deskewed" if card.options["deskewed"] else "plain"
        assert accuracy[shipped] == max(accuracy.values())
        assert card.training["test_accuracy"][shipped] == card.metrics["test_accuracy"]


@pytest.mark.parametrize(("name", "file"), [(n, n in ("digits-logistic", "digits-forest")) for n in NAMES])
def test_no_training_digit_is_shipped(name, file, runs):
    assert (runs / name / "model" / "weights.h5").exists() == file
    assert zoo.cards.read(runs / name / "model" / "card.json").fitted_at_first_use != file


def test_the_logistic_regression_is_a_network_with_a_gradient(runs, digit):
    model = zoo.open_folder(runs / "digits-logistic" / "model")
    assert model.card.gradient
    assert np.abs(model.gradient(to_float(digit)[None], [3])).max() > 0
    arrays = estimators.store.read(runs / "digits-logistic" / "fits" / "plain.h5")
    expected = to_float(digit).reshape(1, -1) @ arrays["weights"] + arrays["bias"]
    np.testing.assert_allclose(model.logits(to_float(digit)[None]), expected, atol=0.02)


def test_a_resumed_run_fits_nothing_again(runs, monkeypatch):
    monkeypatch.setattr(estimators, "fit", lambda *arguments, **options: pytest.fail("fitted again"))
    folder = runs / "digits-forest" / "model"
    before, card = (folder / "weights.h5").read_bytes(), zoo.cards.read(folder / "card.json")
    training.run("digits-forest", quick=True, resume=True, output=runs / "digits-forest")
    assert (folder / "weights.h5").read_bytes() == before
    # The card says how long the fit took, not how long its file is read.
    again = zoo.cards.read(folder / "card.json")
    assert again.training["fit_seconds"] == card.training["fit_seconds"]


@pytest.mark.parametrize("name", NAMES)
def test_the_report_sets_both_variants_beside_what_was_asked(name, runs):
    report = json.loads((runs / name / "report.json").read_text())
    assert len(report["headlines"]) == 2
    assert (runs / name / "tables" / "variants.csv").exists()
