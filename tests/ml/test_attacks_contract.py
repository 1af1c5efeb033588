"""What every attack keeps, in one table: range, ε, seed, success, targets, two classes, no gradient."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from ml.attacks import (
    APGD,
    BIM,
    FAB,
    FGSM,
    JSMA,
    MIFGSM,
    PGD,
    AdversarialPatch,
    Attack,
    Auto,
    CarliniWagner,
    DeepFool,
    GaussianNoise,
    OnePixel,
    Patch,
    Perturbation,
    SaltAndPepper,
    Square,
    Transfer,
    UniformNoise,
    UniversalPerturbation,
    minimum_epsilon,
)
from ml.errors import NotANetwork, OptionRefused
from tests.ml.affine import SHAPE, WithoutGradient, affine, greys


class Case(NamedTuple):
    """`changes` says that, in both norms, it changes some of the affine models' answers at ε or without."""

    attack: Attack
    changes: bool = True
    asks: str = "gradient"

    def __str__(self):
        return type(self.attack).__name__


class ShortAuto(Auto):
    """The cascade with less of each of its parts."""

    def parts(self, model):
        return {"APGD": APGD(steps=3), "FAB": FAB(steps=3), "Square": Square(queries=20)}


RAMP = np.linspace(-0.2, 0.2, int(np.prod(SHAPE)), dtype=np.float32).reshape(SHAPE)
CASES = [
    Case(FGSM()),
    Case(BIM()),
    Case(PGD(steps=5, relative_step=0.3)),
    Case(MIFGSM(steps=4)),
    Case(APGD(steps=5)),
    Case(APGD(steps=5, restarts=2, loss="margin", classes=2)),
    Case(Square(queries=60), asks="logits"),
    Case(ShortAuto()),
    Case(DeepFool()),
    Case(CarliniWagner(steps=60, searches=5, first_c=0.1)),
    Case(FAB(steps=8)),
    Case(FAB(steps=5, restarts=2, separately=True, until_solved=True)),
    Case(JSMA(gamma=0.5)),
    Case(JSMA(gamma=0.5, pairs=False)),
    Case(OnePixel(pixels=3, population=30, generations=8), asks="logits"),
    Case(UniversalPerturbation(epochs=3, batch_size=8)),
    Case(AdversarialPatch(steps=20, batch_size=8, smallest=0.6, largest=0.9)),
    Case(UniformNoise(draws=3), changes=False, asks="logits"),
    Case(GaussianNoise(draws=3), changes=False, asks="logits"),
    Case(SaltAndPepper(draws=3), changes=False, asks="logits"),
    Case(Perturbation(delta=RAMP), changes=False, asks="logits"),
    Case(Patch(pixels=np.abs(RAMP), smallest=0.3, largest=0.9, turn=90.0), changes=False, asks="logits"),
]
every_attack = pytest.mark.parametrize("case", CASES, ids=str)
every_run = pytest.mark.parametrize(
    ("case", "norm"), [(case, norm) for case in CASES for norm in case.attack.norms], ids=str
)
EPSILONS = {"linf": 0.1, "l2": 0.7}


@pytest.fixture(scope="module")
def three():
    return affine(3)[0]


@pytest.fixture(scope="module")
def two():
    return affine(2)[0]


@pytest.fixture(scope="module")
def batch():
    """Greys, and some with black and white in them, where the range binds."""
    images = greys(16, spread=0.1)
    images[8:] = np.clip(0.5 + 4 * (images[8:] - 0.5), 0, 1)
    return images


def sizes(moved, norm):
    flat = np.abs(moved.reshape(len(moved), -1)).astype(np.float64)
    return flat.max(axis=1) if norm == "linf" else np.sqrt((flat**2).sum(axis=1))


@every_run
@pytest.mark.parametrize("each", [False, True], ids=["one-epsilon", "one-each"])
def test_it_stays_in_range_and_within_each_epsilon(case, norm, each, three, batch):
    epsilon = np.full(16, EPSILONS[norm], np.float32) * (np.linspace(0, 2, 16) if each else 1)
    result = case.attack(three, batch, epsilon=epsilon if each else EPSILONS[norm], norm=norm)
    assert (result.images.dtype, result.images.shape) == (np.float32, batch.shape)
    assert result.images.min() >= 0
    assert result.images.max() <= 1
    if case.attack.bounded:
        assert (sizes(result.images - batch, norm) <= epsilon + 1e-6).all()


@every_run
def test_success_is_what_the_model_says_of_the_images(case, norm, three, batch):
    result = case.attack(three, batch, epsilon=EPSILONS[norm], norm=norm)
    labels = three.logits(batch).argmax(axis=-1)
    assert np.array_equal(result.success, three.logits(result.images).argmax(axis=-1) != labels)
    if case.changes:
        assert result.success.any()


@every_run
def test_the_same_seed_gives_the_same_images(case, norm, three, batch):
    first, second = (
        case.attack(three, batch, epsilon=EPSILONS[norm], norm=norm, seed=4).images for _ in range(2)
    )
    assert np.array_equal(first, second)


@every_attack
def test_the_batch_is_left_as_it_was(case, three, batch):
    before = batch.copy()
    case.attack(three, batch, epsilon=0.3)
    assert np.array_equal(batch, before)


