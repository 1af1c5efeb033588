"""What a detector looks at: an image's grain, the network's sureness, and whether other views agree.

All is computed by one TensorFlow function that has a gradient from each figure to the pixels, so that an
attacker who knows the detector can be played (`adaptive`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ml.defences.detection import distances, footprint, guard, opinion, squeezing, texture
from ml.errors import OptionRefused, sentence

Arrays = dict[str, npt.NDArray[Any]]
# exp(-12): a probability below counts as this one.
MOST_NATS = 12.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Which figures are computed.

    Args:
        squeezes: names of `squeezing.named`; the network answers each view.
        layers: names of the network's layers whose features are compared with clean ones.
        limits: of `texture.grain`, in [0, 1] units.
        footprint: limits of `footprint.measured`, or empty where the network's gradient is not asked for.
        ink: whether most of a clean picture is quite black or white.
        guard: form of `guard.build`, or empty for none.
        opinion: `model` and `weights_sha256` of a model of the zoo that answers, too, or empty for none.
    """

    squeezes: tuple[str, ...]
    layers: tuple[str, ...] = ()
    limits: tuple[float, ...] = (0.008, 0.03, 0.1, 0.3)
    footprint: tuple[float, ...] = ()
    ink: bool = False
    guard: Mapping[str, Any] = field(default_factory=dict)
    opinion: Mapping[str, str] = field(default_factory=dict)


class Asked(NamedTuple):
    """A batch and its squeezes (V·N, H, W, C), the features and the logits that the network has for them, and
    where a footprint is looked for the slopes of its `footprint.doubt`.
    """

    views: tf.Tensor
    layers: list[tf.Tensor]
    logits: tf.Tensor
    slopes: tf.Tensor | None


class Views:
    """The figures of one network; `arrays` hold what was learned of clean images, and the guard."""

    def __init__(self, network: keras.Model, settings: Settings, arrays: Arrays) -> None:
        """`arrays`: `layer.NAME.whitening`, `layer.NAME.means` for each layer, `guard.0`, ... its weights.

        Raises:
            OptionRefused: an unknown squeeze or layer.
            ModelUnavailable: the model of the second opinion is not there, or has other weights.
        """
        self.settings, self.arrays = settings, arrays
        self.squeezes = [squeezing.named(name) for name in settings.squeezes]
        self.inner = _inner(network, settings.layers)
        self.others: list[Callable[[tf.Tensor], tf.Tensor]] = [
            *([_guard(network, settings, arrays)] if settings.guard else []),
            *([opinion.of(settings.opinion)] if settings.opinion else []),
        ]

    def asked(self, batch: tf.Tensor, slopes: tf.Tensor | None = None) -> Asked:
        """What the network says of a batch (N, H, W, C) in [0, 1]; `slopes` may be known already."""
        views = tf.concat([batch, *(squeeze(batch) for squeeze in self.squeezes)], 0)
        if slopes is not None or not self.settings.footprint:
            *layers, logits = tf.nest.flatten(self.inner(views, training=False))
            return Asked(views, layers, logits, slopes)
        with tf.GradientTape() as tape:
            tape.watch(views)
            *layers, logits = tf.nest.flatten(self.inner(views, training=False))
            doubts = footprint.doubt(logits)
        return Asked(views, layers, logits, tape.gradient(doubts, views))

    def answers(self, batch: tf.Tensor, asked: Asked | None = None) -> tuple[tf.Tensor, tf.Tensor]:
        """The network's logits (N, classes) and the figures (N, F) of a batch (N, H, W, C) in [0, 1]."""
        asked = asked or self.asked(batch)
        count = tf.shape(batch)[0]
        own, *others = tf.split(asked.logits, 1 + len(self.squeezes))
        certain = tf.nn.log_softmax(own)
        figures = _sureness(own)
        for other in [*others, *(ask(batch) for ask in self.others)]:
            figures += _disagreement(certain, tf.nn.log_softmax(other))
        for name, values in zip(self.settings.layers, asked.layers, strict=True):
            learned = {key: self.arrays[f"layer.{name}.{key}"] for key in ("whitening", "means")}
            figures += distances.measured(distances.flat(values[:count]), tf.exp(certain), learned)
        grain = texture.grain(batch, self.settings.limits, ink=self.settings.ink)
        found = [tf.stack(figures, axis=-1), grain]
        if self.settings.footprint:
            parts = tf.split(asked.slopes, 1 + len(self.squeezes))
            found.append(footprint.measured(batch, parts, self.settings.footprint))
        return own, tf.concat(found, -1)

    def features(self, batch: tf.Tensor) -> list[tf.Tensor]:
        """Each layer's features (N, D) of a batch, without squeezes: what `distances.fit` learns from."""
        *layers, _ = tf.nest.flatten(self.inner(batch, training=False))
        return [distances.flat(values) for values in layers]


def _inner(network: keras.Model, names: tuple[str, ...]) -> keras.Model:
    """The network with the outputs of some layers before its logits."""
    known = {layer.name: layer for layer in network.layers}
    for name in names:
        if name not in known:
            raise OptionRefused(sentence("The network has no layer %(name)s."), name=name)
    outputs = [*(known[name].output for name in names), network.outputs[0]]
    return keras.Model(network.inputs[0], outputs)


def _guard(network: keras.Model, settings: Settings, arrays: Arrays) -> Callable[[tf.Tensor], tf.Tensor]:
    shape, classes = network.input_shape[1:], network.output_shape[-1]
    built = guard.build(input_shape=shape, classes=classes, **settings.guard)
    built.set_weights(
        [np.asarray(arrays[f"guard.{place}"], np.float32) for place in range(len(built.weights))]
    )
    return partial(built, training=False)


def _sureness(logits: tf.Tensor) -> list[tf.Tensor]:
    """The margin between the two largest logits, and log Σ exp(logits)."""
    best = tf.math.top_k(logits, 2).values
    return [tf.math.log1p(best[:, 0] - best[:, 1]), tf.reduce_logsumexp(logits, axis=-1)]


def _disagreement(own: tf.Tensor, other: tf.Tensor) -> list[tf.Tensor]:
    """Half the L1 distance of two answers (Xu et al. 2018, equation 3), and the nats the other gives for
    this.

    Both are given as log probabilities (N, classes).
    """
    chances = tf.exp(own)
    apart = tf.reduce_sum(tf.abs(chances - tf.exp(other)), axis=-1) / 2
    surprise = -tf.reduce_sum(chances * tf.maximum(other, -MOST_NATS), axis=-1)
    return [apart, tf.math.log1p(surprise)]
