"""Squeezes: views of an image in which little but an attack is lost.

Xu, Evans & Qi 2018, "Feature Squeezing: Detecting Adversarial Examples in Deep Neural Networks": a network
should answer the squeezed image as it answers the image. All are TensorFlow functions of a batch
(N, H, W, C) in [0, 1]; rounding passes the gradient straight through (Athalye et al. 2018, BPDA), so that an
attacker who knows them is not hindered by a missing slope.
"""

from collections.abc import Callable
from typing import Any

from ml.errors import OptionRefused, sentence

Squeeze = Callable[[Any], Any]


def named(name: str) -> Squeeze:
    """The squeeze `name`: `1-bit` to `7-bit` (that many bits of each value), `median`, `mean`.

    Raises:
        OptionRefused: there is none of this name.
    """
    if name in WINDOWS:
        return WINDOWS[name]
    bits, _, unit = name.partition("-")
    if unit == "bit" and bits in {str(each) for each in range(1, 8)}:
        levels = 2 ** int(bits) - 1
        return lambda batch: _rounded(batch * levels) / levels
    raise OptionRefused(
        sentence("There is no squeeze %(name)s; there are: 1-bit to 7-bit, %(names)s."),
        name=name,
        names=", ".join(WINDOWS),
    )


def median(batch: Any) -> Any:
    """The median of three along the rows, then along the columns (the separable median of a 3×3 window)."""
    return _median_of_three(_median_of_three(batch, axis=1), axis=2)


def mean(batch: Any) -> Any:
    """The mean of each 3×3 window."""
    return sum(_neighbours(sum(_neighbours(batch, 1)), 2)) / 9


WINDOWS: dict[str, Squeeze] = {"median": median, "mean": mean}


def _rounded(values: Any) -> Any:
    import tensorflow as tf

    return values + tf.stop_gradient(tf.round(values) - values)


def _median_of_three(batch: Any, axis: int) -> Any:
    import tensorflow as tf

    a, b, c = _neighbours(batch, axis)
    return tf.maximum(tf.minimum(a, b), tf.minimum(tf.maximum(a, b), c))


def _neighbours(batch: Any, axis: int) -> tuple[Any, Any, Any]:
    """Each value's neighbour before, itself, and its neighbour after along `axis`, edges repeated."""
    import tensorflow as tf

    padding = [[0, 0]] * 4
    padding[axis] = [1, 1]
    wide = tf.pad(batch, padding, mode="SYMMETRIC")
    if axis == 1:
        return wide[:, :-2], wide[:, 1:-1], wide[:, 2:]
    return wide[:, :, :-2], wide[:, :, 1:-1], wide[:, :, 2:]
