"""An inference graph that needs the gradient of its own network."""

from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ml.graphs.losses import row_of
from ml.graphs.reverse import pulled_back

# The parameters of a graph that waits for slopes.
BATCH, SLOPES = "batch", "slopes"


def with_slopes(waiting: ov.Model) -> ov.Model:
    """A graph of a batch alone, still with an open batch axis, which computes the slopes that it needs.

    Args:
        waiting: of a batch, and of the slopes at all views of it: its answer, the network's logits at the
            views, and the views. What it is given becomes part of what is returned.

    Raises:
        OptionRefused: there is no way back through an operation of the network.
    """
    answer, *asked = (each.get_node() for each in waiting.outputs)
    logits, views = (each.input_value(0) for each in asked)
    batch, slopes = (waiting.input(f"{name}:0").get_node() for name in (BATCH, SLOPES))
    slopes.output(0).replace(pulled_back(waiting, _against_the_answer(logits), behind=logits, entrance=views))
    return ov.Model([answer], [batch], waiting.get_friendly_name())


def _against_the_answer(logits: Any) -> Any:
    """The slope in the logits of `ml.defences.detection.footprint.doubt`."""
    classes = logits.get_partial_shape()[1].get_length()
    best = ops.topk(logits, np.int64(1), -1, "max", "value", index_element_type="i64")
    own = row_of(ops.squeeze(best.output(1), np.array([1], np.int64)), classes)
    others = ops.subtract(logits, ops.multiply(own, np.float32(np.finfo(np.float32).max)))
    return ops.subtract(ops.softmax(others, 1), own).output(0)
