"""The adversarial challenge: a quick run, its figures computed once more by other means, and resuming it."""

import json
import os
import shutil
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pytest
import tensorflow as tf

from ml import training, zoo
from ml.datasets import kaggle_csv, mnist
from ml.errors import DataMissing
from ml.training import recipe
from ml.training.challenge import data as challenge_data
from ml.training.challenge import figures as challenge_figures
from ml.training.challenge import run as challenge
from ml.training.challenge.data import KAGGLE, Data

QUICK = recipe.load("adversarial-challenge").quickened()
SEED = 4


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("challenge")
    return training.run("adversarial-challenge", quick=True, output=output, seed=SEED)


@pytest.fixture(scope="module")
def report(run: Path) -> dict:
    return json.loads((run / "report.json").read_text())


def table(report: dict, name: str) -> list[dict]:
    blocks = [block for section in report["sections"] for block in section["blocks"]]
    found = next(block for block in blocks if block["name"] == name)
    return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]


def last_fifth(run: Path) -> tuple[np.ndarray, np.ndarray]:
    """The last fifth of the first 1,400 bundled digits, from the archive rather than from the CSV."""
    with np.load(run / "data" / "mnist.npz") as archive:
        return archive["x_train"][1120:1400, ..., None] / np.float32(255), archive["y_train"][1120:1400]


def network(weights: Path | None = None) -> keras.Model:
    """The run's first network, before its training or with the weights of a checkpoint."""
    from ml import architectures

    keras.utils.set_random_seed(SEED)
    made = architectures.build(QUICK.family, **QUICK.options)
    if weights is not None:
        made.load_weights(weights)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    made.compile(loss=loss, metrics=["accuracy"], jit_compile=False)
    return made


def signs(source: keras.Model, images: np.ndarray, labels: np.ndarray, epsilon: float) -> np.ndarray:
    batch = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(batch)
        loss = source.loss(labels, source(batch, training=False))
    return np.clip(images + np.float32(epsilon) * np.sign(tape.gradient(loss, batch)), 0, 1)


def last(folder: Path) -> Path:
    return next(folder.glob("epoch-*.weights.h5"))


def test_a_quick_run_leaves_a_report_and_two_models_for_the_zoo(run: Path, report: dict) -> None:
    assert (run / "report.html").is_file()
    figures = {each["figure"]: each for each in report["headlines"]}
    clean = figures["challenge CNN, 3 epochs, clean"]
    assert (clean["theirs"], clean["at_least"], clean["aim"]) == (0.9775, 0.985, 0.989)
    assert clean["value"] > 0.85
    assert clean["spread"] > 0
    plain, hardened = (
        zoo.open_folder(run / "models" / name) for name in (challenge.PLAIN, challenge.HARDENED)
    )
    assert plain.card.name == "challenge-cnn"
    assert plain.card.metrics["test_images"] == 280
    assert plain.card.data["training"] == 1120
    assert plain.card.weights_sha256 != hardened.card.weights_sha256
    assert np.sum(hardened.card.confusion_matrix) == 280
    rows = table(report, "hardened-classes")
    assert rows[-1]["support"] == 280


def test_without_a_csv_the_digits_of_mnist_go_through_one(run: Path) -> None:
    digits = kaggle_csv.read(run / "train.csv")
    expected = mnist.load("train", run / "data")
    np.testing.assert_array_equal(digits.images, expected.images)
    np.testing.assert_array_equal(digits.labels, expected.labels)


def test_measuring_again_gives_the_figures_of_the_card(run: Path) -> None:
    for name in (challenge.PLAIN, challenge.HARDENED):
        classifier = zoo.open_folder(run / "models" / name)
        assert challenge.measure(classifier.card, classifier, run / "data") == classifier.card.metrics


def test_figures_on_kaggles_file_are_not_measured_on_another(run: Path) -> None:
    classifier = zoo.open_folder(run / "models" / challenge.PLAIN)
    classifier.card.data["name"] = KAGGLE
    with pytest.raises(DataMissing, match="was measured on Kaggle Digit Recognizer, which is not"):
        challenge.measure(classifier.card, classifier, run / "data")


