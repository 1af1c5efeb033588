"""The kind `robustness`: what it takes, what it measures, how it goes on."""

import csv
import io
import json
import threading

import numpy as np
import pytest

from experiments.errors import Cancelled
from experiments.kinds import figures, pictures
from experiments.kinds.context import Context
from experiments.kinds.robustness import KIND
from experiments.models import Run
from experiments.services import queue, run_submit
from ml import images, zoo
from ml.attacks import PGD
from ml.datasets import mnist
from ml.errors import DataMissing, EpsilonError
from ml.evaluation.robustness import attacked

MODEL = "tiny-digits"
ASKED = {"model": MODEL, "attack": "pgd", "options": {"steps": 3}, "epsilon": "0.1", "count": 120}


@pytest.fixture(autouse=True)
def _data(tiny_zoo, digits_folder, monkeypatch, tmp_path):
    """The 400 digits of the test folder are the site's MNIST; nothing lies in the Keras cache."""
    monkeypatch.setenv("DATASETS_DIR", str(digits_folder))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))


@pytest.fixture
def measure(owner):
    def measure_(seed=0, **parameters):
        return run_submit(owner=owner, kind="robustness", parameters={**ASKED, **parameters}, seed=seed)

    return measure_


def test_the_parameters_are_written_out_in_full(measure):
    run = measure()
    assert run.parameters == {
        "model": MODEL,
        "attack": "pgd",
        "options": {
            "steps": 3, "relative_step": None, "random_start": True, "restarts": 1, "until_solved": False,
        },
        "source": "",
        "norm": "linf",
        "epsilon": 0.1,
        "data": "mnist",
        "count": 120,
    }  # fmt: skip
    assert run.hashes["weights"] == zoo.card(MODEL).weights_sha256
    assert len(run.hashes["data"]) == 64


def test_the_figures_are_those_of_the_library(measure, work):
    # Without a random start: the library leaves wrong answers out of its chunks, so it would draw others.
    run = measure(seed=4, options={"steps": 3, "random_start": False})
    work()
    run.refresh_from_db()
    assert run.state == Run.State.DONE, run.error_text
    model, split = zoo.load(MODEL), mnist.load("test")
    chosen = np.linspace(0, 400, 120, endpoint=False).astype(int)
    batch, labels = images.to_float(split.images[chosen]), split.labels[chosen]
    clean = model.logits(batch).argmax(axis=-1) == labels
    pgd = PGD(steps=3, random_start=False)
    held = attacked(pgd, model, batch, labels, epsilon=0.1, seed=4, chunk=50).right
    assert run.result["clean_right"] == clean.sum()
    assert run.result["robust_right"] == held.sum() < clean.sum()
    assert run.result["robust_accuracy"] == held.mean()
    assert run.result["attack_success"] == 1 - held.sum() / clean.sum()
    json.dumps(run.result)

    rows = list(csv.DictReader(io.StringIO((run.folder / "pictures.csv").read_text())))
    assert [row["picture"] for row in rows] == [f"test-{index}" for index in chosen]
    assert [int(row["right_under_attack"]) for row in rows] == held.astype(int).tolist()


def test_an_interrupted_measurement_goes_on_after_its_last_chunk(measure, work, monkeypatch):
    whole = measure()
    work()
    broken = measure()
    monkeypatch.setattr("experiments.kinds.context.WRITE_SECONDS", 0)
    seen = []

    def stop_in_the_third(*, run, done, total, message):
        seen.append(done)
        return done < 100

    with monkeypatch.context() as patch:
        patch.setattr("experiments.services.queue.progress_write", stop_in_the_third)
        work()
    assert seen[-1] == 100
    Run.objects.filter(pk=broken.pk).update(state="waiting", holder="", heartbeat=None)
    kept = {path: path.stat().st_mtime_ns for path in broken.folder.rglob("*.npy")}
    assert len(kept) == 2
    work()
    for run in (whole, broken):
        run.refresh_from_db()
    assert broken.result == whole.result
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_an_attack_can_be_cancelled_between_two_questions_to_the_model(measure, monkeypatch):
    measure(options={"steps": 1000}, count=50)
    monkeypatch.setattr("experiments.kinds.context.WRITE_SECONDS", 0)
    writes = []

    def third(**row):
        writes.append(row)
        return len(writes) < 6

    run = queue.claim()
    monkeypatch.setattr(queue, "progress_write", third)
    with pytest.raises(Cancelled):
        KIND.work(Context(run, stopping=threading.Event(), lost=threading.Event()))
    assert len(writes) == 6


