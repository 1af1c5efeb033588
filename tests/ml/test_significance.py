"""Tests of significance, against scipy's distributions and figures from the literature."""

import math

import numpy as np
import pytest
from scipy import stats

from ml.evaluation.significance import corrected_resampled_t, holm, mcnemar


def answers(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(truth, answers, answers) with so many right by both, only the first, only the second, neither."""
    right = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], [both, first, second, neither], axis=0)
    truth = np.random.default_rng(0).integers(0, 10, len(right))
    return truth, np.where(right[:, 0], truth, truth + 1), np.where(right[:, 1], truth, truth + 2)


@pytest.mark.parametrize(("first", "second"), [(0, 1), (0, 6), (3, 9), (12, 5), (40, 41), (150, 90)])
def test_mcnemar_is_the_sum_of_binomial_probabilities(first: int, second: int) -> None:
    n, k = first + second, min(first, second)
    tail = sum(math.comb(n, i) for i in range(k + 1)) / 2**n
    found = mcnemar(*answers(500, first, second, 7))
    assert (found.only_first, found.only_second) == (first, second)
    assert found.p == pytest.approx(min(1.0, 2 * tail), rel=1e-9)


def test_mcnemar_is_near_the_chi_square_with_edwards_correction_for_many_images() -> None:
    statistic = (abs(300 - 240) - 1) ** 2 / (300 + 240)
    found = mcnemar(*answers(9000, 300, 240, 10))
    assert found.p == pytest.approx(stats.chi2.sf(statistic, 1), rel=0.02)


def test_mcnemar_does_not_look_at_images_that_both_or_neither_got_right() -> None:
    assert mcnemar(*answers(0, 8, 2, 0)).p == mcnemar(*answers(9000, 8, 2, 900)).p


@pytest.mark.parametrize("wrong", [0, 5])
def test_networks_that_err_on_the_same_images_do_not_differ(wrong: int) -> None:
    assert mcnemar(*answers(100, 0, 0, wrong)).p == 1.0


FIRST, SECOND = [0.981, 0.984, 0.979, 0.986, 0.982], [0.978, 0.979, 0.978, 0.980, 0.981]


def test_without_overlap_the_corrected_test_is_the_paired_t_test() -> None:
    found = corrected_resampled_t(FIRST, SECOND, training=10**12, test=1)
    expected = stats.ttest_rel(FIRST, SECOND)
    assert found.t == pytest.approx(expected.statistic, rel=1e-6)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-6)
    assert found.difference == pytest.approx(np.mean(FIRST) - np.mean(SECOND))


def test_five_folds_make_t_two_thirds_of_the_paired_t() -> None:
    # √(1/5) / √(1/5 + 1/4) = 2/3
    found = corrected_resampled_t(FIRST, SECOND, training=4000, test=1000)
    t = stats.ttest_rel(FIRST, SECOND).statistic * 2 / 3
    assert found.t == pytest.approx(t)
    assert found.p == pytest.approx(2 * stats.t.sf(t, 4))


def test_the_corrected_test_changes_its_sign_with_the_order() -> None:
    one = corrected_resampled_t(FIRST, SECOND, training=4, test=1)
    other = corrected_resampled_t(SECOND, FIRST, training=4, test=1)
    assert (one.t, one.difference, one.p) == (-other.t, -other.difference, other.p)


def test_equal_scores_do_not_differ() -> None:
    assert corrected_resampled_t(FIRST, FIRST, training=4, test=1).p == 1.0


@pytest.mark.parametrize(("first", "second"), [([0.9], [0.8]), ([0.9, 0.8], [0.9, 0.8, 0.7])])
def test_scores_that_make_no_pairs_are_refused(first: list[float], second: list[float]) -> None:
    with pytest.raises(ValueError, match="one for each fold"):
        corrected_resampled_t(first, second, training=4, test=1)


def test_holm_multiplies_by_the_tests_that_are_left_and_keeps_the_order() -> None:
    found = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert found == pytest.approx({"d": 0.02, "a": 0.03, "c": 0.06, "b": 0.06})
    assert list(found) == ["a", "b", "c", "d"]


def test_holm_never_gives_more_than_1_and_leaves_a_single_test_alone() -> None:
    assert holm({"a": 0.9, "b": 0.8}) == {"a": 1.0, "b": 1.0}
    assert holm({"a": 0.03}) == {"a": 0.03}
