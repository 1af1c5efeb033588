"""An inference graph that needs the gradient of another: both made one."""

from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ml.graphs.losses import row_of
from ml.graphs.reverse import pulled_back

# The two parameters of a graph that waits for slopes.
BATCH, SLOPES = "batch", "slopes"


def with_slopes(answer: ov.Model, views: ov.Model, network: ov.Model) -> ov.Model:
    """`answer` with its slopes computed: of a batch alone, still with an open batch axis.

    Args:
        answer: of a batch, and of the slopes of the network's doubt at all views of the batch.
        views: of a batch: what the network is asked about, (V·N, H, W, C).
        network: of images: the logits. Its graph becomes part of what is returned.

    Raises:
        OptionRefused: there is no way back through an operation of the network.
    """
    batch, slopes = (answer.input(f"{name}:0").get_node() for name in (BATCH, SLOPES))
    logits = _behind(network)
    back = pulled_back(network, _against_the_answer(logits))
    views.input(0).get_node().output(0).replace(batch.output(0))
    network.input(0).get_node().output(0).replace(_behind(views))
    slopes.output(0).replace(back)
    return ov.Model(answer.get_results(), [batch], answer.get_friendly_name())


def _behind(model: ov.Model) -> Any:
    """The value that is the result of `model`."""
    return model.output(0).get_node().input_value(0)


def _against_the_answer(logits: Any) -> Any:
    """The slope in the logits of `ml.defences.detection.footprint.doubt`."""
    classes = logits.get_partial_shape()[1].get_length()
    best = ops.topk(logits, np.int64(1), -1, "max", "value", index_element_type="i64")
    own = row_of(ops.squeeze(best.output(1), np.array([1], np.int64)), classes)
    others = ops.subtract(logits, ops.multiply(own, np.float32(np.finfo(np.float32).max)))
    return ops.subtract(ops.softmax(others, 1), own).output(0)
