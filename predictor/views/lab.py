"""The laboratory: one image, one model's answer to it, and what was made of it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from predictor import access
from predictor.models import Image
from predictor.services.deletion import images_delete
from predictor.services.upload import image_invert, truth_set
from predictor.views.lab_page import lab_page


@require_safe
@access.signed_in
def lab(request: HttpRequest, image_id: UUID) -> HttpResponse:
    return lab_page(request, access.image_or_404(request, image_id), request.GET)


@require_POST
@access.signed_in
def truth(request: HttpRequest, image_id: UUID) -> HttpResponse:
    image = access.image_or_404(request, image_id)
    truth_set(image=image, true_class=request.POST.get("true_class", ""))
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect(lab_url(image, request.POST.get("model", "")))


@require_POST
@access.signed_in
def invert(request: HttpRequest, image_id: UUID) -> HttpResponse:
    inverted = image_invert(image=access.image_or_404(request, image_id))
    return redirect(lab_url(inverted, request.POST.get("model", "")))


@require_POST
@access.signed_in
def image_delete(request: HttpRequest, image_id: UUID) -> HttpResponse:
    image = access.image_or_404(request, image_id)
    images_delete(images=access.images_of(access.owner_of(request)).filter(pk=image.pk))
    if request.headers.get("HX-Target", "").startswith("row-"):
        return HttpResponse()
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("predictor:history")})
    return redirect("predictor:history")


def lab_url(image: Image, model: str) -> str:
    """The laboratory of `image`, on `model` where one is named."""
    url = reverse("predictor:lab", args=[image.pk])
    return f"{url}?model={model}" if model in access.model_names() else url
