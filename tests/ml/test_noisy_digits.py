"""The comparison on noisy digits: the whole recipe in seconds, given arrays, and every refusal."""

import json
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest

from ml import architectures, training, zoo
from ml.datasets import bundled, noise
from ml.datasets.arrays import Digits
from ml.errors import DataMissing, EpsilonError, OptionRefused
from ml.images import to_float
from ml.training.digits.handwriting import Variation
from ml.training.noisy_digits import run as noisy_digits
from ml.training.noisy_digits.fit import Batches, Job
from ml.training.noisy_digits.recipe import Network

SMALL = """
name = "small"
title = "Small"
kind = "noisy-digits"
seed = 3
[data]
validation = 0.1
noise = "gaussian"
level = 0.5
[architecture]
family = "digits-dnn"
widths = [32]
[training]
epochs = 3
model_epochs = 1
batch_size = 64
seeds = 2
[training.variation]
shift_pixels = 1.0
[training.networks.one]
title = "One"
learning_rate = 0.01
at_least = 0.5
[training.networks.two]
title = "Two"
family = "digits-dnn"
options = { widths = [32], normalised = true }
learning_rate = 0.01
cosine = true
fresh = true
[training.models.three]
title = "Three"
network = "two"
clean = 0.5
highest = { blur = 1.0 }
notes = ""
limits = []
[evaluation]
folds = 2
fold_networks = ["one", "two"]
fold_images = 400
significance = 0.05
unsure_share = 0.05
[evaluation.noises]
contrast = [0.5]
[card]
provenance = "scikit-learn's digits"
licence = "MIT"
"""


