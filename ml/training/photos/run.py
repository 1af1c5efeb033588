"""Training on photos in class folders: recipes of the kind `photo-folders`."""

import dataclasses
import math
import time
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from ml import architectures, zoo
from ml.architectures import efficientnet
from ml.card import UnsureRule
from ml.classifier import Classifier
from ml.datasets import everyday, folders
from ml.errors import OptionRefused, sentence
from ml.evaluation import measurements
from ml.training import division, result
from ml.training.defended import Defence, defended
from ml.training.fit import Series, fit
from ml.training.photos import figures as photo_figures
from ml.training.photos import report as photo_report
from ml.training.photos import speed
from ml.training.photos.batches import DECODED_SIDE, Batches, Pool, Unvaried, chances
from ml.training.photos.figures import Plan
from ml.training.photos.files import read
from ml.training.photos.recipe import Data, Evaluation, Stage, Training
from ml.training.photos.strangers import Strangers
from ml.training.recipe import Recipe

Indices = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
measure, unseen = photo_figures.measure, photo_figures.unseen
RANDOM = "random"
NOTHING = np.zeros((0, 1, 1), np.uint8)


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
    """Train, measure and store; see `ml.training.run`. `data` holds the class folders.

    Returns:
        The folder of the finished model.

    Raises:
        OptionRefused: it is to start from a model that learned photos which are held out here.
    """
    started, asked = time.time(), recipe
    described, how = recipe.read("data", Data), recipe.read("training", Training)
    rule = UnsureRule(score="confidence", threshold=recipe.read("evaluation", Evaluation).unsure_below)
    keras.utils.set_random_seed(seed)
    divided = photo_figures.divide(described, data, seed)
    photos, split = divided.photos, divided.split
    about = {
        **{key: getattr(described, key) for key in Plan.__dataclass_fields__},
        "training": len(split.train),
        "validation": len(split.validation),
    }
    start = weights or how.start
    if start in zoo.names():
        division.check_start(zoo.card(str(start)), {"kind": recipe.kind, **about}, seed)
    pools = [_pool(photos, part, described, data) for part in (split.train, split.validation)]
    # The folders say how many classes there are.
    architecture = {**recipe.architecture, "classes": len(photos.class_names)}
    recipe = dataclasses.replace(recipe, architecture=architecture)
    network = _started(recipe, start)
    histories, settled = {}, network.get_weights()
    for number, stage in enumerate(how.parts(epochs)):
        sized = _at_side(network, recipe, stage.side)
        _free(sized, stage)
        place = output / "checkpoints" / stage.name
        defence = _defence(recipe, stage)
        histories[stage.name] = _learn(sized, stage, how, pools, place, resume, seed + number, defence)
        network.set_weights(sized.get_weights())
        settled = network.get_weights() if number == 0 else settled
    network.set_weights(_blended(settled, network.get_weights(), how.blend))
    classifier = result.store_weights(
        output / "model",
        network,
        recipe,
        domain="photos",
        class_names=photos.class_names,
        seed=seed,
        data=about,
        training={
            **dataclasses.asdict(how),
            **result.defence_of(recipe),
            **result.effort(output / "checkpoints"),
            "history": histories,
        },
        command=_command(recipe, weights),
    )
    card = result.store_card(output / "model", classifier.card, unsure=rule)
    tested = photo_figures.test(classifier, divided)
    figures, confusion = photo_figures.figures(card, classifier, tested, data)
    card = result.store_card(output / "model", card, metrics=figures, confusion_matrix=confusion)
    asked_rows = recipe.read("evaluation", Evaluation).robustness
    if asked_rows:
        rows = measurements.all_of(asked_rows, classifier, *unseen(card, data), folder=output / "attacked")
        card = result.store_card(output / "model", card, robustness=rows)
    speeds = _speeds(network, recipe, how, pools[0], seed)
    photo_report.write(asked, card, tested, speeds, data=data, output=output, started=started)
    return output / "model"


def report_of(recipe: Recipe, classifier: Classifier, *, data: Path | None, output: Path) -> None:
    """Test a trained model again and write the report of its training; see `ml.training.report`."""
    started, card = time.time(), classifier.card
    described, how = recipe.read("data", Data), recipe.read("training", Training)
    divided = photo_figures.divide(photo_figures.plan_of(card), data, card.seed)
    tested = photo_figures.test(classifier, divided)
    pool = _pool(divided.photos, divided.split.train, described, data)
    asked = dataclasses.replace(recipe, architecture={"family": card.architecture, **card.options})
    speeds = _speeds(classifier.network, asked, how, pool, card.seed)
    photo_report.write(recipe, card, tested, speeds, data=data, output=output, started=started)


def _speeds(network: keras.Model, recipe: Recipe, how: Training, pool: Pool, seed: int) -> dict[str, float]:
    """How fast a copy of the network trains in the recipe's last stage, attacks included."""
    stage = how.parts(None)[-1]
    sized = _at_side(network, recipe, stage.side)
    _free(sized, stage)
    batches = _batches(pool, stage, how, seed)
    learner = _learner(sized, stage, _defence(recipe, stage), batches, seed)
    return speed.speeds(learner, batches)


def _command(recipe: Recipe, weights: Path | None) -> str:
    """How to repeat it, with the folder of the data in DATASETS_DIR."""
    start = f" --weights {weights.name}" if weights else ""
    return f"python manage.py recipe run {recipe.name}{start}"


