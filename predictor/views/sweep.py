"""The ε axis of one image: for the slider, as a curve, as a sign map, as single pictures."""

import csv
import io
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from ml import compose, epsilon, images
from ml.card import Card
from predictor import access, engine
from predictor.models import Prediction
from predictor.naming import download_name
from predictor.services.predict import prediction_get_or_create
from predictor.services.sweeps import input_of, sweep_for
from predictor.sweep_json import sweep_json
from predictor.views.query import model_of, whole
from predictor.views.respond import etag_of, file_response, json_errors

if TYPE_CHECKING:
    from ml.model import Sweep

GAIN = 10


@require_safe
@access.signed_in
@json_errors
def sweep(request: HttpRequest, image_id: UUID) -> HttpResponse:
    prediction, card = _asked(request, image_id)
    steps = whole(request.GET, "max", card.axis_steps)
    found = sweep_for(prediction=prediction, target=request.GET.get("target", ""), max_steps=steps)
    response = JsonResponse(sweep_json(found, card))
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@access.signed_in
def curve_csv(request: HttpRequest, image_id: UUID) -> HttpResponseBase:
    prediction, card = _asked(request, image_id)
    target = request.GET.get("target", "")
    steps = whole(request.GET, "max", card.axis_steps)
    found = sweep_for(prediction=prediction, target=target, max_steps=steps)
    name = download_name(prediction.image.name, "fgsm", target and f"to-{target}", "curve", suffix=".csv")
    return file_response(
        request,
        lambda: _curve(found, card),
        content_type="text/csv; charset=utf-8",
        etag=etag_of("curve", prediction.pk, target, steps),
        filename=name,
        attachment=True,
    )


@require_safe
@access.signed_in
def sign_file(request: HttpRequest, image_id: UUID) -> HttpResponseBase:
    prediction, card = _asked(request, image_id)
    target = request.GET.get("target", "")
    found = sweep_for(prediction=prediction, target=target, max_steps=card.axis_steps)
    # Black, mid grey and white for -1, 0 and +1.
    picture = np.array([0, 128, 255], np.uint8)[found.sign + 1]
    return _png(request, prediction, picture, ["sign", target and f"to-{target}"])


@require_safe
@access.signed_in
def preview_file(request: HttpRequest, image_id: UUID) -> HttpResponseBase:
    prediction, card = _asked(request, image_id)
    _, after, marks = _pair(request, prediction, card)
    return _png(request, prediction, after, ["preview", *marks])


@require_safe
@access.signed_in
def difference_file(request: HttpRequest, image_id: UUID) -> HttpResponseBase:
    prediction, card = _asked(request, image_id)
    before, after, marks = _pair(request, prediction, card)
    gain = whole(request.GET, "gain", GAIN)
    return _png(
        request, prediction, compose.difference(before, after, gain), ["difference", *marks, f"x{gain}"]
    )


def _asked(request: HttpRequest, image_id: UUID) -> tuple[Prediction, Card]:
    image = access.image_or_404(request, image_id)
    card = engine.card(model_of(request.GET, image))
    return prediction_get_or_create(image=image, model_name=card.name), card


def _pair(
    request: HttpRequest, prediction: Prediction, card: Card
) -> tuple[images.Pixels, images.Pixels, list[str]]:
    """The model's input before and after `steps` of the query, and the marks of the file's name."""
    target, steps = request.GET.get("target", ""), whole(request.GET, "steps", 0, low=0)
    found = sweep_for(prediction=prediction, target=target, max_steps=card.axis_steps)
    before = input_of(prediction=prediction, card=card)
    marks = [target and f"to-{target}", f"{steps}-255"]
    return before, compose.perturb(before, found.sign, steps), marks


def _png(
    request: HttpRequest, prediction: Prediction, picture: images.Pixels, marks: list[str]
) -> HttpResponseBase:
    return file_response(
        request,
        lambda: images.encode_png(picture),
        content_type="image/png",
        etag=etag_of(prediction.pk, *marks),
        filename=download_name(prediction.image.name, prediction.model_name, *marks, suffix=".png"),
        attachment="download" in request.GET,
    )


def _curve(found: "Sweep", card: Card) -> bytes:
    """One line per n: ε as a number and as a fraction, the class, and every probability."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["n", "epsilon", "epsilon_text", "class", "unsure", *card.class_names])
    for n, row, doubt in zip(found.steps, found.probabilities, found.unsure, strict=True):
        answer = card.class_names[int(row.argmax())]
        shares = [f"{p:.6g}" for p in row]
        writer.writerow([n, f"{n / epsilon.LEVELS:.6f}", epsilon.text(n), answer, bool(doubt), *shares])
    return text.getvalue().encode()
