"""Whether a model that says 90 % is right nine times in ten: reliability, ECE, temperature scaling.

Sources: Naeini, Cooper, Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning";
Guo, Pleiss, Sun, Weinberger 2017, "On calibration of modern neural networks" (ECE: equation 3,
temperature: equation 9).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.verdict import softmax

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

BINS = 15
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
# Between these the temperature is looked for: beyond, the answers are uniform or certain.
COLDEST, HOTTEST = 0.01, 100.0


@dataclass(frozen=True, kw_only=True)
class Bin:
    """The answers with a confidence in (low, high]; the first bin holds 0 too.

    `confidence` and `accuracy` are means over the `count` answers, None where there are none.
    """

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


def reliability(probabilities: Floats, labels: Labels, bins: int = BINS) -> list[Bin]:
    """The reliability diagram of `probabilities` (N, classes) with true `labels` (N,): equal-width bins."""
    confidence = probabilities.max(axis=-1).astype(np.float64)
    right = probabilities.argmax(axis=-1) == labels
    edges = np.linspace(0, 1, bins + 1)
    places = np.searchsorted(edges[1:-1], confidence, side="left")
    diagram = []
    for place in range(bins):
        inside = places == place
        held = bool(inside.any())
        diagram.append(
            Bin(
                low=float(edges[place]),
                high=float(edges[place + 1]),
                count=int(inside.sum()),
                confidence=float(confidence[inside].mean()) if held else None,
                accuracy=float(right[inside].mean()) if held else None,
            )
        )
    return diagram


def expected_error(probabilities: Floats, labels: Labels, bins: int = BINS) -> float:
    """The expected calibration error: Σ count/N · |accuracy - confidence| over the bins, a fraction.

    Raises:
        ValueError: there are no answers.
    """
    if not len(labels):
        raise ValueError("the calibration error of no answers is not defined")
    gaps = [
        each.count * abs(each.accuracy - each.confidence)
        for each in reliability(probabilities, labels, bins)
        if each.accuracy is not None and each.confidence is not None
    ]
    return float(sum(gaps) / len(labels))


def negative_log_likelihood(logits: Floats, labels: Labels, temperature: float = 1.0) -> float:
    """The mean of -log softmax(logits / temperature)[label], in nats."""
    scaled = logits.astype(np.float64) / temperature
    highest = scaled.max(axis=-1, keepdims=True)
    total = np.log(np.exp(scaled - highest).sum(axis=-1)) + highest[:, 0]
    return float(np.mean(total - scaled[np.arange(len(labels)), labels]))


def fit_temperature(logits: Floats, labels: Labels) -> float:
    """The temperature that minimises the negative log likelihood of these answers.

    They must be held-out ones: on the training data a network is surer than it may be, and on the test data
    the fitted figure would no longer be a test. One number for all classes: the answers stay the same.
    """
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda power: negative_log_likelihood(logits, labels, float(np.exp(power))),
        bounds=(np.log(COLDEST), np.log(HOTTEST)),
        method="bounded",
        options={"xatol": 1e-6},
    )
    return float(np.exp(found.x))


def scaled(logits: Floats, temperature: float) -> Floats:
    """Probabilities (N, classes): softmax(logits / temperature)."""
    return softmax(logits / np.float32(temperature))


def confidence_quantiles(probabilities: Floats) -> dict[float, float]:
    """The quantiles `QUANTILES` of the confidence, the largest probability of each answer."""
    confidence = probabilities.max(axis=-1)
    return {share: float(np.quantile(confidence, share)) for share in QUANTILES}
