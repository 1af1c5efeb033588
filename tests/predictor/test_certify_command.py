"""`manage.py certify`: a proof, or the plain word that there is none."""

import io
import json
import shutil

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from ml.attacks import PGD
from ml.images import to_float
from tests import tiny, tiny_estimators


def certify(*arguments):
    output = io.StringIO()
    call_command("certify", *map(str, arguments), "--json", stdout=output, stderr=io.StringIO())
    return [json.loads(line) for line in output.getvalue().splitlines()]


@pytest.fixture
def digit(tiny_zoo, tmp_path):
    path = tmp_path / "digit.png"
    Image.fromarray(np.rint(tiny.digits()[0][3, :, :, 0] * 255).astype(np.uint8)).save(path)
    return path


def test_it_says_up_to_which_epsilon_the_answer_is_proven(digit, tiny_digits):
    (low,) = certify(digit, "--model", "tiny-digits", "--epsilon", "0")
    proven = low["certified_epsilon"]
    assert low["certified"] is True
    (beyond,) = certify(digit, "--model", "tiny-digits", "--epsilon", proven + 1 / 255)
    assert beyond["certified"] is False
    assert beyond["certified_epsilon"] == proven
    batch = to_float(np.asarray(Image.open(digit)))[None, :, :, None]
    assert not PGD(steps=40)(tiny_digits, batch, epsilon=proven).success.any()


def test_what_is_no_network_is_refused_in_one_sentence(digit, tiny_zoo):
    folder = tiny_estimators.make(tiny_zoo, "random-forest")
    try:
        with pytest.raises(CommandError, match="nothing can be proven"):
            certify(digit, "--model", "tiny-random-forest", "--epsilon", "0.01")
    finally:
        shutil.rmtree(folder)


def test_a_bad_file_is_named_and_the_others_go_on(digit, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    output = io.StringIO()
    with pytest.raises(CommandError, match="1 of 2 files"):
        call_command(
            "certify", str(bad), str(digit), "--model", "tiny-digits", "--epsilon", "0.01", stdout=output
        )
    assert str(digit) in output.getvalue()
