"""`manage.py bench` beside real peers: their answers are ours, and each has its time."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from experiments.management.commands.bench import PEERS

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not Path(PEERS).exists(), reason="the peers are not installed: make peers"),
]


def test_every_peer_gives_our_answer(tiny_zoo):
    text = io.StringIO()
    call_command("bench", model=["tiny-digits"], rounds=1, json=True, stdout=text)
    rows = [json.loads(line) for line in text.getvalue().splitlines()]
    assert {(row["work"], row["peer"]) for row in rows} == {
        ("predict", "predict"),
        ("fgsm", "cleverhans"),
        ("fgsm", "foolbox"),
        ("fgsm", "art"),
    }
    for row in rows:
        assert row["values_apart"] == 0
        assert row["ratio"] == pytest.approx(row["peer_ms"] / row["ours_ms"])
