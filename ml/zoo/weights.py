"""Weight files: one HDF5 array per variable, named by the variable's path.

Unlike a whole saved network such a file holds numbers only, nothing that is run when it is read.
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from ml import files
from ml.errors import ModelUnavailable, sentence

if TYPE_CHECKING:
    import keras

# Rounding to float16 loses about 0.0003 of an array's norm; infinities and vanished values lose far more.
MOST_LOST = 0.001


def write(network: "keras.Model", path: Path, dtype: str = "float16") -> str:
    """Store the weights of `network`, halved in size by default, and return the file's SHA-256.

    An array that the smaller type cannot hold (too large, or so small that little is left) keeps its own.
    """
    with files.replacing(path) as temporary, h5py.File(temporary, "w") as store:
        for variable in network.weights:
            value = np.asarray(variable)
            with np.errstate(over="ignore", under="ignore"):
                small = value.astype(dtype)
            lost = np.linalg.norm(small.astype("float64") - value)
            fits = lost <= MOST_LOST * np.linalg.norm(value)
            store.create_dataset(variable.path, data=small if fits else value)
    return sha256(path)


def read_into(network: "keras.Model", path: Path) -> None:
    """Put the arrays of the file into `network`, as float32.

    Raises:
        ModelUnavailable: the file is missing, damaged, or of another network.
    """
    values = _read(path)
    wanted = {variable.path: tuple(variable.shape) for variable in network.weights}
    if {name: value.shape for name, value in values.items()} != wanted:
        raise ModelUnavailable(
            sentence(
                "The weight file %(path)s belongs to another network; train or install the model again."
            ),
            path=_short(path),
        )
    for variable in network.weights:
        variable.assign(values[variable.path].astype("float32"))


def sha256(path: Path) -> str:
    """SHA-256 of the file, in hexadecimal.

    Raises:
        ModelUnavailable: there is no such file.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise _missing(path) from error


def _read(path: Path) -> dict[str, np.ndarray]:
    values: dict[str, np.ndarray] = {}

    def keep(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            values[name] = item[()]

    try:
        with h5py.File(path, "r") as store:
            store.visititems(keep)
    except FileNotFoundError as error:
        raise _missing(path) from error
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise ModelUnavailable(
            sentence("The weight file %(path)s is damaged; install the model again."), path=_short(path)
        ) from error
    return values


def _missing(path: Path) -> ModelUnavailable:
    return ModelUnavailable(
        sentence("The weight file %(path)s is missing; install the model again."), path=_short(path)
    )


def _short(path: Path) -> str:
    """The model's folder and the file's name: enough to find it, and nothing about the machine."""
    return f"{path.parent.name}/{path.name}"
