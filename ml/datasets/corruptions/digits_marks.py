"""Corruptions of digits that draw over them: stripes, spatter, a dotted line, a zigzag."""

from functools import lru_cache

import numpy as np

from ml.datasets.corruptions.base import Draws, Floats

_SIDE = 28
# How far a line reaches to above and below, in pixels.
_REACH = 2.3
_MUD = 63 / 255


def stripe(batch: Floats, draws: Draws) -> Floats:
    """The seven columns at the left and the seven at the right are inverted."""
    striped = batch.copy()
    for columns in (slice(None, 7), slice(21, None)):
        striped[:, :, columns] = 1 - batch[:, :, columns]
    return striped


def spatter(
    batch: Floats,
    draws: Draws,
    mean: float,
    deviation: float,
    blur: float,
    threshold: float,
    softness: float,
) -> Floats:
    """Grey drops: blurred noise above a threshold, blurred again, covering where more than 0.8."""
    from scipy.ndimage import gaussian_filter

    noise = np.float32(mean) + np.float32(deviation) * draws.normal(*batch.shape[1:])
    liquid = gaussian_filter(noise, (0, blur, blur, 0), mode="nearest")
    drops = (liquid > threshold).astype(np.float32)
    cover = gaussian_filter(drops, (0, softness, softness, 0), mode="nearest")
    cover = np.where(cover < 0.8, np.float32(0), cover)
    return batch * (1 - cover) + np.float32(_MUD) * cover


def dotted_line(batch: Floats, draws: Draws) -> Floats:
    """A line from the left edge to the right, two columns drawn, two not."""
    ends = draws.integers(0, 27, 2)
    return batch + np.stack([_dotted(int(left), int(right)) for left, right in ends])


def zigzag(batch: Floats, draws: Draws) -> Floats:
    """A zigzag line from column 2 to column 25, rising or falling by at most 5 pixels."""
    start, rise = draws.integers(0, 27), draws.integers(-5, 5)
    return batch + np.stack([_zigzag(int(row), int(change)) for row, change in zip(start, rise, strict=True)])


@lru_cache(maxsize=27 * 27)
def _dotted(left: int, right: int) -> Floats:
    ink = _line(0, left, 27, right)
    ink[:, np.arange(_SIDE) % 4 < 2] = 0
    return ink


@lru_cache(maxsize=27 * 10)
def _zigzag(start: int, rise: int) -> Floats:
    """All pieces of the line: corners every 4 pixels along it, 2 to either side of it."""
    first, last, length, height = 2, 25, 2.0, 2.0
    slope = np.arctan(rise / (last - first))
    distance = (last - first) / np.cos(slope)
    turns = np.arange(int((distance - length) // (2 * length)) + 1)
    along = (2 * turns + 1) * length
    aside = np.where(turns % 2 == 0, height, -height)
    # The last piece ends where the published formula has it, a little beside the line.
    beyond = distance - 2 * length * (distance // (2 * length))
    along = np.concatenate([[0], along, [distance]])
    aside = np.concatenate([[0], aside, [aside[-1] / (2 * beyond)]])
    columns = first + along * np.cos(slope) - aside * np.sin(slope)
    rows = start + along * np.sin(slope) + aside * np.cos(slope)
    ink = np.zeros((_SIDE, _SIDE, 1), np.float32)
    for i in range(len(columns) - 1):
        ink += _line(columns[i], rows[i], columns[i + 1], rows[i + 1])
    return ink


def _line(column: float, row: float, last_column: float, last_row: float) -> Floats:
    """Ink (28, 28, 1) of a line, fading as 1 + log(1 - d / 2.3) at d pixels above or below it."""
    columns = np.arange(_SIDE)
    heights = row + (last_row - row) / (last_column - column) * (columns - column)
    apart = np.abs(columns[:, None] - heights)
    ink = np.zeros((_SIDE, _SIDE), np.float32)
    near = apart < _REACH
    ink[near] = np.clip(1 + np.log(1 - apart[near] / _REACH), 0, 1)
    ink[:, (columns < np.floor(column)) | (columns >= np.ceil(last_column))] = 0
    return ink[..., None]
