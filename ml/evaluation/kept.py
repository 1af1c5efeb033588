"""Flags that take long to find, kept in a file: what is found is not looked for again."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml import files

Flags = npt.NDArray[np.bool_]


def flags(path: Path | None, compute: Callable[[], Flags]) -> Flags:
    """What `path` holds; without such a file what `compute` gives, and from then on it is there."""
    if path and path.exists():
        return np.asarray(np.load(path, allow_pickle=False))
    found = compute()
    if path:
        with files.replacing(path) as temporary, temporary.open("wb") as store:
            np.save(store, found)
    return found
