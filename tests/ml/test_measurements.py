"""Rows of a card under attack: read, measured, resumed."""

import os
from dataclasses import asdict
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest

from ml.attacks import FGSM
from ml.errors import NotANetwork, OptionRefused
from ml.evaluation import measurements
from ml.evaluation.robustness import attacked
from tests.ml.affine import WithoutGradient, affine, distances, greys
from tests.tiny import digits


@pytest.fixture(scope="module")
def tested() -> tuple[np.ndarray, np.ndarray]:
    images, labels = digits()
    return images[1400:1500], labels[1400:1500]


@pytest.mark.parametrize(
    "row", [{"attack": "fgsm"}, {"epsilon": 0.1}, {"attack": "fgsm", "epsilon": 0.1, "eps": 1}]
)
def test_a_row_with_other_keys_is_refused(row: dict) -> None:
    with pytest.raises(OptionRefused, match="attack and epsilon"):
        measurements.read(row)


def test_a_measurement_says_what_the_attack_left_right(tiny_digits, tested) -> None:
    images, labels = tested
    row = measurements.measured(
        measurements.read({"attack": "fgsm", "epsilon": 0.1}), tiny_digits, images, labels
    )
    assert row.accuracy == attacked(FGSM(), tiny_digits, images, labels, epsilon=0.1).robust_accuracy
    assert row.clean_accuracy == (tiny_digits.logits(images).argmax(axis=-1) == labels).mean()
    assert row.samples == 100
    assert row.title == "fgsm, linf ε = 0.1, 100 images"
    assert measurements.read(asdict(row)) == row


def test_samples_are_spread_over_the_whole_set_and_are_the_same_each_time(tiny_digits, tested) -> None:
    images, labels = tested
    wrong = labels.copy()
    wrong[::4] = (tiny_digits.logits(images[::4]).argmax(axis=-1) + 1) % 10
    asked = measurements.read({"attack": "fgsm", "epsilon": 0.0, "samples": 25})
    row = measurements.measured(asked, tiny_digits, images, wrong)
    assert row.samples == 25
    assert row.clean_accuracy == 0.0
    assert row.accuracy == 0.0


def test_an_interrupted_measurement_goes_on_with_its_finished_chunks(
    tiny_digits, tested, tmp_path: Path
) -> None:
    images, labels = tested
    asked = {"attack": "pgd", "epsilon": 0.1, "options": {"steps": 3}}
    first = measurements.all_of([asked], tiny_digits, images, labels, folder=tmp_path)
    # Without a gradient nothing could be attacked again.
    silent = WithoutGradient(tiny_digits)
    second = measurements.all_of([asked], silent, images, labels, folder=tmp_path)
    assert second[0]["accuracy"] == first[0]["accuracy"]
    assert second[0]["seconds"] == first[0]["seconds"]
    with pytest.raises(NotANetwork):
        measurements.all_of([asked], silent, images, labels, folder=tmp_path / "another")


def test_the_certificate_of_an_affine_model_is_what_the_best_attack_leaves() -> None:
    model, weights, bias = affine(4)
    images = greys(60)
    labels = model.logits(images).argmax(axis=-1)
    epsilon = float(np.median(distances(weights, bias, images, "linf")))
    rows = [
        measurements.read({"attack": name, "epsilon": epsilon, "options": options})
        for name, options in (("certified", {}), ("apgd-margin", {"classes": 3}))
    ]
    proven, under = (measurements.measured(row, model, images, labels).accuracy for row in rows)
    assert proven == pytest.approx(0.5, abs=0.05)
    assert proven <= under <= proven + 0.05
