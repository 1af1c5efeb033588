"""The facts of a report: which code, data, libraries and machine gave its figures."""

import dataclasses
import hashlib
import os
import sys
import time
from pathlib import Path

import pytest

from ml.report import facts
from ml.report.facts import digest
from ml.training import recipe as recipes
from ml.training.recipe import Recipe

TINY = Recipe(
    name="tiny",
    title="Tiny",
    kind="mnist-digits",
    seed=5,
    architecture={"family": "simple-cnn"},
    training={"epochs": 30},
    quick={"training": {"epochs": 1}},
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for name in ("car/1.png", "car/2.png", "ship/1.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def test_the_hash_of_a_file_is_its_sha256(data: Path) -> None:
    assert digest(data / "car" / "1.png") == hashlib.sha256(b"car/1.png").hexdigest()


@pytest.mark.parametrize("change", ["content", "name", "more", "less"])
def test_the_hash_of_a_folder_changes_with_every_file_in_it(data: Path, change: str) -> None:
    before = digest(data)
    assert digest(data) == before
    file = data / "car" / "2.png"
    if change == "content":
        file.write_bytes(b"another")
    elif change == "name":
        file.rename(data / "ship" / "2.png")
    elif change == "more":
        (data / "ship" / "3.png").write_bytes(b"")
    else:
        file.unlink()
    assert digest(data) != before


def test_the_hash_of_a_folder_does_not_depend_on_where_it_lies_or_how_old_it_is(data: Path) -> None:
    before = digest(data)
    os.utime(data / "car" / "1.png", (0, 0))
    assert digest(data.rename(data.parent / "elsewhere")) == before


def test_data_are_named_without_the_way_to_them(data: Path) -> None:
    (data.parent / "other").mkdir()
    twin = data.parent / "other" / "photos"
    twin.write_bytes(b"")
    found = facts(TINY, seed=5, data=[data], started=time.time())
    assert found["data"] == {"photos": digest(data)}
    both = facts(TINY, seed=5, data=[data, twin], started=time.time())["data"]
    assert both == {f"{data.parent.name}/photos": digest(data), "other/photos": digest(twin)}


def test_a_recipe_that_was_made_quick_is_known_for_it() -> None:
    assert facts(TINY, seed=5, data=[], started=time.time())["quick"] is False
    assert facts(TINY.quickened(), seed=5, data=[], started=time.time())["quick"] is True
    bare = dataclasses.replace(TINY, quick={})
    assert facts(bare, seed=5, data=[], started=time.time())["quick"] is False


def test_the_command_is_the_one_that_was_given_without_folders_of_this_machine(monkeypatch) -> None:
    given = ["/home/me/manage.py", "recipe", "run", "tiny", "--data", "/home/me/my photos", "--epochs", "3"]
    monkeypatch.setattr(sys, "argv", given)
    found = facts(TINY, seed=5, data=[], started=time.time())
    assert found["command"] == "python manage.py recipe run tiny --data 'my photos' --epochs 3"


def test_a_program_names_the_command_that_does_the_same() -> None:
    commands = [facts(TINY, seed=seed, data=[], started=time.time())["command"] for seed in (5, 6)]
    assert commands == ["python manage.py recipe run tiny", "python manage.py recipe run tiny --seed 6"]
    quick = facts(TINY.quickened(), seed=5, data=[], started=time.time())
    assert quick["command"] == "python manage.py recipe run tiny --quick"


def test_libraries_machine_and_time_are_said() -> None:
    found = facts(recipes.load("digits-simple"), seed=7, data=[], started=time.time() - 60)
    assert {"python", "keras", "tensorflow", "numpy", "scikit-learn", "opencv"} <= set(found["versions"])
    assert found["seed"] == 7
    assert found["processor"]
    assert found["cores"] >= 1
    assert found["seconds"] >= 60
    assert found["recipe"] == "digits-simple"
