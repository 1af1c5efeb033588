"""Training on MNIST and on kinds of digits made from it: recipes of the kind `mnist-digits`."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from ml import architectures, zoo
from ml.card import Card, UnsureRule
from ml.classifier import Classifier
from ml.datasets import handwritten, mnist
from ml.evaluation import measurements
from ml.images import to_float
from ml.training import division, result
from ml.training.defended import Defence, defended
from ml.training.digits.figures import figures, measure, report, unseen
from ml.training.digits.handwriting import Variation, vary
from ml.training.digits.spoiling import Spoiling, spoil
from ml.training.fit import fit
from ml.training.recipe import Recipe, filled
from ml.training.shuffled import Ordered
from ml.verdict import softmax

__all__ = ["Batches", "measure", "train", "unseen"]


@dataclass(frozen=True, kw_only=True)
class Data:
    """`validation` of the 60,000 training digits are held out; the 10,000 test digits are only measured.

    `kinds` are those of `ml.datasets.handwritten`, in equal parts: made anew for every batch, once for
    validation and test.
    """

    validation: int
    kinds: tuple[handwritten.Kind, ...] = ("plain",)


@dataclass(frozen=True, kw_only=True)
class Training(Variation):
    """How long, how fast, and with which variations of the digits.

    The learning rate rises over the first `warm_up` part of the steps, then a cosine takes it to 0.
    `precision` is that of the arithmetic; weights stay float32. `start` is a model of the zoo whose layers
    of the same name and shape are where this network begins. `average` is the share of itself that the moving
    average of the weights keeps at each step; with it, that average is the result. `spoiling` is the table of
    `ml.training.digits.spoiling`.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float = 0.0
    warm_up: float = 0.0
    precision: str = "float32"
    start: str = ""
    average: float = 0.0
    spoiling: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """`unsure_share` of the validation digits, those of the lowest confidence, set the unsure threshold.

    `targets` say of a figure what others reached, what is asked at least, and the aim. `robustness` are the
    measurements under attack (`ml.evaluation.measurements`).
    """

    unsure_share: float
    targets: dict[str, list[float]] = field(default_factory=dict)
    robustness: tuple[dict[str, Any], ...] = ()


class Batches(Ordered):
    """Shuffled, varied digits of every kind; all depends on nothing but the seed, the epoch and the batch."""

    def __init__(
        self, split: mnist.Split, kinds: Sequence[handwritten.Kind], how: Training, seed: int
    ) -> None:
        super().__init__(len(split.labels), how.batch_size, seed)
        self.images, self.labels, self.kinds, self.how = split.images, split.labels, kinds, how
        self.spoiling = filled(Spoiling, how.spoiling, where="[training.spoiling]")
        self.placed = False

    def __len__(self) -> int:
        return self.count // self.size

    def __getitem__(self, index: int) -> tuple[Any, npt.NDArray[np.int64]]:
        """Images and labels; where it is `placed`, with the images their places among all."""
        chosen = self.rows(index)
        rng = np.random.default_rng((self.seed, self.epoch, index))
        parts = np.array_split(chosen, len(self.kinds))
        made = [
            handwritten.make(kind, self.images[part], rng)
            for kind, part in zip(self.kinds, parts, strict=True)
        ]
        images = vary(to_float(np.concatenate(made)), self.how, rng)
        if self.spoiling.spoils:
            images = spoil(images, self.spoiling, rng)
        return ((images, chosen) if self.placed else images), self.labels[chosen]


