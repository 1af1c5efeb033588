"""`manage.py attack`: any attack on files, judged from the files that it writes."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from ml import images, zoo
from tests import tiny
from tests.machine import ROOT


def attack(*arguments, **options):
    """What it printed with --json, one object per line."""
    output = io.StringIO()
    call_command("attack", *map(str, arguments), "--json", stdout=output, stderr=io.StringIO(), **options)
    return [json.loads(line) for line in output.getvalue().splitlines()]


@pytest.fixture
def photos(tiny_zoo, tmp_path):
    rng, paths = np.random.default_rng(1), []
    for name in ("Car", "Ship"):
        paths.append(tmp_path / f"{name}.png")
        Image.fromarray(tiny.shape(name, rng, side=64)).save(paths[-1])
    return paths


PHOTOS = ("--model", "tiny-photos")


@pytest.mark.parametrize(
    ("arguments", "bound", "most"),
    [
        (("--attack", "pgd", "--epsilon", "20/255"), "linf", 20 / 255),
        (("--attack", "pgd", "--epsilon", "0,11", "--option", "steps=5"), "linf", 28 / 255),
        (("--attack", "apgd", "--epsilon", "3/2", "--norm", "l2", "--option", "steps=10"), "l2", 1.5),
        (("--attack", "deepfool"), "l2", 56),
        (("--attack", "jsma"), "linf", 1),
        (("--attack", "transfer", "--source", "tiny-photos", "--epsilon", "0.2"), "linf", 51 / 255),
        (("--attack", "universal", "--epsilon", "0.2", "--option", "epochs=2"), "linf", 51 / 255),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else None,
)
def test_the_file_written_is_the_one_that_is_judged(arguments, bound, most, photos, tmp_path):
    rows = attack(*photos, *PHOTOS, *arguments, "--output", tmp_path / "out")
    model = zoo.load("tiny-photos")
    assert [row["file"] for row in rows] == [str(path) for path in photos]
    for row, path in zip(rows, photos, strict=True):
        before, after = (
            images.to_input(images.decode((tmp_path / file).read_bytes()), model.card)
            for file in (path, row["output"])
        )
        change = (after.image.astype(int) - before.image) / 255
        size = np.abs(change).max() if bound == "linf" else np.sqrt((change**2).sum())
        assert size == pytest.approx(row[bound], abs=1e-6)
        assert size <= most + 1e-6
        assert row["changed_pixels"] == (change != 0).any(axis=-1).sum() > 0
        assert row["after"]["class"] == model.answer(after).class_name
        assert row["before"]["class"] == model.answer(before).class_name
        assert row["success"] is (row["after"]["class"] != row["before"]["class"])
        assert row["output"].endswith(f"{path.stem}-{row['attack']}.png")


def test_a_line_holds_all_that_it_takes_to_repeat_it(photos, tmp_path):
    arguments = (photos[0], *PHOTOS, "--attack", "pgd", "--epsilon", "0.11", "--option", "steps=5")
    (row,) = attack(*arguments, "--seed", "3", "--output", tmp_path / "a")
    attack(*arguments, "--seed", "3", "--output", tmp_path / "b")
    assert row["options"] == {
        "steps": 5,
        "relative_step": None,
        "random_start": True,
        "restarts": 1,
        "until_solved": False,
    }
    assert (row["attack"], row["norm"], row["seed"], row["target"]) == ("pgd", "linf", 3, None)
    assert (row["epsilon"], row["epsilon_written"]) == (0.11, 28 / 255)
    assert row["weights_sha256"] == zoo.card("tiny-photos").weights_sha256
    first, second = ((tmp_path / name / "Car-pgd.png").read_bytes() for name in "ab")
    assert first == second


def test_a_target_is_what_success_asks_for(photos, tmp_path):
    rows = attack(
        *photos,
        *PHOTOS,
        "--attack",
        "apgd",
        "--epsilon",
        "0.4",
        "--target",
        "Ship",
        "--output",
        tmp_path / "o",
    )
    assert [row["success"] for row in rows] == [row["after"]["class"] == "Ship" for row in rows]
    assert all(row["success"] for row in rows)


def test_a_refused_file_is_named_and_the_others_go_on(photos, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    asked = (*PHOTOS, "--attack", "fgsm", "--epsilon", "0.1", "--output", tmp_path / "out", "--json")
    done = subprocess.run(
        [sys.executable, "manage.py", "attack", bad, photos[0], *asked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert rows[0] == {"file": str(bad), "error": images.UNREADABLE}
    assert rows[1]["file"] == str(photos[0])
    assert "1 of 2 files" in done.stderr


REFUSED = [
    (("--attack", "hope", "--epsilon", "0.1"), "There is no attack hope"),
    (("--attack", "pgd"), "pgd needs an ε"),
    (("--attack", "pgd", "--epsilon", "2"), "between 0 and 1"),
    (("--attack", "pgd", "--epsilon", "0.001"), "cannot hold a change below 1/255"),
    (("--attack", "pgd", "--epsilon", "x", "--norm", "l2"), "A distance must be a number"),
    (("--attack", "pgd", "--epsilon", "99", "--norm", "l2"), "l2 must lie between 0 and 55.43"),
    (("--attack", "pgd", "--epsilon", "0.1", "--option", "steps"), "written NAME=VALUE, not steps"),
    (("--attack", "pgd", "--epsilon", "0.1", "--option", "steps=0"), "whole number from 1 to 1000"),
    (("--attack", "jsma", "--epsilon", "0.1"), "jsma is not bounded by ε: leave it out"),
    (("--attack", "carlini-wagner", "--norm", "linf"), "not defined for the norm linf"),
    (("--attack", "transfer", "--epsilon", "0.1"), "needs a second model"),
    (("--attack", "fgsm", "--epsilon", "0.1", "--target", "Cat"), "has no class “Cat”"),
]


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED)
def test_what_cannot_be_is_refused_in_one_sentence(arguments, sentence, photos, tmp_path):
    with pytest.raises(CommandError, match=sentence):
        attack(photos[0], *PHOTOS, *arguments, "--output", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_two_files_of_one_name_are_refused_before_anything_is_written(photos, tmp_path):
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / "Car.png"
    twin.write_bytes(photos[0].read_bytes())
    with pytest.raises(CommandError, match="Two files have the same name"):
        attack(photos[0], twin, *PHOTOS, "--attack", "fgsm", "--epsilon", "0.1", "--output", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_json_it_says_in_a_line_what_came_of_it(photos, tmp_path, capsys):
    call_command(
        "attack", photos[0], *PHOTOS, "--attack", "fgsm", "--epsilon", "0.4", "--output", tmp_path / "out"
    )
    line = capsys.readouterr().out
    assert line.startswith(f"{photos[0]}: Car ")
    assert "linf 0.4000" in line
    assert line.strip().endswith("Car-fgsm.png")
