"""Certified robustness: no change of any pixel by up to ε can alter the answer. Training and proof.

Interval bound propagation (Gowal et al. 2018) with the warm-up and the initial weights of Shi et al. 2021,
"Fast Certified Robust Training with Short Warmup".
"""

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ml.attacks.norms import Floats
from ml.defences import intervals, rounding
from ml.errors import EpsilonRefused, NotANetwork, sentence

if TYPE_CHECKING:
    from ml.model import Model

Labels = npt.NDArray[np.int64]
CHUNK = 500


class CertifiedTraining(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """The layers of another network, trained on the worst logits that the interval bounds allow.

    The loss is κ·CE(logits) + (1 − κ)·CE(worst logits). ε grows from 0 to `epsilon` between the steps `begin`
    and `end` (smoothly at first, then evenly), κ falls from 1 to `clean` with it. While ε grows, `tight`
    times Shi et al.'s regulariser is added, which keeps intervals from widening from layer to layer.
    `certified_accuracy` is logged at the ε of the moment.
    """

    def __init__(
        self,
        network: keras.Model,
        *,
        epsilon: float,
        begin: int,
        end: int,
        clean: float = 0.0,
        tight: float = 0.0,
    ) -> None:
        super().__init__(network.inputs[0], network.outputs[0])
        self.epsilon, self.begin, self.end = epsilon, begin, end
        self.clean, self.tight = clean, tight
        self.chain = intervals.chain(network)
        self.certified_accuracy = keras.metrics.Mean(name="certified_accuracy")

    def train_step(self, data: Any) -> dict[str, Any]:
        images, labels = data
        images, labels = tf.cast(images, tf.float32), tf.cast(labels, tf.int64)
        grown = self.grown()
        with tf.GradientTape() as tape:
            logits, bounds, loose = self.bounded(images, labels, self.epsilon * grown, training=True)
            kappa = 1 - (1 - self.clean) * grown
            worst = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, -bounds)
            loss = kappa * self.compute_loss(images, labels, logits) + (1 - kappa) * tf.reduce_mean(worst)
            loss += self.tight * (1 - grown) * loose
        self._loss_tracker.update_state(loss, sample_weight=tf.shape(images)[0])
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        self.certified_accuracy.update_state(_sure(bounds, labels))
        return dict(self.compute_metrics(images, labels, logits))

    def test_step(self, data: Any) -> dict[str, Any]:
        images, labels = data
        labels = tf.cast(labels, tf.int64)
        _, bounds, _ = self.bounded(tf.cast(images, tf.float32), labels, self.epsilon * self.grown())
        self.certified_accuracy.update_state(_sure(bounds, labels))
        return dict(super().test_step(data))

    def bounded(
        self, images: tf.Tensor, labels: tf.Tensor, epsilon: tf.Tensor, *, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Logits, lower bounds of the margins, and the regulariser."""
        triple = images, tf.maximum(images - epsilon, 0), tf.minimum(images + epsilon, 1)
        seen: list[intervals.Triple] = []
        logits, bounds = intervals.margins(self.chain, triple, labels, training=training, seen=seen)
        return logits, bounds, _widening(seen)

    def grown(self) -> tf.Tensor:
        """The share of ε that is reached, 0 to 1: a quarter of the way as a fourth power, then evenly."""
        step = tf.cast(self.optimizer.iterations, tf.float32)
        way = tf.clip_by_value((step - self.begin) / max(1, self.end - self.begin), 0.0, 1.0)
        middle = 0.25
        # Both pieces and their slopes meet at `middle`.
        slope = 1 / (middle / 4 + 1 - middle)
        smooth = slope * middle / 4 * (way / middle) ** 4
        return tf.where(way < middle, smooth, slope * (middle / 4 + way - middle))


def margins(model: "Model", batch: Floats, labels: npt.ArrayLike, epsilon: float) -> npt.NDArray[np.float64]:
    """Lower bounds (N, classes) of the label's logit minus each other one, for all ‖δ‖∞ ≤ ε within [0, 1].

    Computed in float64 and lowered by what float32 may be off in all layers (`ml.defences.rounding`), so that
    a positive bound is a proof about the network as it answers.

    Args:
        batch: (N, H, W, C) float32 in [0, 1].
        labels: (N,) whole.

    Raises:
        EpsilonRefused: ε is not in [0, 1].
        OptionRefused: the network has a layer through which bounds cannot be computed.
        NotANetwork: the model is no network.
    """
    if not 0 <= epsilon <= 1:
        raise EpsilonRefused(
            sentence("ε must lie between 0 and 1, as a decimal (0.03) or a fraction (8/255).")
        )
    if not model.card.gradient:
        raise NotANetwork(
            sentence("“%(name)s” is no network, so nothing can be proven of its answers."),
            name=model.card.name,
        )
    layers, rows = intervals.chain(model.network), np.asarray(labels, np.int64)
    found = [np.zeros((0, len(model.class_names)))]
    for start in range(0, len(batch), CHUNK):
        images = tf.constant(batch[start : start + CHUNK], tf.float64)
        triple = images, tf.maximum(images - epsilon, 0.0), tf.minimum(images + epsilon, 1.0)
        last = intervals.features(layers, triple, widen=rounding.widened)
        part = tf.constant(rows[start : start + CHUNK])
        _, bounds = intervals.margins(layers[-1:], last, part)
        off = rounding.error(layers[-1], last)
        found.append((bounds - off - tf.gather(off, part, batch_dims=1)[:, None]).numpy())
    return np.concatenate(found)


def certified(model: "Model", batch: Floats, labels: npt.ArrayLike, epsilon: float) -> npt.NDArray[np.bool_]:
    """(N,) whether the answer is `labels` for every image within ε: proven when True, unknown when False.

    The network's own answer to the image itself is asked, too: certified is never more than right.
    """
    rows = np.asarray(labels, np.int64)
    return np.asarray(_proven(model, batch, rows, epsilon) & (model.logits(batch).argmax(axis=-1) == rows))


def _proven(model: "Model", batch: Floats, rows: Labels, epsilon: float) -> npt.NDArray[np.bool_]:
    """The same by the bounds alone."""
    bounds = margins(model, batch, rows, epsilon)
    others = np.arange(bounds.shape[1])[None] != rows[:, None]
    return np.asarray(np.where(others, bounds, np.inf).min(axis=-1, initial=np.inf) > 0)


def certified_radius(model: "Model", batch: Floats, labels: npt.ArrayLike, *, levels: int = 255) -> Floats:
    """(N,) the largest n/`levels` at which each answer is proven to be its label, 0 where not even ε = 0 is.

    Bounds only loosen as ε grows, so bisection finds it.
    """
    rows = np.asarray(labels, np.int64)
    low, high = np.zeros(len(batch), np.int64), np.full(len(batch), levels + 1)
    proven = certified(model, batch, rows, 0.0)
    while (open_ := np.flatnonzero(proven & (high - low > 1))).size:
        middle = (low[open_] + high[open_]) // 2
        for each in np.unique(middle):
            part = open_[middle == each]
            holds = _proven(model, batch[part], rows[part], float(each) / levels)
            low[part[holds]], high[part[~holds]] = each, each
    return (np.where(proven, low, 0) / levels).astype(np.float32)


def _widening(seen: list[intervals.Triple]) -> tf.Tensor:
    """Shi et al., equation 7: how far the mean width before each ReLU exceeds twice that of the first."""
    tolerated, (first, *widths) = 0.5, [tf.reduce_mean(upper - lower) for _, lower, upper in seen]
    ratios = [first / tf.maximum(width, 1e-12) for width in widths]
    return tf.add_n([tf.nn.relu(tolerated - ratio) for ratio in ratios]) / (tolerated * len(ratios))


def _sure(bounds: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """(N,) 1 where every margin but the label's own, which is 0, is positive."""
    own = tf.one_hot(labels, bounds.shape[-1], on_value=1.0, off_value=0.0)
    return tf.cast(tf.reduce_all(bounds + own > 0, axis=-1), tf.float32)
