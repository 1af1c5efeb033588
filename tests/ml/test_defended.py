"""Trainings under attack: what the networks learn, and that nothing of it is lost when they are stopped."""

import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pytest

from ml import architectures, training, zoo
from ml.attacks import PGD
from ml.classifier import Classifier
from ml.defences.adversarial import Trades, divergence, shifted
from ml.errors import OptionRefused
from ml.training.defended import Defence, defended
from ml.training.fit import fit
from ml.training.shuffled import Ordered
from tests.ml.interrupted import Stop
from tests.tiny import digits


def small() -> keras.Model:
    keras.utils.set_random_seed(1)
    return architectures.build("robust-cnn", widths=[8, 16], dense=32, dropout=0.0)


def compiled(learner: keras.Model, average: float = 0.0) -> keras.Model:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.Adam(0.003, use_ema=average > 0, ema_momentum=average)
    learner.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)
    return learner


def test_the_divergence_is_that_of_keras() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.normal(0, 2, (2, 5, 4)).astype(np.float32)
    softmax = keras.ops.softmax
    expected = keras.losses.kl_divergence(softmax(first), softmax(second))
    np.testing.assert_allclose(divergence(keras.ops.log_softmax(first), second), expected, rtol=1e-3)


@pytest.mark.parametrize("method", ["pgd", "trades"])
def test_a_network_that_was_attacked_in_training_withstands_more(method: str, tiny_digits) -> None:
    images, labels = digits()
    network = small()
    how = Defence(method=method, epsilon=0.15, warm_up=0.3, attack_steps=3, relative_step=0.5, weight=4.0)
    compiled(defended(network, how, steps=15 * 22, seed=1)).fit(
        images[:1400], labels[:1400], epochs=15, batch_size=64, verbose=0
    )
    hard = Classifier(network, tiny_digits.card)
    images, labels = images[1400:1600], labels[1400:1600]

    def withstood(model: Classifier) -> float:
        found = PGD(steps=20)(model, images, epsilon=0.15, labels=labels)
        return float(1 - found.success.mean())

    assert (hard.logits(images).argmax(axis=-1) == labels).mean() > 0.85
    assert withstood(hard) > withstood(tiny_digits) + 0.2


@pytest.mark.parametrize("method", ["pgd", "trades"])
def test_an_attack_with_a_memory_goes_on_from_epoch_to_epoch(method: str) -> None:
    images, labels = digits()
    images, labels, places = images[:128], labels[:128], np.arange(128)
    how = Defence(method=method, epsilon=0.3, attack_steps=1, relative_step=0.1, memory=3)
    learner = compiled(defended(small(), how, steps=100, seed=1, images=128, batches=2))
    learner.optimizer.learning_rate = 0.0
    reached = []
    for _ in range(4):
        learner.fit((images, places), labels, batch_size=64, shuffle=False, verbose=0)
        led = learner.remembered.numpy().astype(np.float32) * 0.3 / 127
        assert (np.abs(led) <= 0.3 + 1e-6).all()
        logits = learner.predict(np.clip(images + led, 0, 1), verbose=0)
        reached.append(
            float(keras.losses.sparse_categorical_crossentropy(labels, logits, True).numpy().mean())
        )
    assert reached[0] < reached[1] < reached[2]
    assert reached[3] < reached[2]  # it began anew


def test_a_shift_takes_the_remembered_attack_along() -> None:
    images, labels = digits()
    images, labels, places = images[:64], labels[:64], np.arange(64)
    how = Defence(method="pgd", epsilon=0.3, attack_steps=1, relative_step=0.05, memory=9, shift=2)
    learner = compiled(defended(small(), how, steps=100, seed=1, images=64, batches=1))
    learner.optimizer.learning_rate = 0.0
    known = []
    for _ in range(3):
        taken, found, *_ = learner.taken(((images, places), labels))
        np.testing.assert_array_equal(shifted(taken, -found.shifts), images)
        before = learner.remembered.numpy().astype(np.float32) / 127
        learner.fit((images, places), labels, batch_size=64, shuffle=False, verbose=0)
        after = learner.remembered.numpy().astype(np.float32) / 127
        known.append((found.shifts.numpy(), np.abs(after - before).max()))
    assert all(np.abs(shifts).max() == 2 for shifts, _ in known)
    assert (known[0][0] != known[1][0]).any()
    # In its own frame an attack goes on by one step, however far its image was shifted meanwhile.
    assert all(moved < 0.05 + 2 / 127 for _, moved in known[1:])


