"""A network that Keras saved whole becomes a model of the zoo: card and weights, logits out, [0, 1] in."""

import copy
import datetime
import hashlib
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ml import architectures, files, zoo
from ml.architectures import keras_layers
from ml.architectures.keras_config import every_layer, rebuilt
from ml.architectures.keras_layers import RANGES
from ml.card import Card, Domain, UnsureRule
from ml.classifier import Classifier
from ml.errors import ModelUnavailable, OptionRefused, sentence
from ml.verdict import softmax
from ml.version import VERSION
from ml.zoo import foreign, weights

FAMILY = "keras-config"
MOST_CLASSES = 1000
# Of a probability, between the network as it was saved and the model that it became.
TOLERANCE = 1e-5
# A first layer that divides by so much was made for pixels up to 255.
DIVIDES = 1 / 64
RANDOM = "Random"
RECURRENT = {"GRU", "LSTM", "SimpleRNN"}


def import_file(
    file: Path,
    name: str,
    *,
    domain: Domain,
    class_names: Sequence[str],
    output: Path,
    pixels: str | None = None,
) -> Classifier:
    """Write the model of the zoo that the saved network `file` makes into the folder `output`.

    Nothing in the file is run: see `ml.zoo.foreign` and `ml.architectures.keras_layers`. The softmax at its
    end is taken off and the range of its pixels brought from [0, 1]; its weights stay float32. That it
    answers as before is tried on random pictures.

    Args:
        class_names: in the order of the network's outputs.
        pixels: the range it was trained with, one of `RANGES`; None looks for a layer that divides by 255.

    Raises:
        ModelUnavailable: the file is missing, damaged, or no saved network.
        OptionRefused: a layer that is not accepted, no classifier, other classes than outputs, or a name that
            cannot be used.
    """
    _usable(name, class_names)
    config = keras_layers.checked(foreign.description(file))
    network = rebuilt(config)
    if network.output_shape[1] != len(class_names):
        raise OptionRefused(
            sentence("The network answers with %(count)d numbers, but %(names)d classes were named."),
            count=network.output_shape[1],
            names=len(class_names),
        )
    foreign.fill(network, file)
    changed, was_softmax = _for_the_zoo(config, network)
    pixels = pixels or _range(config)
    options = {"config": changed, "pixels": pixels}
    model = architectures.build(FAMILY, **options)
    _copy_weights(network, model.layers[-1])
    _compare(network, model, pixels, was_softmax)
    digest = weights.write(model, output / zoo.WEIGHTS, "float32")
    now = datetime.datetime.now(datetime.UTC).date().isoformat()
    classes = ",".join(class_names)
    card = Card(
        name=name,
        title=name,
        domain=domain,
        architecture=FAMILY,
        options=options,
        class_names=list(class_names),
        input_shape=tuple(model.input_shape[1:]),
        parameters=model.count_params(),
        weights_sha256=digest,
        unsure=UnsureRule(score="confidence", threshold=0.0),
        metrics={},
        confusion_matrix=[],
        data={"kind": "imported"},
        provenance=f"Imported from {file.name} (SHA-256 {_sha256(file)}), a network that Keras saved.",
        licence="That of the imported file.",
        seed=0,
        command=f"python manage.py import_model {file.name} --name {name} --domain {domain}"
        f" --classes {classes} --range {pixels}",
        trained_on=now,
        versions={"epsilon": VERSION, "keras": metadata.version("keras")},
        notes=f"Imported on {now}; when and on what it was trained is not known here.",
        limits=["It has not been measured here, and no answer of it is called unsure."],
    )
    files.write_text(output / zoo.CARD, card.to_json())
    return Classifier(model, card)


def _usable(name: str, class_names: Sequence[str]) -> None:
    if not name or Path(name).name != name or name.startswith(".") or (zoo.SHIPPED / name).exists():
        raise OptionRefused(sentence("A model cannot be named “%(name)s”."), name=name)
    if not 2 <= len(set(class_names)) == len(class_names) <= MOST_CLASSES or not all(class_names):
        raise OptionRefused(
            sentence("A model needs 2 to %(most)d classes with names of their own."), most=MOST_CLASSES
        )


