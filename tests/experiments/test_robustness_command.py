"""`manage.py robustness`: accuracy under attack on the test images, several ε, resumed, with warnings."""

import io
import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from ml import zoo
from ml.attacks import FGSM
from ml.datasets import mnist
from ml.evaluation import robustness as measured
from ml.evaluation.samples import spread
from ml.images import to_float
from tests import tiny


def robustness(*arguments):
    """What it printed with --json, one object per line."""
    output = io.StringIO()
    call_command("robustness", *map(str, arguments), "--json", stdout=output, stderr=io.StringIO())
    return [json.loads(line) for line in output.getvalue().splitlines()]


DIGITS = ("tiny-digits", "--attack", "fgsm", "--samples", "100")


def test_it_measures_the_test_images_at_every_epsilon(tiny_digits, digits_folder):
    rows = robustness(*DIGITS, "--epsilon", "0.05", "26/255", "--data", digits_folder)
    split = mnist.load("test", digits_folder)
    chosen = spread(400, 100)
    assert list(chosen[:3]) == [0, 4, 8]
    images, labels = to_float(split.images[chosen]), split.labels[chosen]
    clean = (tiny_digits.logits(images).argmax(axis=-1) == labels).mean()
    for row, epsilon in zip(rows, (0.05, 26 / 255), strict=True):
        found = FGSM()(tiny_digits, images, epsilon=epsilon, labels=labels).images
        still = (tiny_digits.logits(found).argmax(axis=-1) == labels).mean()
        assert row["epsilon"] == pytest.approx(epsilon)
        assert row["samples"] == 100
        assert row["clean_accuracy"] == pytest.approx(clean)
        assert row["robust_accuracy"] == pytest.approx(still, abs=0.011)
        assert row["attack_success"] == pytest.approx(1 - row["robust_accuracy"] / clean)
        assert row["fell_to"] == {
            "clean": round(100 * (1 - clean)),
            "FGSM": round(100 * (clean - row["robust_accuracy"])),
        }
        assert row["seconds"] > 0
        assert row["signs"] is None
    assert rows[0]["robust_accuracy"] > rows[1]["robust_accuracy"]
    assert rows[0]["weights_sha256"] == zoo.card("tiny-digits").weights_sha256


def test_a_stopped_run_goes_on_with_the_same_command(tiny_zoo, digits_folder, tmp_path, monkeypatch):
    arguments = (*DIGITS, "--epsilon", "0.1", "--data", digits_folder, "--output", tmp_path)

    def stop(self, problem):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(FGSM, "run", stop)
        with pytest.raises(CommandError, match="Stopped. What is finished is kept") as stopped:
            robustness(*arguments)
    assert stopped.value.returncode == 130
    (first,) = robustness(*arguments)
    monkeypatch.setattr(FGSM, "run", stop)
    (again,) = robustness(*arguments)
    assert again | {"seconds": 0} == first | {"seconds": 0}


def test_signs_of_masked_gradients_are_warnings(tiny_zoo, digits_folder, monkeypatch, capsys):
    def signs(model, images, labels, **bounds):
        assert len(images) == 100
        assert bounds == {"epsilon": 0.1, "norm": "linf", "seed": 0}
        return [measured.Sign(name="black-box-wins", figure=0.25)]

    monkeypatch.setattr(measured, "signs_of_masking", signs)
    arguments = (*DIGITS, "--epsilon", "0.1", "--data", str(digits_folder), "--signs")
    (row,) = robustness(*arguments)
    assert row["signs"] == {"black-box-wins": 0.25}
    call_command("robustness", *arguments)
    line, fell, warning = capsys.readouterr().out.splitlines()
    assert line.startswith("tiny-digits under fgsm at linf ε = 0.1: ")
    assert fell.startswith("  fell to: clean ")
    assert warning == f"  warning: {measured.SIGNS['black-box-wins']} (0.25)"


def test_an_attack_that_no_epsilon_bounds_is_measured_without(tiny_zoo, digits_folder):
    (row,) = robustness(
        "tiny-digits", "--attack", "salt-and-pepper", "--option", "share=0.5", "--data", digits_folder
    )
    assert row["epsilon"] is None
    assert row["samples"] == 400
    assert row["options"] == {"draws": 1, "share": 0.5}
    assert row["robust_accuracy"] < row["clean_accuracy"]


@pytest.fixture
def photos(tmp_path):
    rng = np.random.default_rng(3)
    for name in tiny.SHAPES:
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(4):
            Image.fromarray(tiny.shape(name, rng, side=48)).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


def test_photos_from_elsewhere_are_all_taken(tiny_zoo, photos):
    (row,) = robustness(
        "tiny-photos", "--attack", "fgsm", "--epsilon", "8/255", "--data", photos, "--elsewhere"
    )
    assert row["samples"] == 12
    (row,) = robustness(
        *("tiny-photos", "--attack", "fgsm", "--epsilon", "8/255", "--data", photos, "--elsewhere"),
        *("--samples", "6"),
    )
    assert row["samples"] == 6
    assert row["clean_accuracy"] > 0.5


REFUSED = [
    (("tiny-digits", "--attack", "fgsm"), "fgsm needs an ε"),
    (("tiny-digits", "--attack", "deepfool"), "deepfool needs an ε"),
    (("tiny-digits", "--attack", "jsma", "--epsilon", "0.1"), "jsma is not bounded by ε"),
    (("tiny-digits", "--attack", "fgsm", "--epsilon", "0.1", "--samples", "-1"), "must be at least 0"),
    (("tiny-digits", "--attack", "fgsm", "--epsilon", "0.1", "--elsewhere"), "Name the folder"),
    (("nobody", "--attack", "fgsm", "--epsilon", "0.1"), "no model called"),
]


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED)
def test_what_cannot_be_is_refused_in_one_sentence(arguments, sentence, tiny_zoo):
    with pytest.raises(CommandError, match=sentence):
        robustness(*arguments)


def test_folders_of_other_classes_are_refused(tiny_zoo, photos):
    (photos / "Ship").rename(photos / "Tram")
    with pytest.raises(CommandError, match="Bike, Car, Tram are not the classes of “tiny-photos”"):
        robustness("tiny-photos", "--attack", "fgsm", "--epsilon", "0.1", "--data", photos, "--elsewhere")


def test_the_card_keeps_one_row_for_each_question(tiny_digits, tiny_zoo, digits_folder):
    path = tiny_zoo / "tiny-digits" / "card.json"
    before = path.read_text()
    try:
        for _ in range(2):
            (row,) = robustness(*DIGITS, "--epsilon", "0.1", "--data", digits_folder, "--store")
        robustness(*DIGITS, "--epsilon", "0.2", "--data", digits_folder, "--store", "--signs")
        kept = zoo.card("tiny-digits")
        assert [each["epsilon"] for each in kept.robustness] == [0.1, 0.2]
        assert kept.robustness[0]["accuracy"] == row["robust_accuracy"]
        assert kept.robustness[0]["options"] == {}
        assert isinstance(kept.signs, dict)
    finally:
        path.write_text(before)


def test_what_has_no_epsilon_cannot_stand_in_a_card(tiny_digits, digits_folder):
    with pytest.raises(CommandError, match="--store"):
        robustness(
            "tiny-digits", "--attack", "one-pixel", "--samples", "2", "--data", digits_folder, "--store"
        )
