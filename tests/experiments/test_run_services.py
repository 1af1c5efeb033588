"""Asking for runs, cancelling and deleting them."""

import io
import json
import zipfile

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.services import account_delete, export_write
from experiments.errors import RunLimit
from experiments.models import Run
from experiments.services import export_for, owner_delete, run_cancel, run_delete, run_submit
from experiments.services.runs import MAX_ACTIVE
from ml.errors import OptionRefused

State = Run.State


def test_a_run_begins_in_the_queue_with_its_parameters_written_out(submit, owner):
    run = submit(to=5)
    run.refresh_from_db()
    assert (run.state, run.owner, run.kind) == (State.WAITING, owner, "counting")
    assert run.parameters == {"to": 5, "pause": 0.0, "error": ""}


@pytest.mark.parametrize(
    ("kind", "parameters", "seed", "words"),
    [
        ("dancing", {}, 0, "There is no experiment “dancing”."),
        ("counting", {"speed": 3}, 0, "no parameter “speed”; it has to, pause, error."),
        ("counting", {}, -1, "The seed must be a whole number"),
        ("counting", {}, 2**31, "The seed must be a whole number"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(counting, owner, kind, parameters, seed, words):
    with pytest.raises(OptionRefused, match=words):
        run_submit(owner=owner, kind=kind, parameters=parameters, seed=seed)
    assert not Run.objects.exists()


def test_one_person_may_have_so_many_runs_at_once_and_another_still_begins(submit, outsider):
    runs = [submit() for _ in range(MAX_ACTIVE)]
    with pytest.raises(RunLimit, match="wait or run already"):
        submit()
    run_submit(owner=outsider, kind="counting", parameters={})
    run_cancel(run=runs[0])
    assert submit().state == State.WAITING


def test_one_person_keeps_so_many_runs(submit, monkeypatch):
    monkeypatch.setattr("experiments.services.runs.MAX_KEPT", 2)
    for _ in range(2):
        run_cancel(run=submit())
    with pytest.raises(RunLimit, match="delete some first"):
        submit()


def test_a_waiting_run_that_is_cancelled_is_never_taken(submit, work):
    run = submit()
    assert run_cancel(run=run)
    assert work() == 0
    assert (run.state, run.attempt) == (State.CANCELLED, 0)
    assert run.finished


def test_what_is_over_is_not_cancelled(submit, work):
    run = submit()
    work()
    assert not run_cancel(run=run)
    assert run.state == State.DONE


def test_a_run_is_deleted_with_its_files(submit, work, django_capture_on_commit_callbacks):
    run, other = submit(), submit()
    work()
    assert run.folder.exists()
    with django_capture_on_commit_callbacks(execute=True):
        run_delete(run=run)
    assert not run.folder.exists()
    assert other.folder.exists()
    assert list(Run.objects.all()) == [other]


def test_with_a_person_go_their_runs_and_files(submit, work, owner, django_capture_on_commit_callbacks):
    run = submit()
    work()
    with django_capture_on_commit_callbacks(execute=True):
        owner_delete(user=owner)
    assert not run.folder.exists()
    assert not Run.objects.exists()


def test_an_account_is_deleted_with_its_runs_and_exported_with_their_files(
    submit, work, owner, outsider, django_capture_on_commit_callbacks
):
    run = submit(to=1)
    work()
    file = io.BytesIO()
    export_write(user=owner, file=file)
    with zipfile.ZipFile(file) as archive:
        (record,) = json.loads(archive.read("experiments.json"))
        assert record["result"] == {"found": 0, "counted": ["0:1"]}
        assert archive.read(f"experiments/{run.pk}/numbers.txt") == b"0:1\n"
    assert dict(export_for(outsider)) == {"experiments.json": b"[]"}
    with django_capture_on_commit_callbacks(execute=True):
        account_delete(user=owner)
    assert not run.folder.exists()
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"state": "sleeping"},
        {"state": State.RUNNING},
        {"state": State.WAITING, "holder": "somebody"},
        {"state": State.DONE},
        {"state": State.WAITING, "finished": timezone.now()},
        {"done": 5, "total": 4},
    ],
)
def test_the_database_refuses_a_row_that_contradicts_itself(submit, values):
    run = submit()
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(**values)
