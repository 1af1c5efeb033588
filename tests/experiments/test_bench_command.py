"""`manage.py bench` beside real peers: their answers are ours, and each has its time."""

import io
import json

import pytest
from django.core.management import call_command

from experiments.bench.process import PYTHON
from tests.machine import need

pytestmark = pytest.mark.peers
ATTACKS = {("fgsm", "cleverhans"), ("fgsm", "foolbox"), ("fgsm", "art")}
ANSWERS = {("predict", "predict"), ("predict", "onnxruntime"), ("predict", "openvino")}
ANSWERS |= {("predict-16", "onnxruntime"), ("predict-16", "openvino")}


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("tiny-digits", {("pgd", "cleverhans"), ("pgd", "foolbox"), ("pgd", "art")}),
        ("tiny-photos", {("sweep", "foolbox")}),
    ],
)
def test_every_peer_gives_our_answer(tiny_zoo, tmp_path, name, own):
    need(PYTHON.exists(), "environment of the peers (make peers)")
    text, page = io.StringIO(), tmp_path / "performance.md"
    call_command("bench", model=[name], rounds=1, json=True, output=page, stdout=text)
    rows = [json.loads(line) for line in text.getvalue().splitlines()]
    assert {(row["work"], row["peer"]) for row in rows} == ATTACKS | ANSWERS | own
    for row in rows:
        assert row["apart"] < 1e-3, row
        assert row["ratio"] == pytest.approx(row["peer_ms"] / row["ours_ms"])
    assert page.read_text().count(f"| {name} |") == len(rows)
