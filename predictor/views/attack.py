"""Saving an adversarial image, and deleting one."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ml.errors import EpsilonError
from predictor import access, selectors
from predictor.models import AdversarialImage, Image
from predictor.services.adversarial import adversarial_create
from predictor.services.deletion import adversarials_delete
from predictor.views.lab import lab_url
from predictor.views.lab_page import lab_page
from predictor.views.query import model_of
from predictor.views.respond import sentence_of


@require_POST
@access.signed_in
def attack_save(request: HttpRequest, image_id: UUID) -> HttpResponse:
    image = access.image_or_404(request, image_id)
    form = request.POST
    try:
        row = adversarial_create(
            image=image,
            model_name=model_of(form, image),
            epsilon_text=form.get("epsilon", ""),
            target=form.get("target", ""),
            resolution=form.get("resolution", "") or AdversarialImage.Resolution.MODEL,
        )
    except EpsilonError as error:
        return _refused(request, image, error)
    file = reverse("predictor:adversarial_file", args=[row.pk])
    download = form.get("then") == "download"
    if request.headers.get("HX-Request"):
        response = _saved(request, image, just_saved=row)
        if download:
            response["HX-Redirect"] = file
        return response
    return redirect(file if download else f"{lab_url(image, row.prediction.model_name)}#saved")


def _refused(request: HttpRequest, image: Image, error: EpsilonError) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return _saved(request, image, problem=sentence_of(error))
    named = request.POST.get("model", "")
    values = request.POST.dict() | {"model": named if named in access.model_names() else ""}
    return lab_page(request, image, values, problem=error)


def _saved(
    request: HttpRequest, image: Image, *, problem: str = "", just_saved: AdversarialImage | None = None
) -> HttpResponse:
    context = {
        "image": image,
        "saved": selectors.saved_of(image=image, first=just_saved),
        "problem": problem,
        "just_saved": just_saved,
    }
    return render(request, "predictor/_saved.html", context)


@require_POST
@access.signed_in
def adversarial_delete(request: HttpRequest, adversarial_id: UUID) -> HttpResponse:
    row = access.adversarial_or_404(request, adversarial_id)
    image, model = row.prediction.image, row.prediction.model_name
    owned = access.adversarials_of(access.owner_of(request))
    adversarials_delete(adversarials=owned.filter(pk=row.pk))
    if request.headers.get("HX-Request"):
        return _saved(request, image)
    return redirect(f"{lab_url(image, model)}#saved")
