"""EfficientNetB0: one input scaling for both of Keras' forms of the pretrained weights."""

import os
import subprocess
import sys

import numpy as np
import pytest

from ml import architectures
from ml.errors import DataMissing, OptionRefused

SIDE = 64


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


@pytest.fixture(scope="module")
def network(keras):
    keras.utils.set_random_seed(0)
    return architectures.build("efficientnetb0", input_shape=[SIDE, SIDE, 3], classes=4, hidden=16)


@pytest.fixture(scope="module")
def batch():
    return np.random.default_rng(0).random((3, SIDE, SIDE, 3), np.float32)


def features(keras, network, batch):
    from ml.architectures.efficientnet import BACKBONE_END

    return keras.Model(network.input, network.get_layer(BACKBONE_END).output)(batch, training=False)


def settle(keras, source, variance):
    """Give the source weights that all matter, and the normalisation that its published file holds."""
    from ml.architectures.efficientnet import DEVIATION, MEAN

    random = np.random.default_rng(1)
    for layer in source.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([random.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
        if isinstance(layer, keras.layers.Normalization):
            layer.set_weights([np.array(MEAN), np.array(DEVIATION) ** variance, np.array(0)])
            layer.finalize_state()


def test_a_weight_file_gives_the_features_of_keras_own_network(keras, network, batch, tmp_path):
    from ml.architectures.efficientnet import start_from

    source = keras.applications.EfficientNetB0(weights=None, include_top=False)
    settle(keras, source, variance=2)
    source.save_weights(tmp_path / "b0.weights.h5")
    start_from(network, tmp_path / "b0.weights.h5")
    wanted = source(batch * 255, training=False)
    np.testing.assert_allclose(
        features(keras, network, batch), wanted, rtol=1e-3, atol=1e-3 * np.abs(wanted).max()
    )


def test_imagenet_weights_give_the_features_of_keras_own_network(
    keras, network, batch, tmp_path, monkeypatch
):
    """Keras' ImageNet form has a third scaling layer, and stores the deviation where a variance is meant."""
    from keras.src.applications import efficientnet as original

    from ml.architectures.efficientnet import start_from

    plain = keras.applications.EfficientNetB0(weights=None, include_top=False)
    settle(keras, plain, variance=1)
    plain.save_weights(tmp_path / "published.weights.h5")
    # What Keras would download, from a file of ours.
    monkeypatch.setattr(original.file_utils, "get_file", lambda *_, **__: tmp_path / "published.weights.h5")
    source = keras.applications.EfficientNetB0(weights="imagenet", include_top=False)
    assert sum(isinstance(layer, keras.layers.Rescaling) for layer in source.layers) == 2
    start_from(network, "imagenet")
    wanted = source(batch * 255, training=False)
    np.testing.assert_allclose(
        features(keras, network, batch), wanted, rtol=1e-3, atol=1e-3 * np.abs(wanted).max()
    )


def test_a_download_says_nothing_on_standard_output(network, monkeypatch, capsys):
    """A command's answer stands there; `--json` promises nothing else."""
    from keras.src.applications import efficientnet as original

    from ml.architectures.efficientnet import start_from

    def get_file(*_, **__):
        sys.stdout.write("Downloading data\n")
        raise OSError("no network")

    monkeypatch.setattr(original.file_utils, "get_file", get_file)
    with pytest.raises(DataMissing, match="imagenet of EfficientNetB0 cannot be read"):
        start_from(network, "imagenet")
    said = capsys.readouterr()
    assert said.out == ""
    assert "Downloading data" in said.err


@pytest.mark.parametrize("content", [None, b"", b"no weights"], ids=["missing", "empty", "damaged"])
def test_a_missing_or_damaged_weight_file_is_one_sentence(network, tmp_path, content):
    from ml.architectures.efficientnet import start_from

    path = tmp_path / "b0.weights.h5"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataMissing, match=r"b0\.weights\.h5.*--weights"):
        start_from(network, path)


def test_an_unknown_option_is_one_sentence():
    with pytest.raises(OptionRefused, match="efficientnetb0"):
        architectures.build("efficientnetb0", colour="red")


def test_it_answers_with_logits_for_every_class(network, batch):
    logits = np.asarray(network(batch, training=False))
    assert logits.shape == (3, 4)
    assert not np.allclose(np.exp(logits).sum(axis=-1), 1, atol=1e-3)


def test_two_builds_name_their_weights_alike(network):
    """Weight files go by these names, so none may carry a number that counts up within a process."""
    again = architectures.build("efficientnetb0", input_shape=[SIDE, SIDE, 3], classes=4, hidden=16)
    assert [weight.path for weight in again.weights] == [weight.path for weight in network.weights]
    assert not any("normalization_" in weight.path for weight in again.weights)


def test_it_holds_no_lambda_no_nested_network_and_no_layer_of_our_own(keras, network):
    for layer in network.layers:
        assert type(layer).__module__.startswith("keras.")
        assert not isinstance(layer, keras.layers.Lambda | keras.Model)


def test_a_saved_network_opens_in_a_fresh_process_that_knows_only_keras(network, batch, tmp_path):
    network.save(tmp_path / "b0.keras")
    np.save(tmp_path / "batch.npy", batch)
    code = (
        "import keras, numpy, sys; folder = sys.argv[1]\n"
        "network = keras.saving.load_model(folder + '/b0.keras')\n"
        "numpy.save(folder + '/logits.npy', network(numpy.load(folder + '/batch.npy'), training=False))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env={**os.environ}, cwd=tmp_path)
    np.testing.assert_allclose(
        np.load(tmp_path / "logits.npy"), network(batch, training=False), rtol=1e-4, atol=1e-4
    )
