"""The map of the site."""

from django.contrib import admin
from django.urls import include, path

from classification_site import health
from predictor.views import landing

urlpatterns = [
    path("", landing.landing, name="landing"),
    path("", include("predictor.urls")),
    path("experiments/", include("experiments.urls")),
    path("accounts/", include("accounts.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler400 = "classification_site.errors.bad_request"
handler500 = "classification_site.errors.server_error"
