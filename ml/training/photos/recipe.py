"""What a recipe of the kind `photo-folders` may say; see `ml/recipes/vehicles.toml` for an example."""

import itertools
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ml.errors import OptionRefused, sentence
from ml.training.photos.figures import Plan


@dataclass(frozen=True, kw_only=True)
class Data(Plan):
    """What is learned from, beside what is measured on.

    `outliers` are the CIFAR-10 classes that show none of the recipe's classes; `clothes` adds
    Fashion-MNIST to them; `balance` is how often a rare class or source is drawn: 1 as seldom as it is, 0
    as often as a common one.
    """

    outliers: tuple[str, ...] = ()
    clothes: bool = False
    balance: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A part of the training at one picture size: the head learns, and the layers from `first` on.

    With `normalisation` the batch normalisations of those layers learn too. `defence` changes entries of the
    recipe's table of that name for this stage.
    """

    name: str
    epochs: int
    side: int
    learning_rate: float
    first: str = ""
    normalisation: bool = False
    defence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Training:
    """How it is learned. A batch holds `photos` photos and `strangers` strangers.

    In the end the weights are `blend` of those and the rest of those after the first stage, whose backbone
    is as it was found: halfway back a network knows unseen pictures better ("WiSE-FT", Wortsman et al.
    2022). `start` is "imagenet", a weight file, a model of the zoo whose photos were divided as these, or
    "random"; `patience` is how many epochs without a better validation loss end a stage; the learning rate
    falls earlier.
    """

    start: str
    stages: tuple[dict[str, Any], ...]
    photos: int
    strangers: int = 0
    stranger_weight: float = 0.5
    blend: float = 1.0
    patience: int = 3

    def parts(self, epochs: int | None) -> list[Stage]:
        """The stages, cut off after `epochs` epochs altogether."""
        try:
            stages = [Stage(**each) for each in self.stages]
        except TypeError as error:
            raise OptionRefused(
                sentence("A training stage of the recipe cannot be read: %(reason)s."), reason=error
            ) from error
        left = sum(stage.epochs for stage in stages) if epochs is None else epochs
        starts = itertools.accumulate((stage.epochs for stage in stages), initial=0)
        lengths = [min(stage.epochs, left - start) for stage, start in zip(stages, starts, strict=False)]
        return [
            Stage(**{**asdict(stage), "epochs": length})
            for stage, length in zip(stages, lengths, strict=True)
            if length > 0
        ]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """An answer of less confidence than `unsure_below` is called unsure.

    `robustness` are the measurements under attack (`ml.evaluation.measurements`).
    """

    unsure_below: float
    robustness: tuple[dict[str, Any], ...] = ()
