"""Kaggle's Digit Recognizer CSV: read in its order, and refused with the line that is wrong."""

from pathlib import Path

import numpy as np
import pytest

from ml.datasets import kaggle_csv
from ml.datasets.mnist import Split
from ml.errors import DataMissing

HEADER = "label," + ",".join(f"pixel{index}" for index in range(784))
ROW = "7," + ",".join(str(index % 256) for index in range(784))


def split(count: int) -> Split:
    rng = np.random.default_rng(0)
    return Split(rng.integers(0, 256, (count, 28, 28, 1), np.uint8), rng.integers(0, 10, count))


def file(folder: Path, *lines: str) -> Path:
    path = folder / "train.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def test_what_is_written_is_read_in_the_same_order_over_several_chunks(tmp_path: Path) -> None:
    digits = split(2 * kaggle_csv.CHUNK + 3)
    kaggle_csv.write(tmp_path / "train.csv", digits)
    again = kaggle_csv.read(tmp_path / "train.csv")
    np.testing.assert_array_equal(again.images, digits.images)
    np.testing.assert_array_equal(again.labels, digits.labels)
    assert (again.images.dtype, again.labels.dtype) == (np.uint8, np.int64)


def test_the_layout_is_that_of_kaggle(tmp_path: Path) -> None:
    digits = split(2)
    kaggle_csv.write(tmp_path / "train.csv", digits)
    header, first, second = (tmp_path / "train.csv").read_text().splitlines()
    assert header == HEADER
    for line, image, label in zip((first, second), digits.images, digits.labels, strict=True):
        assert [int(cell) for cell in line.split(",")] == [label, *image.ravel()]


def test_pixels_run_along_the_rows_of_the_picture(tmp_path: Path) -> None:
    digits = kaggle_csv.read(file(tmp_path, ROW))
    assert digits.images[0, 0, :5, 0].tolist() == [0, 1, 2, 3, 4]
    assert digits.images[0, 1, 0, 0] == 28
    assert digits.labels.tolist() == [7]


def test_a_file_written_on_windows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_bytes(f"\ufeff{HEADER}\r\n{ROW}\r\n".encode())
    assert kaggle_csv.read(path).labels.tolist() == [7]


def changed(column: int, value: str) -> str:
    cells = ROW.split(",")
    cells[column] = value
    return ",".join(cells)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (changed(0, "10"), "In line 4 of train.csv the label '10' is not a digit from 0 to 9."),
        (changed(0, "-1"), "In line 4 of train.csv the label '-1' is not a digit from 0 to 9."),
        (changed(0, "seven"), "In line 4 of train.csv the label 'seven' is not a digit from 0 to 9."),
        (
            changed(1, "256"),
            "In line 4 of train.csv the value '256' of pixel0 is not a whole number from 0 to 255.",
        ),
        (changed(784, "-3"), "the value '-3' of pixel783 is not a whole number"),
        (changed(5, "0.5"), "the value '0.5' of pixel4 is not a whole number"),
        (changed(5, "nan"), "the value 'nan' of pixel4 is not a whole number"),
        (changed(5, ""), "the value '' of pixel4 is not a whole number"),
        (changed(5, "99999999999"), "the value '99999999999' of pixel4 is not a whole number"),
        (ROW + ",1", "Line 4 of train.csv has 786 values instead of 785."),
        (ROW.rpartition(",")[0], "Line 4 of train.csv has 784 values instead of 785."),
        ("", "Line 4 of train.csv has 1 values instead of 785."),
    ],
)
def test_a_line_that_is_no_digit_is_named(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(DataMissing) as refused:
        kaggle_csv.read(file(tmp_path, ROW, ROW, line, ROW))
    assert said in str(refused.value)


def test_the_line_is_right_beyond_the_first_chunk(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(kaggle_csv, "CHUNK", 2)
    with pytest.raises(DataMissing, match=r"^Line 7 of train\.csv has 1 values"):
        kaggle_csv.read(file(tmp_path, *[ROW] * 5, "7"))


def test_every_line_of_one_wrong_width_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"^Line 2 of train\.csv has 2 values instead of 785\.$"):
        kaggle_csv.read(file(tmp_path, "7,1", "7,1"))


@pytest.mark.parametrize(
    "text", ["", "pixel0,pixel1\n1,2\n", HEADER.replace("label", "class") + "\n", ROW + "\n"]
)
def test_another_header_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "train.csv"
    path.write_text(text)
    with pytest.raises(DataMissing, match=r"^train\.csv must begin with the line label,pixel0,"):
        kaggle_csv.read(path)


def test_a_header_without_digits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"^train\.csv holds no digits"):
        kaggle_csv.read(file(tmp_path).resolve())


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(DataMissing, match=r"^train\.csv cannot be read as a CSV file"):
        kaggle_csv.read(path)


@pytest.mark.parametrize("given", ["", "train.csv", "renamed.CSV"])
def test_it_is_found_by_its_folder_or_by_itself(tmp_path: Path, given: str) -> None:
    (tmp_path / "train.csv").touch()
    (tmp_path / "renamed.CSV").touch()
    found = kaggle_csv.find(tmp_path / given)
    assert found == (tmp_path / (given or "train.csv"))


def test_without_a_place_it_is_looked_for_among_the_data_sets(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("DATASETS_DIR", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "nothing"))
    (tmp_path / "train.csv").touch()  # of some other data set
    assert kaggle_csv.find() is None
    (tmp_path / "digit-recognizer").mkdir()
    (tmp_path / "digit-recognizer" / "train.csv").touch()
    assert kaggle_csv.find() == tmp_path / "digit-recognizer" / "train.csv"


def test_where_there_is_none_none_is_found(tmp_path: Path) -> None:
    (tmp_path / "mnist.npz").touch()
    assert kaggle_csv.find(tmp_path) is None
    assert kaggle_csv.find(tmp_path / "mnist.npz") is None


def test_the_split_keeps_the_order() -> None:
    digits = split(10)
    first, rest = kaggle_csv.ordered(digits, 0.8)
    np.testing.assert_array_equal(np.concatenate([first.labels, rest.labels]), digits.labels)
    np.testing.assert_array_equal(first.images, digits.images[:8])
