"""The graphs of a network in TensorFlow, frozen, with an open batch axis.

Variables become constants, which lets the runtime fold batch normalisation into the convolutions; only a
network that reads a sequence keeps them. A new batch size compiles nothing. No XLA: on a CPU it makes
convolutions several times slower.
"""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from ml.graphs import Outputs
from ml.graphs.single_channel import quick_way_back


def compile_graph(network: Any, shape: tuple[int, int, int], name: str) -> Callable[..., Outputs]:
    """The graph `name` of `network`, which takes batches of `shape` (H, W, C) and answers logits."""
    import tensorflow as tf

    function, rows = _functions(network)[name]
    signature = [tf.TensorSpec([None, *shape], tf.float32), *rows]
    traced = tf.function(function, input_signature=signature, autograph=False)
    run = traced.get_concrete_function()
    if freezes(network):
        frozen = _frozen(run)
        # Called by itself a frozen function costs 3 ms more a call than from inside a traced one.
        called = tf.function(lambda *values: frozen(*values), input_signature=signature, autograph=False)
        run = called.get_concrete_function()
    return lambda *values: tuple(each.numpy() for each in run(*(tf.constant(value) for value in values)))


def definition(answer: Callable[..., Any], shape: tuple[int, int, int], *further: str) -> bytes:
    """The frozen graph of a function of batches of `shape` (H, W, C), as a serialised GraphDef.

    Its parameter is named `batch`; those of the same shape that follow are named as `further` says.
    """
    import tensorflow as tf

    signature = [tf.TensorSpec([None, *shape], tf.float32, name=name) for name in ("batch", *further)]
    traced = tf.function(answer, input_signature=signature, autograph=False)
    return bytes(_frozen(traced.get_concrete_function()).graph.as_graph_def().SerializeToString())


def _frozen(function: Any) -> Any:
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    return convert_variables_to_constants_v2(function)


def freezes(network: Any) -> bool:
    """Whether the variables may become constants: a frozen loop over a sequence has no gradient."""
    import keras

    recurrent = (keras.layers.RNN, keras.layers.Bidirectional)
    return not any(isinstance(layer, recurrent) for layer in network._flatten_layers())


def _functions(network: Any) -> dict[str, tuple[Callable[..., Any], list[Any]]]:
    """Each graph's function, and the signature of what it takes beside the batch."""
    import tensorflow as tf

    label, weights = tf.TensorSpec([None], tf.int64), tf.TensorSpec([None, None], tf.float32)

    def forward(batch: Any) -> Any:
        return [network(batch, training=False)]

    def gradient(batch: Any, labels: Any) -> Any:
        return losing(_cross_entropy)(batch, labels)[2:]

    def own(batch: Any, labels: Any) -> Any:
        def loss(logits: Any, labels: Any) -> Any:
            return _cross_entropy(logits, tf.where(labels < 0, tf.argmax(logits, axis=-1), labels))

        logits, _, moved = losing(loss)(batch, labels)
        return [logits, moved]

    def pullback(batch: Any, rows: Any) -> Any:
        logits, _, moved = losing(lambda logits, rows: tf.reduce_sum(logits * rows, axis=-1))(batch, rows)
        return [logits, moved]

    # A frozen network's gradients are not those of eager ones to the last bit, which the others' are.
    way_back = quick_way_back if freezes(network) else nullcontext

    def losing(loss: Callable[..., Any]) -> Callable[..., Any]:
        def run(batch: Any, *rows: Any) -> Any:
            with way_back():
                logits = network(batch, training=False)
            losses = loss(logits, *rows)
            return [logits, losses, *tf.gradients(losses, batch)]

        return run

    return {
        "forward": (forward, []),
        "gradient": (gradient, [label]),
        "own": (own, [label]),
        "pullback": (pullback, [weights]),
        "cross-entropy": (losing(_cross_entropy), [label]),
        "cross-entropy-to": (
            losing(lambda logits, _, targets: -_cross_entropy(logits, targets)),
            [label] * 2,
        ),
        "margin": (losing(_margin), [label]),
        "margin-to": (losing(_margin_to), [label] * 2),
    }


def _cross_entropy(logits: Any, labels: Any) -> Any:
    import tensorflow as tf

    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)


def _margin(logits: Any, labels: Any) -> Any:
    """The largest other logit above the label's own: positive where the answer is another."""
    import tensorflow as tf

    own = tf.one_hot(labels, tf.shape(logits)[-1], dtype=logits.dtype)
    others = logits - own * logits.dtype.max
    return tf.reduce_max(others, axis=-1) - tf.reduce_sum(own * logits, axis=-1)


def _margin_to(logits: Any, labels: Any, targets: Any) -> Any:
    """The target's logit above the label's: the loss of APGD-T without a normaliser for four classes."""
    import tensorflow as tf

    def chosen(classes: Any) -> Any:
        return tf.reduce_sum(tf.one_hot(classes, tf.shape(logits)[-1], dtype=logits.dtype) * logits, axis=-1)

    return chosen(targets) - chosen(labels)
