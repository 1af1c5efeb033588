"""Accuracy from flags, with how sure so many pictures make it."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
# Of the normal distribution, for 95 %.
Z = 1.959964


def of_flags(clean: Flags, held: Flags) -> dict[str, Any]:
    """Clean and robust accuracy over all pictures, success of the attack on those first right."""
    count, right, still = len(clean), int(clean.sum()), int(held.sum())
    return {
        "count": count,
        "clean_right": right,
        "clean_accuracy": right / count,
        "clean_interval": wilson(right, count),
        "robust_right": still,
        "robust_accuracy": still / count,
        "robust_interval": wilson(still, count),
        "fooled": right - still,
        "attack_success": 1 - still / right if right else None,
    }


def wilson(hits: int, count: int) -> list[float]:
    """The 95 % score interval of a share (Wilson 1927): [low, high]."""
    share, square = hits / count, Z**2 / count
    middle = (share + square / 2) / (1 + square)
    reach = Z * math.sqrt(share * (1 - share) / count + square / (4 * count)) / (1 + square)
    return [max(0.0, middle - reach), min(1.0, middle + reach)]
