"""The graphs of a network in OpenVINO: single images and forward passes several times as fast on a CPU.

The forward graph is converted from TensorFlow's once, and kept in EPSILON_CACHE_DIR; the others are made of
it by `reverse`. All arithmetic is float32.
"""

import hashlib
import logging
import os
import tempfile
import threading
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ml import files
from ml.errors import OptionRefused
from ml.graphs import Outputs, traced

if TYPE_CHECKING:
    import openvino as ov

logger = logging.getLogger(__name__)
# How far probabilities, and gradients in units of their largest value, may be from TensorFlow's.
PARITY = 1e-4
FORWARD = "forward"
_PARTS = (".bin", ".xml")
_SETTINGS = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}


class Inference:
    """The graphs of one network. Safe to call from several threads."""

    def __init__(self, forward: "ov.Model") -> None:
        self._forward = forward
        self._compiled: dict[tuple[str, bool], _Pool] = {}
        self._lock = threading.Lock()

    @staticmethod
    def suits(name: str, count: int) -> bool:
        """Whether a graph is faster here than in TensorFlow: forward always, back for single images."""
        return name == FORWARD or count == 1

    def run(self, name: str, *values: Any) -> Outputs:
        """The graph `name` on a batch and what belongs to its rows."""
        return self._pool(name, len(values[0]) == 1).run(values)

    def _pool(self, name: str, single: bool) -> "_Pool":
        with self._lock:
            key = name, single
            if key not in self._compiled:
                self._compiled[key] = _Pool(_compiled(self._forward.clone(), name, single))
            return self._compiled[key]


class _Pool:
    """A compiled graph, and the requests that are not running: each is used by one thread at a time."""

    def __init__(self, compiled: "ov.CompiledModel") -> None:
        self._compiled = compiled
        self._free: list[Any] = []

    def run(self, values: tuple[Any, ...]) -> Outputs:
        try:
            request = self._free.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        try:
            found = request.infer(dict(enumerate(values)), share_inputs=True)
            return tuple(found[index] for index in range(len(self._compiled.outputs)))
        finally:
            self._free.append(request)


def inference_for(network: Any, shape: tuple[int, int, int], sha256: str) -> Inference | None:
    """The runtime's graphs of a network with weights `sha256`, or None: TensorFlow's must do.

    They must do where EPSILON_INFERENCE says "tensorflow" or the runtime is not installed, where the network
    has an operation that it cannot go back through, and where its answers are not the same.
    """
    if os.environ.get("EPSILON_INFERENCE") == "tensorflow":
        return None
    try:
        import openvino as ov
    except ImportError:
        return None
    if not traced.freezes(network):
        return None
    kept = _folder() / _fingerprint(sha256)
    if _is_whole(kept):
        return Inference(ov.Core().read_model(kept.with_suffix(".xml")))
    try:
        made = Inference(_converted(network, shape))
        if not _agrees(made, network, shape):
            logger.warning("OpenVINO answers otherwise than TensorFlow; it is not used for this network")
            return None
    except (OptionRefused, RuntimeError) as error:
        logger.warning("OpenVINO is not used for this network: %s", error)
        return None
    try:
        _keep(made, kept)
    except (OSError, RuntimeError) as error:
        logger.warning("A graph could not be kept, so the next start makes it again: %s", error)
    return made


def _compiled(forward: "ov.Model", name: str, single: bool) -> "ov.CompiledModel":
    import openvino as ov

    if single:
        # Only with known sizes are chains of small operations fused.
        forward.reshape([1, *_dimensions(forward)])
    model = forward if name == FORWARD else _with_loss(forward, name, single)
    return ov.Core().compile_model(model, "CPU", _SETTINGS)


def _dimensions(model: "ov.Model") -> list[int]:
    return [each.get_length() for each in list(model.input(0).get_partial_shape())[1:]]


def _with_loss(forward: "ov.Model", name: str, single: bool) -> "ov.Model":
    """The graph of a loss and its way back to the pixels."""
    import openvino as ov
    from openvino import opset13 as ops

    from ml.graphs.reverse import pulled_back

    logits = forward.output(0).get_node().input_value(0)
    classes = logits.get_partial_shape()[1].get_length()
    count = 1 if single else -1
    losses, weights, rows = _LOSSES[name](logits, classes, count)
    back = pulled_back(forward, weights.output(0))
    results = {
        "gradient": [back],
        "pullback": [logits, back],
    }.get(name, [logits, losses, back])
    return ov.Model(
        [ops.result(each) for each in results],
        [forward.input(0).get_node(), *rows],
        forward.get_friendly_name(),
    )


def _pullback(logits: Any, classes: int, count: int) -> tuple[Any, Any, list[Any]]:
    from openvino import opset13 as ops

    weights = ops.parameter([count, classes], np.float32)
    return None, weights, [weights]


def _away(logits: Any, classes: int, count: int) -> tuple[Any, Any, list[Any]]:
    labels, own = _chosen(classes, count)
    return (*_cross_entropy(logits, own), [labels])


def _towards(logits: Any, classes: int, count: int) -> tuple[Any, Any, list[Any]]:
    from openvino import opset13 as ops

    (labels, _), (targets, goal) = _chosen(classes, count), _chosen(classes, count)
    losses, weights = _cross_entropy(logits, goal)
    return ops.negative(losses), ops.negative(weights), [labels, targets]


