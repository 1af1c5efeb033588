"""Real workers in processes of their own: killed, ended, two at once, none left behind."""

import os
import signal
import subprocess
import sys
import time

import pytest

from experiments.models import Run, Worker
from experiments.selectors import worker_alive
from experiments.services import run_cancel
from tests.experiments.counting import COUNTED
from tests.machine import ROOT

State = Run.State
PATIENCE = 120


@pytest.fixture
def start(site):
    """Start `manage.py worker` on the test's site; what is left is ended with the test."""
    started = []

    def start_(*options):
        command = [sys.executable, "manage.py", "worker", *options]
        started.append(subprocess.Popen(command, cwd=ROOT, env=site))
        return started[-1]

    yield start_
    for process in started:
        process.kill()
        process.wait()


def until(found):
    """Wait until `found()` is true."""
    ends = time.monotonic() + PATIENCE
    while not found():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.1)


def counted(run):
    file = run.folder / COUNTED
    return file.read_text().split() if file.exists() else []


def test_a_killed_workers_run_is_taken_up_again_from_its_checkpoint(start, submit):
    run = submit(to=30, pause=0.2)
    killed = start()
    until(lambda: len(counted(run)) >= 3)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    run.refresh_from_db()
    assert run.state == State.RUNNING, "nobody was there to say that it ended"
    assert Worker.objects.count() == 1

    start()
    until(lambda: Run.objects.get(pk=run.pk).state == State.DONE)
    run.refresh_from_db()
    assert run.attempt == 2
    numbers = [int(line.split(":")[0]) for line in run.result["counted"]]
    assert numbers == list(range(30)), "nothing was lost and nothing done twice"
    attempts = [line.split(":")[1] for line in run.result["counted"]]
    assert attempts == sorted(attempts)
    assert set(attempts) == {"1", "2"}


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_an_ended_worker_hands_its_run_back(start, submit, ending):
    run = submit(to=1000, pause=0.1)
    worker = start()
    until(lambda: counted(run))
    worker.send_signal(ending)
    assert worker.wait(PATIENCE) == 0
    run.refresh_from_db()
    assert (run.state, run.attempt, run.holder) == (State.WAITING, 0, "")
    assert not Worker.objects.exists()


def test_a_cancelled_run_stops_and_the_worker_takes_the_next(start, submit):
    run, after = submit(to=1000, pause=0.1), submit(to=1)
    start()
    until(lambda: counted(run))
    run_cancel(run=run)
    until(lambda: Run.objects.get(pk=after.pk).state == State.DONE)
    stopped = len(counted(run))
    run.refresh_from_db()
    assert run.state == State.CANCELLED
    assert stopped < 1000
    assert len(counted(run)) == stopped


def test_two_workers_share_the_queue_and_no_run_is_done_twice(start, submit):
    runs = [submit(to=4, pause=0.1) for _ in range(5)]
    workers = [start("--until-empty") for _ in range(2)]
    assert [worker.wait(PATIENCE) for worker in workers] == [0, 0]
    for run in runs:
        run.refresh_from_db()
        assert (run.state, run.attempt) == (State.DONE, 1)
        assert counted(run) == ["0:1", "1:1", "2:1", "3:1"]


def test_a_step_longer_than_the_limit_is_no_death(start, submit):
    """The pulse beats apart from the work: RUN_STALE_SECONDS is 2 here, one step takes 5."""
    run = submit(to=1, pause=5)
    workers = [start("--until-empty")]
    until(lambda: counted(run))
    workers.append(start("--until-empty"))
    assert [worker.wait(PATIENCE) for worker in workers] == [0, 0]
    run.refresh_from_db()
    assert (run.state, run.attempt) == (State.DONE, 1)


def test_whether_a_worker_lives_is_known(start, site):
    assert not worker_alive()
    worker = start()
    until(worker_alive)
    worker.kill()
    worker.wait()
    until(lambda: not worker_alive())


def children(pid):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
    return [int(each) for each in found.stdout.split()]


@pytest.fixture
def keeper(site, tmp_path):
    """A master, as gunicorn is one, that starts a keeper and says its number."""
    script = (
        "from experiments import keeper; import time; print(keeper.start().pid, flush=True); time.sleep(600)"
    )
    master = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, env=site, stdout=subprocess.PIPE, text=True
    )
    pid = int(master.stdout.readline())
    yield master, pid
    master.kill()
    master.wait()
    until(lambda: not alive(pid))


def alive(pid):
    """Whether the process works; one that ended and that nobody asked after does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(state) and not state.startswith("Z")


def test_the_keeper_starts_a_dead_worker_again(keeper):
    _, pid = keeper
    until(lambda: children(pid) and worker_alive())
    (first,) = children(pid)
    os.kill(first, signal.SIGKILL)
    until(lambda: children(pid) not in ([], [first]))


def test_the_worker_ends_with_the_master_even_if_that_is_killed(keeper):
    master, pid = keeper
    until(lambda: children(pid) and worker_alive())
    (worker,) = children(pid)
    master.kill()
    until(lambda: not alive(pid) and not alive(worker))
    assert not Worker.objects.exists()
