"""A server without libGL, which OpenCV needs: photos work, digits say in one sentence what is missing."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tests import tiny
from tests.machine import ROOT

WITHOUT_OPENCV = (
    "import os, sys; sys.modules['cv2'] = None;"
    "os.environ['DJANGO_SETTINGS_MODULE'] = 'classification_site.settings';"
    "from django.core.management import execute_from_command_line;"
    "execute_from_command_line(['manage.py', *sys.argv[1:]])"
)


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_OPENCV, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def picture(tiny_zoo, tmp_path):
    path = tmp_path / "car.png"
    Image.fromarray(tiny.shape("Car", np.random.default_rng(1), side=64)).save(path)
    return str(path)


def test_photos_are_classified_and_perturbed(picture, tmp_path):
    assert run("classify", picture, "--model", "tiny-photos").returncode == 0
    out = str(tmp_path / "out.png")
    done = run("perturb", picture, "--model", "tiny-photos", "--epsilon", "8/255", "--output", out)
    assert done.returncode == 0, done.stderr


def test_digits_say_what_is_missing(picture):
    done = run("classify", picture, "--model", "tiny-digits")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "libGL" in done.stderr or "OpenCV" in done.stderr
