"""`--quick`: every recipe in seconds, on the digits that come with scikit-learn."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from ml import training, zoo
from ml.datasets import bundled, mnist
from ml.errors import OptionRefused
from ml.training import recipe as recipes
from ml.training.steps import remembered

DIGITS = ["digits-simple", "digits-cnn", "digits-cnn-gru", "digits-sturdy"]


@pytest.mark.parametrize("name", DIGITS)
def test_a_quick_run_trains_measures_and_reports(name: str, tmp_path: Path) -> None:
    folder = training.run(name, quick=True, output=tmp_path)
    card = zoo.open_folder(folder).card
    assert card.metrics["test_images"] == 397
    assert np.sum(card.confusion_matrix) == 397
    assert card.metrics["test_accuracy"] > 0.2  # ten classes, so 0.1 is chance
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["facts"]["seed"] == card.seed
    assert f"{card.metrics['test_accuracy']:.2%}" in report["summary"]
    assert (tmp_path / "report.html").read_text().count("<svg") >= 3
    assert len((tmp_path / "tables" / "curves-loss.csv").read_text().splitlines()) > 2


@pytest.mark.parametrize("name", ["digits-cnn", "defences", "adversarial-challenge", "noisy-digits"])
def test_no_training_is_longer_than_the_recipe_says(name: str, tmp_path: Path, monkeypatch) -> None:
    class Begun(Exception):
        """With the epochs that Keras was asked for."""

    def fit(*_: object, epochs: int, **__: object) -> None:
        raise Begun(epochs)

    monkeypatch.setattr(keras.Model, "fit", fit)
    with pytest.raises(Begun) as begun:
        training.run(name, quick=True, epochs=1000, output=tmp_path)
    assert begun.value.args == (recipes.load(name).quickened().training["epochs"],)


def test_the_ensemble_averages_probabilities(tmp_path: Path) -> None:
    data = bundled.write(tmp_path / "data")
    folder = training.run("digits-ensemble", quick=True, output=tmp_path / "run", data=data)
    members = recipes.load("digits-ensemble").quickened().training["members"]
    split = mnist.load("test", data)
    batch = split.images.astype(np.float32) / 255
    mean = sum(zoo.load(name).probabilities(batch) for name in members) / len(members)
    headline = json.loads((folder / "report.json").read_text())["headlines"][0]
    assert headline["value"] == pytest.approx(np.mean(mean.argmax(axis=-1) == split.labels))


def test_every_shipped_recipe_has_a_quick_form() -> None:
    for recipe in recipes.listing():
        assert recipe.quickened().quick == recipe.quick


def test_a_recipe_without_a_quick_form_says_so() -> None:
    recipe = recipes.Recipe(name="slow", title="Slow", kind="mnist-digits")
    with pytest.raises(OptionRefused, match=r"The recipe slow has no table \[quick\]"):
        recipe.quickened()


def test_the_quick_form_overrides_keys_and_keeps_the_others() -> None:
    recipe = recipes.Recipe(
        name="r", title="R", kind="k", training={"epochs": 30, "rate": 0.1}, quick={"training": {"epochs": 1}}
    )
    assert recipe.quickened().training == {"epochs": 1, "rate": 0.1}


def test_a_quick_run_is_not_resumed_as_a_full_one(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text(f"# Run with --quick.\n{recipes.load('digits-cnn').text}")
    with pytest.raises(OptionRefused, match="digits-cnn has changed since this run began"):
        training.run("digits-cnn", output=tmp_path, resume=True)


def test_a_quick_run_is_gone_on_with_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml.training.digits.run.train", lambda recipe, output, **others: output)
    training.run("digits-cnn", quick=True, output=tmp_path)
    with pytest.raises(OptionRefused, match="began as “recipe run digits-cnn --quick”"):
        training.run("digits-cnn", output=tmp_path, resume=True)
    training.run("digits-cnn", quick=True, output=tmp_path, resume=True)


def test_the_bundled_digits_are_those_of_scikit_learn_in_both_layouts(tmp_path: Path) -> None:
    from sklearn.datasets import load_digits

    truth = load_digits().target
    images, labels = bundled.digits()
    assert images.shape == (1797, 28, 28, 1)
    assert labels.tolist() == truth.tolist()
    # The mean of a digit survives the enlargement.
    assert np.corrcoef(images.mean(axis=(1, 2, 3)), load_digits().images.mean(axis=(1, 2)))[0, 1] > 0.99
    bundled.write(tmp_path)
    parts = [mnist.load(part, tmp_path) for part in ("train", "test")]
    np.testing.assert_array_equal(np.concatenate([part.images for part in parts]), images)
    files = sorted((tmp_path / "digits" / "7").iterdir())
    assert len(files) == np.sum(truth == 7)
    index = int(files[0].stem)
    np.testing.assert_array_equal(np.asarray(Image.open(files[0])), images[index, ..., 0])


def test_a_step_is_computed_once_and_read_back_when_resuming(tmp_path: Path) -> None:
    calls: list[int] = []

    def compute() -> dict[str, float]:
        calls.append(1)
        return {"accuracy": 0.5}

    path = tmp_path / "steps" / "svm.json"
    assert remembered(path, compute, resume=True) == {"accuracy": 0.5}
    assert remembered(path, compute, resume=True) == {"accuracy": 0.5}
    assert len(calls) == 1
    remembered(path, compute, resume=False)
    assert len(calls) == 2
