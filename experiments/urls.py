"""Addresses of the runs."""

from django.urls import path

from experiments.views import runs

app_name = "experiments"

urlpatterns = [
    path("", runs.run_list, name="runs"),
    path("new/", runs.run_new, name="new"),
    path("<uuid:run_id>/", runs.run_page, name="run"),
    path("<uuid:run_id>/run.json", runs.run_json, name="json"),
    path("<uuid:run_id>/files/<str:name>", runs.run_file, name="file"),
    path("<uuid:run_id>/cancel/", runs.cancel, name="cancel"),
    path("<uuid:run_id>/delete/", runs.delete, name="delete"),
]
