"""The predictor app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PredictorConfig(AppConfig):
    name = "predictor"
    verbose_name = _("Pictures and answers")

    def ready(self) -> None:
        from predictor import sqlite_text

        sqlite_text.register()
