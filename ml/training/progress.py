"""The one progress reporter: a bar with the time left, on standard error."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def bar(total: int | None, description: str, unit: str = "batch") -> Any:
    """An open tqdm bar; the caller updates and closes it."""
    return tqdm(total=total, desc=description, unit=unit, file=sys.stderr, dynamic_ncols=True)


def track(items: Iterable[Item], description: str, total: int | None = None) -> Iterator[Item]:
    """Go through `items` under a bar."""
    yield from tqdm(items, desc=description, total=total, file=sys.stderr, dynamic_ncols=True)
