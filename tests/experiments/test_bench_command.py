"""`manage.py bench` beside real peers: their answers are ours, and each has its time."""

import io
import json

import pytest
from django.core.management import call_command

from experiments.bench.process import PYTHON
from tests.machine import need

pytestmark = pytest.mark.peers
ATTACKS = {("fgsm", "cleverhans"), ("fgsm", "foolbox"), ("fgsm", "art")}
RUNTIMES = ("onnxruntime", "openvino", "litert")
ANSWERS = {("predict", "predict"), *((work, each) for work in ("predict", "predict-16") for each in RUNTIMES)}
SOLVED = {
    (work, peer) for work in ("pgd", "pgd-random", "pgd-solved") for peer in ("cleverhans", "foolbox", "art")
}


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("tiny-digits", SOLVED | {("auto", "art")}),
        ("tiny-photos", {("sweep", "foolbox")}),
    ],
)
def test_every_peer_gives_our_answer(tiny_zoo, tmp_path, name, own):
    need(PYTHON.exists(), "environment of the peers (make peers)")
    text, page = io.StringIO(), tmp_path / "performance.md"
    call_command(
        "bench", model=[name], only=["models"], small=True, rounds=1, json=True, output=page, stdout=text
    )
    rows = [json.loads(line) for line in text.getvalue().splitlines()]
    assert {(row["work"], row["peer"]) for row in rows} == ATTACKS | ANSWERS | own
    for row in rows:
        # From random starts of its own each may win an image or two of 64 that the other loses.
        most = 2 / 64 if row["work"] == "pgd-random" else 1e-3
        assert row["apart"] <= most, row
        assert row["ratio"] == pytest.approx(row["theirs"] / row["ours"])
    assert page.read_text().count(f"| {name} |") == len(rows)
