"""Weights as files: half the size, nothing lost that matters, refused when damaged."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import h5py
import keras
import numpy as np
import pytest

from ml import architectures
from ml.errors import ModelUnavailable
from ml.zoo import weights


@pytest.fixture
def network() -> keras.Model:
    return architectures.build("simple-cnn", input_shape=[12, 12, 1], classes=3)


def test_written_weights_are_read_back_within_the_rounding_of_float16(network, tmp_path: Path) -> None:
    weights.write(network, tmp_path / "weights.h5")
    other = architectures.build("simple-cnn", input_shape=[12, 12, 1], classes=3)
    weights.read_into(other, tmp_path / "weights.h5")
    for mine, theirs in zip(network.get_weights(), other.get_weights(), strict=True):
        assert theirs.dtype == np.float32
        np.testing.assert_allclose(theirs, mine, rtol=1e-3, atol=1e-6)


def test_the_file_takes_two_bytes_a_parameter(network, tmp_path: Path) -> None:
    weights.write(network, tmp_path / "weights.h5")
    assert (tmp_path / "weights.h5").stat().st_size < 2 * network.count_params() + 20_000


@pytest.mark.parametrize("value", [1e6, 1e-9])
def test_an_array_that_float16_cannot_hold_keeps_float32(network, tmp_path: Path, value: float) -> None:
    bias = network.get_layer("logits").bias
    bias.assign([value, 0, 0])
    weights.write(network, tmp_path / "weights.h5")
    weights.read_into(network, tmp_path / "weights.h5")
    np.testing.assert_allclose(np.asarray(bias), [value, 0, 0])


def test_the_same_weights_make_the_same_file(network, tmp_path: Path) -> None:
    first = weights.write(network, tmp_path / "first.h5")
    assert weights.write(network, tmp_path / "second.h5") == first == weights.sha256(tmp_path / "first.h5")


def test_a_missing_file_is_one_sentence(network, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"weights\.h5 is missing"):
        weights.read_into(network, tmp_path / "weights.h5")


@pytest.mark.parametrize("keep", [0, 10, 3000])
def test_a_cut_off_file_is_one_sentence(network, tmp_path: Path, keep: int) -> None:
    path = tmp_path / "weights.h5"
    weights.write(network, path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ModelUnavailable, match="is damaged"):
        weights.read_into(network, path)


def test_weights_of_another_network_are_refused(network, tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    weights.write(architectures.build("simple-cnn", input_shape=[12, 12, 1], classes=4), path)
    with pytest.raises(ModelUnavailable, match="belongs to another network"):
        weights.read_into(network, path)


def test_a_failed_write_leaves_the_old_file(network, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "weights.h5"
    digest = weights.write(network, path)

    def full(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(h5py.Group, "create_dataset", full)
    with pytest.raises(OSError, match="No space"):
        weights.write(network, path)
    assert weights.sha256(path) == digest
    assert [each.name for each in tmp_path.iterdir()] == ["weights.h5"]
