"""A Django site of one view that calls `model.predict`: what `manage.py bench` measures ours beside."""

import os
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("Bike", "Car", "Ship")


def predict(request: HttpRequest) -> JsonResponse:
    import numpy as np
    from PIL import Image

    height, width, _ = network.input_shape[1:]
    (photo,) = request.FILES.getlist("photo")
    picture = Image.open(photo).convert("RGB")
    values = np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR), np.float32)[None] / 255
    logits = network.predict(values, verbose=0)[0]
    shares = np.exp(logits - logits.max())
    return JsonResponse(dict(zip(NAMES, (shares / shares.sum()).tolist(), strict=True)))


def ready(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ready")


urlpatterns = [path("predict/", predict), path("ready/", ready)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY=os.urandom(16).hex())
django.setup()
application: "Callable[..., Any]" = get_wsgi_application()


def _network() -> Any:
    import keras
    import numpy as np

    found = keras.models.load_model(os.environ["EPSILON_BENCH_NETWORK"], compile=False)
    found.predict(np.zeros((1, *found.input_shape[1:]), np.float32), verbose=0)
    return found


network = _network()
