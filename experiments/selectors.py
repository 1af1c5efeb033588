"""What reads runs: the list, the place in the queue, whether anybody works."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.utils import timezone

from experiments import access
from experiments.models import Run, Worker
from predictor.models import Image

PAGE_ROWS = 20


def runs_page(*, user: User, number: str | int) -> "Page[Run]":
    """One page of this person's runs, the newest first; a page that is not there gives the nearest."""
    rows = access.runs_of(user).select_related("prediction__image")
    return Paginator(rows, PAGE_ROWS).get_page(number)


def attacks_on(*, image: Image) -> QuerySet[Run]:
    """The attacks on an image that were asked for by its owner, the newest first."""
    rows = access.runs_of(image.owner).filter(kind="attack-image", prediction__image=image)
    return rows.select_related("prediction__image")


def worker_alive() -> bool:
    """Whether some worker has given a sign of life lately."""
    since = timezone.now() - dt.timedelta(seconds=settings.RUN_STALE_SECONDS)
    return Worker.objects.filter(heartbeat__gte=since).exists()


def ahead_of(*, run: Run) -> int:
    """How many runs, of anybody, wait before a waiting one."""
    earlier = Q(created__lt=run.created) | Q(created=run.created, pk__lt=run.pk)
    return Run.objects.filter(earlier, state=Run.State.WAITING).count()


def record_of(*, run: Run) -> dict[str, Any]:
    """All that is needed to read the result and to compute it again, as JSON can hold."""
    return {
        "id": str(run.pk),
        "kind": run.kind,
        "parameters": run.parameters,
        "seed": run.seed,
        "hashes": run.hashes,
        "versions": run.versions,
        "state": run.state,
        "attempt": run.attempt,
        "created": run.created,
        "started": run.started,
        "finished": run.finished,
        "error": run.error_text,
        "artefacts": run.artefacts,
        "result": run.result,
    }
