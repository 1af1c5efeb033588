"""One id for each request, and one place that turns an EpsilonError into what a person reads."""

import contextvars
import logging
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext

from ml.errors import Busy, EpsilonError, ModelUnavailable
from predictor import storage
from predictor.errors import Deleted, StorageFull

Handler = Callable[[HttpRequest], HttpResponse]
_request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="-")
RETRY_SECONDS = 3


class RequestIdFilter(logging.Filter):
    """Adds the id of the current request to every line of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _request_id.get()
        return True


def is_news(record: logging.LogRecord) -> bool:
    """Leave out the refusals of /readyz while the models warm up: whoever waits for it asks often."""
    return getattr(getattr(record, "request", None), "path", "") != "/readyz"


def request_id(get_response: Handler) -> Handler:
    """Give the request an id, name it in the log and in the answer."""

    def handle(request: HttpRequest) -> HttpResponse:
        request.id = uuid.uuid4().hex[:12]  # type: ignore[attr-defined]
        token = _request_id.set(request.id)  # type: ignore[attr-defined]
        try:
            response = get_response(request)
        finally:
            _request_id.reset(token)
        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        return response

    return handle


def sentence_of(error: EpsilonError) -> str:
    """The error's sentence in the language of the current request."""
    return gettext(error.template) % error.params if error.params else gettext(error.template)


def status_of(error: EpsilonError) -> int:
    """503: come again; 507: there is no room; 404: it is gone; 400: what was asked cannot be done."""
    if isinstance(error, StorageFull):
        return 507
    if isinstance(error, Deleted):
        return 404
    return 503 if isinstance(error, Busy | ModelUnavailable) else 400


def error_json(error: EpsilonError) -> HttpResponse:
    """The error as JSON: `{"error": sentence}` under its status."""
    return retry_told(JsonResponse({"error": sentence_of(error)}, status=status_of(error)), error)


def retry_told(response: HttpResponse, error: EpsilonError) -> HttpResponse:
    """`response`, which says when to come again if the error passes by itself."""
    if isinstance(error, Busy):
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def one_sentence(get_response: Handler) -> Handler:
    """Answer an EpsilonError that a view let through with its sentence, as a page or as JSON.

    A full disk is one of them, wherever it was met.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        error = storage.no_room(error) or error
        if not isinstance(error, EpsilonError):
            return None
        if wants_json(request):
            return error_json(error)
        page = render(request, "error.html", {"sentence": sentence_of(error)}, status=status_of(error))
        return retry_told(page, error)

    handle.process_exception = process_exception  # type: ignore[attr-defined]
    return handle
