"""Reading whole networks that Keras saved (`.h5`, `.keras`) without running anything in them.

`keras.models.load_model` makes whatever the file names. Here the description is read as JSON, and the
weights as arrays of numbers; links to other files are refused, and so are sizes that no network has.
"""

import json
import math
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from ml.architectures.keras_config import MOST_PARAMETERS, every_layer
from ml.errors import ModelUnavailable, OptionRefused, sentence

MOST_TEXT = 8 * 2**20
MOST_BYTES = 2**31
MOST_ENTRIES = 50_000
CONFIG, WEIGHTS = "config.json", "model.weights.h5"
# Random layers of Keras 2 kept the state of their generator among the weights.
NO_WEIGHT = "StateVar"


def description(path: Path) -> Any:
    """The network's description as JSON values, unchecked: see `ml.architectures.keras_layers.checked`.

    Raises:
        ModelUnavailable: the file is missing, damaged, too large, or no saved network.
    """
    if zipfile.is_zipfile(path):
        with _zip(path) as archive:
            text: Any = archive.read(_member(archive, path, CONFIG, MOST_TEXT))
    else:
        with _hdf5(path) as store:
            text = store.attrs.get("model_config")
        if text is None:
            raise ModelUnavailable(
                sentence(
                    "The file %(path)s holds weights without the network they are of: save the whole model."
                ),
                path=path.name,
            )
    if not isinstance(text, str | bytes) or len(text) > MOST_TEXT:
        raise _damaged(path)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _damaged(path) from error


def fill(network: keras.Model, path: Path) -> None:
    """Put the weights of the file into `network`, which was built from its description.

    Raises:
        ModelUnavailable: the file is damaged, or its weights are not those of the network.
    """
    for variable in network.weights:
        if np.issubdtype(np.dtype(variable.dtype), np.floating):
            variable.assign(np.full(variable.shape, np.nan))
    try:
        if zipfile.is_zipfile(path):
            _fill_from_zip(network, path)
        else:
            with _hdf5(path) as store:
                _fill_in_order(network, store.get("model_weights", store))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _other(path) from error
    for layer in every_layer(network):
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            layer.finalize_state()
    # A weight that the file lacks is still NaN, and one that is no number is of no use either.
    if not all(np.isfinite(np.asarray(variable)).all() for variable in network.weights):
        raise _other(path)


def _fill_from_zip(network: keras.Model, path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / WEIGHTS
        with _zip(path) as archive:
            member = _member(archive, path, WEIGHTS, MOST_BYTES)
            with archive.open(member) as source, copy.open("wb") as target:
                shutil.copyfileobj(source, target)
        with _hdf5(copy):
            pass
        network.load_weights(copy)


def _fill_in_order(network: keras.Model, group: h5py.Group) -> None:
    """Weights of the old format: layer by layer in order, trainable ones first."""
    saved = []
    for name in _texts(group, "layer_names"):
        inside = [each for each in _texts(group[name], "weight_names") if NO_WEIGHT not in each]
        if inside:
            saved.append([group[name][each] for each in inside])
    wanted = [
        [*layer.trainable_weights, *layer.non_trainable_weights] for layer in network.layers if layer.weights
    ]
    for variables, arrays in zip(wanted, saved, strict=True):
        for variable, array in zip(variables, arrays, strict=True):
            if array.shape != tuple(variable.shape):
                raise ValueError(f"{variable.path}: {array.shape} is not {tuple(variable.shape)}")
            variable.assign(array[()])


def _texts(group: h5py.Group, name: str) -> list[str]:
    """An attribute of many texts, which Keras divides when it is long: NAME, or NAME0, NAME1 ..."""
    if name in group.attrs:
        found = list(group.attrs[name])
    else:
        found, place = [], 0
        while f"{name}{place}" in group.attrs:
            found += list(group.attrs[f"{name}{place}"])
            place += 1
    return [each.decode() if isinstance(each, bytes) else str(each) for each in found]


@contextmanager
def _zip(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise _damaged(path) from error


def _member(archive: zipfile.ZipFile, path: Path, name: str, most: int) -> zipfile.ZipInfo:
    """One file of the archive by its exact name; more than the stated size is never unpacked."""
    try:
        found = archive.getinfo(name)
    except KeyError:
        raise ModelUnavailable(
            sentence("The file %(path)s is no network that Keras saved: it has no %(name)s."),
            path=path.name,
            name=name,
        ) from None
    if found.file_size > most:
        raise _too_large(path)
    return found


@contextmanager
def _hdf5(path: Path) -> Iterator[h5py.File]:
    """The HDF5 file, once it is known to hold plain numbers of its own, and not too many."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _too_large(path)
        with h5py.File(path, "r") as store:
            _inspect(store, path)
            yield store
    except FileNotFoundError as error:
        raise ModelUnavailable(sentence("There is no file %(path)s."), path=path.name) from error
    except (OSError, RuntimeError) as error:
        raise _damaged(path) from error


def _inspect(store: h5py.File, path: Path) -> None:
    sizes: list[int] = []

    # What these return ends the visit; HDF5 does not bear an exception in it.
    def link(name: str, found: Any) -> str | None:
        sizes.append(0)
        return None if isinstance(found, h5py.HardLink) else name

    def item(name: str, found: Any) -> str | None:
        if not isinstance(found, h5py.Dataset):
            return None
        if found.external or found.is_virtual or found.dtype.kind not in "biuf" or found.shape is None:
            return name
        sizes.append(math.prod(found.shape))
        return None

    strange = store.visititems_links(link) or store.visititems(item)
    # An optimizer keeps up to two numbers more for each weight.
    if len(sizes) > MOST_ENTRIES or sum(sizes) > 3 * MOST_PARAMETERS:
        raise _too_large(path)
    if strange:
        raise OptionRefused(
            sentence("The file %(path)s holds something else than numbers of its own: %(name)s."),
            path=path.name,
            name=strange[:80],
        )


def _damaged(path: Path) -> ModelUnavailable:
    return ModelUnavailable(
        sentence("The file %(path)s is damaged, or no network that Keras saved as .h5 or .keras."),
        path=path.name,
    )


def _too_large(path: Path) -> ModelUnavailable:
    return ModelUnavailable(
        sentence("The file %(path)s is larger than any accepted network."), path=path.name
    )


def _other(path: Path) -> ModelUnavailable:
    return ModelUnavailable(
        sentence("The weights in %(path)s are not those of the network that it describes."), path=path.name
    )
