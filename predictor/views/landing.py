"""The first page: what this is, and one sample to try it on without signing in."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from predictor import demo
from predictor.samples import SAMPLES, Sample


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    sample = SAMPLES.get(request.GET.get("sample", "")) or next(iter(SAMPLES.values()), None)
    context: dict[str, Any] = {"samples": list(SAMPLES.values()), "demo": _demo(sample)}
    return render(request, "predictor/landing.html", context)


def _demo(sample: Sample | None) -> dict[str, Any] | None:
    """What the live demo of one sample needs, None when no model can read it."""
    card = demo.card_for(sample) if sample else None
    if sample is None or card is None:
        return None
    return {
        "sample": sample,
        "card": card,
        "config": demo.config(sample, card),
        "bars": demo.bars(sample, card),
    }
