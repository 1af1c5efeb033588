"""The perturbed image, in integers: the one place where x + ε·sign becomes a file's pixels."""

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Signs = npt.NDArray[np.int8]


def perturb(image: Pixels, sign: Signs, steps: int) -> Pixels:
    """clip(x + n·sign, 0, 255) of uint8 `image` and int8 `sign` in {-1, 0, 1}, both (H, W, C)."""
    return perturb_all(image, sign, np.array([steps]))[0]


def perturb_all(image: Pixels, sign: Signs, steps: npt.NDArray[np.integer]) -> Pixels:
    """`perturb` for each of (N,) steps, shape (N, H, W, C)."""
    moved = image.astype(np.int16) + np.asarray(steps, np.int16)[:, None, None, None] * sign.astype(np.int16)
    return np.clip(moved, 0, 255).astype(np.uint8)


def difference(before: Pixels, after: Pixels, gain: int = 10) -> Pixels:
    """`gain` times the signed difference around mid grey (128), to make a small change visible."""
    change = after.astype(np.int16) - before.astype(np.int16)
    return np.clip(128 + gain * change, 0, 255).astype(np.uint8)
