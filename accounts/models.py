"""What is kept about a person beside Django's own user."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Language(models.TextChoices):
    AUTO = "auto", _("As the browser")
    ENGLISH = "en", "English"
    FRENCH = "fr", "Français"


class Theme(models.TextChoices):
    AUTO = "auto", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class WhenTampered(models.TextChoices):
    WARN = "warn", _("Warn, and show the answer")
    REJECT = "reject", _("Reject it, and show no answer")


class Profile(models.Model):
    """The preferences of one person; an account made on the command line gets one when it is first needed."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    language = models.CharField(_("language"), max_length=8, choices=Language, default=Language.AUTO)
    theme = models.CharField(_("theme"), max_length=8, choices=Theme, default=Theme.AUTO)
    when_tampered = models.CharField(
        _("when a picture looks tampered with"),
        max_length=8,
        choices=WhenTampered,
        default=WhenTampered.WARN,
    )

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")

    def __str__(self) -> str:
        return self.user.get_username()
