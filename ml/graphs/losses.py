"""The losses that attacks climb, as inference graphs with their way back to the pixels."""

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ml.graphs.reverse import pulled_back

# Losses (N,), their slope in the logits, and the parameters that they depend on.
Loss = tuple[Any, Any, list[Any]]


def with_loss(forward: ov.Model, name: str) -> ov.Model:
    """The graph of a loss and its way back to the pixels, for as many images as `forward` takes."""
    logits = forward.output(0).get_node().input_value(0)
    classes = logits.get_partial_shape()[1].get_length()
    count = forward.input(0).get_partial_shape()[0].get_length()
    losses, weights, rows = _LOSSES[name](logits, classes, count)
    back = pulled_back(forward, weights.output(0))
    results = {
        "gradient": [back],
        "own": [logits, back],
        "pullback": [logits, back],
    }.get(name, [logits, losses, back])
    return ov.Model(
        [ops.result(each) for each in results],
        [forward.input(0).get_node(), *rows],
        forward.get_friendly_name(),
    )


def _pullback(logits: Any, classes: int, count: int) -> Loss:
    weights = ops.parameter([count, classes], np.float32)
    return None, weights, [weights]


def _away(logits: Any, classes: int, count: int) -> Loss:
    labels, own = _chosen(classes, count)
    return (*_cross_entropy(logits, own), [labels])


def _own(logits: Any, classes: int, count: int) -> Loss:
    labels = ops.parameter([count], np.int64)
    best = ops.topk(logits, np.int64(1), -1, "max", "value", index_element_type="i64")
    answers = ops.squeeze(best.output(1), np.array([1], np.int64))
    chosen = ops.select(ops.less(labels, np.int64(0)), answers, labels)
    return (*_cross_entropy(logits, row_of(chosen, classes)), [labels])


def _towards(logits: Any, classes: int, count: int) -> Loss:
    (labels, _), (targets, goal) = _chosen(classes, count), _chosen(classes, count)
    losses, weights = _cross_entropy(logits, goal)
    return ops.negative(losses), ops.negative(weights), [labels, targets]


def _margin(logits: Any, classes: int, count: int) -> Loss:
    labels, own = _chosen(classes, count)
    others = ops.subtract(logits, ops.multiply(own, np.float32(np.finfo(np.float32).max)))
    best = ops.topk(others, np.int64(1), -1, "max", "value", index_element_type="i64")
    rival = row_of(ops.squeeze(best.output(1), np.array([1], np.int64)), classes)
    weights = ops.subtract(rival, own)
    return _row_sums(ops.multiply(weights, logits)), weights, [labels]


def _margin_to(logits: Any, classes: int, count: int) -> Loss:
    (labels, own), (targets, goal) = _chosen(classes, count), _chosen(classes, count)
    weights = ops.subtract(goal, own)
    return _row_sums(ops.multiply(weights, logits)), weights, [labels, targets]


def _cross_entropy(logits: Any, own: Any) -> tuple[Any, Any]:
    """The losses (N,), and their slope in the logits."""
    logarithms = ops.log_softmax(logits, 1)
    losses = ops.negative(_row_sums(ops.multiply(own, logarithms)))
    return losses, ops.subtract(ops.exp(logarithms), own)


def _chosen(classes: int, count: int) -> tuple[Any, Any]:
    """A parameter of classes (N,), and the same as rows of 0 and 1."""
    rows = ops.parameter([count], np.int64)
    return rows, row_of(rows, classes)


def row_of(rows: Any, classes: int) -> Any:
    """Classes (N,) as rows of 0 and 1."""
    return ops.one_hot(rows, np.int64(classes), np.float32(1), np.float32(0), -1)


def _row_sums(values: Any) -> Any:
    return ops.reduce_sum(values, np.array([1], np.int64), False)


# Logits, the number of classes and of images in; losses, their slope in the logits and the parameters out.
_LOSSES: dict[str, Callable[[Any, int, int], Loss]] = {
    "gradient": _away,
    "own": _own,
    "pullback": _pullback,
    "cross-entropy": _away,
    "cross-entropy-to": _towards,
    "margin": _margin,
    "margin-to": _margin_to,
}
