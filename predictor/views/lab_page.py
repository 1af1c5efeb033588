"""What the laboratory shows, also without JavaScript and also when the model cannot answer yet."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from classification_site.middleware import RETRY_SECONDS, status_of
from experiments.attack_form import AttackImageForm
from ml import epsilon
from ml.card import Card
from ml.errors import EpsilonError
from ml.model import gradient_refused
from predictor import access, engine, policy, selectors, warming
from predictor.bars import bars
from predictor.errors import Deleted
from predictor.models import AdversarialImage, Image, Prediction
from predictor.services.predict import prediction_get_or_create
from predictor.services.sweeps import sweep_for
from predictor.sweep_json import card_json
from predictor.views.more_attacks_page import more_attacks
from predictor.views.query import model_of, whole
from predictor.views.respond import sentence_of

GAIN = 10
Resolution = AdversarialImage.Resolution


def lab_page(
    request: HttpRequest,
    image: Image,
    values: Mapping[str, str],
    *,
    problem: EpsilonError | None = None,
    more_form: AttackImageForm | None = None,
) -> HttpResponse:
    """The page for the model, ε and target in `values`.

    `problem` is one that a form brought along, `more_form` the form of more attacks with what was typed.
    """
    card = access.card_or_404(model_of(values, image))
    prediction, preview = None, None
    try:
        prediction = prediction_get_or_create(image=image, model_name=card.name)
        if values.get("epsilon") and problem is None and card.gradient:
            preview = _preview(prediction, card, values)
    except Deleted:
        raise
    except EpsilonError as error:
        problem = problem or error
    context = {
        **_about(image, card, prediction, page=whole(values, "saved", 1)),
        "more": more_attacks(image, card, prediction, values, more_form) if prediction else None,
        "preview": preview,
        "config": _config(image, card, values.get("target", ""), preview),
        "form": {
            "epsilon": values.get("epsilon", ""),
            "target": values.get("target", ""),
            "resolution": values.get("resolution", "") or Resolution.MODEL,
        },
        "problem": sentence_of(problem) if problem else "",
        "no_gradient": "" if card.gradient else sentence_of(gradient_refused(card)),
    }
    status = status_of(problem) if problem else 200
    rejected = prediction is not None and policy.is_rejected(request, prediction)
    template = "predictor/lab_rejected.html" if rejected else "predictor/lab.html"
    response = render(request, template, context, status=status)
    if status == 503:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _about(image: Image, card: Card, prediction: Prediction | None, page: int) -> dict[str, Any]:
    """The image, the answer, and a page of what was saved before."""
    answer = prediction.class_name if prediction else None
    photos = card.domain == "photos"
    return {
        "image": image,
        "card": card,
        "models": engine.cards(),
        "prediction": prediction,
        "bars": bars(prediction.probabilities, card.class_names) if prediction else [],
        "input_url": _url("input_file", image, model=card.name),
        "axis": card.axis_steps,
        "targets": [name for name in card.class_names if name != answer],
        "resolutions": [choice for choice in Resolution.choices if photos or choice[0] == Resolution.MODEL],
        # A truth stated beside another model stays choosable.
        "classes": list(dict.fromkeys([*card.class_names, *filter(None, [image.true_class])])),
        "can_invert": not photos,
        "saved": selectors.saved_of(image=image, page=page),
        "older": selectors.older_of(image=image, card=card),
    }


def _preview(prediction: Prediction, card: Card, values: Mapping[str, str]) -> dict[str, Any]:
    """The perturbed image at the typed ε, composed by the server.

    Raises:
        EpsilonRefused, OptionRefused: what was typed cannot be shown.
    """
    steps = epsilon.steps(epsilon.parse(values["epsilon"]))
    target = values.get("target", "")
    sweep = sweep_for(prediction=prediction, target=target, max_steps=max(card.axis_steps, steps))
    shares = dict(zip(card.class_names, map(float, sweep.probabilities[steps]), strict=True))
    shown = bars(shares, card.class_names)
    top = next(bar for bar in shown if bar.top)
    query = {"model": card.name, "target": target, "steps": steps}
    return {
        "steps": steps,
        "text": epsilon.text(steps),
        "picture": _url("preview_file", prediction.image, **query),
        "difference": _url("difference_file", prediction.image, **query, gain=GAIN),
        "gain": GAIN,
        "bars": shown,
        "class_name": top.class_name,
        "confidence": top.probability,
        "unsure": bool(sweep.unsure[steps]),
        "flip_steps": sweep.flip_steps,
        "flip_text": "" if sweep.flip_steps is None else epsilon.text(sweep.flip_steps),
    }


def _config(image: Image, card: Card, target: str, preview: dict[str, Any] | None) -> dict[str, Any]:
    """What the page's script needs to know."""
    return {
        **card_json(card),
        "target": target if target in card.class_names else "",
        "steps": preview["steps"] if preview else None,
        "ready": warming.state()["models"].get(card.name) == "warm",
        "urls": {
            "sweep": _url("sweep", image),
            "input": _url("input_file", image, model=card.name),
            "original": _url("image_file", image),
            "save": _url("attack_save", image),
            "sign": _url("sign_file", image),
            "difference": _url("difference_file", image),
            "curve": _url("curve_csv", image),
        },
    }


def _url(name: str, image: Image, **query: Any) -> str:
    url = reverse(f"predictor:{name}", args=[image.pk])
    return f"{url}?{urlencode(query)}" if query else url