def _for_the_zoo(config: dict[str, Any], filled: keras.Model) -> tuple[dict[str, Any], bool]:
    """The description with logits at its end and every layer's name its own; whether it ended in softmax.

    Random layers do nothing when a network is asked. What a `Normalization` has learned is a few numbers,
    which become options: filled as weights it would not take notice of them. Recurrent layers are unrolled:
    the frozen graph of `ml.classifier` has no gradient through a loop.
    """
    changed = copy.deepcopy(config)
    described = [layer for layer in keras_layers.layers_of(changed) if _is_made(layer)]
    for layer, made in zip(described, _without_inputs(filled), strict=True):
        inside = layer["config"]
        if layer["class_name"].startswith(RANDOM):
            layer["class_name"], layer["config"] = "Identity", {"name": inside["name"]}
        elif isinstance(made, keras.layers.Normalization) and made.weights:
            inside["mean"] = np.asarray(made.adapt_mean).tolist()
            inside["variance"] = np.asarray(made.adapt_variance).tolist()
        for each in (layer, inside.get("layer"), inside.get("backward_layer")):
            if each and each["class_name"] in RECURRENT:
                each["config"]["unroll"] = True
    was_softmax = _end_in_logits(changed)
    _name_apart(changed, set())
    return changed, was_softmax


def _is_made(layer: dict[str, Any]) -> bool:
    return layer["class_name"] not in keras_layers.MODELS | {"InputLayer"}


def _without_inputs(network: keras.Model) -> Iterator[keras.layers.Layer]:
    return (layer for layer in every_layer(network) if not isinstance(layer, keras.layers.InputLayer))


def _end_in_logits(config: dict[str, Any]) -> bool:
    """Take the softmax off the last layer; whether there was one.

    Raises:
        OptionRefused: the network ends in another activation.
    """
    inside = config["config"]
    if config["class_name"] == "Sequential":
        last = inside["layers"][-1]
    else:
        last = next(layer for layer in inside["layers"] if layer["name"] == inside["output_layers"][0])
    if last["class_name"] in keras_layers.MODELS:
        return _end_in_logits(last)
    if last["class_name"] == "Softmax":
        last["class_name"] = "Identity"
        last["config"] = {"name": last["config"]["name"]}
        return True
    activation = last["config"].get("activation", "linear")
    if activation not in ("softmax", "linear"):
        raise OptionRefused(
            sentence(
                "The network ends in %(activation)s: only a classifier that ends in softmax or in logits is"
                " accepted."
            ),
            activation=activation,
        )
    if activation == "softmax":
        last["config"]["activation"] = "linear"
    return bool(activation == "softmax")


def _name_apart(config: dict[str, Any], taken: set[str]) -> None:
    """Give every layer, also in networks inside, a name of its own: the weight file names arrays by it."""
    inside, names = config["config"], {}
    for layer in inside["layers"]:
        old = layer["config"]["name"]
        names[old] = new = _free(old, taken)
        layer["config"]["name"] = new
        if "inbound_nodes" in layer:
            layer["name"] = new
        if layer["class_name"] in keras_layers.MODELS:
            _name_apart(layer, taken)
        for wrapped in (layer["config"].get("layer"), layer["config"].get("backward_layer")):
            if wrapped:
                wrapped["config"]["name"] = _free(wrapped["config"]["name"], taken)
    places = [inside[end] for end in ("input_layers", "output_layers") if end in inside]
    places += [
        place for layer in inside["layers"] for node in layer.get("inbound_nodes", []) for place in node
    ]
    for place in places:
        place[0] = names[place[0]]


def _free(name: str, taken: set[str]) -> str:
    plain, number = name.replace("/", "_"), 1
    free = plain
    while free in taken:
        number += 1
        free = f"{plain}_{number}"
    taken.add(free)
    return free


def _range(config: dict[str, Any]) -> str:
    """0..255 where a layer divides the pixels, else 0..1."""
    scales = [
        layer["config"].get("scale")
        for layer in keras_layers.layers_of(config)
        if layer["class_name"] == "Rescaling"
    ]
    return "0..255" if any(0 < np.max(scale) <= DIVIDES for scale in scales) else "0..1"


def _copy_weights(source: keras.Model, target: keras.Model) -> None:
    for old, new in zip(_without_inputs(source), _without_inputs(target), strict=True):
        if new.weights:
            new.set_weights(old.get_weights())


def _compare(network: keras.Model, model: keras.Model, pixels: str, was_softmax: bool) -> None:
    """Raise ModelUnavailable unless `model` answers random pictures as `network` does."""
    images = np.random.default_rng(0).random((4, *model.input_shape[1:]), np.float32)
    scale, offset = RANGES[pixels]
    before = np.asarray(network(images * np.float32(scale) + np.float32(offset), training=False))
    after = np.asarray(model(images, training=False))
    if not was_softmax and before.min() >= 0 and np.allclose(before.sum(axis=1), 1, atol=1e-3):
        raise OptionRefused(sentence("The network gives probabilities, but does not end in a softmax layer."))
    after = softmax(after) if was_softmax else after
    if not np.allclose(before, after, rtol=1e-4 * (not was_softmax), atol=TOLERANCE):
        raise ModelUnavailable(sentence("The imported model does not answer as the saved network does."))


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
