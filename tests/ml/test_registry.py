"""Attacks by name: what each entry says of itself, and which options are read and which refused."""

import dataclasses
import json

import pytest

from ml.attacks import APGD, BIM, FGSM, JSMA, MIFGSM, PGD, Auto, Square, Transfer
from ml.attacks.registry import ATTACKS, find, make
from ml.errors import OptionRefused
from tests.ml.affine import affine, greys

every_entry = pytest.mark.parametrize("name", ATTACKS)


@pytest.fixture(scope="module")
def three():
    return affine(3)[0]


@every_entry
def test_an_attack_made_without_options_is_that_of_its_defaults(name, three):
    entry = ATTACKS[name]
    attack = make(name, source=three)
    assert type(attack) is entry.kind
    for parameter in entry.parameters:
        made = getattr(attack, parameter.name)
        expected = type(make(parameter.default)) if parameter.name == "attack" else parameter.default
        assert (type(made) if parameter.name == "attack" else made) == expected


@every_entry
def test_every_entry_attacks_one_image_in_its_first_norm(name, three):
    entry = ATTACKS[name]
    few = {"steps": 3, "queries": 20, "population": 20, "generations": 2, "searches": 2, "epochs": 1}
    options = {p.name: few[p.name] for p in entry.parameters if p.name in few}
    image = greys(1)
    result = make(name, options, source=three)(three, image, epsilon=0.1)
    assert result.images.shape == image.shape
    if entry.bounded and entry.norms[0] == "linf":
        assert result.linf.max() <= 0.1 + 1e-6


@every_entry
def test_every_option_is_a_field_with_a_default_inside_its_range(name):
    entry = ATTACKS[name]
    fields = {field.name for field in dataclasses.fields(entry.kind)}
    for parameter in entry.parameters:
        assert parameter.name in fields
        assert parameter.read(parameter.default) == parameter.default
        assert (
            parameter.read("" if parameter.default is None else str(parameter.default)) == parameter.default
        )
        assert bool(parameter.empty) == (parameter.default is None)
        assert parameter.read(json.loads(json.dumps(parameter.default))) == parameter.default
        if parameter.type in ("int", "float"):
            assert parameter.read(parameter.lowest) == parameter.lowest
            assert parameter.read(parameter.highest) == parameter.highest
            for beyond in (parameter.lowest - 0.5, parameter.highest + 0.5):
                with pytest.raises(OptionRefused, match=f"{parameter.name} must be a"):
                    parameter.read(beyond)


@every_entry
def test_every_entry_is_described_in_one_sentence(name):
    entry = ATTACKS[name]
    assert entry.name == name
    assert entry.title
    assert entry.description.endswith(".")
    assert entry.description.count(".") == 1
    assert bool(entry.reference) == (not name.endswith("noise") and name != "salt-and-pepper")


def test_only_one_step_along_the_sign_map_has_a_slider():
    assert [name for name, entry in ATTACKS.items() if entry.slider] == ["fgsm"]
    assert not ATTACKS["fgsm"].parameters


def test_an_entry_passes_on_what_its_attack_says_of_itself():
    jsma, fab = ATTACKS["jsma"], ATTACKS["fab"]
    assert (jsma.bounded, jsma.minimal, jsma.can_target) == (False, False, True)
    assert (fab.bounded, fab.minimal, fab.norms) == (True, True, ("linf", "l2"))


READ = [
    ("pgd", {"steps": "7", "restarts": 2}, PGD(steps=7, restarts=2)),
    ("pgd", {"relative_step": "0,25", "random_start": "off"}, PGD(relative_step=0.25, random_start=False)),
    ("pgd", {"relative_step": 1, "until_solved": True}, PGD(relative_step=1.0, until_solved=True)),
    ("pgd", {"relative_step": " ", "steps": 7}, PGD(steps=7)),
    ("pgd", {"relative_step": None}, PGD()),
    ("bim", {"steps": " 3 "}, BIM(steps=3)),
    ("jsma", {"theta": "-1", "pairs": "No"}, JSMA(theta=-1.0, pairs=False)),
    ("apgd-margin", {"classes": "2"}, APGD(loss="margin", classes=2)),
    ("square", {"share": "1e-1"}, Square(share=0.1)),
    ("fgsm", {}, FGSM()),
    ("auto", None, Auto()),
]


@pytest.mark.parametrize(("name", "options", "expected"), READ)
def test_options_are_read_from_text_and_from_json(name, options, expected):
    made = make(name, options)
    assert made == expected
    assert all(type(getattr(made, key)) is type(getattr(expected, key)) for key in options or {})


REFUSED = [
    ("hope", {}, "There is no attack hope; there are: fgsm, bim"),
    ("pgd", {"stepz": 4}, "pgd has no option stepz; it has: steps, relative_step"),
    ("fgsm", {"steps": 4}, "fgsm has no option steps; there is nothing to set"),
    ("transfer", {"source": "digits-cnn"}, "transfer has no option source; it has: attack"),
    *(
        ("pgd", {"steps": value}, "steps must be a whole number from 1 to 1000")
        for value in ("0", 1001, "4.5", 4.0, "many", "", None, True, [], "9" * 5000)
    ),
    *(
        ("pgd", {"relative_step": value}, "relative_step must be a number from 0.001 to 2")
        for value in ("0", "nan", "inf", float("nan"), "1/4", True, {}, 10**400)
    ),
    *(
        ("bim", {"relative_step": value}, "relative_step must be a number from 0.001 to 2")
        for value in ("", None)
    ),
    *(
        ("pgd", {"random_start": value}, "random_start must be true or false")
        for value in ("maybe", 1, None, "")
    ),
    *(
        ("transfer", {"attack": value}, "attack must be one of: mi-fgsm, fgsm, bim, pgd, apgd")
        for value in ("auto", "transfer", 3)
    ),
    ("transfer", {}, "transfer needs a second model to make the image with"),
    ("jsma", {"theta": 0}, "These options of jsma do not go together: theta must be"),
    ("patch", {"smallest": 0.6}, "These options of patch do not go together: sizes must be"),
]


@pytest.mark.parametrize(("name", "options", "sentence"), REFUSED)
def test_what_cannot_be_is_refused_in_one_sentence(name, options, sentence):
    with pytest.raises(OptionRefused, match=sentence) as refusal:
        make(name, options)
    assert str(refusal.value).endswith(".")


def test_a_transfer_carries_the_attack_asked_for(three):
    assert make("transfer", source=three) == Transfer(source=three, attack=MIFGSM())
    assert make("transfer", {"attack": "bim"}, source=three) == Transfer(source=three, attack=BIM())
    assert find("transfer").needs == "source"
