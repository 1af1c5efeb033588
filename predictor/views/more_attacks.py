"""Attacks that run in the background: their options, starting one, how far it is, cancelling it."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from experiments.access import run_or_404
from experiments.attack_form import AttackImageForm
from experiments.services import run_cancel, run_submit
from ml.card import Card
from ml.errors import EpsilonError
from predictor import access, selectors
from predictor.models import Image, Prediction
from predictor.services.predict import prediction_get_or_create
from predictor.views.lab import lab_url
from predictor.views.lab_page import lab_page
from predictor.views.more_attacks_page import more_attacks, runs_shown
from predictor.views.query import model_of
from predictor.views.respond import sentence_of


@require_http_methods(["GET", "HEAD", "POST"])
@access.signed_in
def attack_form(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """The form for the attack and norm that are chosen; POST puts the attack into the queue."""
    image = access.image_or_404(request, image_id)
    values = request.POST if request.method == "POST" else request.GET
    model = model_of({"model": values.get("more-model", "")}, image)
    if request.method != "POST" and not request.headers.get("HX-Request"):
        return redirect(f"{lab_url(image, model)}#more-attacks")
    card, prediction = access.card_or_404(model), prediction_get_or_create(image=image, model_name=model)
    if request.method == "POST":
        return _start(request, image, card, prediction)
    context = {"image": image, "more": more_attacks(image, card, prediction, values)}
    return render(request, "predictor/_more_form.html", context)


def _start(request: HttpRequest, image: Image, card: Card, prediction: Prediction) -> HttpResponse:
    form = AttackImageForm(request.POST, card=card, prediction=prediction)
    if "show" in request.POST or not form.is_current:
        # Without scripts another attack may be sent with the options of the one before: show its own first.
        form = AttackImageForm(card=card, prediction=prediction, kept=request.POST)
        form.notice = gettext("These are the options of the attack you chose: look at them, then run it.")
        return _section(request, image, card, prediction, form)
    if form.is_valid():
        try:
            run = run_submit(
                owner=access.owner_of(request),
                kind="attack-image",
                parameters=form.parameters(),
                seed=form.cleaned_data["seed"],
            )
        except EpsilonError as error:
            form.add_error(None, sentence_of(error))
        else:
            if not request.headers.get("HX-Request"):
                return redirect("experiments:run", run.pk)
    return _section(request, image, card, prediction, form)


def _section(
    request: HttpRequest, image: Image, card: Card, prediction: Prediction, form: AttackImageForm
) -> HttpResponse:
    """The section again, within the whole page where there are no scripts; what was typed stays."""
    if request.headers.get("HX-Request"):
        watched = request.POST.getlist("watched")
        more = more_attacks(image, card, prediction, request.POST, form, watched=watched)
        return render(request, "predictor/_more_attacks.html", _context(image, more))
    response = lab_page(request, image, {"model": card.name}, more_form=form)
    if form.errors:
        response.status_code = 400
    return response


@require_safe
@access.signed_in
def attack_runs(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """What runs on this image; once one is over, the saved files come along."""
    return _runs(request, access.image_or_404(request, image_id), request.GET.getlist("watched"))


@require_POST
@access.signed_in
def attack_cancel(request: HttpRequest, image_id: UUID, run_id: UUID) -> HttpResponse:
    image = access.image_or_404(request, image_id)
    run_cancel(run=run_or_404(request, run_id))
    return _runs(request, image, [str(run_id), *request.POST.getlist("watched")])


def _runs(request: HttpRequest, image: Image, watched: list[str]) -> HttpResponse:
    context = _context(image, runs_shown(image, watched=watched))
    return render(request, "predictor/_more_runs.html", context)


def _context(image: Image, more: dict[str, Any]) -> dict[str, Any]:
    """With the saved files where one of those that were watched is over."""
    context = {"image": image, "more": more, "just_saved": more["made"]}
    if more["settled"]:
        context["saved"] = selectors.saved_of(image=image)
    return context
