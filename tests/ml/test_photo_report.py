"""The report of a training on class folders, and photos that cannot be used."""

import csv
import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from ml import training, zoo
from ml.defences.adversarial import AdversarialTraining
from ml.errors import DataMissing, ImageRefused, OptionRefused
from ml.training.photos import figures as photo_figures
from ml.training.photos import files as photo_files
from ml.training.photos import report as photo_report
from ml.training.photos.figures import Plan
from tests import tiny

RECIPE = """
name = "shapes"
title = "Shapes"
kind = "photo-folders"
seed = 2
[data]
folder = "shapes"
shares = [0.6, 0.2, 0.2]
sources = true
[architecture]
family = "simple-cnn"
input_shape = [32, 32, 3]
[training]
start = "random"
photos = 16
[[training.stages]]
name = "head"
epochs = 2
side = 32
learning_rate = 0.003
[[training.stages]]
name = "all"
epochs = 1
side = 32
learning_rate = 0.001
[evaluation]
unsure_below = 0.6
[card]
provenance = "Drawn by a test."
licence = "MIT"
"""


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    """Drawn rings, blocks and triangles in class folders."""
    folder = tmp_path_factory.mktemp("data") / "shapes"
    rng = np.random.default_rng(0)
    for name in tiny.SHAPES:
        (folder / name).mkdir(parents=True)
        for number in range(20):
            picture = Image.fromarray(tiny.shape(name, rng, 48))
            picture.save(folder / name / f"{'ab'[number % 2]}_{number}.png")
    return folder


@pytest.fixture(scope="module")
def run(shapes, tmp_path_factory):
    """The folder of a finished run."""
    home = tmp_path_factory.mktemp("run")
    (home / "shapes.toml").write_text(RECIPE, encoding="utf-8")
    training.run(home / "shapes.toml", data=shapes, output=home / "out")
    return home / "out"


def block(run, name):
    """A block of the report by its name."""
    content = json.loads((run / "report.json").read_text())
    return next(each for section in content["sections"] for each in section["blocks"] if each["name"] == name)


