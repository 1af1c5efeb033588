"""Support vector machine with a Gaussian kernel: one machine for each pair of classes."""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ml.estimators.base import Arrays, Estimator, Floats, Labels, Pixels
from ml.images import to_float
from ml.verdict import energy

_CACHE_MB = 1000
TEMPERATURES = [round(0.02 * step, 2) for step in range(1, 101)]


@dataclass(frozen=True, kw_only=True)
class Options:
    """`c` and `gamma` of the machines, on pixels in [0, 1]; decision values are divided by `temperature`."""

    c: float = 10.0
    gamma: float = 0.025
    temperature: float = 0.3


class SupportVectors(Estimator):
    """Pairs of classes, coupled by the product of their odds.

    The machine of classes i and j gives a decision d_ij, taken as P(i | i or j) = σ(d_ij / temperature); the
    logit of i is Σ_j log σ(d_ij / temperature). No cross-validated Platt scaling: one temperature, fitted on
    validation digits, serves all pairs.
    """

    kind: ClassVar[str] = "svm"
    form: ClassVar[type[Any]] = Options

    def __init__(self, arrays: Arrays, **about: Any) -> None:
        super().__init__(arrays, **about)
        self._classes = len(arrays["counts"])
        self._pairs = list(combinations(range(self._classes), 2))
        self._vectors = to_float(arrays["vectors"])
        self._squares = (self._vectors**2).sum(axis=1)
        self._weights = _by_pair(arrays["coefficients"], arrays["counts"], self._pairs)
        self._intercepts = arrays["intercepts"].astype(np.float32)

    @classmethod
    def learn(cls, pixels: Pixels, labels: Labels, options: Any, seed: int) -> Arrays:
        from sklearn.svm import SVC

        model = SVC(C=options.c, gamma=options.gamma, cache_size=_CACHE_MB).fit(to_float(pixels), labels)
        # With two classes scikit-learn turns the sign, so that the second is the positive one.
        sign = -1 if len(model.classes_) == 2 else 1
        return {
            "vectors": pixels[model.support_],
            "counts": model.n_support_.astype(np.int32),
            "coefficients": (sign * model.dual_coef_).astype(np.float32),
            "intercepts": (sign * model.intercept_).astype(np.float32),
        }

    @property
    def classes(self) -> int:
        return self._classes

    def decisions(self, values: Floats) -> Floats:
        """d_ij of each pair i < j, (N, pairs), positive for i, of `values` (N, H·W·C) in [0, 1]."""
        squares = (values**2).sum(axis=1)[:, None] + self._squares - 2 * values @ self._vectors.T
        kernel = np.exp(-self._options.gamma * np.maximum(squares, 0))
        return np.asarray(kernel @ self._weights + self._intercepts)

    def tempered(self, batch: Floats, labels: Labels) -> "SupportVectors":
        """The same machines with the one of TEMPERATURES whose answers explain `labels` (N,) of `batch` best.

        Best is the smallest mean cross entropy; no digit of `batch` (N, H, W, C) may have been learned.
        """
        parts = (batch[start : start + 500] for start in range(0, len(batch), 500))
        decisions = np.concatenate([self.decisions(self.values(part)) for part in parts])
        rows = np.arange(len(labels))

        def loss(temperature: float) -> float:
            logits = self._coupled(decisions / np.float32(temperature))
            return float((energy(logits) - logits[rows, labels]).mean())

        options = replace(self._options, temperature=min(TEMPERATURES, key=loss))
        return SupportVectors(
            self._arrays, input_shape=self.input_shape, deskewed=self.deskewed, options=options
        )

    def _answer(self, values: Floats) -> Floats:
        return self._coupled(self.decisions(values) / np.float32(self._options.temperature))

    def _coupled(self, odds: npt.NDArray[np.floating[Any]]) -> Floats:
        logits = np.zeros((len(odds), self._classes), np.float32)
        for pair, (one, other) in enumerate(self._pairs):
            logits[:, one] -= np.logaddexp(0, -odds[:, pair])
            logits[:, other] -= np.logaddexp(0, odds[:, pair])
        return logits


def _by_pair(
    coefficients: npt.NDArray[Any], counts: npt.NDArray[Any], pairs: list[tuple[int, int]]
) -> Floats:
    """The weight of each vector in each pair's machine, (vectors, pairs).

    libsvm keeps them by vector: those of class i lie together, row j - 1 (row j for j < i) is the machine of
    i and j.
    """
    ends = np.cumsum(counts)
    weights = np.zeros((int(ends[-1]), len(pairs)), np.float32)
    for pair, (one, other) in enumerate(pairs):
        ours = slice(ends[one] - counts[one], ends[one])
        theirs = slice(ends[other] - counts[other], ends[other])
        weights[ours, pair] = coefficients[other - 1, ours]
        weights[theirs, pair] = coefficients[one, theirs]
    return weights
