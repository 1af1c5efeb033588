"""A second opinion: another model of the zoo is asked, best one that withstands the attack.

Whoever leads the watched network astray would have to take that one along, to the same wrong answer.
"""

from collections.abc import Callable, Mapping

import tensorflow as tf

from ml import zoo
from ml.card import Card
from ml.errors import ModelUnavailable, OptionRefused, sentence
from ml.images import resize_matrix


def asked(name: str, watched: Card) -> dict[str, str]:
    """What the settings of a detector of `watched` say of a second opinion by model `name`.

    Raises:
        ModelUnavailable: no model has this name.
        OptionRefused: it knows other classes.
    """
    other = zoo.card(name)
    if other.class_names != watched.class_names:
        raise OptionRefused(
            sentence("“%(other)s” knows other classes than “%(name)s”: it has no opinion of its answers."),
            other=name,
            name=watched.name,
        )
    return {"model": name, "weights_sha256": other.weights_sha256}


def of(setting: Mapping[str, str]) -> Callable[[tf.Tensor], tf.Tensor]:
    """The model of `asked`: from pictures of any size (N, H, W, C) in [0, 1] to its logits, with a gradient.

    Raises:
        ModelUnavailable: it is not there, or was trained anew.
    """
    other = zoo.load(setting["model"])
    if other.card.weights_sha256 != setting["weights_sha256"]:
        raise ModelUnavailable(
            sentence("A detector asks the model “%(name)s”, which has other weights now; train it again."),
            name=setting["model"],
        )
    return lambda batch: other.network(resized(batch, other.input_shape[:2]), training=False)


def resized(batch: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
    """Pictures (N, H, W, C) of another size, as `images.resize` makes them but for the rounding."""
    height, width = (
        tf.constant(resize_matrix(given, wanted))
        for given, wanted in zip(batch.shape[1:3], size, strict=True)
    )
    # Not `matmul` with one matrix for all planes: TensorFlow 2.21's on oneDNN writes beyond its memory.
    rows = tf.tensordot(batch, height, [[1], [1]])
    both = tf.tensordot(rows, width, [[1], [1]])
    return tf.transpose(both, [0, 2, 3, 1])
