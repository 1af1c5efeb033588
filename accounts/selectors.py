"""Reading about accounts."""

from typing import Any

from django.contrib.auth.models import User

from accounts.models import Profile
from predictor.models import AdversarialImage, Image, Prediction


def profile_of(*, user: User) -> Profile:
    """The person's preferences; the defaults, unsaved, when none were ever stored."""
    return Profile.objects.filter(user=user).first() or Profile(user=user)


def username_as_stored(*, username: str) -> str:
    """The spelling under which a name signed up ("Ada" for "ada"), or the name itself when nobody has it."""
    exact = User.objects.filter(username=username).exists()
    found = None if exact else User.objects.filter(username__iexact=username).first()
    return found.username if found else username


def account_data(*, user: User) -> dict[str, Any]:
    """The account as plain data, for the export."""
    profile = profile_of(user=user)
    return {
        "username": user.username,
        "email": user.email,
        "joined": user.date_joined.isoformat(),
        "last_sign_in": user.last_login.isoformat() if user.last_login else None,
        "language": profile.language,
        "theme": profile.theme,
        "when_tampered": profile.when_tampered,
    }


def counts_of(*, user: User) -> dict[str, int]:
    """How much is kept of this person's."""
    return {
        "images": Image.objects.filter(owner=user).count(),
        "predictions": Prediction.objects.filter(image__owner=user).count(),
        "adversarials": AdversarialImage.objects.filter(owner=user).count(),
    }
