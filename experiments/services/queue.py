"""The worker's side of the queue: taking a run, holding it, letting it go.

A run is held by whoever has the token in its row. Every write here is one conditional UPDATE on that token,
so that two workers never have the same run, and one that was thought dead changes nothing when it wakes.
"""

import datetime as dt
import logging
import shutil
import time
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Case, F, QuerySet, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from experiments.models import FOLDER, Run, Worker
from ml.errors import EpsilonError, sentence
from predictor import engine

MAX_ATTEMPTS = 3
ORPHAN_SECONDS = 3600
State = Run.State
logger = logging.getLogger(__name__)


def claim() -> Run | None:
    """Take the run that has waited longest; None when none waits."""
    while True:
        waiting = Run.objects.filter(state=State.WAITING).order_by("created", "id")
        pk = waiting.values_list("pk", flat=True).first()
        if pk is None:
            return None
        now, token = timezone.now(), uuid.uuid4().hex
        taken = Run.objects.filter(pk=pk, state=State.WAITING).update(
            state=State.RUNNING,
            holder=token,
            heartbeat=now,
            attempt=F("attempt") + 1,
            started=Coalesce("started", now),
            versions=engine.versions(),
        )
        if taken:
            return Run.objects.get(pk=pk)


def _held(run: Run) -> QuerySet[Run]:
    return Run.objects.filter(pk=run.pk, holder=run.holder, state=State.RUNNING)


def progress_write(*, run: Run, done: int, total: int, message: str) -> bool:
    """Store how far the run is, which is a sign of life too; False when it is not held any more.

    `total` is 0 when nobody knows it.
    """
    row = {"done": min(done, total or done), "total": total, "message": message, "heartbeat": timezone.now()}
    return bool(_held(run).update(**row))


def artefacts_write(*, run: Run) -> bool:
    """Store the list of artefacts; False when the run is not held any more."""
    return bool(_held(run).update(artefacts=run.artefacts))


def beat(*, worker: Worker, holder: str) -> bool:
    """A sign of life of the worker and of the run it holds; False when that is not held any more."""
    now = timezone.now()
    Worker.objects.filter(pk=worker.pk).update(heartbeat=now)
    return not holder or bool(Run.objects.filter(holder=holder, state=State.RUNNING).update(heartbeat=now))


def finish(*, run: Run, result: dict[str, Any]) -> bool:
    """Store the result; False when the run is not held any more."""
    whole = Case(When(total=0, then=F("done")), default=F("total"))
    return _let_go(run, state=State.DONE, finished=timezone.now(), result=result, done=whole, message="")


def fail(*, run: Run, error: EpsilonError) -> bool:
    """Store why it failed; False when the run is not held any more."""
    return _let_go(
        run,
        state=State.FAILED,
        finished=timezone.now(),
        error=error.template,
        # A value may be a path or a NumPy number; the sentence needs its text only.
        error_values={name: _plain(value) for name, value in error.params.items()},
    )


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str) else str(value)


def hand_back(*, run: Run) -> bool:
    """Put the run back into the queue; the attempt does not count, as nothing went wrong."""
    return _let_go(run, state=State.WAITING, attempt=F("attempt") - 1)


def _let_go(run: Run, **values: Any) -> bool:
    return bool(_held(run).update(holder="", heartbeat=None, **values))


def recover() -> int:
    """Give runs whose holder died back to the queue, or fail them after MAX_ATTEMPTS; how many it were."""
    died = 0
    for run in Run.objects.filter(state=State.RUNNING, heartbeat__lt=_stale_before()):
        if run.attempt < MAX_ATTEMPTS:
            found = _let_go(run, state=State.WAITING)
        else:
            reason = sentence("The program that worked on it ended %(count)s times without a word.")
            found = fail(run=run, error=EpsilonError(reason, count=MAX_ATTEMPTS))
        if found:
            logger.warning("the worker of run %s gave no sign of life; attempt %s ended", run.pk, run.attempt)
            died += 1
    return died


def tidy() -> None:
    """Forget workers that died, and remove folders of runs that were deleted while somebody wrote there."""
    Worker.objects.filter(heartbeat__lt=_stale_before()).delete()
    base = Path(settings.MEDIA_ROOT) / FOLDER
    # A young one may belong to a row that is not committed yet.
    old = {
        folder.name: folder
        for folder in (base.iterdir() if base.is_dir() else ())
        if time.time() - folder.stat().st_mtime > ORPHAN_SECONDS
    }
    known = {pk.hex for pk in Run.objects.values_list("pk", flat=True)}
    for name in old.keys() - known:
        shutil.rmtree(old[name], ignore_errors=True)


def _stale_before() -> dt.datetime:
    return timezone.now() - dt.timedelta(seconds=settings.RUN_STALE_SECONDS)