def listing(run):
    with (run / "photos.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_photo_is_listed_once_with_its_class_and_part(run, shapes):
    rows = listing(run)
    assert sorted(row["path"] for row in rows) == sorted(
        path.relative_to(shapes).as_posix() for path in shapes.rglob("*.png")
    )
    for row in rows:
        assert row["path"].startswith(f"{row['class']}/{row['source']}_")
        assert tiny.SHAPES[int(row["label"])] == row["class"]


def test_a_group_of_photos_that_look_alike_is_in_one_part(run):
    parts = {}
    for row in listing(run):
        parts.setdefault(row["group"], set()).add(row["part"])
    assert {len(found) for found in parts.values()} == {1}


@pytest.mark.parametrize(("table", "column"), [("classes", "class"), ("sources", "source")])
def test_photos_are_counted_by_part(run, table, column):
    rows, found = listing(run), block(run, table)
    for name, *counts in found["rows"][:-1]:
        here = [row["part"] for row in rows if row[column] == name]
        assert counts == [*(here.count(part) for part in ("train", "validation", "test")), len(here)]
    assert found["rows"][-1][-1] == len(rows) == 60


def test_the_figures_are_those_of_the_card(run):
    card = zoo.open_folder(run / "model").card
    found = {(of, name): rest for of, name, *rest in block(run, "accuracy")["rows"]}
    assert found["all photos", ""] == [
        card.metrics["test_images"],
        card.metrics["test_accuracy"],
        card.metrics["test_unsure"],
    ]
    assert {name: rest[1] for (of, name), rest in found.items() if of == "class"} == card.metrics[
        "accuracy_by_class"
    ]
    assert {name: rest[1] for (of, name), rest in found.items() if of == "source"} == card.metrics[
        "accuracy_by_source"
    ]
    assert block(run, "confusion")["counts"] == card.confusion_matrix


def test_the_stages_follow_each_other_on_one_axis(run):
    rows = block(run, "epochs")["rows"]
    assert [row[:2] for row in rows] == [[1, "head"], [2, "head"], [3, "all"]]
    assert set(block(run, "curves-loss")["series"]) == {
        f"{stage}, {part}" for stage in ("head", "all") for part in ("training", "validation")
    }


def test_another_threshold_is_shown_with_what_it_would_do(run):
    series = block(run, "thresholds")["series"]
    unsure = dict(map(tuple, series["called unsure"]))
    assert unsure[0.0] == 0
    assert sorted(unsure.values()) == list(unsure.values())
    card = zoo.open_folder(run / "model").card
    assert dict(map(tuple, series["right among the sure"]))[0.0] == card.metrics["test_accuracy"]


def test_every_wrong_answer_has_its_picture(run):
    card = zoo.open_folder(run / "model").card
    wrong = card.metrics["test_images"] - np.trace(card.confusion_matrix)
    content = json.loads((run / "report.json").read_text())
    blocks = {each["name"]: each for section in content["sections"] for each in section["blocks"]}
    captions = [each for row in blocks["wrong"]["captions"] for each in row] if wrong else []
    assert len(captions) == min(wrong, 16)
    assert all(" → " in caption for caption in captions)
    assert not any(" → " in caption for row in blocks["doubtful"]["captions"] for caption in row)


def test_a_finished_model_is_reported_again(run, shapes, tmp_path, monkeypatch):
    (tmp_path / "zoo").mkdir()
    (run / "model").rename(tmp_path / "zoo" / "shapes")
    monkeypatch.setenv("EPSILON_ZOO_DIR", str(tmp_path / "zoo"))
    monkeypatch.setattr("ml.training.recipe.FOLDER", run.parent)
    try:
        assert training.report("shapes", data=shapes, output=tmp_path / "again") == tmp_path / "again"
    finally:
        (tmp_path / "zoo" / "shapes").rename(run / "model")
    for name in ("accuracy", "confusion", "epochs", "classes"):
        assert block(tmp_path / "again", name) == block(run, name)
    assert (tmp_path / "again" / "photos.csv").read_text() == (run / "photos.csv").read_text()


def test_a_kind_that_reports_only_in_training_says_so(monkeypatch, tiny_digits):
    import dataclasses

    card = dataclasses.replace(tiny_digits.card, data={"kind": "noisy-digits"})
    monkeypatch.setattr(zoo, "load", lambda name: type("Model", (), {"card": card}))
    with pytest.raises(OptionRefused, match="only when they are trained"):
        training.report("tiny-digits")


def test_quick_learns_the_bundled_digits_as_class_folders(tmp_path):
    folder = training.run("vehicles", quick=True, output=tmp_path)
    card = zoo.open_folder(folder).card
    assert card.class_names == [str(digit) for digit in range(10)]
    assert card.metrics["test_images"] == sum(map(sum, card.confusion_matrix)) > 100
    assert len(listing(tmp_path)) == 1797
    assert "<svg" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("content", [b"", b"no photo", b"\x89PNG\r\n\x1a\nbroken"])
def test_a_broken_photo_is_named(content, shapes, tmp_path):
    import shutil

    shutil.copytree(shapes, tmp_path / "shapes")
    (tmp_path / "shapes" / "Car" / "broken.png").write_bytes(content)
    with pytest.raises(ImageRefused, match=r"Car/broken\.png") as found:
        photo_figures.divide(Plan(folder="shapes"), tmp_path, seed=0)
    assert "\n" not in str(found.value)


def test_a_photo_that_cannot_be_opened_is_named(tmp_path):
    with pytest.raises(ImageRefused, match=r"Car/gone\.png"):
        photo_files.read(tmp_path / "Car" / "gone.png")


@pytest.mark.parametrize("copies", [1, 12])
def test_too_few_different_photos_are_one_sentence(copies, tmp_path):
    for name, level in (("dark", 20), ("light", 220)):
        (tmp_path / "shapes" / name).mkdir(parents=True)
        for number in range(copies):
            Image.new("RGB", (30, 30), (level,) * 3).save(tmp_path / "shapes" / name / f"{number}.png")
    with pytest.raises(DataMissing, match="too few"):
        photo_figures.divide(Plan(folder="shapes"), tmp_path, seed=0)


def test_the_calibration_error_is_that_of_the_reliability_table(run):
    bins = block(run, "reliability")["rows"]
    count = sum(row[2] for row in bins)
    error = sum(row[2] * abs(row[3] - row[4]) for row in bins) / count
    assert block(run, "calibration")["rows"][0][:2] == [15, pytest.approx(error)]
    assert count == zoo.open_folder(run / "model").card.metrics["test_images"]


def test_the_speed_of_training_stands_beside_that_of_plain_fit(run):
    speeds = {work: rest for work, *rest in block(run, "speed")["rows"]}
    assert set(speeds) == {"answering", "training, plain fit", "training, as here"}
    assert all(rate > 0 for rate, _ in speeds.values())
    assert speeds["training, as here"][1] > 0


def test_the_speed_of_a_defended_training_is_that_of_its_attacks(shapes, tmp_path, monkeypatch):
    timed = []

    def speeds(network, batches):
        timed.append(network)
        return {"plain": 1.0, "pipeline": 1.0, "kept": 1.0}

    monkeypatch.setattr("ml.training.photos.speed.speeds", speeds)
    defence = '\n[defence]\nmethod = "pgd"\nepsilon = 0.01\nattack_steps = 1\n'
    (tmp_path / "attacked.toml").write_text(RECIPE + defence, encoding="utf-8")
    training.run(tmp_path / "attacked.toml", data=shapes, output=tmp_path / "out", epochs=1)
    assert [type(each) for each in timed] == [AdversarialTraining]
    card = zoo.open_folder(tmp_path / "out" / "model").card
    # A model that stopped after its first stage says nothing of the second.
    assert "ReduceLROnPlateau" not in photo_report.training(card)
    assert photo_report.training(card) in (tmp_path / "out" / "report.json").read_text(encoding="utf-8")


HEAD, PATIENCE, COSINE = "The head learns first", "EarlyStopping", "a cosine takes the learning rate to 0"


@pytest.mark.parametrize(
    ("name", "changed", "said", "unsaid"),
    [
        ("vehicles", {}, [HEAD, PATIENCE, "the strangers", "the last ones: 70% of these"], [COSINE]),
        ("vehicles", {"strangers": 0, "blend": 1.0}, [HEAD, PATIENCE], ["strangers", "between", COSINE]),
        ("vehicles", {"start": "random"}, ["starts from nothing", PATIENCE], [HEAD]),
        ("vehicles-robust", {}, ["The layers from stem_conv on", COSINE], [HEAD, PATIENCE, "between"]),
        # Its last stage has a defence of its own.
        ("vehicles-robust", {"defence": {}}, [COSINE, PATIENCE], [HEAD]),
    ],
)
def test_the_report_says_of_a_training_what_its_stages_did(name, changed, said, unsaid):
    card = zoo.card(name)
    text = photo_report.training(dataclasses.replace(card, training={**card.training, **changed}))
    assert [each for each in said if each not in text] == []
    assert [each for each in unsaid if each in text] == []


def test_measuring_the_speed_leaves_the_model_as_it_is(run, shapes):
    from ml.training.photos import figures

    model = zoo.open_folder(run / "model")
    assert figures.measure(model.card, model, shapes) == model.card.metrics
