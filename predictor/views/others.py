"""The same image seen by every model of its domain: a table whose rows a script asks for one by one."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ml.card import Card
from ml.errors import Busy, EpsilonError
from predictor import access, engine, warming
from predictor.models import Image
from predictor.services.others import cards_beside, compared
from predictor.views.query import model_of
from predictor.views.respond import sentence_of


@require_safe
@access.signed_in
def others(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """The table alone and still empty for a script; as a page of its own, with every answer in it."""
    image = access.image_or_404(request, image_id)
    card = engine.card(model_of(request.GET, image))
    named, partial = request.GET.get("ask", ""), bool(request.headers.get("HX-Request"))
    rows = [
        _row(image, one, now=not partial and (warming.answers_at_once(one.name) or one.name == named))
        for one in cards_beside(card)
    ]
    template = "predictor/_others_table.html" if partial else "predictor/others.html"
    return render(request, template, {"image": image, "card": card, "rows": rows})


@require_safe
@access.signed_in
def other(request: HttpRequest, image_id: UUID, name: str) -> HttpResponse:
    """One row of the table. A refusal is a row too, with its sentence: the table around it stands."""
    image = access.image_or_404(request, image_id)
    one, card = access.card_or_404(name), engine.card(model_of(request.GET, image))
    if one.domain != card.domain:
        raise Http404
    row = _row(image, one, now=True)
    return render(request, "predictor/_other_row.html", {"image": image, "card": card, "row": row})


def _row(image: Image, one: Card, *, now: bool) -> dict[str, Any]:
    """What a row shows: an answer, a refusal, or a place for either.

    A model that is fitted at first use is not fitted because somebody scrolled: it waits to be asked.
    """
    row: dict[str, Any] = {"card": one, "waits": not warming.answers_at_once(one.name)}
    if now:
        try:
            row["answer"] = compared(image=image, card=one)
        except EpsilonError as error:
            row["problem"], row["again"] = sentence_of(error), isinstance(error, Busy)
    return row
