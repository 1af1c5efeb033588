"""The pages for what goes wrong, with the request at hand: Django's own would not know its id."""

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader

from classification_site.middleware import sentence_of, status_of
from predictor import storage


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without context processors: the database may be what broke.

    A disk that is full while a form still arrives comes here: no view has been called then.
    """
    full = storage.no_room(sys.exc_info()[1])
    context = {"request": request, "sentence": sentence_of(full) if full else ""}
    page = loader.render_to_string("500.html", context)
    return HttpResponse(page, status=status_of(full) if full else 500)
