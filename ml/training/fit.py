"""Fitting that can be stopped at any moment and gone on with: used by every kind of training."""

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ml import files
from ml.training import progress

STATE = "state.json"
BEST = "best.weights.h5"
# What EarlyStopping and ReduceLROnPlateau count from epoch to epoch.
COUNTERS = ("wait", "best", "best_epoch", "cooldown_counter")
# Of the variables of Keras' `SeedGenerator`, from which dropout draws.
DRAWING = "seed_generator_state"
Series = dict[str, list[float]]


def fit(
    network: keras.Model,
    batches: Any,
    *,
    epochs: int,
    folder: Path,
    seed: int,
    validation: Any = None,
    resume: bool = False,
    description: str = "training",
    monitor: str | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    **options: Any,
) -> Series:
    """Fit the compiled `network`, keeping a checkpoint of every epoch in `folder`.

    A process killed at any moment loses at most the epoch it was in: with `resume` the weights, the
    optimizer's state, the learning rate and the counters of the callbacks continue from the last whole
    epoch, and dropout draws what it would have drawn. A finished fit is not repeated, so that trainings in
    stages can be resumed too.

    What a network learns from beside its weights it lists as `beyond_weights`: variables that are kept, too.

    Args:
        batches: whatever `keras.Model.fit` takes. An object with an attribute `epoch` finds there the
            number of the epoch at which training starts, to seed its own shuffling (`shuffled.Shuffled` for
            arrays).
        seed: with the number of an epoch, what dropout draws in it.
        monitor: name of a logged figure, e.g. `val_loss`; the weights of its best epoch are kept and are
            those of `network` at the end. Without it, the last epoch's are. Figures whose name ends in
            `accuracy` are best when large, all others when small.
        callbacks: EarlyStopping, ReduceLROnPlateau and the like; `restore_best_weights` is not needed.
        options: passed on to `keras.Model.fit` (`class_weight`, `steps_per_epoch` ...).

    Returns:
        Every logged figure, one value per epoch, those before a resumption included.
    """
    if not resume:
        shutil.rmtree(folder, ignore_errors=True)
    checkpoint = Checkpoint(folder, monitor, callbacks)
    checkpoint.restore(network)
    if not checkpoint.ended and checkpoint.epoch < epochs:
        seeds_itself = hasattr(batches, "epoch")
        if seeds_itself:
            batches.epoch = checkpoint.epoch
        with Bar(description, epochs, checkpoint.epoch) as bar:
            network.fit(
                batches,
                validation_data=validation,
                epochs=epochs,
                initial_epoch=checkpoint.epoch,
                # The checkpoint comes last: it saves what the others decided, and overrides their reset.
                callbacks=[bar, Draws(seed), *callbacks, checkpoint],
                shuffle=not seeds_itself,
                verbose=0,
                **options,
            )
        checkpoint.finish(network)
    elif not checkpoint.finished:
        # It was stopped behind its last epoch: what Keras does at the end of a fit is still to be done.
        network.optimizer.finalize_variable_values(network.trainable_variables)
        checkpoint.finish(network)
    if monitor and (folder / BEST).exists():
        network.load_weights(folder / BEST)
    return checkpoint.history


def seconds(folder: Path) -> float:
    """How long the epochs kept in `folder` took, all sessions together; folders below it count too."""
    states = [json.loads(path.read_text(encoding="utf-8")) for path in folder.rglob(STATE)]
    return round(sum(float(state.get("seconds", 0)) for state in states), 1)


