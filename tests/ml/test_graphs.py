"""The inference runtime's graphs give what TensorFlow's give, or are not used."""

import dataclasses
import logging
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from ml import architectures, zoo
from ml.errors import OptionRefused
from ml.graphs import inference, kept, traced
from ml.training.result import working_card

ROOT = Path(__file__).parents[2]
SHAPE = (17, 18, 3)
CLASSES = 4
NAMES = ("gradient", "own", "pullback", "cross-entropy", "cross-entropy-to", "margin", "margin-to")


def small(*middle, shape=SHAPE):
    """A network of `middle` before a dense layer, its weights and biases random, none of them 0."""
    keras.utils.set_random_seed(3)
    image = keras.Input(shape)
    values = image
    for layer in middle:
        values = layer(values)
    network = keras.Model(image, layers.Dense(CLASSES)(layers.Flatten()(values)))
    rng = np.random.default_rng(3)
    # Also the figures of batch normalisation, whose variance must be positive.
    network.set_weights(
        [np.abs(w) + 0.1 * rng.random(w.shape) if w.ndim == 1 else w for w in network.get_weights()]
    )
    return network


def conv(width, side, **options):
    return layers.Conv2D(width, side, **options)


NETWORKS = {
    "dense": lambda: [layers.Flatten(), layers.Dense(9, activation="relu")],
    "square convolutions": lambda: [conv(8, 3, activation="relu"), conv(8, 3, activation="relu")],
    "strides, same": lambda: [
        conv(6, 5, strides=2, padding="same", activation="relu"),
        conv(5, 4, strides=2),
    ],
    "strides, valid, a rest": lambda: [conv(6, 3, strides=2), conv(5, 2, strides=3)],
    "dilated": lambda: [conv(6, 3, dilation_rate=2, padding="same")],
    "depthwise": lambda: [layers.DepthwiseConv2D(3, strides=2, padding="same"), layers.DepthwiseConv2D(5)],
    "normalised": lambda: [conv(6, 3), layers.BatchNormalization(), layers.Activation("relu")],
    "normalised behind": lambda: [conv(6, 3, activation="relu"), layers.BatchNormalization(), conv(4, 3)],
    "pooled, a rest": lambda: [conv(6, 3, activation="relu"), layers.MaxPooling2D(2), layers.MaxPooling2D(3)],
    "swish and sigmoid": lambda: [conv(6, 3, activation="swish"), conv(5, 3, activation="sigmoid")],
    "mean": lambda: [conv(6, 3, activation="relu"), layers.GlobalAveragePooling2D()],
    "rescaled": lambda: [layers.Rescaling(3.0, -1.0), conv(4, 3, activation="sigmoid")],
}


def problem(network, count):
    rng = np.random.default_rng(count)
    batch = rng.random((count, *network.input_shape[1:]), np.float32)
    # A flat part, as the ground of a digit is: there all values of a window are equal.
    batch[:, :9] = 0.25
    classes = network.output_shape[-1]
    labels = np.arange(count) % classes
    rows = {
        "forward": (),
        "pullback": (rng.normal(size=(count, classes)).astype(np.float32),),
        "gradient": (labels,),
        "own": (np.where(labels == 1, -1, labels),),
        "cross-entropy": (labels,),
        "margin": (labels,),
        "cross-entropy-to": (labels, (labels + 1) % classes),
        "margin-to": (labels, (labels + 1) % classes),
    }
    return batch, rows


def assert_same(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, atol=2e-5 * max(1e-3, np.abs(other).max()))


def both(network, name, count):
    shape = tuple(network.input_shape[1:])
    batch, rows = problem(network, count)
    ours = inference.Inference(inference.converted(network, shape)).run(name, batch, *rows[name])
    return ours, traced.compile_graph(network, shape, name)(batch, *rows[name])


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("count", [1, 3])
def test_the_way_back_through_each_operation_is_tensorflows(kind, count):
    assert_same(*both(small(*NETWORKS[kind]()), "pullback", count))


