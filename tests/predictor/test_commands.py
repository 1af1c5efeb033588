"""`models`, `classify`, `perturb` and `export` on the command line."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from ml import files, images, zoo
from tests import tiny
from tests.machine import ROOT


def command(*arguments: str) -> list[dict]:
    """Run with --json; what it printed, one object per line."""
    output = io.StringIO()
    call_command(*arguments, "--json", stdout=output, stderr=io.StringIO())
    return [json.loads(line) for line in output.getvalue().splitlines()]


@pytest.fixture
def photo(tiny_zoo, tmp_path):
    path = tmp_path / "car.png"
    Image.fromarray(tiny.shape("Car", np.random.default_rng(1), side=64)).save(path)
    return path


@pytest.fixture
def in_the_way(tmp_path):
    """A folder that cannot be made, for a file has its parent's name."""
    (tmp_path / "file").write_text("mine")
    return tmp_path / "file" / "folder"


WRITING = [
    ("corruptions", "tiny-digits", "--samples", "5"),
    ("robustness", "tiny-digits", "--attack", "fgsm", "--epsilon", "0.1", "--samples", "5"),
    ("recipe", "run", "digits-simple", "--quick"),
    ("recipe", "report", "tiny-digits"),
    ("recipe", "results"),
]


@pytest.mark.parametrize("arguments", WRITING, ids=lambda arguments: " ".join(arguments[:2]))
def test_an_output_folder_that_cannot_be_made_is_one_sentence(
    arguments, in_the_way, tiny_zoo, tmp_path, monkeypatch
):
    images, labels = np.zeros((5, 28, 28, 1), np.float32), np.zeros(5, np.int64)
    monkeypatch.setattr("ml.training.unseen", lambda card, data: (images, labels))
    monkeypatch.setattr("ml.training.report", lambda name, data, output: files.write_text(output / "x", ""))
    monkeypatch.setattr("experiments.management.commands.recipe._full_runs", lambda: [tmp_path])
    monkeypatch.setattr("ml.report.results.markdown", lambda folders: "")
    with pytest.raises(CommandError, match=r"file.* cannot be used: (Not a directory|File exists)\.$"):
        call_command(*arguments, "--output", str(in_the_way), stdout=io.StringIO(), stderr=io.StringIO())
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    "error", [OSError("no errno"), BrokenPipeError(32, "Broken pipe"), ValueError("a mistake")]
)
def test_an_error_that_is_not_about_a_file_stays_visible(error, monkeypatch):
    def fail():
        raise error

    monkeypatch.setattr("ml.zoo.names", fail)
    with pytest.raises(type(error), match=str(error.args[-1])):
        command("models")


def test_models_lists_every_model_of_the_zoo(tiny_zoo):
    rows = {row["name"]: row for row in command("models")}
    assert set(rows) == set(zoo.names()) >= {"tiny-photos", "tiny-digits"}
    row = rows["tiny-photos"]
    assert row["domain"] == "photos"
    assert row["classes"] == ["Bike", "Car", "Ship"]
    assert row["input_shape"] == [32, 32, 3]
    assert row["parameters"] == zoo.load("tiny-photos").network.count_params()
    assert len(row["weights_sha256"]) == 64


def test_classify_answers_for_each_file(photo, tiny_photos):
    (row,) = command("classify", str(photo), "--model", "tiny-photos")
    expected = tiny_photos.probabilities(images.load([photo], tiny_photos))[0]
    assert row["file"] == str(photo)
    assert list(row["probabilities"].values()) == pytest.approx(expected.tolist(), abs=1e-5)
    assert row["class"] == max(row["probabilities"], key=row["probabilities"].get)
    assert row["confidence"] == max(row["probabilities"].values())
    assert row["unsure"] is (row["confidence"] < 0.5)
    assert row["seconds"] > 0


