"""The public demo: fixed samples, each answer computed once per process, so that visitors cause no load."""

import threading
from functools import lru_cache
from typing import Any

from django.urls import reverse

from ml import images
from ml.card import Card
from predictor import engine, warming
from predictor.bars import Bar
from predictor.bars import bars as bars_of
from predictor.samples import SAMPLES, Sample
from predictor.sweep_json import card_json, sweep_json

_lock = threading.Lock()


def card_for(sample: Sample) -> Card | None:
    """The model that the demo uses: the first of the sample's domain that can be attacked."""
    return next((card for card in engine.cards() if card.domain == sample.domain and card.gradient), None)


@lru_cache(maxsize=64)
def input_of(slug: str, weights: str) -> images.Pixels:
    """What the model with these weights sees of a sample, uint8 (H, W, C)."""
    sample = SAMPLES[slug]
    card = card_for(sample)
    if card is None:
        raise LookupError(slug)
    return images.to_input(images.decode(sample.path.read_bytes()), card).image


def sweep(sample: Sample, card: Card, target: int | None) -> dict[str, Any]:
    """The sweep of the contract for a sample.

    One at a time: the second visitor waits for the first one's answer instead of computing it again.
    """
    with _lock:
        return _sweep(sample.slug, card.name, card.weights_sha256, target)


@lru_cache(maxsize=256)
def _sweep(slug: str, name: str, weights: str, target: int | None) -> dict[str, Any]:
    card = engine.card(name)
    found = engine.sweep(name, input_of(slug, weights), target=target, max_steps=card.axis_steps)
    return sweep_json(found, card)


def bars(sample: Sample, card: Card) -> list[Bar] | None:
    """The answer to a sample, None while its model is not warm: the first page waits for nothing."""
    if warming.state()["models"].get(card.name) != "warm":
        return None
    first = sweep(sample, card, None)["probabilities"][0]
    return bars_of(dict(zip(card.class_names, first, strict=True)), card.class_names)


def config(sample: Sample, card: Card) -> dict[str, Any]:
    """What the page's script needs to know."""
    return {
        **card_json(card),
        "target": "",
        "steps": None,
        "urls": {
            "sweep": reverse("predictor:demo_sweep", args=[sample.slug]),
            "input": reverse("predictor:demo_input", args=[sample.slug]),
            "original": reverse("predictor:sample_file", args=[sample.slug]),
        },
    }
