"""The training of digits: seconds on scikit-learn's handwriting instead of MNIST."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from ml import training, zoo
from ml.datasets import mnist
from ml.errors import OptionRefused
from ml.images import to_float
from ml.training.digits import figures as digit_figures
from ml.training.digits import run as mnist_digits
from ml.training.digits.handwriting import Variation, vary

RECIPE = """
name = "tiny"
title = "Tiny"
kind = "mnist-digits"
seed = 5
[data]
validation = 200
[architecture]
family = "simple-cnn"
[training]
epochs = 3
batch_size = 64
learning_rate = 0.002
turn_degrees = 5.0
thickness = 0.3
[evaluation]
unsure_share = 0.05
[card]
provenance = "scikit-learn's digits"
licence = "MIT"
limits = ["a test"]
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """load_digits in the form of MNIST's archive."""
    images, labels = load_digits(return_X_y=True)
    small = (images.reshape(-1, 8, 8) * 15.9).astype(np.uint8)
    large = np.stack(
        [np.asarray(Image.fromarray(image).resize((28, 28), Image.Resampling.BICUBIC)) for image in small]
    )
    folder = tmp_path_factory.mktemp("data")
    np.savez(
        folder / "mnist.npz",
        x_train=large[:1400],
        y_train=labels[:1400],
        x_test=large[1400:],
        y_test=labels[1400:],
    )
    return folder


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipes") / "tiny.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture(scope="module")
def model(recipe: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return training.run(recipe, data=data, output=tmp_path_factory.mktemp("run"))


def test_a_recipe_gives_a_model_that_has_learned(model: Path) -> None:
    card = zoo.open_folder(model).card
    assert card.metrics["test_accuracy"] > 0.8
    assert card.metrics["test_images"] == 397
    assert np.sum(card.confusion_matrix) == 397
    assert np.trace(card.confusion_matrix) / 397 == pytest.approx(card.metrics["test_accuracy"])
    assert (card.domain, card.input_shape, card.seed) == ("digits", (28, 28, 1), 5)


def test_measuring_again_gives_the_figures_of_the_card(model: Path, data: Path) -> None:
    classifier = zoo.open_folder(model)
    assert mnist_digits.measure(classifier.card, classifier, data) == classifier.card.metrics


def test_a_model_in_the_users_own_zoo_is_measured_by_its_name(
    model: Path, data: Path, tmp_path, monkeypatch
) -> None:
    (tmp_path / "tiny").symlink_to(model)
    monkeypatch.setenv("EPSILON_ZOO_DIR", str(tmp_path))
    assert training.measure("tiny", data) == zoo.card("tiny").metrics


def test_the_unsure_threshold_is_met_by_the_share_that_the_recipe_asks_for(model: Path) -> None:
    card = zoo.open_folder(model).card
    assert 0.1 < card.unsure.threshold < 1
    assert 0 < card.metrics["test_unsure"] < 0.2


def test_the_seed_decides_everything(model: Path, recipe: Path, data: Path, tmp_path: Path) -> None:
    again = zoo.open_folder(training.run(recipe, data=data, output=tmp_path))
    images = to_float(np.random.default_rng(0).integers(0, 256, (4, 28, 28, 1), np.uint8))
    np.testing.assert_allclose(again.logits(images), zoo.open_folder(model).logits(images), atol=0.05)


def test_a_killed_training_goes_on_with_the_epoch_it_was_in(data: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "long.toml"
    recipe.write_text(RECIPE.replace("epochs = 3", "epochs = 12"))
    arguments = f"{str(recipe)!r}, data={str(data)!r}, output={str(tmp_path)!r}"
    program = f"from ml import training; training.run({arguments})"
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while not (tmp_path / "checkpoints" / "epoch-2.weights.h5").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    state = (tmp_path / "checkpoints" / "state.json").read_text()
    done = int(state.split('"epoch": ')[1].split(",")[0])
    assert 1 <= done < 12
    folder = training.run(recipe, data=data, output=tmp_path, resume=True)
    assert zoo.open_folder(folder).card.training["epochs"] == 12
    assert '"epoch": 12' in (tmp_path / "checkpoints" / "state.json").read_text()


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs begin and end, and nothing is trained."""
    monkeypatch.setattr(mnist_digits, "train", lambda recipe, output, **others: output)


STATE = [
    "checkpoints/state.json",
    "checkpoints/a-1/epoch-3.weights.h5",
    "steps/a-1.json",
    "steps/random.journal",
    "fits/plain.h5",
    "guard/state.json",
    "attacked/0/question.json",
    "attacked/0/apgd-ce-0.npy",
]
OTHERS = ["model/card.json", "notes.txt", "steps/notes.txt", "checkpoints-of-mine/state.json"]


def _put(folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")


def _left(folder: Path) -> list[str]:
    return [name for name in [*STATE, *OTHERS] if (folder / name).exists()]


def test_a_fresh_run_removes_what_an_earlier_one_left_to_go_on_from_and_nothing_else(
    untrained, recipe: Path, tmp_path: Path
) -> None:
    training.run(recipe, output=tmp_path)
    _put(tmp_path, [*STATE, *OTHERS])
    training.run(recipe, output=tmp_path, resume=True)
    assert _left(tmp_path) == [*STATE, *OTHERS]
    training.run(recipe, output=tmp_path)
    assert _left(tmp_path) == OTHERS
    assert not (tmp_path / "checkpoints").exists()


def test_in_a_folder_that_no_run_used_nothing_is_removed(untrained, recipe: Path, tmp_path: Path) -> None:
    _put(tmp_path, STATE)
    training.run(recipe, output=tmp_path)
    assert _left(tmp_path) == STATE


def test_a_second_run_in_the_same_folder_measures_its_own_model_under_attack(
    data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "attacked.toml"
    rows = '[[evaluation.robustness]]\nattack = "fgsm"\nepsilon = 0.1\nsamples = 20\n'
    path.write_text(RECIPE.replace("[card]", f"{rows}[card]"))
    for seed in (1, 2):
        folder = training.run(path, data=data, epochs=1, seed=seed, output=tmp_path / "run")
        assert zoo.open_folder(folder).card.robustness[0]["samples"] == 20


def test_a_changed_recipe_is_not_resumed(recipe: Path, data: Path, tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text(RECIPE.replace("0.002", "0.1"))
    with pytest.raises(OptionRefused, match="tiny has changed since this run began"):
        training.run(recipe, data=data, output=tmp_path, resume=True)


@pytest.mark.parametrize(
    ("began", "resumed", "command"),
    [
        ({"seed": 2}, {}, "tiny --seed 2"),
        ({}, {"seed": 2}, "tiny"),
        ({"epochs": 3}, {}, "tiny --epochs 3"),
        ({"epochs": 3}, {"epochs": 4}, "tiny --epochs 3"),
        ({"data": Path("/a")}, {"data": Path("/b")}, "tiny --data /a"),
        ({"weights": Path("/a b.h5")}, {}, "tiny --weights '/a b.h5'"),
    ],
)
def test_a_run_is_not_resumed_with_other_options(
    began, resumed, command: str, untrained, recipe: Path, tmp_path: Path
) -> None:
    training.run(recipe, output=tmp_path, **began)
    with pytest.raises(OptionRefused, match=f"This run began as “recipe run {re.escape(command)}”"):
        training.run(recipe, output=tmp_path, resume=True, **resumed)
    training.run(recipe, output=tmp_path, resume=True, **began)


def test_the_seed_of_the_recipe_and_another_way_to_write_a_folder_are_no_other_options(
    untrained, recipe: Path, tmp_path: Path
) -> None:
    training.run(recipe, output=tmp_path, data=tmp_path)
    training.run(recipe, output=tmp_path, data=tmp_path / "run" / "..", seed=5, resume=True)


def test_a_fresh_run_may_have_any_options(untrained, recipe: Path, tmp_path: Path) -> None:
    training.run(recipe, output=tmp_path, seed=2)
    training.run(recipe, output=tmp_path)
    training.run(recipe, output=tmp_path, resume=True)


def test_an_unknown_kind_is_refused(recipe: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(RECIPE.replace("mnist-digits", "tea-leaves"))
    with pytest.raises(OptionRefused, match="no kind of training tea-leaves"):
        training.run(other, output=tmp_path)


def test_no_variation_changes_nothing() -> None:
    images = np.random.default_rng(0).random((6, 28, 28, 1), np.float32)
    np.testing.assert_allclose(vary(images, Variation(), np.random.default_rng(1)), images, atol=1e-5)


def test_shifts_by_whole_pixels_make_no_grey() -> None:
    images = np.zeros((50, 28, 28, 1), np.float32)
    images[:, 8:20, 12:15] = 1
    shifted = vary(images, Variation(shift_pixels=2, whole_pixels=True), np.random.default_rng(1))
    np.testing.assert_allclose(shifted * (1 - shifted), 0, atol=1e-4)
    np.testing.assert_allclose(shifted.sum(axis=(1, 2, 3)), 36, atol=1e-2)
    tops = shifted[..., 0].max(axis=2).argmax(axis=1)
    assert set(tops) == {6, 7, 8, 9, 10}
    by_parts = vary(images, Variation(shift_pixels=2), np.random.default_rng(1))
    assert (by_parts * (1 - by_parts)).max() > 0.1


def test_variations_stay_in_range_and_spare_their_share() -> None:
    images = np.random.default_rng(0).random((200, 28, 28, 1), np.float32)
    strong = Variation(
        turn_degrees=20, shear=0.2, scale=0.2, shift_pixels=2, thickness=1, blur=1, contrast=0.5, share=0.6
    )
    varied = vary(images, strong, np.random.default_rng(1))
    assert varied.min() >= 0
    assert varied.max() <= 1
    same = (varied == images).all(axis=(1, 2, 3)).mean()
    assert same == pytest.approx(0.4, abs=0.1)


@pytest.mark.parametrize(
    ("seed", "validation", "start", "named"),
    [(2, 1000, "digits-cnn", "seed"), (1, 3000, "digits-cnn", "validation"), (1, 1000, "digits-cnn", None)],
)
def test_a_training_starts_only_from_a_model_that_never_met_the_digits_held_out_here(
    seed: int,
    validation: int,
    start: str,
    named: str | None,
    recipe: Path,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    split = mnist.Split(np.zeros((60_000, 1, 1, 1), np.uint8), np.zeros(60_000, np.int64))
    monkeypatch.setattr(mnist, "load", lambda part, data=None: split)
    monkeypatch.setattr(mnist_digits, "_built", _enough)
    begun = tmp_path / "begun.toml"
    text = recipe.read_text().replace("validation = 200", f"validation = {validation}")
    begun.write_text(text.replace("epochs = 3", f'epochs = 3\nstart = "{start}"'))
    expected = rf"cannot start from “{start}”.*\({named}\)" if named else "^it would begin$"
    with pytest.raises(OptionRefused, match=expected):
        training.run(begun, data=data, output=tmp_path / "run", seed=seed)


def _enough(*_: object) -> None:
    raise OptionRefused("it would begin")


@pytest.mark.parametrize(
    ("name", "said", "unsaid"),
    [
        ("digits-cnn", ["in one of the kinds: as it is, moved, or placed small"], ["varied", "attacked"]),
        ("digits-sturdy", ["once, as it is.", "varied or spoilt anew"], ["kinds", "attacked", "sheet"]),
        ("digits-certified", ["once, as it is.", "is attacked"], ["kinds", "varied", "sheet"]),
    ],
)
def test_the_report_says_of_a_training_what_it_showed(name: str, said: list[str], unsaid: list[str]) -> None:
    text = digit_figures.training(zoo.card(name))
    assert [each for each in said if each not in text] == []
    assert [each for each in unsaid if each in text] == []
