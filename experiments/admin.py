"""Runs and workers, for superusers: to look at and to delete."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from experiments.models import Run, Worker
from experiments.services import run_delete
from predictor.admin import RecordAdmin


@admin.register(Run)
class RunAdmin(RecordAdmin):
    list_display = ("title", "owner", "state", "progress", "attempt", "created", "finished")
    list_filter = ("state", "kind", "created")
    list_select_related = ("owner", "prediction__image")
    search_fields = ("owner__username", "kind")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        for run in queryset:
            run_delete(run=run)

    @admin.display(description=_("progress"))
    def progress(self, run: Run) -> str:
        return f"{run.percent} %"


@admin.register(Worker)
class WorkerAdmin(RecordAdmin):
    date_hierarchy = "started"
    list_display = ("host", "process", "started", "heartbeat")
