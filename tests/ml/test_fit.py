"""A training can be stopped at any moment and gone on with as if nothing had happened."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from ml.training.fit import fit

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


class Stop(keras.callbacks.Callback):
    """Ctrl-C in the middle of an epoch."""

    def __init__(self, epoch: int, batch: int = 5) -> None:
        super().__init__()
        self.epoch, self.batch = epoch, batch

    def on_epoch_begin(self, epoch: int, logs=None) -> None:
        self.now = epoch

    def on_train_batch_end(self, batch: int, logs=None) -> None:
        if (self.now, batch) == (self.epoch, self.batch):
            raise KeyboardInterrupt


def network() -> keras.Model:
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    return model


def weights(model: keras.Model) -> np.ndarray:
    return np.concatenate([np.ravel(value) for value in model.get_weights()])


def test_a_stopped_training_goes_on_where_it_was_and_ends_the_same(tmp_path: Path) -> None:
    straight = network()
    expected = fit(straight, Batches(), epochs=4, folder=tmp_path / "straight")
    with pytest.raises(KeyboardInterrupt):
        fit(network(), Batches(), epochs=4, folder=tmp_path / "stopped", callbacks=[Stop(2)])
    resumed = network()
    history = fit(resumed, Batches(), epochs=4, folder=tmp_path / "stopped", resume=True)
    assert len(history["loss"]) == 4
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-5)
    np.testing.assert_allclose(weights(resumed), weights(straight), atol=1e-6)


def test_a_finished_training_is_not_repeated(tmp_path: Path) -> None:
    first, again = network(), network()
    history = fit(first, Batches(), epochs=2, folder=tmp_path)
    stop = [Stop(0, batch=0)]
    assert fit(again, Batches(), epochs=2, folder=tmp_path, resume=True, callbacks=stop) == history
    np.testing.assert_array_equal(weights(again), weights(first))


def test_without_resume_it_starts_afresh(tmp_path: Path) -> None:
    fit(network(), Batches(), epochs=2, folder=tmp_path)
    assert len(fit(network(), Batches(), epochs=1, folder=tmp_path)["loss"]) == 1


def test_patience_used_up_before_the_stop_still_counts(tmp_path: Path) -> None:
    def stopping() -> list[keras.callbacks.Callback]:
        # A figure that cannot improve by so much: patience is all there is.
        return [keras.callbacks.EarlyStopping("loss", min_delta=100, patience=3)]

    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        fit(network(), Batches(), epochs=9, folder=folder, callbacks=[*stopping(), Stop(2)])
    history = fit(network(), Batches(), epochs=9, folder=folder, resume=True, callbacks=stopping())
    assert len(history["loss"]) == 4


def test_the_best_epoch_is_what_remains(tmp_path: Path) -> None:
    model = network()
    worsening = keras.callbacks.LearningRateScheduler(lambda epoch: 0.01 if epoch < 2 else 5.0)
    history = fit(
        model,
        Batches(),
        epochs=4,
        folder=tmp_path,
        validation=(IMAGES[1500:], LABELS[1500:]),
        monitor="val_loss",
        callbacks=[worsening],
    )
    loss, _ = model.evaluate(IMAGES[1500:], LABELS[1500:], verbose=0)
    assert loss == pytest.approx(min(history["val_loss"]), rel=1e-4)
    assert history["val_loss"][-1] > loss


def test_progress_with_the_time_left_goes_to_standard_error(tmp_path: Path, capfd) -> None:
    fit(network(), Batches(), epochs=2, folder=tmp_path, description="small")
    out, err = capfd.readouterr()
    assert out == ""
    assert "small, epoch 2 of 2" in err
    assert "20/20" in err
