"""Where a data set lies: DATASETS_DIR, then the Keras cache, then a download into that cache."""

import hashlib
import os
import urllib.request
from pathlib import Path

from ml import files
from ml.errors import DataMissing, sentence

TIMEOUT_SECONDS = 30


def locate(name: str, *, data: Path | None = None, url: str | None = None, sha256: str | None = None) -> Path:
    """The path of the file or folder `name`, e.g. `mnist.npz` or `bike_car_ship`.

    Args:
        data: a folder that holds `name`, or `name` itself; when given, nowhere else is looked.
        url: where a missing file can be fetched from.
        sha256: what the fetched file must be.

    Raises:
        DataMissing: it is nowhere, and cannot be fetched.
    """
    if data is not None:
        return _given(name, Path(data))
    for folder in folders():
        if (folder / name).exists():
            return folder / name
    if url is None:
        raise DataMissing(
            sentence("The data %(name)s are missing: put them into the folder that DATASETS_DIR names."),
            name=name,
        )
    return _fetch(name, url, sha256)


def folders() -> list[Path]:
    """The folders that are searched, in order."""
    own = os.environ.get("DATASETS_DIR")
    return [Path(own), _cache()] if own else [_cache()]


def _cache() -> Path:
    """Where `keras.utils.get_file` keeps data sets, found without importing Keras."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "datasets"


def _given(name: str, data: Path) -> Path:
    if (data / name).exists():
        return data / name
    if data.exists() and (data.is_file() or not Path(name).suffix):
        return data
    raise DataMissing(sentence("There is no %(name)s in %(folder)s."), name=name, folder=data)


def _fetch(name: str, url: str, sha256: str | None) -> Path:
    target = _cache() / name
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  # our own constants
            content: bytes = answer.read()
    except OSError as error:
        raise DataMissing(
            sentence(
                "The data %(name)s are missing and cannot be fetched: download %(url)s into the folder that"
                " DATASETS_DIR names."
            ),
            name=name,
            url=url,
        ) from error
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise DataMissing(
            sentence("The download of %(name)s from %(url)s is not the expected file."), name=name, url=url
        )
    with files.replacing(target) as temporary:
        temporary.write_bytes(content)
    return target
