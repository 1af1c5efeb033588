"""What a report says of its own making."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml.training.recipe import Recipe


def facts(recipe: Recipe, *, seed: int, data: Sequence[Path], started: float) -> dict[str, Any]:
    """Where the figures of a run come from. `started` is `time.time()` at its beginning, `data` its files."""
    return {
        "recipe": recipe.name,
        "seed": seed,
        "data": {path.name: "" for path in data},
        "seconds": time.time() - started,
    }
