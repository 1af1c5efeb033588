"""The queue, one write at a time: who holds a run, what becomes of one whose holder died."""

import datetime as dt
import errno
import os
import threading
import time
from types import SimpleNamespace

import pytest
from django.utils import timezone, translation

from experiments.errors import Cancelled, HandedBack
from experiments.kinds.context import Context
from experiments.models import Run, Worker
from experiments.services import queue, run_cancel, run_delete
from ml.errors import EpsilonError
from tests.experiments.counting import COUNTED, Counting

State = Run.State


def died(run, seconds=1000):
    """As if the run's worker had given its last sign of life so long ago."""
    Run.objects.filter(pk=run.pk).update(heartbeat=timezone.now() - dt.timedelta(seconds=seconds))


def test_the_oldest_is_taken_first_and_each_once(submit):
    first, second = submit(), submit()
    assert [queue.claim(), queue.claim(), queue.claim()] == [first, second, None]


def test_a_run_that_another_worker_takes_at_the_same_moment_is_left_to_it(submit, monkeypatch):
    """Between the look and the UPDATE somebody else is faster: the next run is taken instead."""
    first, second = submit(), submit()
    real, taken = queue.uuid.uuid4, []

    def faster():
        if not taken:
            taken.append(None)
            now = timezone.now()
            Run.objects.filter(pk=first.pk).update(state=State.RUNNING, holder="faster", heartbeat=now)
        return real()

    monkeypatch.setattr(queue.uuid, "uuid4", faster)
    assert queue.claim() == second
    first.refresh_from_db()
    assert first.holder == "faster"


def test_a_finished_run_has_its_result_its_versions_and_its_files(submit, work):
    run = submit(to=2)
    assert work() == 1
    run.refresh_from_db()
    assert (run.state, run.attempt) == (State.DONE, 1)
    assert (run.done, run.total, run.percent) == (2, 2, 100)
    assert run.result == {"found": 0, "counted": ["0:1", "1:1"]}
    assert {"epsilon", "python", "numpy"} <= run.versions.keys()
    assert run.started <= run.finished
    (record,) = run.artefacts
    content = (run.folder / record["name"]).read_bytes()
    assert (record["name"], record["bytes"]) == ("numbers.txt", len(content))
    assert len(record["sha256"]) == 64


def test_a_kind_that_refuses_fails_the_run_with_its_sentence(submit, work):
    run = submit(error="sentence")
    work()
    run.refresh_from_db()
    assert (run.state, run.error_text) == (State.FAILED, "There is no experiment “counting”.")


def test_a_mistake_in_the_program_fails_the_run_with_a_sentence_and_the_worker_goes_on(submit, work, caplog):
    run, after = submit(error="bug"), submit()
    assert work() == 2
    run.refresh_from_db()
    after.refresh_from_db()
    assert "log of the worker" in run.error_text
    assert "ZeroDivisionError" in caplog.text
    assert after.state == State.DONE


def test_a_value_in_the_sentence_may_be_anything(submit, tmp_path):
    submit()
    run = queue.claim()
    queue.fail(run=run, error=EpsilonError("The file %(path)s is damaged.", path=tmp_path))
    run.refresh_from_db()
    assert run.error_text == f"The file {tmp_path} is damaged."


def test_a_run_of_a_kind_that_is_gone_fails_and_is_still_shown(submit, work, settings):
    run = submit()
    settings.RUN_KINDS = settings.RUN_KINDS[:-1]
    work()
    run.refresh_from_db()
    assert (run.state, run.title) == (State.FAILED, "counting")


def test_once_takes_one(submit, work):
    submit()
    submit()
    assert work(once=True) == 1
    assert Run.objects.filter(state=State.WAITING).count() == 1


def test_a_run_whose_worker_died_goes_on_where_it_was(submit, work):
    run = submit(to=3)
    held = queue.claim()
    held.folder.mkdir(parents=True)
    (held.folder / COUNTED).write_text("0:1\n1:1\n")
    died(held)
    work()
    run.refresh_from_db()
    assert (run.state, run.attempt) == (State.DONE, 2)
    assert run.result == {"found": 2, "counted": ["0:1", "1:1", "2:2"]}


