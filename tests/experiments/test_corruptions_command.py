"""`manage.py corruptions`: accuracy on spoilt test images."""

import io
import json

import pytest
from django.core.management import call_command

from ml import zoo
from ml.datasets import mnist
from ml.datasets.corruptions import DIGITS, corrupt
from ml.evaluation.samples import spread
from ml.images import to_float


def test_it_measures_every_corruption_of_the_suite(tiny_digits, digits_folder):
    output = io.StringIO()
    call_command("corruptions", "tiny-digits", "--samples", "40", "--json", data=digits_folder, stdout=output)
    row = json.loads(output.getvalue())
    assert row["images"] == 40
    assert set(row["accuracy"]) == set(DIGITS)
    assert row["mean"] == pytest.approx(sum(row["accuracy"].values()) / 15)
    split = mnist.load("test", digits_folder)
    chosen = spread(400, 40)
    spoilt = corrupt("fog", to_float(split.images[chosen]))
    right = tiny_digits.logits(spoilt).argmax(axis=-1) == split.labels[chosen]
    assert row["accuracy"]["fog"] == pytest.approx(right.mean())


def test_the_card_is_written_only_when_asked(tiny_digits, tiny_zoo, digits_folder):
    path = tiny_zoo / "tiny-digits" / "card.json"
    before = path.read_text()
    try:
        for store in (False, True):
            call_command(
                "corruptions",
                "tiny-digits",
                samples=20,
                data=digits_folder,
                store=store,
                stdout=io.StringIO(),
            )
            assert bool(zoo.card("tiny-digits").corruptions) is store
    finally:
        path.write_text(before)
