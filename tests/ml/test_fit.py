"""A training can be stopped at any moment and gone on with as if nothing had happened."""

import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from ml.training.fit import STATE, fit
from ml.training.shuffled import Shuffled
from tests.ml.interrupted import Stop

IMAGES, LABELS = load_digits(return_X_y=True)
IMAGES = (IMAGES / 16).astype("float32")


class Batches(keras.utils.PyDataset):
    """Shuffled by seed and epoch, as a training's batches should be."""

    def __init__(self) -> None:
        super().__init__()
        self.epoch = 0

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int):
        chosen = np.random.default_rng((self.epoch, index)).integers(0, 1500, 32)
        return IMAGES[chosen], LABELS[chosen]

    def on_epoch_end(self) -> None:
        self.epoch += 1


def network() -> keras.Model:
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    return model


def dropping(average: float = 0.0) -> keras.Model:
    """A network with two dropouts; with `average` the moving average of its weights is the result."""
    keras.utils.set_random_seed(3)
    layers = [keras.layers.Dropout(0.3), keras.layers.Dense(24, "relu"), keras.layers.Dropout(0.5)]
    model = keras.Sequential([keras.Input((64,)), *layers, keras.layers.Dense(10)])
    adam = keras.optimizers.Adam(0.003, use_ema=average > 0, ema_momentum=average)
    model.compile(adam, keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def arrays() -> Shuffled:
    return Shuffled(IMAGES[:500], LABELS[:500], size=64, seed=1)


def weights(model: keras.Model) -> np.ndarray:
    return np.concatenate([np.ravel(value) for value in model.get_weights()])


def test_a_stopped_training_goes_on_where_it_was_and_ends_the_same(tmp_path: Path) -> None:
    straight = network()
    expected = fit(straight, Batches(), epochs=4, folder=tmp_path / "straight", seed=1)
    with pytest.raises(KeyboardInterrupt):
        fit(network(), Batches(), epochs=4, folder=tmp_path / "stopped", seed=1, callbacks=[Stop(2)])
    resumed = network()
    history = fit(resumed, Batches(), epochs=4, folder=tmp_path / "stopped", seed=1, resume=True)
    assert len(history["loss"]) == 4
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-5)
    np.testing.assert_allclose(weights(resumed), weights(straight), atol=1e-6)


@pytest.mark.parametrize("average", [0.0, 0.9])
@pytest.mark.parametrize("stop", [Stop(2), Stop(1, batch=0)])
def test_a_resumed_training_with_dropout_on_shuffled_arrays_is_the_uninterrupted_one(
    average: float, stop: Stop, tmp_path: Path
) -> None:
    straight, resumed = dropping(average), dropping(average)
    expected = fit(straight, arrays(), epochs=4, folder=tmp_path / "straight", seed=1)
    with pytest.raises(KeyboardInterrupt):
        fit(dropping(average), arrays(), epochs=4, folder=tmp_path / "stopped", seed=1, callbacks=[stop])
    assert fit(resumed, arrays(), epochs=4, folder=tmp_path / "stopped", seed=1, resume=True) == expected
    np.testing.assert_array_equal(weights(resumed), weights(straight))


def test_every_seed_and_every_epoch_drops_other_values(tmp_path: Path) -> None:
    seen: dict[int, list[tuple[int, ...]]] = {}

    class Look(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch: int, logs=None) -> None:
            states = [each for each in self.model.variables if each.name == "seed_generator_state"]
            seen[seed].extend(tuple(np.asarray(each).tolist()) for each in states)

    for seed in (1, 2):
        seen[seed] = []
        fit(dropping(), arrays(), epochs=2, folder=tmp_path, seed=seed, callbacks=[Look()])
    # Two layers, two epochs of eight batches, two seeds.
    assert len(set(seen[1]) | set(seen[2])) == 2 * 2 * 8 * 2


def test_arrays_are_shown_whole_in_every_epoch_and_in_another_order() -> None:
    batches, shown = Shuffled(IMAGES[:10], np.arange(10), size=4, seed=1), []
    for _ in range(2):
        labels = [batches[index][1].tolist() for index in range(len(batches))]
        assert [len(each) for each in labels] == [4, 4, 2]
        shown.append([label for batch in labels for label in batch])
        batches.on_epoch_end()
    assert sorted(shown[0]) == sorted(shown[1]) == list(range(10))
    assert shown[0] != shown[1]


