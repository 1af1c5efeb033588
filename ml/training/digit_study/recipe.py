"""What a recipe of the kind `digit-study` may say of its networks and their trainings."""

from dataclasses import dataclass, replace
from typing import Any

CNN, GRU = "digits-cnn", "digits-cnn-gru"


@dataclass(frozen=True, kw_only=True)
class Training:
    """The two networks, how they are trained, and for how long in each step of the study.

    Both begin with convolutions of `widths`; the CNN goes on with hidden layers of `dense`, the CNN×GRU with
    bidirectional GRUs of `units`.

    The comparison takes each network's own learning rate and weight decay, and `compared_seeds`; the ablation
    takes `seeds`. `momentum` is that of batch normalisation in all but the comparison: its usual moving
    figures would not have settled in so few steps. `trials` are those of each
    search; the first `begun` are made once and count for both. `timed` batches are timed `rounds` times.
    Without `traced` a network runs operation by operation, which is quicker where it runs only for seconds.
    """

    widths: tuple[int, ...]
    dense: int
    units: tuple[int, ...]
    cnn_rate: float
    cnn_decay: float
    gru_rate: float
    gru_decay: float
    batch_size: int
    precision: str
    compared_seeds: int
    seeds: int
    epochs: int
    trials: int
    begun: int
    trial_epochs: int
    folds: int
    fold_epochs: int
    ablation_epochs: int
    momentum: float
    timed: int
    rounds: int
    traced: bool = True

    def at_most(self, epochs: int | None) -> "Training":
        """The same with no training longer than `epochs`."""
        if epochs is None:
            return self
        names = ("epochs", "trial_epochs", "fold_epochs", "ablation_epochs")
        return replace(self, **{name: min(epochs, getattr(self, name)) for name in names})

    def short(self, family: str, share: float = 1.0) -> dict[str, Any]:
        """The options of `family` in a short training, with `share` of the width behind the convolutions."""
        return {**self.options(family, share), "momentum": self.momentum}

    def options(self, family: str, share: float = 1.0) -> dict[str, Any]:
        """The options of `family` as published, with `share` of the width behind the convolutions."""
        if family == CNN:
            return {"widths": self.widths, "dense": round(share * self.dense)}
        return {"widths": self.widths, "units": tuple(round(share * units) for units in self.units)}
