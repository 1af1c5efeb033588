"""The digits of the challenge: Kaggle's CSV, or MNIST written in its layout, cut in the file's order."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.datasets import kaggle_csv, mnist
from ml.datasets.mnist import Split
from ml.errors import DataMissing, sentence

KAGGLE, MNIST = "Kaggle Digit Recognizer", "MNIST in Kaggle's layout"
# Twice the ten test digits of the retraining, in a test part of a fifth.
FEWEST = 100


@dataclass(frozen=True, kw_only=True)
class Data:
    """`learned` is the share of the rows, from the first on, that is trained on; the rest is tested on.

    `rows` is how many of MNIST's training digits stand in for Kaggle's CSV where there is none.
    """

    learned: float
    rows: int = kaggle_csv.ROWS


@dataclass(frozen=True, kw_only=True)
class Digits:
    """The two ordered parts; `strange` are MNIST's test digits that are in neither, None if not at hand.

    Kaggle's CSV was drawn from all 70,000 digits of MNIST, so that some of MNIST's test digits are in it.
    """

    source: str
    learned: Split
    tested: Split
    strange: Split | None


def prepare(described: Data, data: Path | None, written: Path | None = None) -> tuple[Digits, Path]:
    """The digits and the file that they were read from.

    Args:
        data: Kaggle's CSV, or a folder with it or with MNIST's archive.
        written: where to write MNIST's digits as a CSV, which is then read as Kaggle's would be.

    Raises:
        DataMissing: neither is at hand, the CSV is wrong somewhere or too short.
    """
    path = kaggle_csv.find(data)
    if path is not None:
        source, rows = KAGGLE, kaggle_csv.read(path)
    else:
        source, rows, path = MNIST, *_from_mnist(described, data, written)
    if len(rows.labels) < FEWEST:
        raise DataMissing(
            sentence("%(file)s holds %(count)d digits; the challenge needs at least %(fewest)d."),
            file=path.name,
            count=len(rows.labels),
            fewest=FEWEST,
        )
    learned, tested = kaggle_csv.ordered(rows, described.learned)
    return Digits(source=source, learned=learned, tested=tested, strange=_strange(rows, data)), path


def _from_mnist(described: Data, data: Path | None, written: Path | None) -> tuple[Split, Path]:
    """MNIST's first training digits, through a CSV if there is a place for one; and their file."""
    if data is not None and not data.is_file() and not (data / mnist.FILE).is_file():
        raise DataMissing(
            sentence("There is neither %(csv)s nor %(archive)s in %(folder)s."),
            csv=kaggle_csv.FILE,
            archive=mnist.FILE,
            folder=data,
        )
    training = mnist.load("train", data)
    rows = Split(training.images[: described.rows], training.labels[: described.rows])
    if written is None:
        return rows, Path(mnist.FILE)
    if not written.exists():
        kaggle_csv.write(written, rows)
    return kaggle_csv.read(written), written


def _strange(rows: Split, data: Path | None) -> Split | None:
    known = {image.tobytes() for image in rows.images}
    for place in (data, None) if data else (None,):
        try:
            test = mnist.load("test", place)
        except DataMissing:
            continue
        new = np.array([image.tobytes() not in known for image in test.images])
        return Split(test.images[new], test.labels[new])
    return None
