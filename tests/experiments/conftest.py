"""A recipe run end to end on a small `mnist.npz` made of scikit-learn's digits; runs and their workers."""

import contextlib
import os
import shutil
import sqlite3
import threading

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connections

from ml.training.recipe import FOLDER
from tests import tiny
from tests.machine import ROOT
from tests.predictor.conftest import (  # noqa: F401 (fixtures)
    anonymous,
    digit,
    digit_pixels,
    outsider,
    outsider_client,
    owner,
    owner_client,
)


@pytest.fixture(scope="session")
def digits_folder(tmp_path_factory):
    """A data folder that holds an `mnist.npz` of 1,397 + 400 digits."""
    folder = tmp_path_factory.mktemp("datasets")
    batch, labels = tiny.digits()
    images = np.rint(batch[..., 0] * 255).astype(np.uint8)
    np.savez(
        folder / "mnist.npz",
        x_train=images[400:],
        y_train=labels[400:],
        x_test=images[:400],
        y_test=labels[:400],
    )
    return folder


@pytest.fixture(scope="session")
def trained(digits_folder, tmp_path_factory, tiny_zoo):
    """The folder of the model `trained` in the zoo, made by `manage.py recipe run`."""
    home = tmp_path_factory.mktemp("recipe")
    text = (FOLDER / "digits-simple.toml").read_text()
    text = text.replace('"digits-simple"', '"trained"').replace("validation = 5000", "validation = 300")
    (home / "trained.toml").write_text(text)
    call_command(
        "recipe",
        "run",
        str(home / "trained.toml"),
        data=digits_folder,
        epochs=3,
        output=home / "run",
        verbosity=0,
    )
    shutil.copytree(home / "run" / "model", tiny_zoo / "trained")
    return tiny_zoo / "trained"


@pytest.fixture
def counting(settings):
    """The kind `counting` is one of the site's."""
    settings.RUN_KINDS = [*settings.RUN_KINDS, "tests.experiments.counting"]


@pytest.fixture
def submit(owner, counting):  # noqa: F811
    """Ask for a run of the kind `counting`."""
    from experiments.services import run_submit

    return lambda **parameters: run_submit(owner=owner, kind="counting", parameters=parameters)


@pytest.fixture
def work():
    """Do everything that waits, in this process; what was taken is counted."""
    from experiments.worker import Loop

    return lambda **options: Loop(threading.Event()).run(**options or {"until_empty": True})


@pytest.fixture
def site(transactional_db, counting, tmp_path, settings):
    """The test's database as a file, and what another process needs to work on the same site."""
    memory = connections["default"]
    memory.ensure_connection()
    folder = tmp_path / "var"
    folder.mkdir()
    with contextlib.closing(sqlite3.connect(folder / "db.sqlite3")) as file:
        memory.connection.backup(file)
    opened = memory.copy()
    opened.settings_dict = {**memory.settings_dict, "NAME": str(folder / "db.sqlite3")}
    connections["default"] = opened
    settings.RUN_STALE_SECONDS = 2
    yield {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.experiments.site_settings",
        "EPSILON_VAR_DIR": str(folder),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "RUN_STALE_SECONDS": "2",
        "PYTHONPATH": str(ROOT),
    }
    opened.close()
    connections["default"] = memory
