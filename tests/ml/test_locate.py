"""Data are looked for in DATASETS_DIR, then in the Keras cache, then fetched; else a sentence says so."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from ml.datasets import everyday, labelled, mnist
from ml.datasets.locate import locate
from ml.errors import DataMissing


@pytest.fixture
def places(tmp_path: Path, monkeypatch) -> tuple[Path, Path]:
    own, cache = tmp_path / "own", tmp_path / "keras" / "datasets"
    own.mkdir()
    cache.mkdir(parents=True)
    monkeypatch.setenv("DATASETS_DIR", str(own))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return own, cache


def test_datasets_dir_comes_before_the_keras_cache(places: tuple[Path, Path]) -> None:
    own, cache = places
    (cache / "mnist.npz").touch()
    assert locate("mnist.npz") == cache / "mnist.npz"
    (own / "mnist.npz").touch()
    assert locate("mnist.npz") == own / "mnist.npz"


def test_without_datasets_dir_the_keras_cache_is_used(places: tuple[Path, Path], monkeypatch) -> None:
    monkeypatch.delenv("DATASETS_DIR")
    (places[1] / "mnist.npz").touch()
    assert locate("mnist.npz") == places[1] / "mnist.npz"


@pytest.mark.parametrize("given", ["folder", "folder/mnist.npz"])
def test_a_given_place_may_be_the_folder_or_the_file(tmp_path: Path, given: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mnist.npz").touch()
    assert locate("mnist.npz", data=tmp_path / given) == tmp_path / "folder" / "mnist.npz"


def test_in_a_given_place_nothing_else_will_do(places: tuple[Path, Path], tmp_path: Path) -> None:
    (places[0] / "mnist.npz").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataMissing, match=r"There is no mnist\.npz in .*empty"):
        locate("mnist.npz", data=tmp_path / "empty")


def test_what_is_nowhere_is_fetched_once_into_the_cache(places: tuple[Path, Path], tmp_path: Path) -> None:
    source = tmp_path / "source.npz"
    source.write_bytes(b"data")
    digest = hashlib.sha256(b"data").hexdigest()
    assert locate("mnist.npz", url=source.as_uri(), sha256=digest) == places[1] / "mnist.npz"
    source.unlink()
    assert locate("mnist.npz", url=source.as_uri(), sha256=digest).read_bytes() == b"data"


def test_a_wrong_download_is_not_kept(places: tuple[Path, Path], tmp_path: Path) -> None:
    source = tmp_path / "source.npz"
    source.write_bytes(b"a login page")
    with pytest.raises(DataMissing, match="is not the expected file"):
        locate("mnist.npz", url=source.as_uri(), sha256=hashlib.sha256(b"data").hexdigest())
    assert list(places[1].iterdir()) == []


@pytest.mark.parametrize("url", [None, "file:///nowhere/mnist.npz"])
def test_what_cannot_be_had_is_said_in_one_sentence(places: tuple[Path, Path], url: str | None) -> None:
    with pytest.raises(DataMissing, match=r"The data mnist\.npz are missing.*DATASETS_DIR"):
        locate("mnist.npz", url=url)


def _text(path: Path) -> None:
    path.write_bytes(b"not an archive")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut_off(path: Path) -> None:
    np.savez(path, x_test=np.zeros((5, 28, 28), np.uint8), y_test=np.arange(5))
    path.write_bytes(path.read_bytes()[:1000])


def _overwritten(path: Path) -> None:
    np.savez_compressed(path, x_test=np.arange(5 * 784).reshape(5, 28, 28), y_test=np.arange(5))
    content = bytearray(path.read_bytes())
    content[200:400] = bytes(200)
    path.write_bytes(content)


def _one_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros(5))


@pytest.mark.parametrize("damage", [_text, _empty, _cut_off, _overwritten, _one_array])
def test_a_file_that_is_not_the_data_set_is_said_in_one_sentence(damage, places: tuple[Path, Path]) -> None:
    for name in ("mnist.npz", "fashion_mnist.npz"):
        damage(places[0] / name)
    with pytest.raises(DataMissing, match="is damaged or is not MNIST"):
        mnist.load("test")
    with pytest.raises(DataMissing, match="is damaged or is not Fashion-MNIST"):
        labelled.load("fashion-mnist", "test")
    with pytest.raises(DataMissing, match="is damaged or is not fashion_mnist"):
        everyday.fashion("test")


def test_mnist_is_read_with_a_channel_axis(places: tuple[Path, Path]) -> None:
    images, labels = np.zeros((5, 28, 28), np.uint8), np.arange(5)
    np.savez(places[0] / "mnist.npz", x_test=images, y_test=labels)
    split = mnist.load("test")
    assert split.images.shape == (5, 28, 28, 1)
    assert split.labels.tolist() == [0, 1, 2, 3, 4]


def test_held_out_digits_are_none_of_those_that_are_learned() -> None:
    images = np.arange(50, dtype=np.uint8).reshape(50, 1, 1, 1)
    learned, held = mnist.held_out(mnist.Split(images, np.arange(50)), 10, seed=3)
    assert len(held.labels) == 10
    assert sorted([*learned.labels, *held.labels]) == list(range(50))
    assert (
        mnist.held_out(mnist.Split(images, np.arange(50)), 10, seed=3)[1].labels.tolist()
        == held.labels.tolist()
    )