def train(
    recipe: Recipe,
    *,
    data: Path | None = None,
    epochs: int | None = None,
    resume: bool = False,
    output: Path,
    weights: Path | None = None,
    seed: int,
) -> Path:
    """Train, measure and store; see `ml.training.run`. `weights` has no use here: digits start from nothing.

    Returns:
        The folder of the finished model.

    Raises:
        OptionRefused: it is to start from a model that learned digits which are held out here.
    """
    started = time.time()
    how, evaluation = recipe.read("training", Training), recipe.read("evaluation", Evaluation)
    described = recipe.read("data", Data)
    keras.utils.set_random_seed(seed)
    learning, validation = mnist.held_out(mnist.load("train", data), described.validation, seed)
    about = {
        "name": "MNIST",
        "kinds": list(described.kinds),
        "training": len(learning.labels),
        "validation": described.validation,
    }
    if how.start:
        division.check_start(zoo.card(how.start), {"kind": recipe.kind, **about}, seed)
    validation = _of_kinds(validation, described.kinds, seed)
    epochs = min(epochs or how.epochs, how.epochs)
    network = _built(recipe, how)
    batches = Batches(learning, described.kinds, how, seed)
    steps = epochs * len(batches)
    learner = network
    if recipe.defence:
        defence = recipe.read("defence", Defence)
        batches.placed = defence.memory > 0
        known = 0 if how.varies or batches.spoiling.spoils else len(learning.labels)
        learner = defended(network, defence, steps=steps, seed=seed, images=known, batches=len(batches))
    _compile(learner, how, steps)
    history = fit(
        learner,
        batches,
        epochs=epochs,
        validation=(to_float(validation.images), validation.labels),
        folder=output / "checkpoints",
        seed=seed,
        resume=resume,
        description=recipe.name,
        callbacks=[keras.callbacks.SwapEMAWeights()] if how.average else [],
    )
    folder = output / "model"
    classifier = result.store_weights(
        folder,
        _in_float32(network, recipe),
        recipe,
        domain="digits",
        class_names=mnist.CLASSES,
        seed=seed,
        data=about,
        training={
            **asdict(how),
            **result.defence_of(recipe),
            "epochs": epochs,
            **result.effort(output / "checkpoints"),
            "validation_accuracy": history["val_accuracy"][-1],
            "history": history,
        },
    )
    card = _store_card(folder, classifier, validation, evaluation, data)
    if evaluation.robustness:
        rows = measurements.all_of(
            evaluation.robustness, classifier, *unseen(card, data), folder=output / "attacked"
        )
        card = result.store_card(folder, card, robustness=rows)
    report(recipe, card, classifier, targets=evaluation.targets, data=data, output=output, started=started)
    return folder


def report_of(recipe: Recipe, classifier: Classifier, *, data: Path | None, output: Path) -> None:
    """Test a trained model again and write the report of its training; see `ml.training.report`."""
    targets, started = recipe.read("evaluation", Evaluation).targets, time.time()
    report(recipe, classifier.card, classifier, targets=targets, data=data, output=output, started=started)


def _built(recipe: Recipe, how: Training) -> keras.Model:
    """The untrained network in the recipe's precision, or one that begins from another model."""
    ours = keras.config.dtype_policy()
    keras.config.set_dtype_policy(how.precision)
    try:
        network = architectures.build(recipe.family, **recipe.options)
    finally:
        keras.config.set_dtype_policy(ours)
    if how.start:
        known = {variable.path: np.asarray(variable) for variable in zoo.load(how.start).network.weights}
        for variable in network.weights:
            value = known.get(variable.path)
            if value is not None and value.shape == tuple(variable.shape):
                variable.assign(value)
    return network


def _in_float32(network: keras.Model, recipe: Recipe) -> keras.Model:
    exact = architectures.build(recipe.family, **recipe.options)
    exact.set_weights(network.get_weights())
    return exact


def _compile(network: keras.Model, how: Training, steps: int) -> None:
    warm = int(how.warm_up * steps)
    network.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(
                0.0 if warm else how.learning_rate,
                steps - warm,
                warmup_target=how.learning_rate if warm else None,
                warmup_steps=warm,
            ),
            weight_decay=how.weight_decay,
            use_ema=how.average > 0,
            ema_momentum=how.average,
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,  # XLA's convolutions are several times slower on a CPU
    )


def _store_card(
    folder: Path, classifier: Classifier, validation: mnist.Split, evaluation: Evaluation, data: Path | None
) -> Card:
    confidence = softmax(classifier.logits(to_float(validation.images))).max(axis=-1)
    rule = UnsureRule(
        score="confidence", threshold=round(float(np.quantile(confidence, evaluation.unsure_share)), 3)
    )
    card = result.store_card(folder, classifier.card, unsure=rule)
    found, confusion = figures(card, classifier, data)
    return result.store_card(folder, card, metrics=found, confusion_matrix=confusion)


def _of_kinds(split: mnist.Split, kinds: Sequence[handwritten.Kind], seed: int) -> mnist.Split:
    """Every digit of `split` once in each kind."""
    rng = np.random.default_rng(seed)
    made = [handwritten.make(kind, split.images, rng) for kind in kinds]
    return mnist.Split(np.concatenate(made), np.tile(split.labels, len(kinds)))