class Checkpoint(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """After each epoch: weights and optimizer to a file, then one small JSON that makes them valid."""

    def __init__(self, folder: Path, monitor: str | None, others: Sequence[keras.callbacks.Callback]) -> None:
        super().__init__()
        self.folder, self.monitor, self.others = folder, monitor, others
        self.since = 0.0
        self.state: dict[str, Any] = {
            "epoch": 0,
            "ended": False,
            "finished": False,
            "seconds": 0.0,
            "history": {},
            "callbacks": [],
        }
        if (folder / STATE).exists():
            self.state = json.loads((folder / STATE).read_text(encoding="utf-8"))

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return int(self.state["epoch"])

    @property
    def ended(self) -> bool:
        """Whether a callback has ended the fit: no epoch follows, however many are left."""
        return bool(self.state.get("ended")) or self.finished

    @property
    def finished(self) -> bool:
        """Whether the fit ended by itself and its checkpoint holds the result."""
        return bool(self.state["finished"])

    @property
    def history(self) -> Series:
        """The logged figures of every epoch."""
        return dict(self.state["history"])

    def restore(self, network: keras.Model) -> None:
        """Put the last whole epoch's weights and optimizer state into the compiled `network`."""
        if self.epoch:
            network.optimizer.build(network.trainable_variables)
            network.load_weights(self._weights(self.epoch))
            if beyond := _beyond(network):
                with np.load(self._beyond(self.epoch)) as kept:
                    for variable, name in zip(beyond, kept.files, strict=True):
                        variable.assign(kept[name])

    def finish(self, network: keras.Model) -> None:
        """Say that there is nothing left to do; where the average of the weights is the result, keep that."""
        if network.optimizer.use_ema:
            with files.replacing(self._weights(self.epoch)) as temporary:
                network.save_weights(temporary, overwrite=True)
        self.state["finished"] = True
        files.write_text(self.folder / STATE, json.dumps(self.state))

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self.since = time.perf_counter()
        for other, counters in zip(self.others, self.state["callbacks"], strict=False):
            vars(other).update(counters)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        for key, value in (logs or {}).items():
            self.state["history"].setdefault(key, []).append(float(value))
        now = time.perf_counter()
        self.state["seconds"] = self.state.get("seconds", 0.0) + now - self.since
        self.since = now
        self.state["epoch"] = epoch + 1
        self.state["ended"] = bool(self.model.stop_training)
        self.state["callbacks"] = [_counters(other) for other in self.others]
        if self.monitor and self._is_best(self.state["history"][self.monitor]):
            self._save(self.folder / BEST)
        self._save(self._weights(epoch + 1))
        if beyond := _beyond(self.model):
            with files.replacing(self._beyond(epoch + 1)) as temporary:
                np.savez_compressed(temporary, *(variable.numpy() for variable in beyond))
        files.write_text(self.folder / STATE, json.dumps(self.state))
        self._weights(epoch).unlink(missing_ok=True)
        self._beyond(epoch).unlink(missing_ok=True)

    def _is_best(self, values: list[float]) -> bool:
        pick = max if str(self.monitor).endswith("accuracy") else min
        return values[-1] == pick(values)

    def _save(self, path: Path) -> None:
        with files.replacing(path) as temporary:
            self.model.save_weights(temporary, overwrite=True)

    def _weights(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch}.weights.h5"

    def _beyond(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch}.npz"


def _beyond(network: keras.Model) -> list[Any]:
    return list(getattr(network, "beyond_weights", ()))


class Draws(keras.callbacks.Callback):  # type: ignore[misc]
    """At the beginning of an epoch sets what dropout draws from: by the seed, the epoch and the layer alone.

    Keras goes on from batch to batch and keeps the state in no file of weights, so that a resumed training
    would draw the masks of its first epoch again.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        states = [each for each in self.model.variables if each.name == DRAWING]
        for number, state in enumerate(states):
            # A seed may be an int32.
            drawn = np.random.SeedSequence((self.seed, epoch, number)).generate_state(1)[0] >> 1
            state.assign(np.array([drawn, 0]))


class Bar(keras.callbacks.Callback):  # type: ignore[misc]
    """One bar over all epochs, so that its time left is that of the whole training."""

    def __init__(self, description: str, epochs: int, done: int) -> None:
        super().__init__()
        self.description, self.epochs, self.done = description, epochs, done
        self.bar: Any = None

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        steps = self.params.get("steps")
        if self.bar is None:
            self.bar = progress.bar(steps and steps * (self.epochs - self.done), self.description)
        self.bar.set_description(f"{self.description}, epoch {epoch + 1} of {self.epochs}")

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.bar.update()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        shown = ("loss", "accuracy", "val_loss", "val_accuracy")
        self.bar.set_postfix({key: f"{value:.4f}" for key, value in (logs or {}).items() if key in shown})


def _counters(callback: keras.callbacks.Callback) -> dict[str, float]:
    """How far a callback is: its patience used up, its best value, its cooldown."""
    found = {name: vars(callback).get(name) for name in COUNTERS}
    return {name: float(value) for name, value in found.items() if value is not None}
