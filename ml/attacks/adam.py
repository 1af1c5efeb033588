"""Adam: Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization", algorithm 1, on arrays."""

import numpy as np
import numpy.typing as npt

from ml.attacks.norms import Floats


class Adam:
    """Steps downhill for an array of `shape`, whose first axis may be asked in part."""

    def __init__(self, shape: tuple[int, ...], rate: float) -> None:
        self._mean, self._square = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self._rate, self._count = rate, 0

    def step(self, gradient: Floats, rows: npt.NDArray[np.intp] | slice = slice(None)) -> Floats:
        """What to add to `rows`, all of which must have been in every step before."""
        self._count += 1
        mean = 0.9 * self._mean[rows] + 0.1 * gradient
        square = 0.999 * self._square[rows] + 0.001 * gradient**2
        self._mean[rows], self._square[rows] = mean, square
        even = np.sqrt(square / (1 - 0.999**self._count)) + 1e-8
        return np.asarray(-self._rate * (mean / (1 - 0.9**self._count)) / even, np.float32)
