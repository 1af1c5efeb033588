"""What becomes of a picture that looks tampered with: its answer and a warning, or no answer."""

from urllib.parse import urlsplit

from django.http import HttpRequest, QueryDict

from accounts.models import WhenTampered
from accounts.selectors import profile_of
from predictor import access
from predictor.models import Answer
from predictor.services.others import Compared

# In the address of a page on which the answers are shown all the same.
SHOW = "show"


def is_rejected(request: HttpRequest, answer: Answer | Compared) -> bool:
    """Whether this person is shown no class for what `answer` is about."""
    return withholds(request, answer.tampered)


def withholds(request: HttpRequest, tampered: bool | None) -> bool:
    """The same where only the detector's verdict is at hand."""
    return bool(tampered) and not _asked_all_the_same(request) and _rejects(request)


def _asked_all_the_same(request: HttpRequest) -> bool:
    """By the address, or by that of the page of which a script asks for a part."""
    page = urlsplit(request.headers.get("HX-Current-URL", "")).query
    return SHOW in request.GET or SHOW in QueryDict(page)


def _rejects(request: HttpRequest) -> bool:
    """Looked up once for each request, and only where something looks tampered with."""
    known: bool | None = getattr(request, "rejects_tampered", None)
    if known is None:
        profile = profile_of(user=access.owner_of(request))
        known = profile.when_tampered == WhenTampered.REJECT
        request.rejects_tampered = known  # type: ignore[attr-defined]
    return known