GREY = [
    {"side": side, "strides": strides, "padding": padding}
    for side in (1, 3, 4, 5, 7)
    for strides in (1, 2, 3, 4)
    for padding in ("same", "valid")
]


@pytest.mark.parametrize("how", GREY, ids=lambda how: "-".join(str(each) for each in how.values()))
def test_the_way_back_to_one_channel_is_tensorflows_for_every_kernel_and_stride(how):
    assert_same(
        *both(
            small(conv(5, how["side"], strides=how["strides"], padding=how["padding"]), shape=(17, 22, 1)),
            "pullback",
            3,
        )
    )


@pytest.mark.parametrize("how", GREY, ids=lambda how: "-".join(str(each) for each in how.values()))
def test_the_way_back_to_one_channel_is_the_gradient_by_a_tape(how):
    layer = conv(5, how["side"], strides=how["strides"], padding=how["padding"], activation="relu")
    network = small(layer, shape=(17, 22, 1))
    batch, rows = problem(network, 3)
    with tf.GradientTape() as tape:
        images = tf.Variable(batch)
        logits = network(images, training=False)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=rows["gradient"][0], logits=logits)
    run = traced.compile_graph(network, network.input_shape[1:], "gradient")
    assert_same(run(batch, *rows["gradient"]), [tape.gradient(losses, images).numpy()])


@pytest.mark.parametrize("name", ["forward", *NAMES])
@pytest.mark.parametrize("count", [1, 3])
def test_each_graph_gives_the_same_logits_losses_and_gradients(name, count):
    assert_same(*both(small(conv(6, 3, activation="relu"), layers.MaxPooling2D(2)), name, count))


def test_a_photo_network_with_its_branches_gives_the_same():
    keras.utils.set_random_seed(1)
    network = architectures.build("efficientnetb0", input_shape=(64, 64, 3), classes=3, hidden=16)
    assert_same(*both(network, "pullback", 1))


def found(network, sha256="ab"):
    """What a model of the zoo with this network and weights of this hash would use."""
    card = working_card(network, family="none", options={}, class_names="abcd", seed=0)
    card = dataclasses.replace(card, weights_sha256=sha256)
    return inference.inference_for(card, lambda: network)


@pytest.fixture
def network():
    return small(conv(6, 3, activation="relu"))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EPSILON_CACHE_DIR", str(tmp_path))
    return tmp_path / "graphs"


def test_the_graph_is_made_once_and_read_afterwards(network, cache, monkeypatch):
    first = found(network)
    assert sorted(path.suffix for path in cache.iterdir()) == [".bin", ".sha256", ".xml"]
    monkeypatch.setattr(inference, "converted", lambda *_: pytest.fail("made again"))
    second = found(network)
    batch, _ = problem(network, 3)
    np.testing.assert_array_equal(first.run("forward", batch)[0], second.run("forward", batch)[0])


