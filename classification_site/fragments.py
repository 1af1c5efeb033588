"""What a script asks for: parts of pages."""

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from classification_site.middleware import Handler


def fragments(get_response: Handler) -> Handler:
    """One address gives a page to a browser and a part of it to a script: a cache must know them apart.

    Whose session has ended signs in on a whole page, not within the part that was asked for.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["HX-Request"])
        asked = request.htmx  # type: ignore[attr-defined]
        to = response.get("Location", "") if asked else ""
        if to.partition("?")[0] != resolve_url(settings.LOGIN_URL):
            return response
        page = redirect_to_login(asked.current_url_abs_path or resolve_url(settings.LOGIN_REDIRECT_URL))
        return HttpResponseClientRedirect(page["Location"])

    return handle
