"""The CSV of Kaggle's Digit Recognizer: `label,pixel0,...,pixel783`, one digit a line."""

import itertools
import re
from pathlib import Path

import numpy as np

from ml import files
from ml.datasets.locate import locate
from ml.datasets.mnist import Split
from ml.errors import DataMissing, sentence

FILE = "train.csv"
# The name of the competition, as its archive unpacks.
FOLDER = "digit-recognizer"
# How many of MNIST's 70,000 digits the competition gives with their labels.
ROWS = 42_000
SIDE = 28
HEADER = ",".join(["label", *(f"pixel{index}" for index in range(SIDE**2))])
COLUMNS = SIDE**2 + 1
CHUNK = 2_000


def find(data: Path | None = None) -> Path | None:
    """The CSV: `data` itself, in the folder `data`, or else `digit-recognizer/train.csv` among the data sets.

    Returns:
        None where there is none.
    """
    if data is None:
        try:
            return locate(f"{FOLDER}/{FILE}")
        except DataMissing:
            return None
    if data.is_file() and data.suffix.lower() == ".csv":
        return data
    return data / FILE if (data / FILE).is_file() else None


def read(path: Path) -> Split:
    """The digits of the file in its order.

    Raises:
        DataMissing: the file cannot be read, has no digits, or a line that is no digit; the sentence says
            which line, the header being line 1.
    """
    parts: list[np.ndarray] = []
    try:
        with path.open(encoding="utf-8-sig") as lines:
            if next(lines, "").strip() != HEADER:
                raise DataMissing(
                    sentence("%(file)s must begin with the line label,pixel0,pixel1 and so on to pixel783."),
                    file=path.name,
                )
            while chunk := list(itertools.islice(lines, CHUNK)):
                parts.append(_values(chunk, path.name, first=2 + sum(len(part) for part in parts)))
    except (OSError, UnicodeDecodeError) as error:
        raise DataMissing(
            sentence("%(file)s cannot be read as a CSV file: %(reason)s."), file=path.name, reason=error
        ) from error
    if not parts:
        raise DataMissing(sentence("%(file)s holds no digits, only its header."), file=path.name)
    values = np.concatenate(parts)
    return Split(values[:, 1:].reshape(-1, SIDE, SIDE, 1), values[:, 0].astype(np.int64))


def write(path: Path, split: Split) -> None:
    """Write the digits in the same layout, whole or not at all."""
    rows = split.images.reshape(len(split.labels), -1).tolist()
    with files.replacing(path) as temporary, temporary.open("w", encoding="utf-8") as text:
        text.write(f"{HEADER}\n")
        for label, row in zip(split.labels.tolist(), rows, strict=True):
            text.write(f"{label},{','.join(map(str, row))}\n")


def ordered(split: Split, share: float) -> tuple[Split, Split]:
    """The first `share` of the digits and the rest, in the file's order as the notebooks cut it."""
    cut = int(share * len(split.labels))
    return Split(split.images[:cut], split.labels[:cut]), Split(split.images[cut:], split.labels[cut:])


def _values(lines: list[str], file: str, first: int) -> np.ndarray:
    """The uint8 values of `lines`, beginning with line `first`: NumPy reads, a refusal looks closer."""
    try:
        values = np.loadtxt(lines, np.int32, comments=None, delimiter=",", ndmin=2)
    except ValueError:
        values = np.empty((0, 0), np.int32)
    right = values.shape == (len(lines), COLUMNS)
    if right and values.min() >= 0 and values.max() <= 255 and values[:, 0].max() <= 9:
        return values.astype(np.uint8)
    for number, line in enumerate(lines, first):
        _check(line, file, number)
    raise AssertionError(f"{file}: NumPy refuses lines {first} to {first + len(lines) - 1}, which look right")


def _check(line: str, file: str, number: int) -> None:
    cells = line.rstrip("\r\n").split(",")
    where = {"file": file, "line": number}
    if len(cells) != COLUMNS:
        raise DataMissing(
            sentence("Line %(line)d of %(file)s has %(count)d values instead of %(columns)d."),
            **where,
            count=len(cells),
            columns=COLUMNS,
        )
    for column, cell in enumerate(cells):
        value = int(cell) if re.fullmatch(r"[ \t]*[+-]?[0-9]{1,9}[ \t]*", cell) else None
        if column == 0 and (value is None or not 0 <= value <= 9):
            raise DataMissing(
                sentence("In line %(line)d of %(file)s the label %(value)s is not a digit from 0 to 9."),
                **where,
                value=repr(cell),
            )
        if value is None or not 0 <= value <= 255:
            raise DataMissing(
                sentence(
                    "In line %(line)d of %(file)s the value %(value)s of %(column)s is not a whole number"
                    " from 0 to 255."
                ),
                **where,
                value=repr(cell),
                column=f"pixel{column - 1}",
            )
