"""The smallest successful image of each kind: the book that minimal attacks keep."""

import numpy as np
import numpy.typing as npt

from ml.attacks.base import Flags, Problem
from ml.attacks.norms import Floats

# An image that sits on the boundary may fall back when it is asked again in another batch, whose sums are
# rounded otherwise; then it is pushed over by this share of its size.
_PUSHES = (0, 1e-5, 1e-4, 1e-3)


class Smallest:
    """`images` (N, H, W, C), the originals where nothing was found; `sizes` (N,), there infinite."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self.images = problem.batch.copy()
        self.sizes: Floats = np.full(len(problem.batch), np.inf, np.float32)

    @property
    def found(self) -> Flags:
        """(N,) whether something was found within ε."""
        return np.asarray(self.sizes <= self._problem.epsilon[:, 0, 0, 0])

    def offer(self, rows: npt.NDArray[np.intp], images: Floats, fooled: Flags) -> None:
        """Keep those of `images`, which belong to the different `rows`, that fooled and are smaller."""
        sizes = self._problem.norm.size(images - self._problem.batch[rows])
        better = fooled & (sizes < self.sizes[rows])
        self.images[rows[better]] = images[better]
        self.sizes[rows[better]] = sizes[better]

    def shorten(self, halvings: int) -> None:
        """Bisect the line from each original to what was found."""
        rows = np.flatnonzero(np.isfinite(self.sizes) & (self.sizes > 0))
        part, far = self._problem.some(rows), self.images[rows]
        low, high = np.zeros((len(rows), 1, 1, 1), np.float32), np.ones((len(rows), 1, 1, 1), np.float32)
        for _ in range(halvings if len(rows) else 0):
            middle = (low + high) / 2
            images = part.batch + middle * (far - part.batch)
            fooled = part.success(images)
            self.offer(rows, images, fooled)
            low, high = np.where(fooled[:, None, None, None], (low, middle), (middle, high))

    def settled(self) -> Floats:
        """What was found within ε and succeeds when asked again; elsewhere the original, unchanged."""
        images, rows = self._problem.batch.copy(), np.flatnonzero(self.found)
        for push in _PUSHES:
            if not len(rows):
                break
            part, moved = self._problem.some(rows), self.images[rows] - self._problem.batch[rows]
            pushed = part.project(part.batch + np.float32(1 + push) * moved)
            held = part.success(pushed)
            images[rows[held]] = pushed[held]
            rows = rows[~held]
        return images
