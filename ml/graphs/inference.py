"""The graphs of a network in OpenVINO: single images and forward passes several times as fast on a CPU.

The forward graph is converted from TensorFlow's once and kept (`ml.graphs.kept`), so that a later start needs
no TensorFlow; the others are made of it by `reverse`. All arithmetic is float32.
"""

import logging
import os
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.card import Card
from ml.errors import OptionRefused
from ml.graphs import Outputs, kept
from ml.images import Floats
from ml.verdict import softmax

if TYPE_CHECKING:
    import openvino as ov

logger = logging.getLogger(__name__)
# How far probabilities, and gradients in units of their largest value, may be from TensorFlow's.
PARITY = 1e-4
FORWARD, BACK = "forward", "pullback"
# The runtime would choose bfloat16 where the processor has it.
_EXACT = {"INFERENCE_PRECISION_HINT": "f32"}
# Values of a chunk: 16 digits, there and back 8; of photos each alone is enough for a core.
_CHUNK_VALUES = 16 * 28 * 28


class Inference:
    """The graphs of one network. Safe to call from several threads.

    One image is computed by all cores together. Several are cut into chunks, and each core computes chunks of
    its own: what belongs to a chunk stays in the core's cache.
    """

    def __init__(self, forward: "ov.Model") -> None:
        self.forward = forward
        sides = forward.input(0).get_partial_shape()
        self._shape = [sides[axis].get_length() for axis in (1, 2, 3)]
        self._chunk = max(1, _CHUNK_VALUES // int(np.prod(self._shape)))
        self._pools: dict[tuple[str, bool], _Pool] = {}
        self._lock = threading.Lock()

    def suits(self, name: str, count: int) -> bool:
        """Whether such a graph is to be used here for `count` images.

        FGSM and BIM take the sign of gradients that are almost 0, where another order of summing gives
        another sign: of several images those signs are TensorFlow's, as its users know them. One turned sign
        in 40 steps, or one unit that another sum switches on, and two in a thousand images end elsewhere.
        """
        return name == FORWARD or (self.goes_back and (count == 1 or name != "gradient"))

    @cached_property
    def goes_back(self) -> bool:
        """Whether there is a way back through every operation of the network."""
        from ml.graphs.losses import with_loss

        try:
            with_loss(self._sized(1), BACK)
        except OptionRefused as error:
            logger.info("gradients stay with TensorFlow: %s", error)
            return False
        return True

    def run(self, name: str, *values: Any) -> Outputs:
        """The graph `name` on a batch and what belongs to its rows.

        Raises:
            OptionRefused: there is no way back through an operation of the network.
        """
        return self._pool(name, len(values[0]) == 1).run(values)

    def _pool(self, name: str, alone: bool) -> "_Pool":
        """The compiled graph for one image alone, or for chunks."""
        import openvino as ov

        from ml.graphs.losses import with_loss

        with self._lock:
            key = name, alone
            if key not in self._pools:
                size = 1 if alone else self._chunk if name == FORWARD else max(1, self._chunk // 2)
                model = self._sized(size)
                if name != FORWARD:
                    model = with_loss(model, name)
                hint = {"PERFORMANCE_HINT": "LATENCY" if alone else "THROUGHPUT"}
                self._pools[key] = _Pool(ov.Core().compile_model(model, "CPU", _EXACT | hint), size)
            return self._pools[key]

    def _sized(self, count: int) -> "ov.Model":
        """A copy of the forward graph. Only with known sizes are chains of small operations fused."""
        model = self.forward.clone()
        model.reshape([count, *self._shape])
        return model


class _Pool:
    """A compiled graph for chunks of one size, and the requests that are not running.

    Each request is used by one thread at a time.
    """

    def __init__(self, compiled: "ov.CompiledModel", size: int) -> None:
        self._compiled, self._size = compiled, size
        self._at_once = int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self._free: list[Any] = []

    def run(self, values: tuple[Any, ...]) -> Outputs:
        """The results for all rows, chunk by chunk; the last chunk is filled up with its own last row."""
        count = len(values[0])
        found = [np.empty((count, *list(each.shape)[1:]), np.float32) for each in self._compiled.outputs]
        running: deque[tuple[Any, int]] = deque()
        try:
            for start in range(0, count, self._size):
                if len(running) == self._at_once:
                    self._take(running, found)
                request = self._free_one()
                chunk = [_filled(each[start : start + self._size], self._size) for each in values]
                request.start_async(dict(enumerate(chunk)), share_inputs=True)
                running.append((request, start))
        finally:
            while running:
                self._take(running, found)
        return tuple(found)

    def _free_one(self) -> Any:
        try:
            return self._free.pop()
        except IndexError:
            return self._compiled.create_infer_request()

    def _take(self, running: "deque[tuple[Any, int]]", found: list[Any]) -> None:
        """Wait for the oldest request, and copy what it found."""
        request, start = running.popleft()
        request.wait()
        for index, whole in enumerate(found):
            part = whole[start : start + self._size]
            part[...] = request.get_output_tensor(index).data[: len(part)]
        self._free.append(request)


def _filled(rows: Any, size: int) -> Any:
    missing = size - len(rows)
    return np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)]) if missing else rows