def test_one_that_gives_signs_of_life_is_left_alone(submit):
    submit()
    held = queue.claim()
    died(held, seconds=1)
    assert queue.recover() == 0


def test_after_three_deaths_it_fails_with_a_reason(submit):
    run = submit()
    for _ in range(queue.MAX_ATTEMPTS):
        died(queue.claim())
        assert queue.recover() == 1
    assert queue.claim() is None
    run.refresh_from_db()
    assert (run.state, run.attempt) == (State.FAILED, 3)
    assert "ended 3 times" in run.error_text


def test_a_worker_that_wakes_after_its_run_was_taken_changes_nothing(submit):
    submit()
    sleeper = queue.claim()
    died(sleeper)
    queue.recover()
    holder = queue.claim()
    assert not queue.progress_write(run=sleeper, done=1, total=3, message="")
    assert not queue.finish(run=sleeper, result={"wrong": True})
    assert not queue.fail(run=sleeper, error=EpsilonError("wrong"))
    assert not queue.hand_back(run=sleeper)
    assert queue.finish(run=holder, result={"right": True})
    holder.refresh_from_db()
    assert holder.result == {"right": True}


def test_handing_back_is_no_attempt(submit):
    run = submit()
    assert queue.hand_back(run=queue.claim())
    run.refresh_from_db()
    assert (run.state, run.attempt, run.holder) == (State.WAITING, 0, "")


def context_of(run, *, stopping=False, lost=False):
    events = {"stopping": threading.Event(), "lost": threading.Event()}
    for name, given in (("stopping", stopping), ("lost", lost)):
        if given:
            events[name].set()
    return Context(run, **events)


@pytest.mark.parametrize("end", [run_cancel, run_delete])
def test_a_handler_learns_at_its_next_step_that_the_run_is_not_wanted(submit, end):
    run = submit()
    context = context_of(queue.claim())
    end(run=Run.objects.get(pk=run.pk))
    with pytest.raises(Cancelled):
        context.progress(1, 3)
    with pytest.raises(Cancelled):
        context.artefact("late.txt", b"late")


def test_a_handler_learns_from_the_pulse_and_from_the_end_of_its_worker(submit):
    submit()
    run = queue.claim()
    with pytest.raises(Cancelled):
        context_of(run, lost=True).progress(1, 3)
    with pytest.raises(HandedBack):
        context_of(run, stopping=True).progress(1, 3)


def test_progress_is_written_once_a_second_at_most(submit, django_assert_num_queries, monkeypatch):
    submit()
    context = context_of(queue.claim())
    clock = SimpleNamespace(monotonic=iter([0.0, 0.1, 0.9, 1.0, 1.5]).__next__)
    monkeypatch.setattr("experiments.kinds.context.time", clock)
    with django_assert_num_queries(2):
        for step in range(5):
            context.progress(step, 5)


def test_how_far_it_is_can_be_unknown(submit):
    submit()
    run = queue.claim()
    context_of(run).progress(1240, 0)
    run.refresh_from_db()
    assert (run.done, run.total, run.percent) == (1240, 0, 0)


def test_a_message_is_read_in_the_language_of_the_reader(submit):
    run = submit()
    run.message = "Yes"
    with translation.override("fr"):
        assert run.message_text == "Oui"


def test_workers_that_died_are_forgotten_and_their_orphaned_folders_removed(submit):
    long_ago = timezone.now() - dt.timedelta(days=1)
    Worker.objects.create(host="gone", process=1, heartbeat=long_ago)
    alive = Worker.objects.create(host="here", process=2)
    kept, orphan, young = submit(), submit(), submit()
    for run in (kept, orphan, young):
        run.folder.mkdir(parents=True)
        os.utime(run.folder, (time.time() - 86400,) * 2)
    os.utime(young.folder)
    Run.objects.exclude(pk=kept.pk).delete()
    queue.tidy()
    assert list(Worker.objects.all()) == [alive]
    assert [run.folder.exists() for run in (kept, orphan, young)] == [True, False, True]


def test_a_full_disk_fails_the_run_with_its_own_sentence(submit, work, monkeypatch):
    def full(kind, context):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Counting, "work", full)
    run = submit()
    work()
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert "no room left" in run.error_text
