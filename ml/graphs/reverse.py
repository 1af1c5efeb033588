"""The input gradient of a network as an inference graph: reverse mode over the graph of its forward pass.

An inference runtime has no gradients, but each step back through a network is an operation that it has: the
step back through a convolution is the transposed convolution with the same weights. So the gradient is one
more graph of the runtime, fused and scheduled like any other. Griewank & Walther 2008, chapter 3.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from openvino import Model, Node, Output
from openvino import opset13 as ops

from ml.errors import OptionRefused, sentence

# The side of the blocks of pixels that are computed together.
BLOCK = 4
# The cotangent of an operation's output in, the cotangents of its inputs out: None for a constant.
Rule = Callable[[Node, Output], Sequence[Output | None]]


def pulled_back(
    model: Model, cotangent: Output, *, behind: Output | None = None, entrance: Output | None = None
) -> Output:
    """∂ Σ cotangent · output / ∂ input, in the shape of the input.

    Args:
        model: only the batch axis is open.
        cotangent: what the output is weighed with, in its shape.
        behind: a value of the graph that counts as the output (N, classes); without it, its first result.
        entrance: one that counts as the input (N, ...); without it, its only one.

    Raises:
        OptionRefused: the graph has an operation that has no rule here.
    """
    entrance_name = (entrance or model.input()).get_node().get_name()
    reached = _reached(model, entrance_name)
    behind = behind or model.output(0).get_node().input_value(0)
    found: dict[str, Output] = {behind.get_node().get_name(): cotangent}
    for node in reversed(model.get_ordered_ops()):
        name = node.get_name()
        if name not in found or name == entrance_name:
            continue
        rule = _RULES.get(node.get_type_name())
        if rule is None:
            raise OptionRefused(
                sentence("There is no way back through the operation %(kind)s."), kind=node.get_type_name()
            )
        for value, part in zip(node.input_values(), rule(node, found[name]), strict=False):
            source = value.get_node().get_name()
            if part is not None and source in reached:
                found[source] = ops.add(found[source], part).output(0) if source in found else part
    return found[entrance_name]


def _reached(model: Model, entrance: str) -> set[str]:
    """The names of all nodes that depend on the input."""
    names = {entrance}
    for node in model.get_ordered_ops():
        if any(value.get_node().get_name() in names for value in node.input_values()):
            names.add(node.get_name())
    return names


def _shape(value: Output) -> list[int]:
    """Its shape with -1 for the batch axis."""
    return [-1 if each.is_dynamic else each.get_length() for each in value.get_partial_shape()]


def _summed(cotangent: Output, value: Output, result: Output) -> Output:
    """The cotangent of an operand that was spread over the axes in which it is 1."""
    sizes = zip(_shape(value), _shape(result), strict=True)
    axes = [axis for axis, (own, whole) in enumerate(sizes) if own != whole]
    return ops.reduce_sum(cotangent, np.array(axes, np.int64), True).output(0) if axes else cotangent


def _add(node: Node, cotangent: Output) -> list[Output | None]:
    return [
        None if _is_constant(value) else _summed(cotangent, value, node.output(0))
        for value in node.input_values()
    ]


def _multiply(node: Node, cotangent: Output) -> list[Output | None]:
    left, right = node.input_values()
    return [
        None if _is_constant(one) else _summed(ops.multiply(cotangent, other).output(0), one, node.output(0))
        for one, other in ((left, right), (right, left))
    ]


def _convolution(node: Node, cotangent: Output) -> list[Output | None]:
    values, weights = node.input_values()
    alone = node.get_type_name() == "Convolution"
    if alone and _suits_blocks(node):
        return [_to_one_channel(node, cotangent), None]
    back = ops.convolution_backprop_data if alone else ops.group_convolution_backprop_data
    about = node.get_attributes()
    strides, dilations = about["strides"], about["dilations"]
    begin, end = about["pads_begin"], about["pads_end"]
    sides = _shape(weights)[-len(strides) :]
    before, after = _shape(values)[2:], _shape(node.output(0))[2:]
    # The rows and columns at the end that no window of the convolution reached.
    left = [
        before[k] - (strides[k] * (after[k] - 1) + dilations[k] * (sides[k] - 1) + 1 - begin[k] - end[k])
        for k in range(len(strides))
    ]
    # A copy: the CPU plugin keeps repacked weights by their address and layout, and takes those of a square
    # convolution for those of its transpose.
    own = ops.constant(weights.get_node().get_data().copy())
    moved = back(
        cotangent,
        own,
        strides=strides,
        pads_begin=begin,
        pads_end=end,
        dilations=dilations,
        output_padding=left,
    )
    return [moved.output(0), None]


def _suits_blocks(node: Node) -> bool:
    about, sides = node.get_attributes(), _shape(node.input_value(1))[2:]
    return (
        _shape(node.input_value(0))[1] == 1
        and all(BLOCK % stride == 0 for stride in about["strides"])
        and all(each == 1 for each in about["dilations"])
        and all(padding < side for padding, side in zip(about["pads_begin"], sides, strict=True))
    )


def _to_one_channel(node: Node, cotangent: Output) -> Output:
    """The step back through a convolution of an image of one channel, by blocks of 4×4 pixels.

    Processors compute 16 channels at once, and would idle with one. The pixels of a block are the channels of
    a coarser convolution: row y = block·i + u meets cotangent j where y = stride·j − padding + r, so
    j = block/stride·i + t with t = (u + padding − r)/stride, and weight r stands at t.
    """
    weights, about = node.input_value(1).get_node().get_data(), node.get_attributes()
    axes = [
        _Axis(side, stride, padding, before, after)
        for side, stride, padding, before, after in zip(
            weights.shape[2:],
            about["strides"],
            about["pads_begin"],
            _shape(node.input_value(0))[2:],
            _shape(node.output(0))[2:],
            strict=True,
        )
    ]
    rows, columns = axes
    coarse = np.zeros((BLOCK, BLOCK, len(weights), rows.reach, columns.reach), np.float32)
    for u, s, r in rows.places():
        for v, t, c in columns.places():
            coarse[u, v, :, s, t] = weights[:, 0, r, c]
    moved = ops.convolution(
        cotangent,
        ops.constant(coarse.reshape(BLOCK**2, *coarse.shape[2:])),
        strides=[BLOCK // each.stride for each in axes],
        pads_begin=[-each.first for each in axes],
        pads_end=[each.missing for each in axes],
        dilations=[1, 1],
    )
    whole = ops.depth_to_space(moved, "blocks_first", BLOCK)
    sizes = [each.before for each in axes]
    return ops.strided_slice(
        whole, [0, 0, 0, 0], [0, 0, *sizes], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 0, 0]
    ).output(0)


@dataclass(frozen=True)
class _Axis:
    """One axis of such a step: `side` weights, `before` values in the image, `after` in the cotangent."""

    side: int
    stride: int
    padding: int
    before: int
    after: int

    @property
    def first(self) -> int:
        """The smallest t."""
        return -((self.side - 1 - self.padding) // self.stride)

    @property
    def last(self) -> int:
        return (BLOCK - 1 + self.padding) // self.stride

    @property
    def reach(self) -> int:
        """How many t there are."""
        return self.last - self.first + 1

    @property
    def missing(self) -> int:
        """The cotangents that the last block reaches for beyond the end."""
        blocks = -(-self.before // BLOCK)
        return max(0, BLOCK // self.stride * (blocks - 1) + self.last - (self.after - 1))

    def places(self) -> list[tuple[int, int, int]]:
        """(u, t − the smallest t, r) for each weight of each place in a block."""
        return [
            (u, (u + self.padding - r) // self.stride - self.first, r)
            for u in range(BLOCK)
            for r in range(self.side)
            if (u + self.padding - r) % self.stride == 0
        ]


def _matmul(node: Node, cotangent: Output) -> list[Output | None]:
    weights = node.input_value(1)
    about = node.get_attributes()
    if about["transpose_a"] or not _is_constant(weights):
        raise OptionRefused(sentence("There is no way back through the operation %(kind)s."), kind="MatMul")
    return [ops.matmul(cotangent, weights, False, not about["transpose_b"]).output(0), None]


def _relu(node: Node, cotangent: Output) -> list[Output | None]:
    zero = np.float32(0)
    return [ops.select(ops.greater(node.output(0), zero), cotangent, zero).output(0)]


def _sigmoid(node: Node, cotangent: Output) -> list[Output | None]:
    value = node.output(0)
    slope = ops.multiply(value, ops.subtract(np.float32(1), value))
    return [ops.multiply(cotangent, slope).output(0)]


def _swish(node: Node, cotangent: Output) -> list[Output | None]:
    # x·σ(x) has the slope σ(x)·(1 + x·(1 − σ(x))).
    values, one = node.input_value(0), np.float32(1)
    gate = ops.sigmoid(values)
    slope = ops.multiply(gate, ops.add(one, ops.multiply(values, ops.subtract(one, gate))))
    return [ops.multiply(cotangent, slope).output(0)]


def _reduce_mean(node: Node, cotangent: Output) -> list[Output | None]:
    values, axes = node.input_values()
    shape = _shape(values)
    over = {int(axis) % len(shape) for axis in np.ravel(axes.get_node().get_data())}
    kept = [1 if axis in over else size for axis, size in enumerate(shape)]
    even = np.full([size if axis in over else 1 for axis, size in enumerate(shape)], 1, np.float32)
    spread = ops.multiply(ops.reshape(cotangent, np.array(kept, np.int64), False), even / even.size)
    return [spread.output(0), None]


def _reshape(node: Node, cotangent: Output) -> list[Output | None]:
    shape = np.array(_shape(node.input_value(0)), np.int64)
    return [ops.reshape(cotangent, shape, False).output(0), None]


def _transpose(node: Node, cotangent: Output) -> list[Output | None]:
    order = np.ravel(node.input_value(1).get_node().get_data())
    return [ops.transpose(cotangent, np.argsort(order).astype(np.int64)).output(0), None]


def _max_pool(node: Node, cotangent: Output) -> list[Output | None]:
    """To the first largest value of each window, as in TensorFlow. Windows are square, without overlap."""
    about, values, highest = node.get_attributes(), node.input_value(0), node.output(0)
    side = about["kernel"][0]
    if (
        list(about["kernel"]) != [side, side]
        or list(about["strides"]) != [side, side]
        or any((*about["pads_begin"], *about["pads_end"]))
    ):
        raise OptionRefused(sentence("There is no way back through the operation %(kind)s."), kind="MaxPool")
    height, width = _shape(values)[2:]
    used = [rows * side for rows in _shape(highest)[2:]]
    # Place by place of the windows, so that all stays in the layout that convolutions are quick in.
    parts, open_ = [], None
    for row, column in itertools.product(range(side), repeat=2):
        place = ops.strided_slice(
            values, [0, 0, row, column], [0, 0, *used], [1, 1, side, side], [1, 1, 0, 0], [1, 1, 0, 0]
        )
        largest = ops.select(ops.equal(place, highest), np.float32(1), np.float32(0))
        first = ops.multiply(largest, open_) if open_ else largest
        parts.append(ops.multiply(first, cotangent))
        rest = ops.subtract(np.float32(1), largest)
        open_ = ops.multiply(open_, rest) if open_ else rest
    moved = ops.depth_to_space(ops.concat(parts, 1), "blocks_first", side) if side > 1 else parts[0]
    if used != [height, width]:
        moved = ops.pad(moved, [0] * 4, [0, 0, height - used[0], width - used[1]], "constant", np.float32(0))
    return [moved.output(0)]


def _is_constant(value: Output) -> bool:
    return bool(value.get_node().get_type_name() == "Constant")


_RULES: dict[str, Rule] = {
    "Add": _add,
    "Convolution": _convolution,
    "GroupConvolution": _convolution,
    "MatMul": _matmul,
    "MaxPool": _max_pool,
    "Multiply": _multiply,
    "ReduceMean": _reduce_mean,
    "Relu": _relu,
    "Reshape": _reshape,
    "Sigmoid": _sigmoid,
    "Swish": _swish,
    "Transpose": _transpose,
}