def is_kept(card: Card) -> bool:
    """Whether the graph of a model was made before, and may be used."""
    return is_wanted() and kept.is_there(_place(card))


def _place(card: Card) -> Path:
    return kept.place(card.weights_sha256, card.architecture, card.options, card.input_shape)


def inference_for(card: Card, network: Callable[[], Any]) -> Inference | None:
    """The runtime's graphs of the model of `card`, or None: TensorFlow's must do.

    They must do where EPSILON_INFERENCE says "tensorflow" or the runtime is not installed, where the network
    cannot be converted, and where its answers are not the same.

    Args:
        network: gives the keras.Model, and is only asked for it when no graph is kept.
    """

    def make() -> Inference:
        return Inference(converted(partial(network(), training=False), card.input_shape))

    return kept_or_made(_place(card), card.name, make, lambda made: _agrees(made, network(), card))


def kept_or_made(
    place: Path, name: str, make: Callable[[], Inference], agrees: Callable[[Inference], bool]
) -> Inference | None:
    """The graphs that are kept at `place`, or else made now and kept there; None as of `inference_for`.

    Args:
        name: whose they are, for the log.
        agrees: whether what was made answers as TensorFlow does.
    """
    if not is_wanted():
        return None
    try:
        if kept.is_whole(place):
            return Inference(kept.read(place))
        made = make()
        if not agrees(made):
            logger.warning("OpenVINO answers otherwise than TensorFlow; it is not used for %s", name)
            return None
    except (RuntimeError, OptionRefused) as error:
        # It has no such operation, or this has no way back through one.
        logger.warning("OpenVINO is not used for %s: %s", name, error)
        return None
    try:
        kept.write(made.forward, place)
    except (OSError, RuntimeError) as error:
        logger.warning("A graph could not be kept, so the next start makes it again: %s", error)
    return made


def is_wanted() -> bool:
    """Whether the runtime is there, and EPSILON_INFERENCE does not forbid it."""
    if os.environ.get("EPSILON_INFERENCE") == "tensorflow":
        return False
    try:
        import openvino  # noqa: F401
    except ImportError:
        return False
    return True


def converted(answer: Callable[..., Any], shape: tuple[int, int, int], *further: str) -> "ov.Model":
    """The graph of a network, or of another TensorFlow function of batches, with an open batch axis.

    Args:
        further: names of what else the function takes, in the shape of batches.
    """
    import openvino as ov
    from openvino._offline_transformations import apply_moc_transformations

    from ml.graphs import traced

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "forward.pb"
        path.write_bytes(traced.definition(answer, shape, *further))
        # Not `convert_model`, which sends a note of its use over the network.
        model = ov.Core().read_model(path)
    # Folds batch normalisation into the convolutions and names activations, which `reverse` knows then.
    apply_moc_transformations(model, cf=False)
    return model


def _agrees(made: Inference, network: Any, card: Card) -> bool:
    """Whether probabilities and gradients are TensorFlow's, on noise in three strengths."""
    from ml.graphs import traced

    rng, shape = np.random.default_rng(0), card.input_shape
    batch = np.clip(rng.random((3, *shape)) * [[[[0.2]]], [[[0.6]]], [[[1.0]]]], 0, 1).astype(np.float32)
    weights = rng.normal(size=(3, len(card.class_names))).astype(np.float32)
    name = BACK if made.goes_back else FORWARD
    rows = (weights,) if made.goes_back else ()
    graph = traced.compile_graph(network, shape, name)
    for count in (1, 3):
        logits, *gradients = graph(batch[:count], *(row[:count] for row in rows))
        own = made.run(FORWARD, batch[:count])[0]
        if not same_answers(own, logits):
            return False
        for gradient in gradients:
            moved = made.run(BACK, batch[:count], weights[:count])[1]
            if np.abs(gradient - moved).max() > PARITY * (np.abs(gradient).max() or 1.0):
                return False
    return True


def same_answers(own: Floats, theirs: Floats) -> bool:
    """Whether two sets of logits (N, classes) give the same labels, and probabilities within `PARITY`."""
    if (own.argmax(axis=-1) != theirs.argmax(axis=-1)).any():
        return False
    return bool(np.abs(softmax(own) - softmax(theirs)).max() <= PARITY)