def test_the_first_and_second_slip_are_what_keras_evaluates(run: Path, report: dict) -> None:
    images, labels = last_fifth(run)
    trained, untrained = network(last(run / "checkpoints" / f"plain-{SEED}")), network()
    sources = {"before training": untrained, "after training": trained}
    rows = table(report, "slip-untrained")
    assert len(rows) == 8
    for row in rows:
        count = row["count"]
        assert count == {"the ten": 10, "whole test part": 280}[row["images"]]
        source = sources[row["gradient of the network"]]
        attacked = signs(source, images[:count], labels[:count], row["epsilon"])
        loss, accuracy = trained.evaluate(attacked, labels[:count], verbose=0)
        assert row["loss"] == pytest.approx(loss, rel=0.02)
        assert row["accuracy"] == pytest.approx(accuracy, abs=0.01)


def test_the_third_slip_is_what_keras_evaluates(run: Path, report: dict) -> None:
    images, labels = last_fifth(run)
    trained, untrained = network(last(run / "checkpoints" / f"plain-{SEED}")), network()
    for name, folder, source, epsilon in (
        ("slip-ten", "ten", untrained, 0.01),
        ("slip-ten-limit", "ten-at-the-limit", trained, 0.3),
    ):
        retrained = network(last(run / "checkpoints" / folder))
        made = signs(source, images, labels, epsilon)
        rows = {row["images"]: row for row in table(report, name)}
        parts = {
            "the ten trained on": slice(10),
            "ten others": slice(10, 20),
            "whole test part": slice(None),
        }
        for shown, part in parts.items():
            row = rows[f"{shown}, as the ten were made"]
            for column, judged in (("before", trained), ("after", retrained)):
                accuracy = judged.evaluate(made[part], labels[part], verbose=0)[1]
                assert row[column] == pytest.approx(accuracy, abs=0.01)
        row = rows["whole test part, made against the network tested"]
        own = signs(retrained, images, labels, epsilon)
        assert row["after"] == pytest.approx(retrained.evaluate(own, labels, verbose=0)[1], abs=0.01)
        clean = retrained.evaluate(images, labels, verbose=0)[1]
        assert rows["whole test part, clean"]["after"] == pytest.approx(clean, abs=0.01)


def test_their_table_counts_the_loss_as_an_accuracy_and_sets_the_true_one_beside_it(report: dict) -> None:
    protocol = {row["figure"]: row for row in table(report, "protocol")}
    ten = table(report, "slip-loss")[0]
    retrained = {row["images"]: row for row in table(report, "slip-ten")}
    adversarial = protocol["adversarial"]
    assert adversarial["theirs, as printed"] == 0.0107
    assert adversarial["ours, counted so"] == ten["loss"]
    own = retrained["whole test part, made against the network tested"]
    assert adversarial["ours, whole test part"] == own["before"]
    assert protocol["adversarial after retraining"]["ours, whole test part"] == own["after"]
    assert protocol["clean"]["ours, counted so"] == retrained["whole test part, clean"]["before"]


def test_the_honest_figures_are_those_of_the_cards(run: Path, report: dict) -> None:
    rows = table(report, "honest")
    assert [(row["attack"], row["epsilon"]) for row in rows] == [
        ("none", 0), ("FGSM", 0.01), ("FGSM", 0.1), ("PGD-3", 0.01), ("PGD-3", 0.1),
    ]  # fmt: skip
    for name, column in (
        (challenge.PLAIN, "plain network"),
        (challenge.HARDENED, "after adversarial training"),
    ):
        figures = zoo.open_folder(run / "models" / name).card.metrics
        assert figures["test_accuracy"] == rows[0][column]
        assert figures["accuracy_under_FGSM"] == {"0.01": rows[1][column], "0.1": rows[2][column]}
        assert figures["accuracy_under_PGD-3"] == {"0.1": rows[4][column]}
        accuracies = [row[column] for row in rows]
        assert accuracies[0] >= accuracies[1] >= accuracies[2]