def test_classify_names_a_refused_file_goes_on_and_exits_with_1(photo, tmp_path):
    bad, missing = tmp_path / "bad.png", tmp_path / "none.png"
    bad.write_text("no picture")
    done = subprocess.run(
        [sys.executable, "manage.py", "classify", bad, missing, photo, "--model", "tiny-photos", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert rows[0] == {"file": str(bad), "error": images.UNREADABLE}
    assert rows[1] == {"file": str(missing), "error": "No such file or directory."}
    assert rows[2]["class"] in tiny.SHAPES
    assert "2 of 3 files" in done.stderr


def test_a_picture_without_ink_is_unsure_for_a_digit_network(tiny_zoo, tmp_path):
    Image.new("RGB", (300, 300), "white").save(tmp_path / "paper.png")
    (row,) = command("classify", str(tmp_path / "paper.png"), "--model", "tiny-digits")
    assert row["unsure"] is True
    assert row["class"] in [str(n) for n in range(10)]


def test_perturb_writes_a_file_that_answers_as_stated(photo, tmp_path):
    out = tmp_path / "out.png"
    arguments = ("--model", "tiny-photos", "--epsilon", "0.11", "--output", str(out))
    (row,) = command("perturb", str(photo), *arguments)
    (again,) = command("classify", str(out), "--model", "tiny-photos")
    (before,) = command("classify", str(photo), "--model", "tiny-photos")
    assert again["class"] == row["after"]["class"]
    assert again["probabilities"] == pytest.approx(row["after"]["probabilities"], abs=1e-3)
    assert before["probabilities"] == pytest.approx(row["before"]["probabilities"], abs=1e-5)
    assert row["epsilon"] == 0.11
    assert row["epsilon_written"] == 28 / 255
    model = zoo.load("tiny-photos")
    original, written = (
        images.to_input(images.decode(p.read_bytes()), model.card).image for p in (photo, out)
    )
    change = np.abs(original.astype(int) - written)
    assert change.max() <= 28
    assert row["linf"] == pytest.approx(change.max() / 255)
    assert row["l2"] == pytest.approx(np.linalg.norm(change / 255))
    assert 0 < row["ssim"] < 1
    assert row["psnr"] > 0


def test_perturb_states_the_smallest_epsilon_that_flips(photo, tmp_path):
    out = tmp_path / "out.png"
    flips = []
    for target in ((), ("--target", "Bike")):
        (row,) = command(
            "perturb",
            str(photo),
            "--model",
            "tiny-photos",
            "--epsilon",
            "1/255",
            "--output",
            str(out),
            *target,
        )
        flips.append(row["flip_epsilon"])
    for flip, target in zip(flips, ((), ("--target", "Bike")), strict=True):
        if flip is None:
            continue
        n = round(flip * 255)
        answers = [
            command(
                "perturb",
                str(photo),
                "--model",
                "tiny-photos",
                "--epsilon",
                f"{k}/255",
                "--output",
                str(out),
                *target,
            )[0]
            for k in (n, max(1, n - 1))
        ]
        assert answers[0]["after"]["class"] != answers[0]["before"]["class"]
        if n > 1:
            assert answers[1]["after"]["class"] != answers[0]["after"]["class"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"--epsilon": "abc"}, "ε must lie between 0 and 1"),
        ({"--epsilon": "-0.1"}, "ε must lie between 0 and 1"),
        ({"--epsilon": "nan"}, "ε must lie between 0 and 1"),
        ({"--epsilon": "0.003"}, "below 1/255"),
        ({"--target": "Plane"}, "has no class “Plane”"),
        ({"--model": "none"}, "no model called “none”"),
    ],
)
def test_perturb_refuses_in_one_sentence_and_writes_nothing(options, sentence, photo, tmp_path):
    values = {"--model": "tiny-photos", "--epsilon": "8/255", "--output": str(tmp_path / "out.png")} | options
    arguments = [f"{name}={value}" for name, value in values.items()]
    with pytest.raises(CommandError, match=sentence):
        command("perturb", str(photo), *arguments)
    assert not (tmp_path / "out.png").exists()


def test_an_unwritable_output_is_one_sentence(photo, tmp_path):
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(CommandError, match="cannot be written"):
        command(
            "perturb",
            str(photo),
            "--model=tiny-photos",
            "--epsilon=8/255",
            f"--output={tmp_path}/taken/out.png",
        )


def test_export_gives_the_plain_network(tiny_photos, tmp_path):
    """Loadable by Keras alone, without this project: [0, 1] in, logits out, float32, no layer of our own."""
    out = tmp_path / "plain.keras"
    command("export", "tiny-photos", "--output", str(out))
    batch, _ = tiny.shapes(6, seed=3)
    np.save(tmp_path / "batch.npy", batch)
    script = (
        "import sys, keras, numpy;"
        "network = keras.saving.load_model(sys.argv[1], compile=False, safe_mode=True);"
        "assert not any(type(layer).__name__ == 'Lambda' for layer in network.layers);"
        "assert network.dtype == 'float32';"
        "numpy.save(sys.argv[3], network(numpy.load(sys.argv[2]), training=False))"
    )
    subprocess.run(
        [sys.executable, "-I", "-c", script, out, tmp_path / "batch.npy", tmp_path / "logits.npy"],
        check=True,
        cwd="/",
    )
    np.testing.assert_allclose(np.load(tmp_path / "logits.npy"), tiny_photos.logits(batch), atol=1e-5)


def test_export_insists_on_its_own_ending(tiny_zoo, tmp_path):
    with pytest.raises(CommandError, match=r"must end in \.keras"):
        command("export", "tiny-photos", "--output", str(tmp_path / "x.h5"))
