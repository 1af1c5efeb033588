"""Flags that take long to find, kept in a file: what is found is not looked for again."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml import files
from ml.errors import OptionRefused, sentence

Flags = npt.NDArray[np.bool_]
QUESTION = "question.json"
SECONDS = "seconds.json"


def flags(path: Path | None, compute: Callable[[], Flags]) -> Flags:
    """What `path` holds; without such a file what `compute` gives, and from then on it is there."""
    if path and path.exists():
        return np.asarray(np.load(path, allow_pickle=False))
    started = time.perf_counter()
    found = compute()
    if path:
        with files.replacing(path) as temporary, temporary.open("wb") as store:
            np.save(store, found)
        spent = seconds(path.parent) + time.perf_counter() - started
        files.write_text(path.parent / SECONDS, json.dumps(spent))
    return found


def seconds(folder: Path) -> float:
    """How long all calls together looked for the flags in `folder`."""
    path = folder / SECONDS
    return float(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else 0.0


def same_question(folder: Path, asked: Sequence[Any]) -> None:
    """Write down in `folder` what its flags answer, as JSON, or compare it with what was asked before.

    Raises:
        OptionRefused: the folder holds the answers to another question, or to one that nobody wrote down.
    """
    path, text = folder / QUESTION, json.dumps(asked)
    if not path.exists() and not any(folder.glob("*.npy")):
        files.write_text(path, text)
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        raise OptionRefused(
            sentence("The folder %(folder)s holds the answers to another question; choose another."),
            folder=folder,
        )


def digest(images: Iterable[npt.NDArray[Any]], labels: npt.NDArray[Any]) -> str:
    """SHA-256 of the pixels of all images, then of their labels: what a question was asked about."""
    found = hashlib.sha256()
    for image in images:
        found.update(np.asarray(image).tobytes())
    found.update(np.asarray(labels, np.int64).tobytes())
    return found.hexdigest()