def test_a_killed_run_goes_on_with_what_it_lacks(run: Path, tmp_path: Path, monkeypatch) -> None:
    output = tmp_path / "killed"
    shutil.copytree(run, output)
    (output / "report.json").unlink()
    shutil.rmtree(output / "checkpoints" / "ten-at-the-limit")
    (output / "steps" / "challenge-cnn-PGD-3-0.1.json").unlink()
    states = {path: path.read_bytes() for path in output.glob("checkpoints/*/state.json")}
    csv = (output / "train.csv").stat().st_mtime_ns
    computed = []
    real = challenge_figures.robust_accuracy
    monkeypatch.setattr(
        challenge_figures,
        "robust_accuracy",
        lambda *arguments: computed.append(arguments[-1]) or real(*arguments),
    )
    training.run("adversarial-challenge", quick=True, output=output, seed=SEED, resume=True)
    assert computed == ["challenge-cnn-PGD-3-0.1"]
    assert len(states) == 4
    assert {path: path.read_bytes() for path in states} == states
    assert (output / "train.csv").stat().st_mtime_ns == csv
    again, before = (json.loads((each / "report.json").read_text()) for each in (output, run))
    for name in ("seeds", "honest", "protocol"):
        assert [list(row.values()) for row in table(again, name)] == [
            [pytest.approx(value, abs=0.01) if isinstance(value, float) else value for value in row.values()]
            for row in table(before, name)
        ]
    assert (output / "checkpoints" / "ten-at-the-limit" / "state.json").exists()


@pytest.fixture
def csv(tmp_path: Path) -> tuple[Path, mnist.Split]:
    rng = np.random.default_rng(0)
    digits = mnist.Split(rng.integers(0, 256, (120, 28, 28, 1), np.uint8), rng.integers(0, 10, 120))
    kaggle_csv.write(tmp_path / "train.csv", digits)
    return tmp_path, digits


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("DATASETS_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "nowhere"))
    monkeypatch.setattr(mnist, "URL", (tmp_path / "nowhere.npz").as_uri())


def test_kaggles_file_is_cut_in_its_order(csv: tuple[Path, mnist.Split], nowhere: None) -> None:
    folder, digits = csv
    found, path = challenge_data.prepare(Data(learned=0.8), folder)
    assert (found.source, path) == (KAGGLE, folder / "train.csv")
    np.testing.assert_array_equal(found.learned.images, digits.images[:96])
    np.testing.assert_array_equal(found.tested.labels, digits.labels[96:])
    assert found.strange is None


def test_test_digits_of_mnist_that_are_in_the_file_are_no_test(csv: tuple[Path, mnist.Split]) -> None:
    folder, digits = csv
    new = np.full((2, 28, 28), 7, np.uint8)
    x_test = np.concatenate([digits.images[:3, ..., 0], new])
    np.savez(folder / "mnist.npz", x_train=x_test, y_train=np.zeros(5), x_test=x_test, y_test=[1, 1, 1, 5, 6])
    found, _ = challenge_data.prepare(Data(learned=0.8), folder)
    assert found.strange is not None
    assert found.strange.labels.tolist() == [5, 6]


def test_too_short_a_file_is_refused(csv: tuple[Path, mnist.Split], nowhere: None) -> None:
    folder, digits = csv
    kaggle_csv.write(folder / "train.csv", mnist.Split(digits.images[:99], digits.labels[:99]))
    with pytest.raises(DataMissing, match=r"^train\.csv holds 99 digits; the challenge needs at least 100"):
        challenge_data.prepare(Data(learned=0.8), folder)


def test_a_folder_with_neither_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"^There is neither train\.csv nor mnist\.npz in "):
        challenge_data.prepare(Data(learned=0.8), tmp_path)