class Killed(keras.callbacks.Callback):
    """The process ends after the last epoch, before anything else is done."""

    def on_train_end(self, logs=None) -> None:
        raise KeyboardInterrupt


def test_a_run_killed_behind_its_last_epoch_ends_with_the_average_of_its_weights(
    tmp_path: Path,
) -> None:
    straight, resumed = dropping(0.95), dropping(0.95)
    expected = fit(straight, arrays(), epochs=2, folder=tmp_path / "straight", seed=1)
    with pytest.raises(KeyboardInterrupt):
        fit(dropping(0.95), arrays(), epochs=2, folder=tmp_path / "run", seed=1, callbacks=[Killed()])
    assert fit(resumed, arrays(), epochs=2, folder=tmp_path / "run", seed=1, resume=True) == expected
    np.testing.assert_array_equal(weights(resumed), weights(straight))
    assert json.loads((tmp_path / "run" / STATE).read_text())["finished"]


def test_a_longer_run_cut_off_at_the_epoch_it_was_at_ends_with_the_average_too(tmp_path: Path) -> None:
    straight, cut = dropping(0.95), dropping(0.95)
    fit(straight, arrays(), epochs=2, folder=tmp_path / "straight", seed=1)
    with pytest.raises(KeyboardInterrupt):
        fit(dropping(0.95), arrays(), epochs=5, folder=tmp_path / "run", seed=1, callbacks=[Stop(2)])
    fit(cut, arrays(), epochs=2, folder=tmp_path / "run", seed=1, resume=True)
    np.testing.assert_array_equal(weights(cut), weights(straight))


def test_a_run_that_patience_had_ended_when_it_was_killed_is_not_trained_further(tmp_path: Path) -> None:
    impatient = [keras.callbacks.EarlyStopping("loss", min_delta=100, patience=1), Killed()]
    with pytest.raises(KeyboardInterrupt):
        fit(dropping(), arrays(), epochs=9, folder=tmp_path, seed=1, callbacks=impatient)
    history = fit(dropping(), arrays(), epochs=9, folder=tmp_path, seed=1, resume=True)
    assert len(history["loss"]) == 2


def test_a_finished_training_is_not_repeated(tmp_path: Path) -> None:
    first, again = network(), network()
    history = fit(first, Batches(), epochs=2, folder=tmp_path, seed=1)
    stop = [Stop(0, batch=0)]
    assert fit(again, Batches(), epochs=2, folder=tmp_path, seed=1, resume=True, callbacks=stop) == history
    np.testing.assert_array_equal(weights(again), weights(first))


def test_without_resume_it_starts_afresh(tmp_path: Path) -> None:
    fit(network(), Batches(), epochs=2, folder=tmp_path, seed=1)
    assert len(fit(network(), Batches(), epochs=1, folder=tmp_path, seed=1)["loss"]) == 1


def test_patience_used_up_before_the_stop_still_counts(tmp_path: Path) -> None:
    def stopping() -> list[keras.callbacks.Callback]:
        # A figure that cannot improve by so much: patience is all there is.
        return [keras.callbacks.EarlyStopping("loss", min_delta=100, patience=3)]

    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        fit(network(), Batches(), epochs=9, folder=folder, seed=1, callbacks=[*stopping(), Stop(2)])
    history = fit(network(), Batches(), epochs=9, folder=folder, seed=1, resume=True, callbacks=stopping())
    assert len(history["loss"]) == 4


def test_the_best_epoch_is_what_remains(tmp_path: Path) -> None:
    model = network()
    worsening = keras.callbacks.LearningRateScheduler(lambda epoch: 0.01 if epoch < 2 else 5.0)
    history = fit(
        model,
        Batches(),
        epochs=4,
        folder=tmp_path,
        seed=1,
        validation=(IMAGES[1500:], LABELS[1500:]),
        monitor="val_loss",
        callbacks=[worsening],
    )
    loss, _ = model.evaluate(IMAGES[1500:], LABELS[1500:], verbose=0)
    assert loss == pytest.approx(min(history["val_loss"]), rel=1e-4)
    assert history["val_loss"][-1] > loss


def test_progress_with_the_time_left_goes_to_standard_error(tmp_path: Path, capfd) -> None:
    fit(network(), Batches(), epochs=2, folder=tmp_path, seed=1, description="small")
    out, err = capfd.readouterr()
    assert out == ""
    assert "small, epoch 2 of 2" in err
    assert "20/20" in err
