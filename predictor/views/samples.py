"""The sample pictures themselves, for everyone."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from predictor import access
from predictor.views.respond import PUBLIC, etag_of, file_response


@require_safe
def sample_file(request: HttpRequest, slug: str) -> HttpResponseBase:
    path = access.sample_or_404(slug).path
    stat = path.stat()
    return file_response(
        request,
        path.read_bytes,
        content_type="image/png",
        etag=etag_of(slug, stat.st_size, stat.st_mtime_ns),
        cache=PUBLIC,
    )