class Placed(Ordered):
    """Images with their places among all."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int):
        chosen = self.rows(index)
        images, labels = digits()
        return (images[chosen], chosen), labels[chosen]


@pytest.mark.parametrize("method", ["pgd", "trades"])
def test_a_stopped_training_remembers_where_its_attacks_led(method: str, tmp_path: Path) -> None:
    def learner() -> keras.Model:
        how = Defence(method=method, epsilon=0.3, attack_steps=1, relative_step=0.3, memory=9, shift=1)
        return compiled(defended(small(), how, steps=8, seed=1, images=128, batches=2))

    def batches() -> Placed:
        return Placed(128, 64, 1)

    straight, resumed = learner(), learner()
    expected = fit(straight, batches(), epochs=4, folder=tmp_path / "straight", seed=1)
    with pytest.raises(KeyboardInterrupt):
        fit(learner(), batches(), epochs=4, folder=tmp_path / "stopped", seed=1, callbacks=[Stop(2, batch=0)])
    history = fit(resumed, batches(), epochs=4, folder=tmp_path / "stopped", seed=1, resume=True)
    assert straight.remembered.numpy().any()
    np.testing.assert_array_equal(resumed.remembered, straight.remembered)
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-5)
    assert sorted(path.name for path in (tmp_path / "stopped").glob("epoch-*")) == [
        "epoch-4.npz",
        "epoch-4.weights.h5",
    ]


def test_a_shift_needs_a_memory() -> None:
    with pytest.raises(OptionRefused, match="needs a memory"):
        defended(small(), Defence(method="pgd", epsilon=0.1, shift=1), steps=1, seed=1)


def test_attacks_are_not_remembered_of_images_that_move() -> None:
    with pytest.raises(OptionRefused, match="stay as they are"):
        defended(small(), Defence(method="pgd", epsilon=0.1, memory=2), steps=1, seed=1)


def test_trades_logs_the_accuracy_on_both_kinds_of_images() -> None:
    images, labels = digits()
    how = Defence(method="trades", epsilon=0.3, attack_steps=3, relative_step=0.5)
    learner = compiled(defended(small(), how, steps=22, seed=1))
    history = learner.fit(
        images[:640], labels[:640], validation_data=(images[640:800], labels[640:800]), epochs=3, verbose=0
    ).history
    assert isinstance(learner, Trades)
    assert history["val_robust_accuracy"][-1] < history["val_accuracy"][-1]
    assert 0 < history["robust_accuracy"][-1] < history["accuracy"][-1]


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(OptionRefused, match="no defence magic"):
        defended(small(), Defence(method="magic", epsilon=0.1), steps=1, seed=1)


def test_the_average_of_the_weights_is_the_result_and_is_kept(tmp_path: Path) -> None:
    images, labels = digits()
    images, labels = images[:640], labels[:640]
    plain, averaged, again = (compiled(small(), average) for average in (0.0, 0.9, 0.9))
    fit(plain, images, y=labels, epochs=1, folder=tmp_path / "plain", seed=1)
    fit(averaged, images, y=labels, epochs=1, folder=tmp_path / "averaged", seed=1)
    fit(again, images, y=labels, epochs=1, folder=tmp_path / "averaged", seed=1, resume=True)
    steps = [
        np.abs(one - two).max() for one, two in zip(plain.get_weights(), averaged.get_weights(), strict=True)
    ]
    assert max(steps) > 1e-3
    for one, two in zip(averaged.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("name", "method", "samples"),
    [("digits-robust", "trades", 50), ("digits-certified", "intervals", 50), ("vehicles-robust", "pgd", 20)],
)
def test_the_recipe_trains_and_its_card_says_what_it_withstands(
    name: str, method: str, samples: int, tmp_path: Path
) -> None:
    folder = training.run(name, quick=True, output=tmp_path)
    card = zoo.open_folder(folder).card
    row = card.robustness[0]
    assert row["samples"] == samples
    assert 0 <= row["accuracy"] <= row["clean_accuracy"]
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["name"] == name
    (table,) = (
        block
        for section in report["sections"]
        for block in section["blocks"]
        if block["name"] == "under-attack"
    )
    shown = [dict(zip(table["columns"], cells, strict=True)) for cells in table["rows"]]
    assert [(each["attack"], each["ε"], each["images"]) for each in shown] == [
        (each["attack"], each["epsilon"], each["samples"]) for each in card.robustness
    ]
    assert shown[0]["under attack"] == row["accuracy"]
    assert card.training["defence"]["method"] == method


def test_the_study_of_defences_measures_each_way_and_does_not_repeat_what_is_done(tmp_path: Path) -> None:
    training.run("defences", quick=True, output=tmp_path)
    report = json.loads((tmp_path / "report.json").read_text())
    tables = {
        block["name"]: block
        for section in report["sections"]
        for block in section["blocks"]
        if block["kind"] == "table"
    }
    assert set(tables) == {"alone", "detection", "purification", "purification-known"}
    known, unknown = (
        dict(zip(tables[name]["columns"], tables[name]["rows"][0], strict=True))
        for name in ("purification-known", "purification")
    )
    assert known["PGD 0.1"] <= unknown["PGD 0.1"]
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "steps").glob("*.json")}
    training.run("defences", quick=True, output=tmp_path, resume=True)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "steps").glob("*.json")} == kept
