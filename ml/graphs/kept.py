"""Converted graphs in EPSILON_CACHE_DIR: each is a graph, its weights, and the hashes of both."""

import hashlib
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from ml import files
from ml.version import TENSORFLOW, installed

_PARTS = (".bin", ".xml")
_HASHES = ".sha256"
_ML = Path(__file__).parents[1]
# Whose code decides, beside the weights and settings, what a graph computes.
_MAKERS = ("architectures", "defences/detection", "graphs")


def place(*parts: Any) -> Path:
    """Where a graph lies, without a suffix: named by all that decides what it computes, which `parts` are."""
    named = json.dumps([*parts, *_versions(), revision(_ML)], sort_keys=True)
    digest = hashlib.sha256(named.encode()).hexdigest()[:32]
    return files.cache_folder() / "graphs" / digest


def is_there(path: Path) -> bool:
    """Whether a graph was written there; only `is_whole` reads it."""
    return path.with_suffix(_HASHES).is_file()


def is_whole(path: Path) -> bool:
    """Whether a graph lies there that is as it was written."""
    try:
        return path.with_suffix(_HASHES).read_text(encoding="ascii") == _hashes(path)
    except (OSError, UnicodeDecodeError):
        return False


def read(path: Path) -> Any:
    """The graph, an `openvino.Model`."""
    import openvino as ov

    return ov.Core().read_model(path.with_suffix(".xml"))


def write(model: Any, path: Path) -> None:
    """The graph and its weights, and last the hashes: without them it counts as not there."""
    import openvino as ov

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        ov.serialize(model, Path(folder) / f"{path.name}.xml")
        for suffix in _PARTS:
            (Path(folder) / path.name).with_suffix(suffix).replace(path.with_suffix(suffix))
    files.write_text(path.with_suffix(_HASHES), _hashes(path))


def _hashes(path: Path) -> str:
    parts = [path.with_suffix(suffix).read_bytes() for suffix in _PARTS]
    return "".join(f"{hashlib.sha256(part).hexdigest()}\n" for part in parts)


@cache
def revision(root: Path) -> str:
    """The hash of the source files that make graphs, of those in `root`: a graph that other code made is not
    this one. Read once in a process, without importing any.
    """
    digest = hashlib.sha256()
    for folder in _MAKERS:
        for path in sorted((root / folder).glob("*.py")):
            digest.update(f"{folder}/{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _versions() -> list[str | None]:
    return [installed("openvino"), installed("keras"), installed(*TENSORFLOW)]
