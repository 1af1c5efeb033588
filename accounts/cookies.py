"""The preferences as cookies: signed-out visitors have them too, and no page needs a query to know them."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from accounts.models import Language, Profile, Theme

YEAR_SECONDS = 365 * 24 * 3600
NAMES = {"language": settings.LANGUAGE_COOKIE_NAME, "theme": "theme"}


def remember(response: HttpResponseBase, *, language: str | None = None, theme: str | None = None) -> None:
    """Set the cookies of the preferences that were given; "auto" is the absence of a cookie."""
    for name, value in (("language", language), ("theme", theme)):
        if value == "auto":
            response.delete_cookie(NAMES[name])
        elif value:
            secure = settings.SESSION_COOKIE_SECURE
            response.set_cookie(NAMES[name], value, max_age=YEAR_SECONDS, samesite="Lax", secure=secure)


def remember_profile(response: HttpResponseBase, profile: Profile) -> None:
    """Bring a person's stored choices to this browser; what they left on "auto" stays as it is here."""
    remember(
        response,
        language=None if profile.language == Language.AUTO else profile.language,
        theme=None if profile.theme == Theme.AUTO else profile.theme,
    )


def chosen(request: HttpRequest) -> dict[str, str]:
    """What this browser has chosen so far, only values that exist."""
    values = {name: request.COOKIES.get(cookie, "") for name, cookie in NAMES.items()}
    known = {"language": Language.values, "theme": Theme.values}
    return {name: value for name, value in values.items() if value in known[name]}
