"""Archives of NumPy arrays as Keras gives its data sets away: x_train, y_train, x_test, y_test."""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.errors import DataMissing, sentence

# What NumPy and zipfile raise over a file that is empty, cut off, overwritten, or something else.
UNREADABLE = (
    OSError, ValueError, KeyError, TypeError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def read(path: Path, part: str, title: str) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Images and labels of one part (`train` or `test`), as they are in the file; `title` names the data set.

    Raises:
        DataMissing: the file is damaged, or not such an archive.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return archive[f"x_{part}"], archive[f"y_{part}"]
    except UNREADABLE as error:
        raise DataMissing(
            sentence("The file %(path)s is damaged or is not %(name)s."), path=path, name=title
        ) from error
