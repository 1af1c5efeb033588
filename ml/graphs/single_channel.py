"""The way back through a convolution of images with one channel, in TensorFlow.

oneDNN computes many channels of a pixel at once; with only one of them to compute it is slow: of a digit's
gradient it takes 2 of 5 parts. Here it is one matrix product, the share of each value of the kernel, and
the sum of those shares, each moved to its place: two to three times as fast, apart from it by float32's
rounding.
"""

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

_NAME = "EpsilonSingleChannelConv2D"


def quick_way_back() -> AbstractContextManager[None]:
    """Inside of it, whatever is traced goes back that way, where `tf.gradients` is asked for the gradient."""
    import tensorflow as tf

    _register()
    graph: Any = tf.compat.v1.get_default_graph()
    overridden: AbstractContextManager[None] = graph.gradient_override_map({"Conv2D": _NAME})
    return overridden


@cache
def _register() -> None:
    """Give the gradient its name, of which TensorFlow accepts each only once."""
    import tensorflow as tf

    tf.RegisterGradient(_NAME)(_gradient)


def _gradient(op: Any, rise: Any) -> tuple[Any, None]:
    """∂ / ∂ batch. The kernel is a constant of these graphs: nobody asks for its gradient."""
    import tensorflow as tf

    batch, kernel = op.inputs
    options = {name: op.get_attr(name) for name in ("strides", "dilations", "explicit_paddings")}
    padding, form = (op.get_attr(name).decode() for name in ("padding", "data_format"))
    plain = options == {"strides": [1] * 4, "dilations": [1] * 4, "explicit_paddings": []}
    if plain and form == "NHWC" and kernel.shape[2] == batch.shape[3] == 1:
        return _shares_summed(rise, kernel, batch.shape[1:3]), None
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=tf.shape(batch),
        filter=kernel,
        out_backprop=rise,
        padding=padding,
        data_format=form,
        **options,
    ), None


def _shares_summed(rise: Any, kernel: Any, sides: Any) -> Any:
    """The gradient (N, *sides, 1), of that of the convolution's values, `rise` (N, h, w, filters).

    What padding adds lies around it, half before and the rest behind, as TensorFlow pads for "same".
    """
    import tensorflow as tf

    high, wide, _, filters = kernel.shape
    height, width = rise.shape[1:3]
    values = tf.reshape(kernel, [high * wide, filters])
    shares = tf.matmul(values, tf.reshape(rise, [-1, filters]), transpose_b=True)
    shares = tf.reshape(shares, [high, wide, -1, height, width])
    whole = tf.add_n(
        [
            tf.pad(shares[row, column], [[0, 0], [row, high - 1 - row], [column, wide - 1 - column]])
            for row in range(high)
            for column in range(wide)
        ]
    )
    top, left = (height + high - 1 - sides[0]) // 2, (width + wide - 1 - sides[1]) // 2
    return whole[:, top : top + sides[0], left : left + sides[1], None]
