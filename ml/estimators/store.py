"""Files of what an estimator learned: one compressed HDF5 array for each of its arrays, numbers only."""

from pathlib import Path

import numpy as np

from ml import files
from ml.errors import ModelUnavailable, sentence
from ml.estimators.base import Arrays


def write(arrays: Arrays, path: Path) -> None:
    """Write `arrays` into the file `path`, whole or not at all."""
    import h5py

    with files.replacing(path) as temporary, h5py.File(temporary, "w", track_order=True) as store:
        for name, values in arrays.items():
            store.create_dataset(name, data=values, compression="gzip", compression_opts=9, shuffle=True)


def read(path: Path) -> Arrays:
    """The arrays that `write` wrote.

    Raises:
        ModelUnavailable: there is no such file, or it is damaged.
    """
    import h5py

    try:
        with h5py.File(path, "r") as store:
            return {name: np.asarray(store[name]) for name in store}
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise ModelUnavailable(
            sentence("The weight file %(path)s is damaged; install the model again."),
            path=f"{path.parent.name}/{path.name}",
        ) from error
