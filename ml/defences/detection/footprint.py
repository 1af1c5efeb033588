"""The footprint of an attack: whether the fine structure of an image follows the network's own gradient.

Attacks move pixels along the gradient of the answer that they want to change, and that gradient can be asked
for again, at the image and at squeezed views of it, whose gradient is nearer to the one at the image that was
attacked. What a clean image's finest detail and that gradient have in common is chance. This is the matched
filter of detection theory (Kay 1998, "Fundamentals of Statistical Signal Processing II: Detection Theory",
section 4.3) behind a clipper, as noise with strong edges asks for.
"""

from collections.abc import Sequence
from typing import Any

from ml.defences.detection.texture import detail

TINY = 1e-12


def doubt(logits: Any) -> Any:
    """The logarithm (N,) of the odds against the answer, by logits (N, classes).

    It leads where the cross-entropy does, and is as steep for the surest answer.
    """
    import tensorflow as tf

    own = tf.one_hot(tf.argmax(logits, -1), logits.shape[-1])
    return tf.reduce_logsumexp(logits - own * logits.dtype.max, -1) - tf.reduce_sum(own * logits, -1)


def measured(batch: Any, slopes: Sequence[Any], limits: Sequence[float]) -> Any:
    """Figures (N, K) of a batch (N, H, W, C) in [0, 1], K = 2 × slopes × limits + slopes − 1.

    Args:
        slopes: the gradient of `doubt` at the image and at each of its views, all in the batch's shape.
        limits: no detail of the image weighs more than these.

    Each figure is a cosine: of the image's detail with that of a slope's signs, along which attacks in linf
    move, and with that of the slope itself, along which those in l2 do; and of the first slope's signs with
    those of another.
    """
    import tensorflow as tf

    fine = detail(batch)
    signs = [detail(_signs(slope)) for slope in slopes]
    ways = [*signs, *(detail(_even(slope)) for slope in slopes)]
    found = [_cosine(tf.clip_by_value(fine, -limit, limit), way) for way in ways for limit in limits]
    found += [_cosine(signs[0], way) for way in signs[1:]]
    return tf.stack(found, axis=-1)


def _signs(slope: Any) -> Any:
    """Nearly the signs, and with a slope of its own for whoever attacks this."""
    import tensorflow as tf

    even = _even(slope)
    return even / (tf.abs(even) + 0.25)


def _even(slope: Any) -> Any:
    """The slope in units of its mean size: one that vanished stays as it is."""
    import tensorflow as tf

    return slope / (tf.reduce_mean(tf.abs(slope), axis=(1, 2, 3), keepdims=True) + TINY)


def _cosine(one: Any, other: Any) -> Any:
    import tensorflow as tf

    axes = (1, 2, 3)
    lengths = tf.reduce_sum(one * one, axes) * tf.reduce_sum(other * other, axes)
    return tf.reduce_sum(one * other, axes) * tf.math.rsqrt(lengths + TINY)
