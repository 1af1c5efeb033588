"""Adversarial training: a network learns from images attacked against itself as it is at that moment.

Madry et al. 2018, "Towards Deep Learning Models Resistant to Adversarial Attacks"; Zhang et al. 2019,
"Theoretically Principled Trade-off between Robustness and Accuracy" (TRADES); Zheng et al. 2020, "Efficient
Adversarial Training with Transferable Adversarial Examples" (attacks that go on from epoch to epoch).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
import tensorflow as tf


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Each of `images` training images is attacked on from where its attack led in the epoch before.

    After `epochs` epochs of `batches` each it starts anew. Two steps an epoch then do what several would.
    Every image is shifted by up to `shift` whole pixels each way, anew each time, its attack with it: what
    leaves at one edge comes in at the other, so images need an empty margin of that width.
    """

    images: int
    epochs: int
    batches: int
    shift: int = 0


class Known(NamedTuple):
    """Where each image of a batch is remembered (N,), and by how much it was shifted: (N, 2) down, right."""

    places: tf.Tensor
    shifts: tf.Tensor

    def behind(self, first: tf.Tensor) -> "Known":
        """Without the `first` images."""
        return Known(self.places[first:], self.shifts[first:])


class AdversarialTraining(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """The layers of another network, trained on attacked images instead of its batches' own.

    ε grows evenly from 0 to `epsilon` over the first `warm_up` steps: a network that meets the whole ε at
    once may give every image one answer and stay there. The share `clean` of every batch is left unattacked,
    so that the clean accuracy is not given up.

    With `memory` a batch is ((images, their places among all), labels). What is remembered is not part of the
    weights, but of checkpoints.
    """

    def __init__(
        self,
        network: keras.Model,
        *,
        epsilon: float,
        steps: int,
        relative_step: float,
        warm_up: int,
        seed: int,
        clean: float = 0.0,
        memory: Memory | None = None,
    ) -> None:
        super().__init__(network.inputs[0], network.outputs[0])
        self.epsilon, self.steps, self.relative_step = epsilon, steps, relative_step
        self.warm_up, self.clean, self.seed = warm_up, clean, seed
        self.memory = memory
        if memory:
            # In units of ε/127.
            shape = memory.images, *network.input_shape[1:]
            self.remembered = tf.Variable(tf.zeros(shape, tf.int8), trainable=False)

    @property
    def beyond_weights(self) -> list[tf.Variable]:
        """What `ml.training.fit` keeps beside the weights."""
        return [self.remembered] if self.memory else []

    def train_step(self, data: Any) -> dict[str, Any]:
        images, known, labels, weights = self.taken(data)
        kept = tf.cast(self.clean * tf.cast(tf.shape(images)[0], tf.float32), tf.int32)
        attacked = self.attacked(images[kept:], labels[kept:], known and known.behind(kept))
        return super().train_step((tf.concat([images[:kept], attacked], 0), labels, *weights))

    def taken(self, data: Any) -> tuple[tf.Tensor, Known | None, tf.Tensor, list[Any]]:
        """Images, what is known of them where a memory needs it, labels, and what else a batch has."""
        images, labels, *weights = data
        if not self.memory:
            return tf.cast(images, tf.float32), None, labels, weights
        images, places = images
        most, step = self.memory.shift, tf.cast(self.optimizer.iterations, tf.int32)
        # As for random starts, but not the same numbers.
        shifts = tf.random.stateless_uniform(
            (tf.shape(places)[0], 2), (~self.seed, step), -most, most + 1, tf.int32
        )
        return shifted(tf.cast(images, tf.float32), shifts), Known(places, shifts), labels, weights

    def attacked(self, images: tf.Tensor, labels: tf.Tensor, known: Known | None = None) -> tf.Tensor:
        """`images` (N, H, W, C) after `steps` signed steps from a start in the ball: a random one, or of
        `known` images where the attack led them in the last epoch.

        The gradient is that of inference mode. A batch's ε and random start depend on how many batches the
        optimizer has seen, which checkpoints keep.
        """
        step = tf.cast(self.optimizer.iterations, tf.int32)
        epsilon = self.epsilon * tf.minimum(1.0, tf.cast(step + 1, tf.float32) / max(1, self.warm_up))
        low, high = tf.maximum(images - epsilon, 0), tf.minimum(images + epsilon, 1)
        start = tf.random.stateless_uniform(tf.shape(images), (self.seed, step), -1, 1)
        if self.memory and known:
            anew = step // self.memory.batches % self.memory.epochs == 0
            last = tf.cast(tf.gather(self.remembered, known.places), tf.float32) / 127
            start = tf.where(anew, start, shifted(last, known.shifts))
        attacked = tf.clip_by_value(images + epsilon * start, low, high)
        aim = self.aim(images, labels)
        for _ in range(self.steps):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(attacked)
                loss = self.away(self(attacked, training=False), aim)
            moved = attacked + self.relative_step * epsilon * tf.sign(tape.gradient(loss, attacked))
            attacked = tf.clip_by_value(moved, low, high)
        if self.memory and known:
            led = shifted(tf.round((attacked - images) / epsilon * 127), -known.shifts)
            self.remembered.scatter_update(tf.IndexedSlices(tf.cast(led, tf.int8), known.places))
        return attacked

    def aim(self, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """What the attack leads away from: here the labels, whole ones or probabilities."""
        if len(labels.shape) == 2:
            return tf.cast(labels, tf.float32)
        return tf.one_hot(labels, self.output_shape[-1])

    def away(self, logits: tf.Tensor, aim: tf.Tensor) -> tf.Tensor:
        """The loss that the attack climbs, (N,)."""
        return tf.nn.softmax_cross_entropy_with_logits(aim, logits)


class Trades(AdversarialTraining):
    """Cross-entropy on the images as they are, plus `weight` times the divergence under attack.

    TRADES, equation 5: CE(f(x), y) + β·KL(f(x) ‖ f(x')), where x' in the ball makes the divergence large.
    What is trained is therefore accuracy and steadiness, with `weight` (β) between them. `accuracy` is logged
    for the images as they are, `robust_accuracy` for the attacked ones.
    """

    def __init__(self, network: keras.Model, *, weight: float, **attack: Any) -> None:
        super().__init__(network, **attack)
        self.weight = weight
        self.robust_accuracy = keras.metrics.Mean(name="robust_accuracy")

    def train_step(self, data: Any) -> dict[str, Any]:
        images, known, labels, weights = self.taken(data)
        attacked = self.attacked(images, labels, known)
        with tf.GradientTape() as tape:
            # In one pass, so that batch normalisation sees both halves.
            clean, hard = tf.split(self(tf.concat([images, attacked], 0), training=True), 2)
            loss = self.compute_loss(images, labels, clean, *weights)
            apart = divergence(tf.nn.log_softmax(clean), hard)
            loss += self.weight * tf.reduce_mean(apart * weights[0] if weights else apart)
        self._loss_tracker.update_state(loss, sample_weight=tf.shape(images)[0])
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        self.robust_accuracy.update_state(_right(labels, hard), *weights)
        return dict(self.compute_metrics(images, labels, clean, *weights))

    def test_step(self, data: Any) -> dict[str, Any]:
        images, labels, *weights = data
        hard = self(self.attacked(tf.cast(images, tf.float32), labels), training=False)
        self.robust_accuracy.update_state(_right(labels, hard), *weights)
        return dict(super().test_step(data))

    def aim(self, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """The logarithms of the probabilities of the images as they are."""
        return tf.nn.log_softmax(self(images, training=False))

    def away(self, logits: tf.Tensor, aim: tf.Tensor) -> tf.Tensor:
        return divergence(aim, logits)


def shifted(images: tf.Tensor, by: tf.Tensor) -> tf.Tensor:
    """`images` (N, H, W, C), each shifted by its own `by` (N, 2): whole pixels down and right, in a ring."""
    for axis in (1, 2):
        side = tf.shape(images)[axis]
        from_where = (tf.range(side)[None] - by[:, axis - 1, None]) % side
        images = tf.gather(images, from_where, axis=axis, batch_dims=1)
    return images


def _right(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """(N,) 1 where the largest logit is the label's, whole or the largest of its probabilities."""
    whole = tf.argmax(labels, axis=-1) if len(labels.shape) == 2 else tf.cast(labels, tf.int64)
    return tf.cast(tf.argmax(logits, axis=-1) == whole, tf.float32)


def divergence(log_probabilities: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """KL(p ‖ softmax(logits)) in nats, (N,), of the logarithm of p (N, classes)."""
    surplus = log_probabilities - tf.nn.log_softmax(logits)
    return tf.reduce_sum(tf.exp(log_probabilities) * surplus, axis=-1)
