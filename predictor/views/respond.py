"""Answers that several views give: files with validators, and what an EpsilonError says."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag

from classification_site.middleware import error_json, sentence_of
from ml.errors import EpsilonError
from predictor.errors import FileMissing

# A name that will never mean other bytes may be kept; one that depends on today's weights is asked for again.
KEPT = "private, max-age=31536000, immutable"
CHECKED = "private, no-cache"
PUBLIC = "public, max-age=3600"
View = Callable[..., HttpResponseBase]

__all__ = ["CHECKED", "KEPT", "PUBLIC", "etag_of", "file_response", "json_errors", "sentence_of"]


def json_errors(view: View) -> View:
    """Answer an EpsilonError of a view that always speaks JSON in JSON, whatever the request accepts."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except EpsilonError as error:
            return error_json(error)

    return answer


def etag_of(*parts: object) -> str:
    """A short validator from everything the content depends on."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]


def file_response(
    request: HttpRequest,
    content: Callable[[], bytes],
    *,
    content_type: str,
    etag: str,
    cache: str = CHECKED,
    filename: str = "",
    attachment: bool = False,
) -> HttpResponseBase:
    """The file, or 304 when the browser holds it already; `content` is only called when it must be sent."""
    response = get_conditional_response(request, etag=quote_etag(etag))
    if response is None:
        try:
            response = HttpResponse(content(), content_type=content_type)
        except FileMissing:
            raise Http404 from None
    response["ETag"] = quote_etag(etag)
    response["Cache-Control"] = cache
    response["X-Content-Type-Options"] = "nosniff"
    disposition = content_disposition_header(attachment, filename)
    if disposition:
        response["Content-Disposition"] = disposition
    return response
