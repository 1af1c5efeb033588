"""Everything this person has done: to find, to open again, to delete, to take away as CSV."""

import datetime as dt
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from predictor import access, engine, selectors
from predictor.history_csv import csv_lines
from predictor.selectors import HistoryFilters
from predictor.services.deletion import selection_delete

FIELDS = ("model", "class", "attack", "since", "until", "q")


@require_safe
@access.signed_in
def history(request: HttpRequest) -> HttpResponse:
    user, filters = access.owner_of(request), filters_of(request.GET)
    page = selectors.history_page(user=user, filters=filters, number=request.GET.get("page", 1))
    partial = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    template = "predictor/_history_rows.html" if partial else "predictor/history.html"
    shown = {name: request.GET.get(name, "") for name in FIELDS}
    context: dict[str, Any] = {
        "page": page,
        "total": page.paginator.count,
        "filters": shown,
        "filtered": bool(filters),
        "choices": {
            "models": engine.cards(),
            "classes": selectors.class_names_known(),
            "attacks": selectors.attacks_used(user=user),
        },
        "query": _query(shown),
        "empty": page.paginator.count == 0 and not filters,
    }
    return render(request, template, context)


@require_safe
@access.signed_in
def history_csv(request: HttpRequest) -> StreamingHttpResponse:
    lines = csv_lines(user=access.owner_of(request), filters=filters_of(request.GET))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="epsilon-history.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@access.signed_in
def history_delete(request: HttpRequest) -> HttpResponse:
    count = selection_delete(
        owner=access.owner_of(request),
        images=_uuids(request.POST.getlist("image")),
        adversarials=_uuids(request.POST.getlist("adversarial")),
    )
    text = ngettext("%(count)s entry deleted.", "%(count)s entries deleted.", count)
    messages.success(request, text % {"count": count})
    query = _query({name: v[0] for name, v in parse_qs(request.POST.get("next", "").lstrip("?")).items()})
    url = reverse("predictor:history") + (f"?{query}" if query else "")
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def filters_of(query: QueryDict) -> HistoryFilters:
    """The filters of a query; a date that is none is left out."""
    return HistoryFilters(
        model=query.get("model", ""),
        class_name=query.get("class", ""),
        attack=query.get("attack", ""),
        since=_date(query.get("since", "")),
        until=_date(query.get("until", "")),
        text=query.get("q", "").strip(),
    )


def _date(text: str) -> dt.date | None:
    """The day, None when it is none; at the ends of the calendar there is no day after or time zone."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and 1900 <= day.year <= 2999 else None


def _query(values: dict[str, str]) -> str:
    query = QueryDict(mutable=True)
    query.update({name: values[name] for name in (*FIELDS, "page") if values.get(name)})
    return query.urlencode()


def _uuids(texts: list[str]) -> list[UUID]:
    """The ids among `texts`; anything else cannot name a row."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
