"""Whose runs a person may see: their own. Somebody else's is answered like one that does not exist."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from experiments.models import Run
from predictor.access import owner_of, signed_in

__all__ = ["owner_of", "run_or_404", "runs_of", "signed_in"]


def runs_of(user: User) -> QuerySet[Run]:
    return Run.objects.filter(owner=user)


def run_or_404(request: HttpRequest, run_id: UUID) -> Run:
    rows = runs_of(owner_of(request)).select_related("prediction__image")
    return get_object_or_404(rows, pk=run_id)