def _started(recipe: Recipe, start: str | Path) -> keras.Model:
    """The untrained network, with pretrained weights below its head unless `start` is "random"."""
    network = architectures.build(recipe.family, **recipe.options)
    if start == RANDOM:
        return network
    if start in zoo.names():
        # Its weights do not depend on the size of the pictures.
        network.set_weights(zoo.load(str(start)).network.get_weights())
        return network
    if not efficientnet.backbone_layers(network):
        raise OptionRefused(sentence("The architecture %(name)s starts from no weights."), name=recipe.family)
    efficientnet.start_from(network, start)
    return network


def _pool(photos: folders.Photos, part: Indices, described: Data, data: Path | None) -> Pool:
    """What one part of the split, and strangers, are drawn from."""
    paths = [photos.paths[index] for index in part]
    strata = np.array(photos.strata(sources=described.sources))[part].tolist()
    classes = {name.lower() for name in photos.class_names}
    outliers = [name for name in described.outliers if name not in classes]
    small = everyday.cifar(outliers, "train", data) if outliers else NOTHING
    grey = everyday.fashion("train", data) if described.clothes else NOTHING

    def photo(rng: np.random.Generator) -> Pixels:
        return read(paths[rng.integers(len(paths))], DECODED_SIDE)

    return Pool(
        paths=paths,
        labels=photos.labels[part],
        chances=chances(strata, described.balance),
        classes=len(photos.class_names),
        strangers=Strangers(small=small, grey=grey, photo=photo),
    )


def _blended(first: list[Floats], last: list[Floats], share: float) -> list[Floats]:
    """`share` of the last weights and the rest of the first."""
    return [share * new + (1 - share) * old for old, new in zip(first, last, strict=True)]


def _at_side(network: keras.Model, recipe: Recipe, side: int) -> keras.Model:
    """The same network for pictures of another size: small ones teach the coarse things sooner."""
    sized = architectures.build(recipe.family, **{**recipe.options, "input_shape": (side, side, 3)})
    sized.set_weights(network.get_weights())
    return sized


def _free(network: keras.Model, stage: Stage) -> None:
    """Let the head learn, and the backbone from the layers of block `stage.first` on.

    Batch normalisation of the backbone keeps its ImageNet statistics, which strangers would distort, unless
    the stage says otherwise: attacked photos have others.
    """
    learns, first = False, stage.first
    for layer in efficientnet.backbone_layers(network):
        learns = learns or bool(first and layer.name.startswith(first))
        normalises = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = learns and (stage.normalisation or not normalises)
    if first and not learns:
        raise OptionRefused(sentence("The network has no layer that begins with %(name)s."), name=first)
    # The features' own normalisation is settled with the head, then kept too.
    for layer in network.layers:
        if layer.name == efficientnet.FEATURE_NORM:
            layer.trainable = not first


def _defence(recipe: Recipe, stage: Stage) -> Defence | None:
    """The recipe's defence as the stage changes it; None without either."""
    table = {**recipe.defence, **stage.defence}
    return dataclasses.replace(recipe, defence=table).read("defence", Defence) if table else None


def _learn(
    network: keras.Model,
    stage: Stage,
    how: Training,
    pools: Sequence[Pool],
    folder: Path,
    resume: bool,
    seed: int,
    defence: Defence | None,
) -> Series:
    """One stage, to the weights of its best epoch; `pools` are what is learned from and checked on.

    Under attack there is no best epoch but the last: what the photos as they are ask for is another network.
    """
    learning, checking = pools
    batches = _batches(learning, stage, how, seed)
    learner = _learner(network, stage, defence, batches, seed)

    def cosine(epoch: int, _: float) -> float:
        return stage.learning_rate * (1 + math.cos(math.pi * epoch / stage.epochs)) / 2

    return fit(
        learner,
        batches,
        validation=Unvaried(
            checking,
            size=(stage.side, stage.side),
            batch=how.photos,
            strangers=len(checking.paths) // 4,
            weight=how.stranger_weight,
            seed=seed,
        ),
        epochs=stage.epochs,
        folder=folder,
        seed=seed,
        resume=resume,
        description=stage.name,
        monitor=None if defence else "val_loss",
        callbacks=[keras.callbacks.LearningRateScheduler(cosine)]
        if defence
        else [
            keras.callbacks.ReduceLROnPlateau(factor=0.3, patience=max(0, how.patience - 2)),
            keras.callbacks.EarlyStopping(patience=how.patience),
        ],
    )


def _learner(
    network: keras.Model, stage: Stage, defence: Defence | None, batches: Batches, seed: int
) -> keras.Model:
    """The network, compiled; with a `defence` as a model whose `fit` attacks what it learns."""
    learner = network
    if defence:
        learner = defended(network, defence, steps=stage.epochs * len(batches), seed=seed)
    learner.compile(
        keras.optimizers.Adam(stage.learning_rate),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        jit_compile=False,  # XLA's convolutions are ten times slower on a CPU
    )
    return learner


def _batches(pool: Pool, stage: Stage, how: Training, seed: int) -> Batches:
    return Batches(
        pool,
        size=(stage.side, stage.side),
        photos=how.photos,
        strangers=how.strangers,
        weight=how.stranger_weight,
        seed=seed,
    )
