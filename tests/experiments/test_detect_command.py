"""`manage.py detect`: score and verdict for each file, by the model's detector."""

import io
import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from ml import images, zoo
from ml.defences import detection
from ml.defences.detection import Detector, head
from tests import tiny, tiny_detector

FIGURES = {"false_alarms": 0.05, "attacks": {"fgsm ε=0.1": {"auroc": 0.99}}}
SETTINGS = {"squeezes": ["mean"], "layers": [], "limits": [0.05, 0.2], "ink": False, "guard": {}}


def detect(*arguments):
    """What it printed with --json, one object per line."""
    output = io.StringIO()
    call_command("detect", *arguments, "--json", stdout=output, stderr=io.StringIO())
    return [json.loads(line) for line in output.getvalue().splitlines()]


@pytest.fixture(scope="module")
def detector(tiny_zoo):
    """One beside `tiny-photos` that knows clean shapes from very noisy ones."""
    model = zoo.load("tiny-photos")
    card = tiny_detector.card(model, SETTINGS, FIGURES)
    batch, noise = tiny.shapes(150, seed=5)[0], np.random.default_rng(5)
    noisy = np.clip(batch + noise.choice([-0.15, 0.15], batch.shape), 0, 1).astype(np.float32)
    bare = Detector(model, card, {})
    learned = head.fit(bare.figures(batch), [bare.figures(noisy)], hidden=4, penalty=0.3, seed=1)
    folder = tiny_zoo / "tiny-photos"
    detection.write(folder, card, {f"head.{name}": value for name, value in learned.items()})
    yield detection.load(model)
    for name in (detection.ARRAYS, detection.CARD):
        (folder / name).unlink()


@pytest.fixture
def files(tmp_path):
    """A clean and a noisy car."""
    clean = tiny.shape("Car", np.random.default_rng(8))
    noise = np.random.default_rng(8).choice([-38, 38], clean.shape)
    noisy = np.clip(clean.astype(int) + noise, 0, 255).astype(np.uint8)
    paths = [tmp_path / "clean.png", tmp_path / "noisy.png"]
    for path, image in zip(paths, (clean, noisy), strict=True):
        Image.fromarray(image).save(path)
    return paths


def test_it_gives_score_threshold_and_verdict_of_each_file(detector, files):
    rows = detect(*map(str, files), "--model", "tiny-photos")
    scores = detector.score(images.load(files, detector.model))
    assert [row["file"] for row in rows] == [str(path) for path in files]
    assert [row["score"] for row in rows] == pytest.approx(scores.tolist(), abs=1e-4)
    assert [row["tampered"] for row in rows] == [False, True]
    assert {row["threshold"] for row in rows} == {0.5}


def test_without_json_it_is_a_sentence(detector, files):
    output = io.StringIO()
    call_command("detect", str(files[1]), "--model", "tiny-photos", stdout=output)
    assert "noisy.png: looks tampered with, score 0.9" in output.getvalue()


def test_a_refused_file_is_named_and_the_others_go_on(detector, files, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    output = io.StringIO()
    with pytest.raises(CommandError, match="1 of 2 files could not be looked at"):
        call_command("detect", str(bad), str(files[0]), "--model", "tiny-photos", "--json", stdout=output)
    first, second = map(json.loads, output.getvalue().splitlines())
    assert "not an image" in first["error"]
    assert second["tampered"] is False


def test_a_model_without_a_detector_is_one_sentence(tiny_zoo, files):
    with pytest.raises(CommandError, match="“tiny-digits” has no detector"):
        call_command("detect", str(files[0]), "--model", "tiny-digits")


@pytest.mark.parametrize(("measured", "code"), [(0.9915, 0), (0.98, 1)])
def test_verify_holds_the_detectors_card_against_what_is_measured_again(
    measured, code, detector, monkeypatch
):
    from ml.training.detector import run as kind

    again = {**FIGURES, "attacks": {"fgsm ε=0.1": {"auroc": measured}}}
    monkeypatch.setattr(kind, "measure", lambda name, data: again if name == "tiny-photos" else {})
    output, ended = io.StringIO(), 0
    try:
        call_command("verify", "tiny-photos", "--detector", "--json", stdout=output, stderr=io.StringIO())
    except SystemExit as end:
        ended = end.code
    rows = {row["figure"]: row["holds"] for row in map(json.loads, output.getvalue().splitlines())}
    assert ended == code
    assert rows == {"false_alarms": True, "attacks.fgsm ε=0.1.auroc": not code}
