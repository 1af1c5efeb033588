"""Files of what an estimator learned: one compressed HDF5 array for each of its arrays, numbers only."""

from pathlib import Path

import numpy as np

from ml import files
from ml.errors import ModelUnavailable, sentence
from ml.estimators.base import Arrays


def write(arrays: Arrays, path: Path) -> None:
    """Write `arrays` into the file `path`, whole or not at all; the same arrays give the same bytes."""
    import h5py

    with files.replacing(path) as temporary, h5py.File(temporary, "w") as store:
        for name in sorted(arrays):
            store.create_dataset(
                name, data=arrays[name], compression="gzip", compression_opts=9, shuffle=True
            )


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
