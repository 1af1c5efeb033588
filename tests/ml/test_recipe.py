"""Recipes are read strictly: what is mistyped is refused, never ignored."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from ml.errors import OptionRefused
from ml.training import recipe

GOOD = """
name = "small"
title = "A small one"
kind = "mnist-digits"
seed = 7
[architecture]
family = "simple-cnn"
classes = 10
[training]
epochs = 3
rate = 1
sizes = [3, 5]
"""


@dataclass(frozen=True, kw_only=True)
class Training:
    epochs: int
    rate: float = 0.1
    sizes: tuple[int, ...] = ()
    note: str | None = None
    pair: tuple[float, float] = (0, 1)
    kinds: tuple[Literal["plain", "affine"] | Literal["taken"], ...] = ()
    epsilons: dict[str, list[float]] = field(default_factory=dict)


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "small.toml"
        path.write_text(text)
        return path

    return write


def test_a_recipe_is_read_from_a_path(written) -> None:
    found = recipe.load(written(GOOD))
    assert (found.name, found.kind, found.seed) == ("small", "mnist-digits", 7)
    assert (found.family, found.options) == ("simple-cnn", {"classes": 10})


def test_a_table_fills_its_dataclass_and_whole_numbers_do_for_decimals(written) -> None:
    training = recipe.load(written(GOOD)).read("training", Training)
    assert training == Training(epochs=3, rate=1.0, sizes=(3, 5))
    assert isinstance(training.rate, float)


def test_what_a_table_holds_is_read_down_to_its_parts(written) -> None:
    text = f'{GOOD}note = "x"\npair = [0, 2]\nkinds = ["plain", "taken"]\nepsilons = {{ pgd = [1, 0.5] }}\n'
    training = recipe.load(written(text)).read("training", Training)
    assert (training.note, training.pair, training.kinds) == ("x", (0.0, 2.0), ("plain", "taken"))
    assert repr(training.epsilons) == "{'pgd': [1.0, 0.5]}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seed", "sead", "the key sead is not known"),
        ('kind = "mnist-digits"', "", "the key kind is missing"),
        ('family = "simple-cnn"', "", "the key family is missing"),
        ("seed = 7", 'seed = "seven"', "the key seed cannot be 'seven'"),
        ("seed = 7", "seed = true", "the key seed cannot be True"),
        ("seed = 7", "seed = ", "cannot be read"),
    ],
)
def test_a_wrong_recipe_is_refused_in_one_sentence(written, old: str, new: str, said: str) -> None:
    with pytest.raises(OptionRefused, match=said):
        recipe.load(written(GOOD.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "epochs = 3",
            "epoch = 3",
            r"small \[training\] the key epoch is not known; known are: epochs, rate",
        ),
        ("epochs = 3", "", "the key epochs is missing"),
        ("rate = 1", 'rate = "1"', "the key rate cannot be '1'"),
        ("sizes = [3, 5]", "sizes = 3", "the key sizes cannot be 3"),
        ("sizes = [3, 5]", "sizes = [3, true]", "the key sizes cannot be True"),
        ("rate = 1", "note = 1", "the key note cannot be 1"),
        ("rate = 1", "pair = [1]", r"the key pair cannot be \[1\]"),
        (
            "rate = 1",
            'kinds = ["plain", "plane"]',
            "the key kinds cannot be 'plane'; it can be: plain, affine, taken",
        ),
        ("rate = 1", 'epsilons = { pgd = ["1"] }', r"the key epsilons\.pgd cannot be '1'"),
    ],
)
def test_a_wrong_table_is_refused_in_one_sentence(written, old: str, new: str, said: str) -> None:
    with pytest.raises(OptionRefused, match=said):
        recipe.load(written(GOOD.replace(old, new))).read("training", Training)


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(OptionRefused, match=r"no recipe nonsense; there are: .*digits-simple"):
        recipe.load("nonsense")


def test_every_shipped_recipe_can_be_read_and_is_named_as_its_file() -> None:
    assert "digits-simple" in recipe.names()
    assert [each.name for each in recipe.listing()] == recipe.names()


def test_a_recipe_has_what_it_lacks_from_its_base(written) -> None:
    found = recipe.load(
        written(
            """
base = "digits-cnn-detector"
name = "other"
title = "Another"
[data]
model = "digits-simple"
[training]
layers = ["pool"]
[quick.training]
rounds = 0
"""
        )
    )
    base = recipe.load("digits-cnn-detector")
    assert (found.name, found.kind, found.seed) == ("other", "detector", base.seed)
    assert found.data == {**base.data, "model": "digits-simple"}
    assert found.training == {**base.training, "layers": ["pool"]}
    assert found.evaluation == base.evaluation
    assert found.quick == {**base.quick, "training": {**base.quick["training"], "rounds": 0}}
    # What the run folder keeps shows a change of the base, too.
    assert all(line in found.text for line in base.text.splitlines())


def test_of_another_family_no_option_is_inherited(written, tmp_path) -> None:
    base = tmp_path / "base.toml"
    base.write_text(GOOD)
    text = f'base = "{base}"\nname = "other"\n[architecture]\nfamily = "robust-cnn"\n'
    assert recipe.load(written(text)).options == {}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("data = 3", "the key data cannot be 3"),
        ("architecture = 3", "the key architecture cannot be 3"),
        ("quick = 3", "the key quick cannot be 3"),
        ("[kind]", r"the key kind cannot be {}"),
        ("[quick]\ndata = 3", r"the key quick\.data cannot be 3"),
    ],
)
def test_what_is_no_table_is_refused_over_a_base_too(written, line: str, said: str) -> None:
    with pytest.raises(OptionRefused, match=said):
        recipe.load(written(f'base = "digits-simple"\nname = "other"\n{line}\n'))


def test_a_recipe_that_is_its_own_base_is_refused(written, tmp_path) -> None:
    other = tmp_path / "other.toml"
    own = written(f'base = "{other}"\nname = "small"\n')
    other.write_text(f'base = "{own}"\nname = "other"\n')
    with pytest.raises(OptionRefused, match="is its own base"):
        recipe.load(own)
