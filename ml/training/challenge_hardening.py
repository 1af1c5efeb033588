"""Adversarial training: Madry et al. 2018, "Towards Deep Learning Models Resistant to Adversarial Attacks".

Each batch is attacked by projected gradient descent against the network as it is at that moment, and the
network learns from what comes out.
"""

from typing import Any

import keras
import tensorflow as tf


class Hardened(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """The layers of another network, trained on attacked images instead of its batches' own.

    ε grows evenly from 0 to `epsilon` over the first `warm_up` steps: a network that meets the whole ε at
    once may give every image one answer and stay there. The share `clean` of every batch is left unattacked,
    so that the clean accuracy is not given up.
    """

    def __init__(
        self,
        network: keras.Model,
        *,
        epsilon: float,
        steps: int,
        relative_step: float,
        warm_up: int,
        clean: float,
        seed: int,
    ) -> None:
        super().__init__(network.inputs[0], network.outputs[0])
        self.epsilon, self.steps, self.relative_step = epsilon, steps, relative_step
        self.warm_up, self.clean, self.seed = warm_up, clean, seed

    def train_step(self, data: Any) -> dict[str, Any]:
        images, labels = data
        images = tf.cast(images, tf.float32)
        kept = tf.cast(self.clean * tf.cast(tf.shape(images)[0], tf.float32), tf.int32)
        attacked = self.attacked(images[kept:], labels[kept:])
        return super().train_step((tf.concat([images[:kept], attacked], 0), labels))

    def attacked(self, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """`images` (N, H, W, C) after `steps` signed steps from a random start in the ball.

        The gradient is that of inference mode. A batch's ε and random start depend on how many batches the
        optimizer has seen, which checkpoints keep.
        """
        step = tf.cast(self.optimizer.iterations, tf.int32)
        epsilon = self.epsilon * tf.minimum(1.0, tf.cast(step + 1, tf.float32) / max(1, self.warm_up))
        low, high = tf.maximum(images - epsilon, 0), tf.minimum(images + epsilon, 1)
        noise = tf.random.stateless_uniform(tf.shape(images), (self.seed, step), -1, 1)
        attacked = tf.clip_by_value(images + epsilon * noise, low, high)
        for _ in range(self.steps):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(attacked)
                logits = self(attacked, training=False)
                loss = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(labels, tf.int64), logits)
            moved = attacked + self.relative_step * epsilon * tf.sign(tape.gradient(loss, attacked))
            attacked = tf.clip_by_value(moved, low, high)
        return attacked
