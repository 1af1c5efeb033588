"""Trying a picture: the upload form, the samples, and what becomes of each file."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from ml import images
from ml.errors import Busy, DataMissing, EpsilonError, ModelUnavailable
from predictor import access, engine
from predictor.models import Image
from predictor.samples import SAMPLES
from predictor.services.choice import AUTO, choice_check, model_for
from predictor.services.predict import prediction_get_or_create
from predictor.services.upload import Upload, image_upload, pixels_of, upload_many
from predictor.views.respond import sentence_of


@require_http_methods(["GET", "HEAD", "POST"])
@access.signed_in
def attempt(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _upload(request)
    return render(request, "predictor/try.html", _page(request.GET.get("model", AUTO)))


def _upload(request: HttpRequest) -> HttpResponse:
    choice = request.POST.get("model", AUTO)
    try:
        choice_check(choice)
        uploads = upload_many(owner=access.owner_of(request), files=request.FILES.getlist("files"))
        rows = [_row(upload, choice) for upload in uploads]
    except EpsilonError as error:
        return _results(request, choice, [], sentence_of(error))
    if any(row["error"] for row in rows):
        return _results(request, choice, rows)
    return _onwards(request, rows[0]["url"] if len(rows) == 1 else reverse("predictor:history"))


def _row(upload: Upload, choice: str) -> dict[str, Any]:
    """One file as the page tells of it; the prediction is made now when the model is ready."""
    image, error = upload.image, upload.error
    return {
        "name": upload.name,
        "image": image,
        **(_opened(image, choice) if image else {"url": "", "prediction": None}),
        "error": sentence_of(error) if error else "",
    }


def _opened(image: Image, choice: str) -> dict[str, Any]:
    """Where the laboratory of the image is, and the answer if there is one already."""
    model, prediction = model_for(choice=choice, pixels=pixels_of(image)), None
    # Whatever happens here the image is safe: the laboratory asks again, and says so if it must.
    with suppress(Busy, DataMissing, ModelUnavailable):
        prediction = prediction_get_or_create(image=image, model_name=model)
    return {"url": f"{reverse('predictor:lab', args=[image.pk])}?model={model}", "prediction": prediction}


def _results(
    request: HttpRequest, choice: str, rows: list[dict[str, Any]], problem: str = ""
) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return render(request, "predictor/_results.html", {"results": rows, "problem": problem})
    status = 200 if any(row["image"] for row in rows) else 400
    return render(
        request, "predictor/try.html", _page(choice) | {"results": rows, "problem": problem}, status=status
    )


def _onwards(request: HttpRequest, url: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def _page(choice: str) -> dict[str, Any]:
    cards = engine.cards()
    return {
        "models": cards,
        "selected": choice if choice in {card.name for card in cards} else AUTO,
        "samples": list(SAMPLES.values()),
        "limits": {
            "megabytes": settings.UPLOAD_MAX_BYTES // 2**20,
            "megapixels": images.MAX_PIXELS // 10**6,
            "files": settings.UPLOAD_MAX_FILES,
            "formats": "JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF",
        },
        "results": [],
        "problem": "",
    }


@require_POST
@access.signed_in
def attempt_sample(request: HttpRequest, slug: str) -> HttpResponse:
    sample = access.sample_or_404(slug)
    image = image_upload(owner=access.owner_of(request), name=f"{slug}.png", data=sample.path.read_bytes())
    model = next((card.name for card in engine.cards() if card.domain == sample.domain), AUTO)
    return redirect(_opened(image, model)["url"])
