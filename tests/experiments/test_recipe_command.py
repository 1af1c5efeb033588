"""`manage.py recipe list | show | run`."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from ml import zoo
from ml.training import recipe as recipes


def output(*arguments, **options):
    text = io.StringIO()
    call_command("recipe", *arguments, stdout=text, stderr=io.StringIO(), **options)
    return text.getvalue()


def test_list_names_the_shipped_recipes():
    rows = [json.loads(line) for line in output("list", "--json").splitlines()]
    assert {"vehicles", "digits-simple"} <= {row["name"] for row in rows}
    assert "digits-simple" in output("list")


def test_show_prints_the_file_itself():
    assert output("show", "digits-simple").strip() == recipes.load("digits-simple").text.strip()


def test_run_leaves_a_model_that_the_zoo_can_load(trained):
    model = zoo.load("trained")
    assert model.card.name == "trained"
    assert model.card.metrics["test_accuracy"] > 0.5
    assert len(model.card.confusion_matrix) == 10
    assert sum(map(sum, model.card.confusion_matrix)) == 400


def test_an_unknown_recipe_is_one_sentence():
    with pytest.raises(CommandError, match="no recipe nobody"):
        output("run", "nobody")


def test_missing_data_is_one_sentence(tmp_path):
    with pytest.raises(CommandError, match="no mnist.npz in"):
        output("run", "digits-simple", data=tmp_path, output=tmp_path / "run")


def test_a_report_of_a_kind_that_cannot_give_one_is_one_sentence():
    with pytest.raises(CommandError, match="reported only when they are trained"):
        call_command("recipe", "report", "digits-noisy")
