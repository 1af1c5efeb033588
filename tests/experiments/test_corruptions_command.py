"""`manage.py corruptions`: accuracy on spoilt test images."""

import contextlib
import io
import json

import pytest
from django.core.management import CommandError, call_command

from ml import training, zoo
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


def test_several_models_are_measured_together(tiny_digits, digits_folder, tmp_path):
    output = io.StringIO()
    call_command(
        "corruptions",
        "tiny-digits",
        "digits-simple",
        "--samples",
        "20",
        "--json",
        data=digits_folder,
        output=tmp_path,
        stdout=output,
    )
    rows = [json.loads(line) for line in output.getvalue().splitlines()]
    assert [row["model"] for row in rows] == ["tiny-digits", "digits-simple"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["digits-simple", "tiny-digits"]


def test_a_folder_of_other_images_is_refused(tiny_digits, digits_folder, tmp_path):
    for samples, refused in ((20, False), (20, False), (30, True)):
        with pytest.raises(CommandError, match="another question") if refused else contextlib.nullcontext():
            call_command(
                "corruptions",
                "tiny-digits",
                samples=samples,
                data=digits_folder,
                output=tmp_path,
                stdout=io.StringIO(),
            )


def test_fewer_images_than_none_are_refused(tiny_zoo):
    with pytest.raises(CommandError, match="--samples must be at least 0"):
        call_command("corruptions", "tiny-digits", "--samples", "-5")


def test_models_with_other_test_images_are_refused(tiny_digits, digits_folder, monkeypatch):
    unseen = training.unseen

    def fewer_for_one(card, data):
        images, labels = unseen(card, data)
        return (images, labels) if card.name == "tiny-digits" else (images[1:], labels[1:])

    monkeypatch.setattr(training, "unseen", fewer_for_one)
    with pytest.raises(CommandError, match="“tiny-digits” and “digits-simple” have other test images"):
        call_command("corruptions", "tiny-digits", "digits-simple", samples=20, data=digits_folder)
