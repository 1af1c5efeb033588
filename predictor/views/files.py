"""Private files: the stored image, what the model saw, the verified adversarial PNG, and small pictures."""

from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from ml import images
from predictor import access, engine, storage
from predictor.naming import download_name
from predictor.services.upload import pixels_of
from predictor.views.query import model_of
from predictor.views.respond import KEPT, etag_of, file_response


@require_safe
@access.signed_in
def image_file(request: HttpRequest, image_id: UUID) -> HttpResponseBase:
    image = access.image_or_404(request, image_id)
    return file_response(
        request,
        lambda: storage.read(image.file),
        content_type="image/webp",
        etag=image.sha256[:32],
        cache=KEPT,
        filename=download_name(image.name, suffix=".webp"),
        attachment="download" in request.GET,
    )


@require_safe
@access.signed_in
def image_thumb(request: HttpRequest, image_id: UUID) -> HttpResponseBase:
    image = access.image_or_404(request, image_id)
    return file_response(
        request,
        lambda: storage.read(image.thumbnail),
        content_type="image/webp",
        etag=etag_of("thumb", image.sha256),
        cache=KEPT,
    )


@require_safe
@access.signed_in
def input_file(request: HttpRequest, image_id: UUID) -> HttpResponseBase:
    image = access.image_or_404(request, image_id)
    card = engine.card(model_of(request.GET, image))
    return file_response(
        request,
        lambda: images.encode_png(images.to_input(pixels_of(image), card).image),
        content_type="image/png",
        etag=etag_of("input", image.sha256, card.weights_sha256),
        filename=download_name(image.name, card.name, "input", suffix=".png"),
        attachment="download" in request.GET,
    )


@require_safe
@access.signed_in
def adversarial_file(request: HttpRequest, adversarial_id: UUID) -> HttpResponseBase:
    row = access.adversarial_or_404(request, adversarial_id)
    return file_response(
        request,
        lambda: storage.read(row.file),
        content_type="image/png",
        etag=etag_of("file", row.pk),
        cache=KEPT,
        filename=row.download_name,
        attachment="inline" not in request.GET,
    )


@require_safe
@access.signed_in
def adversarial_thumb(request: HttpRequest, adversarial_id: UUID) -> HttpResponseBase:
    row = access.adversarial_or_404(request, adversarial_id)
    return file_response(
        request,
        lambda: storage.read(row.thumbnail),
        content_type="image/webp",
        etag=etag_of("thumb", row.pk),
        cache=KEPT,
    )