@every_attack
def test_an_empty_batch_gives_an_empty_result(case, three):
    assert len(case.attack(three, np.zeros((0, *SHAPE), np.float32), epsilon=0.1).success) == 0


@every_run
def test_two_classes_are_enough(case, norm, two, batch):
    result = case.attack(two, batch, epsilon=EPSILONS[norm], norm=norm)
    labels = two.logits(batch).argmax(axis=-1)
    assert np.array_equal(result.success, two.logits(result.images).argmax(axis=-1) == 1 - labels)
    if case.changes:
        assert result.success.any()


@pytest.mark.parametrize("case", [case for case in CASES if case.changes], ids=str)
def test_a_target_is_reached_more_often_than_before(case, three, batch):
    result = case.attack(three, batch, epsilon=EPSILONS[case.attack.norms[0]], target=2)
    answers = three.logits(result.images).argmax(axis=-1)
    assert np.array_equal(result.success, answers == 2)
    assert (answers == 2).sum() > (three.logits(batch).argmax(axis=-1) == 2).sum()


@every_attack
@pytest.mark.parametrize("asked", ["every label is wrong", "every answer is the target"])
def test_images_that_all_succeed_already_are_taken(case, asked, three, batch):
    answers = three.logits(batch).argmax(axis=-1)
    goal = {"labels": (answers + 1) % 3} if asked == "every label is wrong" else {"target": answers}
    assert case.attack(three, batch, epsilon=0.1, **goal).images.shape == batch.shape


@pytest.mark.parametrize("case", [case for case in CASES if case.attack.minimal], ids=str)
def test_a_minimal_attack_leaves_an_image_untouched_where_it_finds_nothing(case, three, batch):
    for norm in case.attack.norms:
        largest = np.median(getattr(case.attack(three, batch, norm=norm), norm))
        result = case.attack(three, batch, norm=norm, epsilon=largest)
        assert 0 < result.success.sum() < len(batch)
        assert np.array_equal(result.images[~result.success], batch[~result.success])


@pytest.mark.parametrize("case", [case for case in CASES if case.attack.minimal], ids=str)
def test_a_minimal_attack_leaves_alone_what_is_wrong_already(case, three, batch):
    wrong = (three.logits(batch).argmax(axis=-1) + 1) % 3
    result = case.attack(three, batch, labels=wrong)
    assert np.array_equal(result.images, batch)
    assert result.success.all()


@every_attack
def test_a_model_without_a_gradient_is_refused_in_a_sentence_by_those_that_need_one(case, three, batch):
    blind = WithoutGradient(three)
    if case.asks == "logits":
        assert case.attack(blind, batch, epsilon=0.1).images.shape == batch.shape
    else:
        with pytest.raises(NotANetwork, match="has no gradient, so it cannot be attacked this way"):
            case.attack(blind, batch, epsilon=0.1)


@every_attack
def test_its_minimum_epsilon_is_the_size_of_an_image_that_succeeds(case, three, batch):
    found = minimum_epsilon(case.attack, three, batch[4:12], resolution=0.2)
    norm, labels = case.attack.norms[0], three.logits(batch[4:12]).argmax(axis=-1)
    hit = np.isfinite(found.sizes)
    assert np.array_equal(hit, three.logits(found.images).argmax(axis=-1) != labels)
    np.testing.assert_allclose(sizes(found.images - batch[4:12], norm)[hit], found.sizes[hit], rtol=1e-5)
    assert np.array_equal(found.images[~hit], batch[4:12][~hit])
    if case.changes:
        assert hit.any()


def test_a_transfer_asks_its_source_alone(three, batch):
    found = Transfer(source=three, attack=FGSM())(WithoutGradient(three), batch, epsilon=0.1)
    assert np.array_equal(found.images, FGSM()(three, batch, epsilon=0.1).images)


def test_a_norm_that_an_attack_does_not_have_is_refused(three, batch):
    with pytest.raises(OptionRefused, match="CarliniWagner is not defined for the norm linf; it knows l2"):
        CarliniWagner()(three, batch, norm="linf")
    with pytest.raises(OptionRefused, match="CarliniWagner is not defined for the norm linf; it knows l2"):
        minimum_epsilon(CarliniWagner(), three, batch, norm="linf")


WRONG: list[tuple[type[Attack], dict[str, Any]]] = [
    (APGD, {"restarts": 0}),
    (Square, {"queries": 0}),
    (DeepFool, {"steps": 0}),
    (DeepFool, {"overshoot": -0.1}),
    (CarliniWagner, {"confidence": -1}),
    (CarliniWagner, {"rate": 0}),
    (FAB, {"classes": 0}),
    (FAB, {"back": 1.0}),
    (JSMA, {"theta": 0.0}),
    (JSMA, {"gamma": 1.5}),
    (OnePixel, {"population": 3}),
    (OnePixel, {"pixels": 0}),
    (UniversalPerturbation, {"epochs": 0}),
    (AdversarialPatch, {"smallest": 0.5, "largest": 0.4}),
    (AdversarialPatch, {"turn": 181}),
]


@pytest.mark.parametrize(("kind", "options"), WRONG)
def test_an_option_that_makes_no_sense_is_refused(kind, options):
    with pytest.raises(ValueError, match="must"):
        kind(**options)
