"""Probabilities as the bars of a page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One class with its probability; `top` marks the largest."""

    class_name: str
    probability: float
    top: bool

    @property
    def percent(self) -> float:
        return 100 * self.probability


def bars(probabilities: Mapping[str, float], class_names: Iterable[str] | None = None) -> list[Bar]:
    """One bar per class, in the order of `class_names`; without it, the most probable first."""
    order = class_names or sorted(probabilities, key=lambda name: -probabilities[name])
    best = max(probabilities, key=lambda name: probabilities[name], default=None)
    return [
        Bar(class_name=name, probability=probabilities.get(name, 0.0), top=name == best) for name in order
    ]
