"""Neither the pages of the experiments nor asking for one loads TensorFlow or OpenCV."""

import subprocess
import sys

import pytest

from tests.predictor.test_lazy import HEAVY, MIGRATED, START

ASK = (
    "from experiments.services import run_submit; "
    "run = run_submit(owner=user, kind='robustness', "
    "parameters={'model': 'vehicles', 'attack': 'pgd', 'epsilon': '4/255'})"
)


@pytest.mark.parametrize(
    "steps",
    [
        "import experiments.worker, experiments.management.commands.worker",
        f"{MIGRATED}; assert client.get('/experiments/').status_code == 200",
        f"{MIGRATED}; assert client.get('/experiments/new/').status_code == 200",
        f"{MIGRATED}; {ASK}; assert client.get(f'/experiments/{{run.pk}}/').status_code == 200",
        f"{MIGRATED}; {ASK}; assert client.get('/admin/experiments/run/').status_code == 200",
        f"{MIGRATED}; call_command('worker', until_empty=True)",
    ],
    ids=["imports", "list", "form", "run", "admin", "a worker with nothing to do"],
)
def test_it_loads_neither_tensorflow_nor_opencv(steps, tmp_path):
    check = f"import sys; loaded = [m for m in {HEAVY} if m in sys.modules]; assert not loaded, loaded"
    environment = {"EPSILON_VAR_DIR": str(tmp_path), "DEBUG": "True", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", f"{START}; {steps}; {check}"], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr[-2000:]
