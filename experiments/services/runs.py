"""Asking for a run, cancelling it, deleting it."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from experiments import kinds
from experiments.errors import RunLimit
from experiments.models import Run
from ml.errors import OptionRefused, sentence

MAX_ACTIVE = 5
MAX_KEPT = 1000
MAX_SEED = 2**31 - 1
_NOT_HELD = {"holder": "", "heartbeat": None}


def run_submit(*, owner: User, kind: str, parameters: Mapping[str, Any], seed: int = 0) -> Run:
    """Put a run into the queue.

    Raises:
        OptionRefused: there is no such kind, or a parameter is not one of its.
        RunLimit: the owner has too many already.
        EpsilonError: what else the kind refuses.
    """
    if not 0 <= seed <= MAX_SEED:
        raise OptionRefused(sentence("The seed must be a whole number from 0 to %(high)s."), high=MAX_SEED)
    order = kinds.named(kind).order(owner=owner, parameters=parameters)
    run = Run(
        owner=owner,
        kind=kind,
        parameters=order.parameters,
        seed=seed,
        prediction=order.prediction,
        hashes=order.hashes,
    )
    run.full_clean()
    with transaction.atomic():
        _limit_check(owner)
        run.save(force_insert=True)
    return run


def _limit_check(owner: User) -> None:
    rows = Run.objects.filter(owner=owner)
    if rows.filter(state__in=Run.ACTIVE).count() >= MAX_ACTIVE:
        raise RunLimit(
            sentence("%(count)s of your experiments wait or run already: cancel one, or come back later."),
            count=MAX_ACTIVE,
        )
    if rows.count() >= MAX_KEPT:
        raise RunLimit(sentence("You keep %(count)s experiments already: delete some first."), count=MAX_KEPT)


def run_cancel(*, run: Run) -> bool:
    """End a run that waits or works; False when it was over before. Its worker notices at its next step."""
    stopped = Run.objects.filter(pk=run.pk, state__in=Run.ACTIVE).update(
        state=Run.State.CANCELLED, finished=timezone.now(), **_NOT_HELD
    )
    run.refresh_from_db()
    return bool(stopped)


def run_delete(*, run: Run) -> None:
    """Delete a run with its files; one that works is ended by that."""
    with transaction.atomic():
        folder = run.folder
        Run.objects.filter(pk=run.pk).delete()
        _remove_after_commit([folder])


def owner_delete(*, user: User) -> None:
    """Delete every run of this person with its files."""
    with transaction.atomic():
        rows = Run.objects.filter(owner=user)
        _remove_after_commit([run.folder for run in rows])
        rows.delete()


def _remove_after_commit(folders: list[Path]) -> None:
    """Delete folders once their rows are gone; what a worker still writes there is tidied up by it later."""

    def remove() -> None:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)

    transaction.on_commit(remove)
