"""Figures of a classifier from true labels and answers; the one place where they are defined."""

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.int64]


def accuracy(truth: Labels, answers: Labels) -> float:
    """Fraction of `answers` (N,) that equal `truth` (N,)."""
    return float(np.mean(truth == answers))


def confusion_matrix(truth: Labels, answers: Labels, classes: int) -> npt.NDArray[np.int64]:
    """Counts (classes, classes): row the true class, column the answer."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (truth, answers), 1)
    return counts
