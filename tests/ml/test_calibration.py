"""Calibration: cases worked out by hand, and scikit-learn's reliability curve."""

import numpy as np
import pytest
import scipy.special
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss

from ml.evaluation import calibration
from ml.verdict import softmax


def answers(*confident: tuple[float, bool]) -> tuple[np.ndarray, np.ndarray]:
    """Two-class answers with these confidences, right or wrong; the answer is always class 0."""
    confidence = np.array([each for each, _ in confident])
    labels = np.array([0 if right else 1 for _, right in confident])
    return np.stack([confidence, 1 - confidence], axis=1), labels


def random_answers(count: int = 3000, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are twice as sure as they should be, and labels drawn from the honest ones."""
    rng = np.random.default_rng(3)
    honest = rng.normal(0, 2, (count, classes))
    draws = rng.random((count, 1))
    labels = (softmax(honest).cumsum(axis=1) < draws).sum(axis=1).clip(0, classes - 1)
    return (2 * honest).astype(np.float32), labels


def test_the_calibration_error_of_a_case_worked_out_by_hand() -> None:
    # Five bins: (.6, .8] holds .7 and .8, half of them right; (.8, 1] holds .9, 1 and 1, two of three right.
    probabilities, labels = answers((0.7, True), (0.8, False), (0.9, True), (1.0, True), (1.0, False))
    expected = 2 / 5 * abs(0.5 - 0.75) + 3 / 5 * abs(2 / 3 - 2.9 / 3)
    assert calibration.expected_error(probabilities, labels, bins=5) == pytest.approx(expected)


def test_a_model_that_is_as_right_as_it_is_sure_has_no_calibration_error() -> None:
    probabilities, labels = answers(*[(0.75, True)] * 3, (0.75, False))
    assert calibration.expected_error(probabilities, labels) == pytest.approx(0)


def test_an_always_certain_model_errs_by_its_share_of_mistakes() -> None:
    probabilities, labels = answers(*[(1.0, True)] * 9, (1.0, False))
    assert calibration.expected_error(probabilities, labels) == pytest.approx(0.1)


def test_a_confidence_on_an_edge_belongs_to_the_bin_below_it() -> None:
    probabilities, labels = answers((0.8, True))
    counts = [each.count for each in calibration.reliability(probabilities, labels, bins=5)]
    assert counts == [0, 0, 0, 1, 0]


def test_empty_bins_have_no_figures_and_all_answers_are_counted() -> None:
    logits, labels = random_answers()
    diagram = calibration.reliability(softmax(logits), labels)
    assert len(diagram) == 15
    assert sum(each.count for each in diagram) == len(labels)
    assert (diagram[0].count, diagram[0].accuracy, diagram[0].confidence) == (0, None, None)


def test_the_reliability_diagram_is_scikit_learns() -> None:
    logits, labels = random_answers()
    probabilities = softmax(logits)
    right = probabilities.argmax(axis=1) == labels
    accuracy, confidence = calibration_curve(right, probabilities.max(axis=1), n_bins=15, strategy="uniform")
    ours = [each for each in calibration.reliability(probabilities, labels) if each.count]
    np.testing.assert_allclose([each.accuracy for each in ours], accuracy)
    np.testing.assert_allclose([each.confidence for each in ours], confidence)


def test_no_answers_have_no_calibration_error() -> None:
    with pytest.raises(ValueError, match="no answers"):
        calibration.expected_error(np.zeros((0, 3)), np.zeros(0, int))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_negative_log_likelihood_is_scikit_learns(temperature: float) -> None:
    logits, labels = random_answers()
    ours = calibration.negative_log_likelihood(logits, labels, temperature)
    exact = scipy.special.softmax(logits.astype(np.float64) / temperature, axis=1)
    assert ours == pytest.approx(log_loss(labels, exact, labels=range(10)), rel=1e-4)


def test_the_likelihood_of_certain_answers_is_finite() -> None:
    logits = np.array([[1000.0, 0.0], [1000.0, 0.0]], np.float32)
    assert calibration.negative_log_likelihood(logits, np.array([0, 1])) == pytest.approx(500)


def test_the_temperature_undoes_what_was_multiplied_and_lowers_the_calibration_error() -> None:
    logits, labels = random_answers()
    temperature = calibration.fit_temperature(logits, labels)
    assert temperature == pytest.approx(2, rel=0.1)
    before = calibration.expected_error(calibration.scaled(logits, 1.0), labels)
    after = calibration.expected_error(calibration.scaled(logits, temperature), labels)
    assert after < before / 3


def test_the_fitted_temperature_is_the_best_of_a_grid() -> None:
    logits, labels = random_answers(400)
    grid = np.linspace(0.3, 6, 500)
    best = min(grid, key=lambda value: calibration.negative_log_likelihood(logits, labels, value))
    assert calibration.fit_temperature(logits, labels) == pytest.approx(best, abs=0.02)


def test_the_temperature_changes_no_answer() -> None:
    logits, _ = random_answers()
    hot = calibration.scaled(logits, 5.0)
    np.testing.assert_array_equal(hot.argmax(axis=1), logits.argmax(axis=1))
    assert hot.max() < softmax(logits).max()


def test_quantiles_are_of_the_largest_probability() -> None:
    confidence = np.linspace(0.5, 1, 101)
    found = calibration.confidence_quantiles(np.stack([confidence, 1 - confidence], axis=1))
    assert list(found) == [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
    assert found[0.25] == pytest.approx(0.625)
    assert found[0.99] == pytest.approx(0.995)
