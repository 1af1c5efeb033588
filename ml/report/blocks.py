"""What a section of a report may hold. Each block is its own JSON object and its own CSV file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ml.report.words import figure

Cell: TypeAlias = str | int | float | None
Row: TypeAlias = Sequence[Cell]
SLUG = re.compile(r"[a-z0-9]+([-_.][a-z0-9]+)*")


@dataclass(frozen=True, kw_only=True)
class Block:
    """`name` is a slug of its own in the report: the name of the CSV file. `title` is its caption."""

    name: str
    title: str

    def __post_init__(self) -> None:
        if not SLUG.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no slug: small letters, digits, and - _ . between them")

    def values(self) -> dict[str, Any]:
        """The block as `report.json` holds it, its kind included."""
        raise NotImplementedError

    def csv_rows(self) -> list[Row]:
        """The block as its CSV holds it: a row of column names, then rows of figures."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Table(Block):
    """Rows of `columns`; `formats` are format specifications by column, e.g. `{"accuracy": ".2%"}`."""

    columns: Sequence[str]
    rows: Sequence[Row]
    formats: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"a row of {self.name} has {len(row)} cells, not {len(self.columns)}")
        for column in self.formats:
            if column not in self.columns:
                raise ValueError(f"{self.name} has a format for {column!r}, which is no column of it")
            for row in self.rows:
                # A format that does not fit is known here, not when the page is written.
                figure(row[list(self.columns).index(column)], self.formats[column])

    def values(self) -> dict[str, Any]:
        return {
            "kind": "table",
            "name": self.name,
            "title": self.title,
            "columns": list(self.columns),
            "rows": [list(row) for row in self.rows],
            "formats": dict(self.formats),
        }

    def csv_rows(self) -> list[Row]:
        return [list(self.columns), *self.rows]


@dataclass(frozen=True, kw_only=True)
class Lines(Block):
    """Curves of points (x, y) under axes named `x` and `y`.

    `percent` shows the fractions y as per cent; `log_x` needs x above 0; `diagonal` adds y = x.
    """

    x: str
    y: str
    series: Mapping[str, Sequence[tuple[float, float]]]
    log_x: bool = False
    percent: bool = False
    diagonal: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.log_x and any(x <= 0 for points in self.series.values() for x, _ in points):
            raise ValueError(f"{self.name} has an x that is not above 0 on a logarithmic axis")

    def values(self) -> dict[str, Any]:
        return {
            "kind": "lines",
            "name": self.name,
            "title": self.title,
            "x": self.x,
            "y": self.y,
            "series": {name: [list(point) for point in points] for name, points in self.series.items()},
            "log_x": self.log_x,
            "percent": self.percent,
            "diagonal": self.diagonal,
        }

    def csv_rows(self) -> list[Row]:
        points = [(name, x, y) for name, points in self.series.items() for x, y in points]
        return [("series", self.x, self.y), *points]


@dataclass(frozen=True, kw_only=True)
class Bars(Block):
    """A group of bars per label, in it one bar per series. `percent` shows fractions as per cent."""

    labels: Sequence[str]
    series: Mapping[str, Sequence[float]]
    y: str = ""
    percent: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, heights in self.series.items():
            if len(heights) != len(self.labels):
                raise ValueError(f"{name} of {self.name} has {len(heights)} bars, not {len(self.labels)}")

    def values(self) -> dict[str, Any]:
        return {
            "kind": "bars",
            "name": self.name,
            "title": self.title,
            "labels": list(self.labels),
            "series": {name: list(heights) for name, heights in self.series.items()},
            "y": self.y,
            "percent": self.percent,
        }

    def csv_rows(self) -> list[Row]:
        heights = list(self.series.values())
        groups: list[Row] = [
            (label, *(each[index] for each in heights)) for index, label in enumerate(self.labels)
        ]
        return [("label", *self.series), *groups]


@dataclass(frozen=True, kw_only=True)
class Matrix(Block):
    """A confusion matrix: `counts[true][answered]`, both in the order of `labels`."""

    labels: Sequence[str]
    counts: Sequence[Sequence[int]]

    def __post_init__(self) -> None:
        super().__post_init__()
        size = len(self.labels)
        if len(self.counts) != size or any(len(row) != size for row in self.counts):
            raise ValueError(f"{self.name} is not a square of {size} labels")

    def values(self) -> dict[str, Any]:
        return {
            "kind": "matrix",
            "name": self.name,
            "title": self.title,
            "labels": list(self.labels),
            "counts": [list(row) for row in self.counts],
        }

    def csv_rows(self) -> list[Row]:
        rows: list[Row] = [(label, *row) for label, row in zip(self.labels, self.counts, strict=True)]
        return [("true \\ answered", *self.labels), *rows]


@dataclass(frozen=True, kw_only=True)
class Picture:
    """`image` uint8 (H, W, 1) grey or (H, W, 3) RGB; `caption` says what it shows, figures included."""

    image: npt.NDArray[np.uint8]
    caption: str

    def __post_init__(self) -> None:
        if self.image.dtype != np.uint8 or self.image.ndim != 3 or self.image.shape[2] not in (1, 3):
            raise ValueError(f"{self.image.dtype} {self.image.shape} is no uint8 picture (H, W, 1 or 3)")


@dataclass(frozen=True, kw_only=True)
class Pictures(Block):
    """Rows of pictures; only their captions go into JSON and CSV."""

    rows: Sequence[Sequence[Picture]]

    def values(self) -> dict[str, Any]:
        captions = [[picture.caption for picture in row] for row in self.rows]
        return {"kind": "pictures", "name": self.name, "title": self.title, "captions": captions}

    def csv_rows(self) -> list[Row]:
        places = [
            (row, column, picture.caption)
            for row, pictures in enumerate(self.rows, 1)
            for column, picture in enumerate(pictures, 1)
        ]
        return [("row", "column", "caption"), *places]
