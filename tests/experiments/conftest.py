"""A recipe run end to end on a small `mnist.npz` made of scikit-learn's digits."""

import shutil

import numpy as np
import pytest
from django.core.management import call_command

from ml.training.recipe import FOLDER
from tests import tiny


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