def test_the_sample_pictures_serve_where_there_is_nothing_else(measure, work):
    run = measure(model="tiny-photos", epsilon="8/255", count=10)
    work()
    run.refresh_from_db()
    assert run.state == Run.State.DONE, run.error_text
    assert (run.parameters["data"], run.result["count"]) == ("samples", 6)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"model": "nothing"}, "no model called “nothing”"),
        ({"attack": "magic"}, "There is no attack magic"),
        ({"options": {"speed": 3}}, "no option speed"),
        ({"options": {"steps": "many"}}, "steps must be a whole number"),
        ({"options": [3]}, "names with values"),
        ({"norm": "l7"}, "not defined for the norm l7"),
        ({"epsilon": "2"}, "between 0 and 1"),
        ({"epsilon": None}, "between 0 and 1"),
        ({"epsilon": "100", "norm": "l2"}, "between 0 and 28.0"),
        ({"epsilon": "", "attack": "deepfool", "options": {}}, "Choose an ε"),
        ({"attack": "transfer", "options": {}}, "needs a second model"),
        ({"attack": "transfer", "options": {}, "source": "tiny-photos"}, "do not have the same inputs"),
        ({"data": "imagenet"}, "no set of pictures “imagenet”"),
        ({"model": "tiny-photos", "data": "mnist"}, "does not read digits"),
        ({"count": "0"}, "from 1 to 10000"),
        ({"count": "ten"}, "from 1 to 10000"),
        ({"colour": "red"}, "no parameter “colour”"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_it_waits(measure, parameters, words):
    with pytest.raises(EpsilonError, match=words):
        measure(**parameters)


def test_a_model_without_gradient_is_measured_by_attacks_that_ask_for_answers_only(measure):
    with pytest.raises(EpsilonError, match="has no gradient"):
        measure(model="digits-forest")
    assert measure(model="digits-forest", attack="square", options={}).parameters["attack"] == "square"


def test_without_mnist_a_sentence_says_what_is_missing(measure, monkeypatch, tmp_path):
    monkeypatch.setenv("DATASETS_DIR", str(tmp_path))
    with pytest.raises(DataMissing, match=r"put mnist\.npz into the folder that DATASETS_DIR names"):
        measure(data="mnist")
    assert measure(data="").parameters["data"] == "samples"


@pytest.mark.parametrize("changed", ["weights", "data"])
def test_other_weights_or_data_than_asked_for_fail_the_run(measure, work, changed):
    run = measure()
    Run.objects.update(hashes={**run.hashes, changed: "0" * 64})
    work()
    run.refresh_from_db()
    assert run.state == Run.State.FAILED
    assert "changed since this experiment was asked for" in run.error_text


def test_one_change_for_all_pictures_is_learned_from_all_of_them(measure, work):
    run = measure(attack="universal", options={"epochs": 1}, count=60)
    work()
    run.refresh_from_db()
    assert run.state == Run.State.DONE, run.error_text
    assert run.result["chunk"] == 60


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_the_interval_is_wilsons(hits, count, low, high):
    """Figures of Newcombe 1998, table I, method 3, and of the formula for 10."""
    assert figures.wilson(hits, count) == pytest.approx([low, high], abs=1e-4)


def test_a_model_that_is_never_right_leaves_nothing_to_attack():
    never = np.zeros(4, bool)
    assert figures.of_flags(never, never)["attack_success"] is None


def test_the_data_of_a_set_are_named_by_their_content(digits_folder, monkeypatch, tmp_path):
    card = zoo.card(MODEL)
    before = pictures.sha256("mnist", card)
    other = tmp_path / "other"
    other.mkdir()
    (other / "mnist.npz").write_bytes((digits_folder / "mnist.npz").read_bytes() + b" ")
    monkeypatch.setenv("DATASETS_DIR", str(other))
    assert pictures.sha256("mnist", card) != before
