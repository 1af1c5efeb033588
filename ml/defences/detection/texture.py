"""What a perturbation does to pixels alone: grain where a clean image is smooth.

Each figure is the mean of min(|v|, c) / c over an image, for a residual v and several c: together they tell
how its sizes are spread, and a few strong edges weigh no more than c.
"""

from collections.abc import Sequence
from typing import Any

from ml.defences.detection.squeezing import median


def grain(batch: Any, limits: Sequence[float], *, ink: bool) -> Any:
    """Figures (N, K) of a batch (N, H, W, C) in [0, 1], K = limits × 3, with `ink` × 5.

    The residuals are the `detail`, its mean over the channels, and the distance from the median of the
    window; with `ink` also the values themselves and what they lack of 1, for pictures of which most is quite
    black or white.
    """
    import tensorflow as tf

    fine = detail(batch)
    residuals = [fine, batch - median(batch), tf.reduce_mean(fine, axis=-1, keepdims=True)]
    if ink:
        residuals += [batch, 1 - batch]
    sizes = [tf.abs(each) for each in residuals]
    return tf.stack(
        [
            tf.math.log(tf.reduce_mean(tf.minimum(size, limit), axis=(1, 2, 3)) / limit + 1e-3)
            for size in sizes
            for limit in limits
        ],
        axis=-1,
    )


def detail(batch: Any) -> Any:
    """The diagonal difference of 2×2 windows (N, H − 1, W − 1, C): Haar's finest detail, from which Donoho &
    Johnstone 1994 estimate noise.
    """
    return (batch[:, :-1, :-1] - batch[:, 1:, :-1] - batch[:, :-1, 1:] + batch[:, 1:, 1:]) / 2
