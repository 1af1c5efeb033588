"""Axes of plots: which round numbers they name, and where a value stands in pixels."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
LOG_STEPS = (1.0, 2.0, 5.0)
FEW_POWERS = 4  # powers of ten between which 2 and 5 times a power are named too


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high` on the pixels from `start` to `end`; `marks` are values and their names."""

    low: float
    high: float
    start: float
    end: float
    marks: tuple[tuple[float, str], ...]
    log: bool = False

    def at(self, value: float) -> float:
        """The pixel of `value`."""
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log10(low), math.log10(high), math.log10(value)
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    def written(self, write: Callable[[str], str]) -> "Axis":
        """The same axis with the name of each mark as `write` has it."""
        return replace(self, marks=tuple((mark, write(name)) for mark, name in self.marks))


def linear(
    values: Iterable[float | None], start: float, end: float, *, outward: bool = False, percent: bool = False
) -> Axis:
    """An axis over `values`; `outward` moves its ends to round numbers, `percent` is for fractions."""
    scale, unit = (100, "%") if percent else (1, "")
    found = [scale * value for value in finite(values)] or [0.0, 1.0 * scale]
    low, high = min(found), max(found)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        low, high = low - (abs(low) / 10 or 0.5), high + (abs(high) / 10 or 0.5)
    step = _step((high - low) / 5)
    if not outward and step < 1 and all(value == int(value) for value in found):
        step = 1.0  # epochs and counts have no halves
    first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
    if outward:
        first, last = math.floor(low / step + 1e-6), math.ceil(high / step - 1e-6)
        low, high = first * step, last * step
    digits = next((n for n in range(12) if math.isclose(round(step, n), step, rel_tol=1e-6)), 12)
    marks = tuple(
        (number * step / scale, f"{number * step:,.{digits}f}".replace("-", "−") + unit)
        for number in range(first, last + 1)
    )
    return Axis(low / scale, high / scale, start, end, marks)


def logarithmic(values: Iterable[float | None], start: float, end: float) -> Axis:
    """An axis over `values`, all above 0, that names powers of ten, and 2 and 5 times these if few."""
    found = finite(values) or [1.0, 10.0]
    low, high = min(found), max(found)
    if low == high:
        low, high = low / 2, high * 2
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = LOG_STEPS if len(powers) <= FEW_POWERS else (1.0,)
    named = [factor * 10.0**power for power in powers for factor in factors]
    inside = [mark for mark in named if low * 0.999 <= mark <= high * 1.001]
    chosen = inside if len(inside) > 1 else [low, high]
    return Axis(low, high, start, end, tuple((mark, f"{mark:.4g}") for mark in chosen), log=True)


def finite(values: Iterable[float | None]) -> list[float]:
    """The values that can be drawn: neither None nor NaN nor infinite."""
    return [float(value) for value in values if value is not None and math.isfinite(value)]


def _step(least: float) -> float:
    """The first round number that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in STEPS if factor * power >= least * (1 - 1e-9))
