"""The six-convolution networks, layer by layer, and what is left out of them in an ablation."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from typing import Any

import numpy as np
import pytest

from ml import architectures

Layers = list[tuple[str, dict[str, Any]]]
SHOWN = {
    "Conv2D": ("filters", "kernel_size", "padding", "activation"),
    "MaxPooling2D": ("pool_size", "strides"),
    "Dropout": ("rate",),
    "Dense": ("units", "activation"),
}


def convolution(filters: int) -> tuple[str, dict[str, Any]]:
    return "Conv2D", {"filters": filters, "kernel_size": (3, 3), "padding": "same", "activation": "relu"}


def dense(units: int, activation: str) -> tuple[str, dict[str, Any]]:
    return "Dense", {"units": units, "activation": activation}


def dropout(rate: float) -> tuple[str, dict[str, Any]]:
    return "Dropout", {"rate": rate}


NORM: tuple[str, dict[str, Any]] = ("BatchNormalization", {})
POOL: tuple[str, dict[str, Any]] = ("MaxPooling2D", {"pool_size": (2, 2), "strides": (2, 2)})
BLOCKS: Layers = [
    each
    for filters in (32, 64, 128)
    for each in (convolution(filters), NORM, convolution(filters), NORM, POOL, dropout(0.3))
]
CNN: Layers = [
    *BLOCKS,
    ("Flatten", {}),
    *(dense(512, "relu"), dropout(0.25), NORM),
    *(dense(512, "relu"), dropout(0.5), NORM),
    dense(10, "linear"),
]
GRU: Layers = [
    *BLOCKS,
    ("Reshape", {}),
    *(("Bidirectional", {}), dropout(0.25)),
    *(("Bidirectional", {}), dropout(0.5)),
    dense(10, "linear"),
]


def described(network: Any) -> Layers:
    """Every layer after the input: its class and what makes it what it is."""
    found = []
    for layer in network.layers[1:]:
        kind, config = type(layer).__name__, layer.get_config()
        found.append((kind, {key: config[key] for key in SHOWN.get(kind, ())}))
    return found


@pytest.mark.parametrize(("family", "layers"), [("digits-cnn", CNN), ("digits-cnn-gru", GRU)])
def test_the_layers_are_those_of_the_issue_in_their_order(family: str, layers: Layers) -> None:
    assert described(architectures.build(family)) == layers


def test_the_grus_read_nine_places_of_128_values_both_ways() -> None:
    network = architectures.build("digits-cnn-gru")
    assert network.get_layer("sequence").output.shape == (None, 9, 128)
    first, second = network.get_layer("gru_1"), network.get_layer("gru_2")
    assert [(each.forward_layer.units, each.return_sequences) for each in (first, second)] == [
        (512, True),
        (256, False),
    ]
    assert first.output.shape == (None, 9, 1024)
    assert second.output.shape == (None, 512)
    assert first.backward_layer.go_backwards


def norm(width: int) -> int:
    return 4 * width


def weights(inputs: int, outputs: int) -> int:
    return (inputs + 1) * outputs


CONVOLUTIONS = sum(
    weights(9 * before, after) + norm(after)
    for before, after in ((1, 32), (32, 32), (32, 64), (64, 64), (64, 128), (128, 128))
)


def gru(inputs: int, units: int) -> int:
    """Both ways: three gates, each with a kernel, a recurrent kernel and two biases."""
    return 2 * 3 * units * (inputs + units + 2)


@pytest.mark.parametrize(
    ("family", "count"),
    [
        (
            "digits-cnn",
            CONVOLUTIONS
            + weights(9 * 128, 512)
            + norm(512)
            + weights(512, 512)
            + norm(512)
            + weights(512, 10),
        ),
        ("digits-cnn-gru", CONVOLUTIONS + gru(128, 512) + gru(1024, 256) + weights(512, 10)),
    ],
)
def test_the_number_of_parameters_is_that_of_the_layers(family: str, count: int) -> None:
    assert architectures.build(family).count_params() == count


@pytest.mark.parametrize("family", ["digits-cnn", "digits-cnn-gru"])
@pytest.mark.parametrize(
    ("changed", "gone", "left"),
    [
        ({"normalised": False}, "BatchNormalization", 0),
        ({"dropout": 0.0}, "Dropout", 0),
        ({"doubled": False}, "Conv2D", 3),
    ],
)
def test_an_ablation_leaves_out_one_part_and_nothing_else(
    family: str, changed: dict[str, Any], gone: str, left: int
) -> None:
    whole = [kind for kind, _ in described(architectures.build(family))]
    rest = [kind for kind, _ in described(architectures.build(family, **changed))]
    assert rest.count(gone) == left
    # A convolution goes with its normalisation.
    parts = {gone, "BatchNormalization"} if gone == "Conv2D" else {gone}
    assert [kind for kind in rest if kind not in parts] == [kind for kind in whole if kind not in parts]
    if gone == "Conv2D":
        assert whole.count("BatchNormalization") - rest.count("BatchNormalization") == 3


@pytest.mark.parametrize("family", ["digits-cnn", "digits-cnn-gru"])
def test_dropout_is_a_factor_on_all_rates(family: str) -> None:
    def rates(network: Any) -> list[float]:
        return [values["rate"] for kind, values in described(network) if kind == "Dropout"]

    whole = rates(architectures.build(family))
    assert rates(architectures.build(family, dropout=0.5)) == pytest.approx([rate / 2 for rate in whole])


@pytest.mark.parametrize(
    ("family", "options"),
    [("digits-cnn", {"dense": 8}), ("digits-cnn-gru", {"units": [6, 4]})],
)
def test_pictures_become_logits_in_float32_whatever_the_precision(
    family: str, options: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    import keras

    ours = keras.config.dtype_policy()
    request.addfinalizer(lambda: keras.config.set_dtype_policy(ours))
    keras.config.set_dtype_policy("mixed_bfloat16")
    network = architectures.build(family, widths=[4, 4, 8], classes=7, **options)
    images = np.random.default_rng(0).random((3, 28, 28, 1), np.float32)
    logits = np.asarray(network(images, training=False))
    assert logits.shape == (3, 7)
    assert logits.dtype == np.float32
    # Logits, not probabilities: they need not sum to 1.
    assert not np.allclose(logits.sum(axis=1), 1)
    assert network.get_layer("conv_1a").compute_dtype == "bfloat16"
