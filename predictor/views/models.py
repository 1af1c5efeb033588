"""The cards of the models, for everyone."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ml.card import Card
from ml.errors import EpsilonError
from predictor import access, detector_figures, engine, resilience, warming
from predictor.views.respond import sentence_of


@require_safe
def model_list(request: HttpRequest) -> HttpResponse:
    cards: list[Card] = []
    broken: list[dict[str, str]] = []
    for name in engine.names():
        try:
            cards.append(engine.card(name))
        except EpsilonError as error:
            broken.append({"name": name, "problem": sentence_of(error)})
    wanted = request.GET.getlist("compare")[:2]
    compare = [card for name in wanted for card in cards if card.name == name]
    context = {
        "cards": cards,
        "broken": broken,
        "state": warming.state()["models"],
        "compare": compare if len(compare) == 2 else [],
    }
    return render(request, "predictor/models.html", context)


@require_safe
def model_card(request: HttpRequest, name: str) -> HttpResponse:
    card = access.card_or_404(name)
    context = {
        "card": card,
        "state": warming.state()["models"].get(name, ""),
        "confusion": _confusion(card),
        "robustness": resilience.rows(card),
        "commands": resilience.commands(card),
        "curve": resilience.curve(card),
        "warnings": resilience.warnings(card),
        "corruptions": resilience.corruptions(card),
        "detector": detector_figures.shown(card),
    }
    return render(request, "predictor/model_card.html", context)


def _confusion(card: Card) -> list[dict[str, Any]]:
    """The rows of the confusion matrix, true classes down, each cell with its share of the row."""
    rows = []
    for true, counts in zip(card.class_names, card.confusion_matrix, strict=False):
        total = sum(counts) or 1
        cells = [
            {"class_name": answer, "count": count, "share": count / total, "right": answer == true}
            for answer, count in zip(card.class_names, counts, strict=False)
        ]
        rows.append({"class_name": true, "cells": cells})
    return rows
