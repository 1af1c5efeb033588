"""What every template may use."""

from django.http import HttpRequest

THEMES = ("auto", "light", "dark")


def site(request: HttpRequest) -> dict[str, str]:
    """The theme a person chose (a cookie, so that signed-out visitors may choose too)."""
    theme = request.COOKIES.get("theme", "auto")
    return {"theme": theme if theme in THEMES else "auto"}