def report(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return content


def block(folder: Path, name: str) -> dict[str, Any]:
    blocks = [each for section in report(folder)["sections"] for each in section["blocks"]]
    return next(each for each in blocks if each["name"] == name)


def column(folder: Path, table: str, name: str) -> list[Any]:
    values = block(folder, table)
    return [row[values["columns"].index(name)] for row in values["rows"]]


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped recipe with --quick."""
    return training.run("noisy-digits", quick=True, output=tmp_path_factory.mktemp("quick"))


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipes") / "small.toml"
    path.write_text(SMALL)
    return path


@pytest.fixture(scope="module")
def arrays(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """scikit-learn's digits under weak noise, as four arrays."""
    folder = tmp_path_factory.mktemp("arrays")
    images, labels = bundled.digits()
    noisy = noise.make("gaussian", to_float(images), 0.1, np.random.default_rng(0))
    for part, chosen in (("train", slice(0, 1400)), ("test", slice(1400, None))):
        np.save(folder / f"{part}_images.npy", noisy[chosen].reshape(-1, 784))
        np.save(folder / f"{part}_labels.npy", np.eye(10)[labels[chosen]])
    return folder


@pytest.fixture(scope="module")
def given(recipe: Path, arrays: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return training.run(recipe, data=arrays, output=tmp_path_factory.mktemp("given"))


def test_the_quick_recipe_compares_four_networks_on_noisy_digits(quick: Path) -> None:
    titles = ["DNN", "Improved DNN", "CNN", "Improved CNN"]
    assert column(quick, "accuracy", "network") == titles
    assert len(column(quick, "mcnemar", "p")) == 6
    assert [row["figure"] for row in report(quick)["headlines"]][:4] == [
        f"{each}, gaussian 0.5" for each in titles
    ]
    assert [row["at_least"] for row in report(quick)["headlines"]][:4] == [None, None, 0.97, 0.98]
    assert (quick / "report.html").is_file()


def test_the_cnn_is_cross_validated_with_a_curve_for_each_fold(quick: Path) -> None:
    assert list(block(quick, "folds-cnn")["series"]) == ["fold 1", "fold 2"]
    scores = [points[-1][1] for points in block(quick, "folds-cnn")["series"].values()]
    assert column(quick, "folds", "mean")[0] == pytest.approx(np.mean(scores))
    assert column(quick, "folds", "sd")[0] == pytest.approx(np.std(scores, ddof=1))
    assert len(column(quick, "folds-test", "p")) == 1


def test_every_network_and_model_is_measured_under_every_noise(quick: Path) -> None:
    table = block(quick, "noises")
    assert table["columns"][1:] == [
        "DNN",
        "Improved DNN",
        "CNN",
        "Improved CNN",
        "digits-dnn",
        "digits-noisy",
    ]
    assert column(quick, "noises", "noise")[:4] == ["clean", "gaussian 0.25", "gaussian 0.5", "gaussian 0.75"]
    assert column(quick, "noises", "DNN")[2] == column(quick, "accuracy", "mean")[0]


@pytest.mark.parametrize("name", ["digits-dnn", "digits-noisy"])
def test_a_model_for_the_zoo_is_measured_again_with_the_figures_of_its_card(name: str, quick: Path) -> None:
    classifier = zoo.open_folder(quick / "models" / name)
    card = classifier.card
    assert (card.name, card.domain, card.data["kind"]) == (name, "digits", "noisy-digits")
    assert card.command == "python manage.py recipe run noisy-digits"
    assert card.metrics["test_images"] == np.sum(card.confusion_matrix) == 397
    assert set(card.metrics["accuracy_by_noise"]) == set(column(quick, "noises", "noise")) - {"clean"}
    assert noisy_digits.measure(card, classifier, quick / "data") == card.metrics


def test_the_unsure_threshold_of_a_model_is_met_by_its_share(quick: Path) -> None:
    card = zoo.open_folder(quick / "models" / "digits-dnn").card
    assert card.unsure.threshold > 0
    assert card.metrics["test_unsure"] < 0.1


def test_given_arrays_are_learned_and_tested_as_they_are(given: Path) -> None:
    # Under Gaussian noise of 0.5 more, these networks would be right in about half.
    assert min(column(given, "accuracy", "mean")) > 0.8
    first = report(given)["headlines"][0]
    assert (first["figure"], first["at_least"]) == ("One, the given images", None)
    assert first["value"] == pytest.approx(
        np.mean([column(given, "accuracy", f"seed {seed}")[0] for seed in (3, 4)])
    )
    assert set(report(given)["facts"]["data"]) == {
        "train_images.npy", "train_labels.npy", "test_images.npy", "test_labels.npy"
    }  # fmt: skip


def test_from_given_arrays_no_model_is_made_that_would_call_itself_mnists(given: Path) -> None:
    assert not (given / "models").exists()
    assert "Other noises" not in [section["heading"] for section in report(given)["sections"]]


def test_the_conclusion_names_both_tests_for_every_pair(given: Path) -> None:
    conclusion = report(given)["sections"][0]
    assert conclusion["heading"] == "Conclusion"
    assert "significant on the test images with each of 2 seeds (p " in conclusion["text"]
    assert "significant over the folds (p " in conclusion["text"]


def test_confusion_matrices_and_figures_agree(given: Path) -> None:
    counts = np.array(block(given, "confusion-one")["counts"])
    assert counts.sum() == 397
    assert np.trace(counts) / 397 == pytest.approx(column(given, "accuracy", "seed 3")[0])


def test_a_resumed_run_repeats_no_step_that_is_done(
    given: Path, recipe: Path, arrays: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {path: path.read_bytes() for path in (given / "steps").iterdir()}
    gone = given / "steps" / "two-4.json"
    gone.unlink()
    # Nothing is fitted again.
    monkeypatch.setattr("ml.training.noisy_digits.fit.Batches.__getitem__", None)
    training.run(recipe, data=arrays, output=given, resume=True)
    assert json.loads(gone.read_text()) == json.loads(kept.pop(gone))
    assert {path: path.read_bytes() for path in kept} == kept


@pytest.mark.parametrize(
    ("family", "options", "parameters"),
    [
        ("digits-dnn", {}, 785 * 512 + 513 * 256 + 257 * 10),
        # Batch normalisation has four numbers a neuron and replaces the bias.
        ("digits-dnn", {"widths": [8], "normalised": True, "dropout": 0.2}, 784 * 8 + 4 * 8 + 9 * 10),
        ("noisy-cnn", {}, 10 * 32 + (9 * 32 + 1) * 64 + (7 * 7 * 64 + 1) * 128 + 129 * 10),
        (
            "noisy-cnn",
            {
                "blocks": [[4], [6, 8]],
                "kernel": 7,
                "stride": 2,
                "dense": 5,
                "normalised": True,
                "dropout": 0.3,
            },
            49 * 4 + 9 * 4 * 6 + 9 * 6 * 8 + 3 * 3 * 8 * 5 + 4 * (4 + 6 + 8 + 5) + 6 * 10,
        ),
    ],
)
def test_the_networks_have_the_layers_that_their_options_say(
    family: str, options: dict[str, Any], parameters: int
) -> None:
    network = architectures.build(family, **options)
    assert network.count_params() == parameters
    logits = np.asarray(network(np.zeros((2, 28, 28, 1), np.float32)))
    assert logits.shape == (2, 10)
    dropped = [layer.rate for layer in network.layers if type(layer).__name__ == "Dropout"]
    assert set(dropped) == ({options["dropout"]} if "dropout" in options else set())


def job(*, fresh: bool, seed: int = 1) -> Job:
    def made(images: noise.Floats, rng: np.random.Generator) -> noise.Floats:
        return noise.make("gaussian", images, 0.3, rng)

    network = Network(title="", learning_rate=0.1, fresh=fresh)
    return Job(
        network=network, architecture={}, epochs=2, batch_size=8, noise=made, variation=Variation(), seed=seed
    )


def epoch(batches: Batches) -> noise.Floats:
    """The images of one epoch, in the order of their labels: there is one of each."""
    images, labels = zip(*(batches[index] for index in range(len(batches))), strict=True)
    batches.on_epoch_end()
    return np.concatenate(images)[np.argsort(np.concatenate(labels).argmax(axis=1))]


@pytest.fixture
def ten() -> Digits:
    return Digits(np.full((10, 28, 28, 1), 0.5, np.float32), np.arange(10))


def test_fresh_noise_is_drawn_anew_in_every_epoch_and_repeated_by_the_seed(ten: Digits) -> None:
    batches = Batches(ten, job(fresh=True))
    first, second = epoch(batches), epoch(batches)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.1
    again = Batches(ten, job(fresh=True))
    again.epoch = 1
    np.testing.assert_array_equal(epoch(again), second)


def test_fixed_noise_is_the_same_in_every_epoch_and_another_with_every_seed(ten: Digits) -> None:
    batches = Batches(ten, job(fresh=False))
    first = epoch(batches)
    np.testing.assert_array_equal(epoch(batches), first)
    other = epoch(Batches(ten, job(fresh=False, seed=2)))
    assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.1


def test_every_digit_comes_once_an_epoch_in_another_order_with_its_one_hot_label(ten: Digits) -> None:
    batches = Batches(ten, job(fresh=False))
    orders = []
    for _ in range(2):
        rows = np.concatenate([batches[index][1] for index in range(len(batches))])
        np.testing.assert_array_equal(np.sort(rows.argmax(axis=1)), np.arange(10))
        np.testing.assert_array_equal(rows.sum(axis=1), 1)
        orders.append(rows.argmax(axis=1).tolist())
        batches.on_epoch_end()
    assert orders[0] != orders[1]


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ('noise = "gaussian"', 'noise = "rain"', OptionRefused, "no noise rain"),
        ("level = 0.5", "level = -1.0", OptionRefused, "gaussian cannot have the level -1.0"),
        ("contrast = [0.5]", "contrast = [0.5, 2.0]", OptionRefused, "contrast cannot have the level 2.0"),
        ("blur = 1.0", "blurr = 1.0", OptionRefused, "no noise blurr"),
        ('network = "two"', 'network = "ten"', OptionRefused, "model three names a network ten"),
        ('["one", "two"]', '["one", "ten"]', OptionRefused, "folds name a network ten"),
        ("fresh = true", "fresh = 1", OptionRefused, "key fresh cannot be 1"),
        ("cosine = true", "cosinus = true", OptionRefused, "key cosinus is not known"),
        ("fold_images = 400", "fold_images = 12", DataMissing, "Cross-validation in 2 folds needs"),
    ],
)
def test_a_recipe_that_cannot_be_run_is_refused(
    old: str, new: str, error: type[EpsilonError], message: str, arrays: Path, tmp_path: Path
) -> None:
    assert old in SMALL
    (tmp_path / "small.toml").write_text(SMALL.replace(old, new))
    with pytest.raises(error, match=message):
        training.run(tmp_path / "small.toml", data=arrays, epochs=1, output=tmp_path / "run")


def test_a_folder_with_one_of_the_four_arrays_missing_is_refused(recipe: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "train_images.npy", np.zeros((1, 784), np.float32))
    with pytest.raises(DataMissing, match=r"There is no train_labels.npy in"):
        training.run(recipe, data=tmp_path, output=tmp_path / "run")
