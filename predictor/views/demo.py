"""The slider on a sample, for everyone: nothing here reads a session or a database."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from ml import images
from ml.card import Card
from ml.errors import Busy, OptionRefused, sentence
from predictor import access, demo, warming
from predictor.samples import Sample
from predictor.views.respond import PUBLIC, etag_of, file_response, json_errors


@require_safe
@json_errors
def demo_sweep(request: HttpRequest, slug: str) -> HttpResponse:
    sample, card = _pair(slug)
    target = request.GET.get("target", "")
    if target and target not in card.class_names:
        raise OptionRefused(sentence("The model has no class “%(name)s”."), name=target)
    if warming.state()["models"].get(card.name) == "warming":
        raise Busy(sentence("The models are warming up, a few seconds."))
    label = card.class_names.index(target) if target else None
    answer = demo.sweep(sample, card, label)
    if label is not None and label == answer["label"]:
        raise OptionRefused(
            sentence("The model answers “%(name)s” already: choose another target class."), name=target
        )
    response = JsonResponse(answer)
    response["Cache-Control"] = PUBLIC
    return response


@require_safe
def demo_input(request: HttpRequest, slug: str) -> HttpResponseBase:
    sample, card = _pair(slug)
    return file_response(
        request,
        lambda: images.encode_png(demo.input_of(sample.slug, card.weights_sha256)),
        content_type="image/png",
        etag=etag_of("input", slug, card.weights_sha256),
        cache=PUBLIC,
    )


def _pair(slug: str) -> tuple[Sample, Card]:
    sample = access.sample_or_404(slug)
    card = demo.card_for(sample)
    if card is None:
        raise Http404
    return sample, card
