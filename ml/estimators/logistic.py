"""Multinomial logistic regression: one weight for each pixel and class."""

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from ml.estimators.base import Arrays, Estimator, Floats, Labels, Pixels
from ml.images import to_float


@dataclass(frozen=True, kw_only=True)
class Options:
    """`strength` of the L2 penalty on the summed loss (scikit-learn's 1/C); `most_steps` of the solver.

    `solver` is one of scikit-learn's: a step of `lbfgs` is one of L-BFGS, a step of `saga` one pass over the
    digits (Defazio et al. 2014), which stopped early answers more held-out digits rightly.
    """

    strength: float = 1.0
    most_steps: int = 12
    solver: Literal["lbfgs", "saga"] = "saga"


class Logistic(Estimator):
    """Logits are values · weights + bias."""

    kind: ClassVar[str] = "logistic-regression"
    form: ClassVar[type[Any]] = Options

    def __init__(self, arrays: Arrays, **about: Any) -> None:
        super().__init__(arrays, **about)
        self._weights, self._bias = arrays["weights"], arrays["bias"]

    @classmethod
    def learn(cls, pixels: Pixels, labels: Labels, options: Any, seed: int) -> Arrays:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(
            C=1 / options.strength, max_iter=options.most_steps, solver=options.solver, random_state=seed
        )
        with warnings.catch_warnings():
            # To stop after `most_steps` is what was asked.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(to_float(pixels), labels)
        return {
            "weights": np.ascontiguousarray(model.coef_.T, np.float32),
            "bias": model.intercept_.astype(np.float32),
        }

    @property
    def classes(self) -> int:
        return len(self._bias)

    def _answer(self, values: Floats) -> Floats:
        return np.asarray(values @ self._weights + self._bias)
