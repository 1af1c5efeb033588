"""Is one network really better than another, or only by chance? Paired tests and a correction for many.

A p-value is the probability of a difference at least as large if the two were equally good.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Paired:
    """Two networks on the same images: how many only the one got right, how many only the other; p-value."""

    only_first: int
    only_second: int
    p: float


@dataclass(frozen=True, kw_only=True)
class Resampled:
    """Two networks on the same folds: mean difference (first - second), t statistic, p-value."""

    difference: float
    t: float
    p: float


def mcnemar(truth: Labels, first: Labels, second: Labels) -> Paired:
    """McNemar's exact test, two-sided, on the answers (N,) of two networks to the same N images.

    Images that both or neither got right say nothing; the others fall to either side with probability 1/2 if
    the networks are equally good (McNemar 1947, "Note on the sampling error of the difference between
    correlated proportions"; exact as in Dietterich 1998).
    """
    from scipy.stats import binomtest

    right, others_right = first == truth, second == truth
    only_first = int(np.sum(right & ~others_right))
    only_second = int(np.sum(~right & others_right))
    discordant = only_first + only_second
    p = float(binomtest(only_first, discordant, 0.5).pvalue) if discordant else 1.0
    return Paired(only_first=only_first, only_second=only_second, p=p)


def corrected_resampled_t(
    first: Sequence[float], second: Sequence[float], *, training: int, test: int
) -> Resampled:
    """Nadeau and Bengio's corrected resampled t-test, two-sided, on the scores of two networks fold by fold.

    The training sets of folds overlap, so that their scores are not independent and the usual t-test finds
    differences that are not there. With J differences of mean d and variance s² (J - 1 in the denominator):
    t = d / √((1/J + test/training) s²), with J - 1 degrees of freedom (Nadeau and Bengio 2003, "Inference for
    the generalization error", equation 31).

    Args:
        training: images that each fold trained on.
        test: images that each fold was measured on.

    Raises:
        ValueError: fewer than two folds, or not the same number for both.
    """
    from scipy.stats import t as student

    if len(first) != len(second) or len(first) < 2:
        raise ValueError("two scores or more of each network, one for each fold")
    differences = np.subtract(first, second)
    mean = float(differences.mean())
    error = float(np.sqrt((1 / len(differences) + test / training) * differences.var(ddof=1)))
    if error == 0:
        return Resampled(
            difference=mean, t=float(np.sign(mean) * np.inf) if mean else 0.0, p=float(mean == 0)
        )
    statistic = mean / error
    p = float(2 * student.sf(abs(statistic), len(differences) - 1))
    return Resampled(difference=mean, t=statistic, p=p)


def holm(values: Mapping[str, float]) -> dict[str, float]:
    """p-values of several tests, made larger so that all together err as seldom as one (Holm 1979).

    The k-th smallest of m is multiplied by m + 1 - k; none becomes smaller than one before it, or above 1.
    """
    adjusted: dict[str, float] = {}
    highest = 0.0
    for rank, (name, p) in enumerate(sorted(values.items(), key=lambda item: item[1])):
        highest = max(highest, min(1.0, (len(values) - rank) * p))
        adjusted[name] = highest
    return {name: adjusted[name] for name in values}
