"""Fashion-MNIST and CIFAR-10 where they are not at hand: what Keras fetches, and what it says meanwhile."""

import gzip
import sys
from pathlib import Path

import numpy as np
import pytest

from ml.datasets import everyday
from ml.errors import DataMissing


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("DATASETS_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "nowhere"))


def test_a_download_says_nothing_on_standard_output(tmp_path: Path, monkeypatch, capsys) -> None:
    """A command's answer stands there; `--json` promises nothing else."""
    from keras.src.datasets import fashion_mnist

    def get_file(name: str, **_: object) -> str:
        """Two pictures in the layout of the published files, fetched as loudly as by Keras."""
        sys.stdout.write("Downloading data\n")
        head, values = (8, [3, 5]) if "labels" in name else (16, [7] * (2 * 28 * 28))
        (tmp_path / name).write_bytes(gzip.compress(bytes(head) + bytes(values)))
        return str(tmp_path / name)

    monkeypatch.setattr(fashion_mnist, "get_file", get_file)
    np.testing.assert_array_equal(everyday.fashion("test"), np.full((2, 28, 28), 7))
    said = capsys.readouterr()
    assert said.out == ""
    assert "Downloading data" in said.err


def test_what_cannot_be_fetched_is_said_in_one_sentence(monkeypatch) -> None:
    from keras.src.datasets import cifar10

    def get_file(*_: object, **__: object) -> str:
        raise OSError("no network")

    monkeypatch.setattr(cifar10, "get_file", get_file)
    with pytest.raises(DataMissing, match=r"cifar10 are missing and cannot be fetched.*cifar10_small\.npz"):
        everyday.cifar(["bird"])