def test_a_later_start_needs_no_tensorflow(tiny_zoo):
    code = """
import sys
import numpy as np
from ml import zoo

model = zoo.load("tiny-photos")
model.warm()
assert model.sweep(np.full((32, 32, 3), 0.5, np.float32), [0.1]).probabilities.shape == (1, 3)
print("tensorflow" in sys.modules)
"""
    runs = [
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert runs[1].stdout.split() == ["False"]


def test_the_graphs_of_every_shipped_network_can_be_made_apart(cache):
    networks = {name for name in zoo.names() if zoo.card(name).gradient}
    assert "digits-logistic" in networks  # an estimator, and a network
    assert {name for name in zoo.names() if zoo.lacks_graph(name)} == networks


def test_a_graph_that_other_code_made_is_not_taken(monkeypatch, tmp_path):
    def place_of(version, source):
        root = tmp_path / version
        for folder in ("architectures", "defences/detection", "graphs"):
            shutil.copytree(ROOT / "ml" / folder, root / folder)
        with (root / "defences/detection/texture.py").open("a") as file:
            file.write(source)
        monkeypatch.setattr(kept, "_ML", root)
        return kept.place("a network")

    first = place_of("first", "")
    assert place_of("same", "") == first
    assert place_of("other", "SIZE = 5") != first


def test_other_weights_have_a_graph_of_their_own(network, cache):
    found(network)
    found(network, "cd")
    assert len(list(cache.glob("*.xml"))) == 2


@pytest.mark.parametrize("suffix", [".xml", ".bin", ".sha256"])
def test_a_damaged_graph_is_made_again(network, cache, suffix):
    first = found(network)
    (kept,) = cache.glob(f"*{suffix}")
    kept.write_bytes(kept.read_bytes()[:-3] + b"abc")
    again = found(network)
    batch, _ = problem(network, 1)
    np.testing.assert_array_equal(first.run("forward", batch)[0], again.run("forward", batch)[0])


def test_a_folder_that_cannot_be_written_costs_only_the_time(network, tmp_path, monkeypatch):
    (tmp_path / "graphs").write_text("a file where the folder should be")
    monkeypatch.setenv("EPSILON_CACHE_DIR", str(tmp_path))
    assert found(network) is not None


def test_answers_that_are_not_the_same_are_not_used(network, cache, monkeypatch, caplog):
    other = small(conv(6, 3, activation="sigmoid"))
    monkeypatch.setattr(traced, "definition", lambda *_: DEFINITION(other, SHAPE))
    with caplog.at_level(logging.WARNING):
        assert found(network) is None
    assert "answers otherwise" in caplog.text
    assert not cache.exists()


DEFINITION = traced.definition


@pytest.mark.parametrize(
    "middle",
    [
        [layers.MaxPooling2D(3, strides=1)],
        [layers.AveragePooling2D(2)],
        [layers.Conv2D(4, 3, activation="tanh")],
        [layers.Reshape((17, 54)), layers.GRU(4)],
    ],
)
def test_an_operation_without_a_way_back_leaves_only_the_gradient_to_tensorflow(middle, cache):
    network = small(*middle)
    runtime = found(network)
    assert runtime.suits("forward", 3)
    assert not runtime.suits("gradient", 1)
    batch, _ = problem(network, 3)
    theirs = traced.compile_graph(network, SHAPE, "forward")(batch)
    assert_same(runtime.run("forward", batch), theirs)


def test_the_refusal_names_the_operation():
    runtime = inference.Inference(inference.converted(small(layers.AveragePooling2D(2)), SHAPE))
    batch, rows = problem(small(), 1)
    with pytest.raises(OptionRefused, match="AvgPool"):
        runtime.run("pullback", batch, *rows["pullback"])


def test_tensorflow_alone_can_be_asked_for(network, cache, monkeypatch):
    monkeypatch.setenv("EPSILON_INFERENCE", "tensorflow")
    assert found(network) is None


def test_thirty_two_threads_get_the_answers_of_one(network, cache):
    runtime = found(network)
    batch, rows = problem(network, 64)
    alone = [runtime.run("pullback", batch[k : k + 1], rows["pullback"][0][k : k + 1]) for k in range(64)]
    with ThreadPoolExecutor(32) as threads:
        several = list(
            threads.map(
                lambda k: runtime.run("pullback", batch[k : k + 1], rows["pullback"][0][k : k + 1]), range(64)
            )
        )
    for one, other in zip(alone, several, strict=True):
        np.testing.assert_allclose(one[0], other[0], atol=1e-5)
        np.testing.assert_allclose(one[1], other[1], atol=1e-5)


def test_what_was_answered_does_not_change_with_the_next_question(network, cache):
    runtime = found(network)
    batch, _ = problem(network, 2)
    first = runtime.run("forward", batch[:1])[0]
    kept = first.copy()
    runtime.run("forward", batch[1:])
    np.testing.assert_array_equal(first, kept)
