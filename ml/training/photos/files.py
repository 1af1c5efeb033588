"""Photos as files: read with an error that names the file, listed with the part of the split they are in."""

import csv
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml.datasets import folders
from ml.errors import ImageRefused, sentence
from ml.images import MAX_SIDE, decode, resize

Pixels = npt.NDArray[np.uint8]
COLUMNS = ("path", "label", "class", "part", "group", "source")


def read(path: Path, max_side: int = MAX_SIDE) -> Pixels:
    """A photo's pixels, uint8 (H, W, 3), by the very way of an upload.

    Raises:
        ImageRefused: the file cannot be read or is no accepted image; the sentence names it.
    """
    try:
        return decode(path.read_bytes(), max_side=max_side)
    except (OSError, ImageRefused) as error:
        raise ImageRefused(
            sentence("The photo %(path)s cannot be used: %(reason)s"),
            path=f"{path.parent.name}/{path.name}",
            reason=error,
        ) from error


def inputs(paths: Iterable[Path], shape: tuple[int, int, int]) -> Pixels:
    """Photos as a model with inputs of `shape` sees them, (N, H, W, 3)."""
    height, width, _ = shape
    photos = [resize(read(path), (height, width)) for path in paths]
    return np.stack(photos) if photos else np.zeros((0, *shape), np.uint8)


def rows(
    photos: folders.Photos, split: folders.Split, groups: npt.NDArray[np.int64]
) -> Iterator[tuple[str, int, str, str, int, str]]:
    """Path (from the folder of the classes on), label, class, part, group and source of every photo."""
    # There are two classes at least, so this is the folder that holds theirs.
    root = os.path.commonpath(photos.paths)
    parts = np.empty(len(photos), object)
    for part in ("train", "validation", "test"):
        parts[getattr(split, part)] = part
    for path, label, part, group, source in zip(
        photos.paths, photos.labels, parts, groups, photos.sources(), strict=True
    ):
        name = photos.class_names[label]
        yield path.relative_to(root).as_posix(), int(label), name, str(part), int(group), source


def table(photos: folders.Photos, split: folders.Split, groups: npt.NDArray[np.int64]) -> str:
    """The same as the text of a CSV file; photos of one group look alike and are in one part."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows(photos, split, groups)])
    return text.getvalue()