def _margin(logits: Any, classes: int, count: int) -> tuple[Any, Any, list[Any]]:
    from openvino import opset13 as ops

    labels, own = _chosen(classes, count)
    others = ops.subtract(logits, ops.multiply(own, np.float32(np.finfo(np.float32).max)))
    best = ops.topk(others, np.int64(1), -1, "max", "value", index_element_type="i64")
    rival = _one_hot(ops.squeeze(best.output(1), np.array([1], np.int64)), classes)
    weights = ops.subtract(rival, own)
    return _row_sums(ops.multiply(weights, logits)), weights, [labels]


def _margin_to(logits: Any, classes: int, count: int) -> tuple[Any, Any, list[Any]]:
    from openvino import opset13 as ops

    (labels, own), (targets, goal) = _chosen(classes, count), _chosen(classes, count)
    weights = ops.subtract(goal, own)
    return _row_sums(ops.multiply(weights, logits)), weights, [labels, targets]


def _cross_entropy(logits: Any, own: Any) -> tuple[Any, Any]:
    """The losses (N,), and their slope in the logits."""
    from openvino import opset13 as ops

    logarithms = ops.log_softmax(logits, 1)
    losses = ops.negative(_row_sums(ops.multiply(own, logarithms)))
    return losses, ops.subtract(ops.exp(logarithms), own)


def _chosen(classes: int, count: int) -> tuple[Any, Any]:
    """A parameter of classes (N,), and the same as rows of 0 and 1."""
    from openvino import opset13 as ops

    rows = ops.parameter([count], np.int64)
    return rows, _one_hot(rows, classes)


def _one_hot(rows: Any, classes: int) -> Any:
    from openvino import opset13 as ops

    return ops.one_hot(rows, np.int64(classes), np.float32(1), np.float32(0), -1)


def _row_sums(values: Any) -> Any:
    from openvino import opset13 as ops

    return ops.reduce_sum(values, np.array([1], np.int64), False)


# Logits, the number of classes and of images in; losses, their slope in the logits and the parameters out.
_LOSSES: dict[str, Callable[[Any, int, int], tuple[Any, Any, list[Any]]]] = {
    "gradient": _away,
    "pullback": _pullback,
    "cross-entropy": _away,
    "cross-entropy-to": _towards,
    "margin": _margin,
    "margin-to": _margin_to,
}


def _converted(network: Any, shape: tuple[int, int, int]) -> "ov.Model":
    import openvino as ov
    from openvino._offline_transformations import apply_moc_transformations

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "forward.pb"
        path.write_bytes(traced.definition(network, shape))
        # Not `convert_model`, which sends a note of its use over the network.
        model = ov.Core().read_model(path)
    # Folds batch normalisation into the convolutions and names activations, which `reverse` knows then.
    apply_moc_transformations(model, cf=False)
    return model


def _agrees(made: Inference, network: Any, shape: tuple[int, int, int]) -> bool:
    """Whether probabilities and gradients are TensorFlow's, on noise in three strengths."""
    rng = np.random.default_rng(0)
    batch = np.clip(rng.random((3, *shape)) * [[[[0.2]]], [[[0.6]]], [[[1.0]]]], 0, 1).astype(np.float32)
    classes = network.output_shape[-1]
    weights = rng.normal(size=(3, classes)).astype(np.float32)
    back = traced.compile_graph(network, shape, "pullback")
    for count in (1, 3):
        theirs = back(batch[:count], weights[:count])
        ours = made.run("pullback", batch[:count], weights[:count])
        logits = made.run(FORWARD, batch[:count])[0]
        scale = np.abs(theirs[1]).max() or 1.0
        if (
            np.abs(_softmax(theirs[0]) - _softmax(logits)).max() > PARITY
            or (theirs[0].argmax(axis=-1) != logits.argmax(axis=-1)).any()
            or np.abs(theirs[1] - ours[1]).max() > PARITY * scale
        ):
            return False
    return True


def _softmax(logits: Any) -> Any:
    from ml.verdict import softmax

    return softmax(logits)


def _folder() -> Path:
    own = os.environ.get("EPSILON_CACHE_DIR")
    return (Path(own) if own else Path.home() / ".cache" / "epsilon") / "graphs"


def _fingerprint(sha256: str) -> str:
    """What must be the same for a kept graph to be the one that would be made now."""
    parts = [sha256, version("openvino"), version("keras")]
    for name in ("tensorflow-cpu", "tensorflow"):
        try:
            parts.append(version(name))
        except PackageNotFoundError:
            continue
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _keep(made: Inference, path: Path) -> None:
    """The graph, its weights, and last the hashes of both: without them the graph counts as not there."""
    import openvino as ov

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        ov.serialize(made._forward, Path(folder) / f"{path.name}.xml")
        for suffix in _PARTS:
            (Path(folder) / path.name).with_suffix(suffix).replace(path.with_suffix(suffix))
    files.write_text(path.with_suffix(".sha256"), _hashes(path))


def _is_whole(path: Path) -> bool:
    try:
        return path.with_suffix(".sha256").read_text(encoding="ascii") == _hashes(path)
    except (OSError, UnicodeDecodeError):
        return False


def _hashes(path: Path) -> str:
    parts = [path.with_suffix(suffix).read_bytes() for suffix in _PARTS]
    return "".join(f"{hashlib.sha256(part).hexdigest()}\n" for part in parts)
