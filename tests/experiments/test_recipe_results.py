"""What `recipe run` says at its end, and `recipe results`, which copies figures of full runs into a file."""

import io
import json
import shutil

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from ml import training, zoo
from ml.report import Matrix, Picture, Pictures, Table
from tests.ml.test_report import FACTS, report


def output(*arguments):
    text = io.StringIO()
    call_command("recipe", *arguments, stdout=text, stderr=io.StringIO())
    return text.getvalue()


def run_folder(folder, *blocks, **changes):
    made = report(*blocks, **changes)
    made.headline("CNN, MNIST test", 0.9965, spread=0.0003, theirs=0.99, at_least=0.996, aim=0.9979)
    made.write(folder)
    return folder


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def ends_in(monkeypatch):
    """Let the training of the next run have happened: it gives `folder`. What it was asked is kept."""
    asked = {}

    def prepare(folder):
        def run(name, **options):
            asked.update(options, name=name)
            return folder

        monkeypatch.setattr(training, "run", run)
        return asked

    return prepare


def test_run_says_the_headlines_and_where_the_report_is(tmp_path, ends_in):
    ends_in(run_folder(tmp_path))
    shown = output("run", "digits-simple")
    assert "CNN, MNIST test: 99.65% ± 0.03%" in shown
    assert f"Report: {tmp_path / 'report.html'}" in shown
    values = json.loads(output("run", "digits-simple", "--json"))
    assert (values["name"], values["folder"]) == ("digits-simple", str(tmp_path))
    assert values["report"] == str(tmp_path / "report.html")
    assert values["headlines"][0]["value"] == 0.9965
    assert "metrics" not in values


@pytest.mark.parametrize("quick", [True, False])
def test_run_is_quick_only_when_asked(quick, tmp_path, ends_in):
    asked = ends_in(run_folder(tmp_path))
    output("run", "digits-simple", *["--quick"] * quick)
    assert asked["quick"] is quick


def test_run_of_one_model_gives_its_figures_beside_the_report(tmp_path, trained, ends_in):
    run_folder(tmp_path)
    shutil.copytree(trained, tmp_path / "model")
    ends_in(tmp_path / "model")
    values = json.loads(output("run", "digits-simple", "--json"))
    card = zoo.card("trained")
    assert (values["metrics"], values["weights_sha256"]) == (card.metrics, card.weights_sha256)
    assert values["report"] == str(tmp_path / "report.html")
    assert f"in {tmp_path / 'model'}" in output("run", "digits-simple")


def test_run_of_several_models_names_each(tmp_path, trained, ends_in):
    run_folder(tmp_path)
    for name in ("a", "b"):
        shutil.copytree(trained, tmp_path / "models" / name)
    ends_in(tmp_path)
    models = json.loads(output("run", "digits-simple", "--json"))["models"]
    assert [model["folder"] for model in models] == [str(tmp_path / "models" / name) for name in ("a", "b")]
    assert models[0]["metrics"] == zoo.card("trained").metrics


def test_results_copies_headlines_tables_and_facts_of_each_run(home):
    small = Table(
        name="s", title="Small", columns=("kind", "share"), rows=[("a|b", 0.5)], formats={"share": ".1%"}
    )
    long = Table(name="trials", title="Trials", columns=("n",), rows=[(n,) for n in range(41)])
    first = run_folder(home / "runs" / "one", small, long, title="One")
    second = run_folder(
        home / "runs" / "two", Matrix(name="m", title="M", labels=("a",), counts=[[1]]), title="Two"
    )
    output("results")
    text = (home / "docs" / "results.md").read_text()
    assert text.index("## One") < text.index("## Two")
    assert "| CNN, MNIST test | 99.00% | 99.60% | 99.79% | 99.65% ± 0.03% | at least |" in text
    assert "| kind | share |\n| --- | ---: |\n| a\\|b | 50.0% |" in text
    assert "Trials: 41 rows, in `tables/trials.csv` of the run." in text
    assert text.count(f"mnist.npz: SHA-256 {'ab' * 32}") == 2
    for fact in (
        "python manage.py recipe run tiny",
        "seed: 1",
        "a processor, 2 cores",
        "12 s",
        "python 3.11.7",
    ):
        assert fact in text
    assert str(home) not in text
    output("results", str(second), "--output", "other.md")
    assert "## One" not in (home / "other.md").read_text()
    assert str(first) not in text


def test_results_are_the_same_however_often_they_are_copied(home):
    run_folder(
        home / "runs" / "one",
        Pictures(name="p", title="P", rows=[[Picture(image=np.zeros((2, 2, 1), np.uint8), caption="c")]]),
    )
    output("results")
    before = (home / "docs" / "results.md").read_text()
    output("results")
    assert (home / "docs" / "results.md").read_text() == before


def test_a_quick_run_is_no_result_and_leaves_the_file_alone(home):
    run_folder(home / "runs" / "full")
    output("results")
    before = (home / "docs" / "results.md").read_text()
    run_folder(home / "runs" / "quick", facts={**FACTS, "quick": True})
    with pytest.raises(CommandError, match=r"runs/quick was a quick one"):
        output("results")
    assert (home / "docs" / "results.md").read_text() == before


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', "{}", '{"facts": {"quick": false}}'])
def test_a_damaged_report_is_one_sentence(content, home):
    folder = run_folder(home / "runs" / "one")
    (folder / "report.json").write_text(content)
    with pytest.raises(CommandError, match=r"report.json is no report of a run, or is damaged"):
        output("results")


def test_a_folder_without_a_report_is_one_sentence(home):
    with pytest.raises(CommandError, match="There is no report of a finished run in runs"):
        output("results")
    with pytest.raises(CommandError, match="There is no report of a finished run in nowhere"):
        output("results", "nowhere")
