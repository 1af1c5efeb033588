"""`manage.py verify`: a card is believed because anyone can measure it again."""

import io
import json

import pytest
from django.core.management import CommandError, call_command


def verify(folder, data):
    """(exit code, rows) of `verify --json`."""
    output, code = io.StringIO(), 0
    try:
        call_command("verify", folder.name, "--json", data=data, stdout=output, stderr=io.StringIO())
    except SystemExit as end:
        code = end.code
    return code, [json.loads(line) for line in output.getvalue().splitlines()]


@pytest.fixture
def card(trained):
    """The card as a dictionary to change; written back as it was after the test."""
    path = trained / "card.json"
    text = path.read_text()
    yield json.loads(text)
    path.write_text(text)


def test_an_honest_card_holds(trained, digits_folder):
    code, rows = verify(trained, digits_folder)
    assert code == 0
    assert {row["figure"] for row in rows} >= {"test_accuracy"}
    assert all(row["holds"] for row in rows)


@pytest.mark.parametrize(("shift", "code"), [(0.0015, 0), (0.0025, 1), (-0.0025, 1), (0.3, 1)])
def test_a_figure_off_by_more_than_a_fifth_of_a_point_fails(shift, code, trained, digits_folder, card):
    card["metrics"]["test_accuracy"] += shift
    (trained / "card.json").write_text(json.dumps(card))
    assert verify(trained, digits_folder)[0] == code


def test_a_figure_that_the_card_leaves_out_fails(trained, digits_folder, card):
    del card["metrics"]["test_accuracy"]
    (trained / "card.json").write_text(json.dumps(card))
    assert verify(trained, digits_folder)[0] == 1


def test_it_measures_pixels_not_the_card(trained, digits_folder):
    from ml import training, zoo
    from ml.datasets import mnist
    from ml.images import to_float

    split = mnist.load("test", digits_folder)
    answers = zoo.load("trained").logits(to_float(split.images)).argmax(axis=-1)
    assert training.measure("trained", digits_folder)["test_accuracy"] == (answers == split.labels).mean()


def test_missing_data_is_one_sentence(trained, tmp_path):
    with pytest.raises(CommandError, match="no mnist.npz in"):
        call_command("verify", "trained", data=tmp_path)


def test_an_unknown_model_is_one_sentence():
    with pytest.raises(CommandError, match="no model called"):
        call_command("verify", "nobody")


def test_what_the_card_says_under_attack_is_measured_again(trained, digits_folder, card):
    def stored(*arguments):
        call_command(*arguments, data=digits_folder, store=True, stdout=io.StringIO(), stderr=io.StringIO())

    stored("robustness", "trained", "--attack", "fgsm", "--epsilon", "0.1", "--samples", "100")
    stored("corruptions", "trained", "--samples", "40")
    code, rows = verify(trained, digits_folder)
    figures = {row["figure"]: row for row in rows}
    assert code == 0
    assert figures["fgsm, linf ε = 0.1, 100 images"]["holds"]
    assert figures["corruptions.mean"]["holds"]
    assert figures["corruptions.fog"]["holds"]
    said = json.loads((trained / "card.json").read_text())
    said["robustness"][0]["accuracy"] += 0.05
    (trained / "card.json").write_text(json.dumps(said))
    assert verify(trained, digits_folder)[0] == 1


def test_a_long_attack_is_left_out_and_named_unless_everything_is_asked_for(trained, digits_folder, card):
    long = {
        "attack": "fgsm",
        "epsilon": 0.1,
        "samples": 50,
        "clean_accuracy": 1,
        "accuracy": 2,
        "seconds": 999,
    }
    (trained / "card.json").write_text(json.dumps({**card, "robustness": [long]}))
    output, errors = io.StringIO(), io.StringIO()
    call_command("verify", "trained", "--json", data=digits_folder, stdout=output, stderr=errors)
    assert "fgsm" not in output.getvalue()
    assert "not measured again: fgsm, linf ε = 0.1, 50 images" in errors.getvalue()
    with pytest.raises(SystemExit):
        call_command("verify", "trained", full=True, data=digits_folder, stdout=output, stderr=errors)
