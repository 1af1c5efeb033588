"""Who may see what: the only place that decides.

Images and all that hangs on them belong to their owner alone. Somebody else's is answered like one that
does not exist (404, never 403), and a signed-out visitor is sent to sign in before anything is looked up.
"""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from ml.card import Card
from predictor import engine
from predictor.models import AdversarialImage, Image
from predictor.samples import SAMPLES, Sample

signed_in = login_required


def owner_of(request: HttpRequest) -> User:
    """The person behind a request that `signed_in` let through."""
    if isinstance(request.user, AnonymousUser):
        raise Http404
    return request.user


def images_of(user: User) -> QuerySet[Image]:
    return Image.objects.filter(owner=user)


def adversarials_of(user: User) -> QuerySet[AdversarialImage]:
    return AdversarialImage.objects.filter(owner=user)


def image_or_404(request: HttpRequest, image_id: UUID) -> Image:
    owner = owner_of(request)
    image = get_object_or_404(images_of(owner), pk=image_id)
    image.owner = owner
    return image


def adversarial_or_404(request: HttpRequest, adversarial_id: UUID) -> AdversarialImage:
    rows = adversarials_of(owner_of(request)).select_related("prediction__image")
    return get_object_or_404(rows, pk=adversarial_id)


def model_names() -> list[str]:
    """The models anyone may use."""
    return engine.names()


def card_or_404(name: str) -> Card:
    """The card of a model that exists; a damaged card still raises its own sentence."""
    if name not in model_names():
        raise Http404
    return engine.card(name)


def sample_or_404(slug: str) -> Sample:
    try:
        return SAMPLES[slug]
    except KeyError:
        raise Http404 from None


def staff_image_or_404(image_id: UUID) -> Image:
    """Any person's image, for the admin, which has checked by its own rules who asks."""
    return get_object_or_404(Image, pk=image_id)


def staff_adversarial_or_404(adversarial_id: UUID) -> AdversarialImage:
    """Any person's adversarial image, for the admin."""
    return get_object_or_404(AdversarialImage, pk=adversarial_id)
