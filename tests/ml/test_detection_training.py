"""Recipes of the kind `detector`: what they leave, and that its figures can be measured again."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from ml import training, zoo
from ml.attacks import FAB, FGSM, registry
from ml.datasets import bundled, mnist
from ml.defences import detection
from ml.errors import ModelUnavailable, OptionRefused
from ml.training import division
from ml.training import recipe as recipes
from ml.training.detector import data as detector_data
from ml.training.detector import figures as detector_figures
from ml.training.detector import plan
from ml.training.detector import run as kind
from ml.training.detector.data import Part
from ml.training.detector.guard import pooled


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return bundled.write(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """The folder of the quick run of `digits-cnn-detector`."""
    output = tmp_path_factory.mktemp("run")
    return training.run("digits-cnn-detector", quick=True, output=output, data=data)


def test_a_quick_run_leaves_a_detector_that_tells_attacked_digits_from_clean_ones(trained):
    found = detection.read(trained, zoo.load("digits-cnn")).card.figures
    assert found["clean_images"] == 200
    # The model knows MNIST's digits; of the bundled ones it answers fewer rightly.
    assert 20 <= found["attacks"]["fgsm ε=0.3"]["images"] <= 40
    assert found["attacks"]["fgsm ε=0.3"]["auroc_all"] > 0.9
    assert set(found["aware"]) == {"ε=0.3"}
    assert set(found["attacks_by_kind"]["pictured"]) == set(found["attacks"])
    assert found["attacks_by_kind"]["pictured"]["fgsm ε=0.3"]["auroc_all"] > 0.9
    assert set(found["false_alarms_by_kind"]) == {"affine", "imperfect", "pictured"}
    assert found["worst_auroc_all"] == min(each["auroc_all"] for each in found["attacks"].values())


def test_the_threshold_lets_the_asked_share_of_the_validation_digits_through(trained, data):
    model = zoo.load("digits-cnn")
    detector = detection.read(trained, model)
    validation = detector_data.parts(model.card, data).validation[:200].images
    alarms = [
        np.mean([each.tampered for each in detector.verdict(images.astype(np.float32) / 255)])
        for images in (validation, detector_data.of_kind("pictured", validation, seed=1))
    ]
    # Neither as they are nor as the site reads them from pictures are more of them refused.
    assert max(alarms) == pytest.approx(0.05, abs=0.011)
    assert detector.threshold == 0.5


def test_a_quick_run_is_reported(trained):
    report = json.loads((trained.parent / "report.json").read_text())
    assert report["facts"]["quick"] is True
    assert "set on 200 images that no network of the detector learned" in report["summary"]
    (table,) = report["sections"][0]["blocks"]
    assert [row[0] for row in table["rows"]] == ["fgsm ε=0.1", "fgsm ε=0.3", "deepfool"]


def test_the_files_are_small(trained):
    assert (trained / detection.ARRAYS).stat().st_size < 1_000_000


def test_the_figures_of_the_card_are_measured_again_from_pixels(trained, data, tiny_zoo, monkeypatch):
    folder = tiny_zoo / "watched"
    shutil.copytree(zoo.folder("digits-cnn"), folder)
    shutil.copytree(trained, folder, dirs_exist_ok=True)
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, "name": "watched"}))
    try:
        stated = detection.read_card(folder).figures
        again = kind.measure("watched", data)
        assert again["attacks"].keys() == stated["attacks"].keys()
        assert again["worst_auroc_all"] == pytest.approx(stated["worst_auroc_all"], abs=0.01)
        assert again["false_alarms"] == pytest.approx(stated["false_alarms"], abs=0.006)
    finally:
        shutil.rmtree(folder)


def test_a_model_without_a_detector_cannot_be_measured(tiny_zoo):
    with pytest.raises(ModelUnavailable, match="“tiny-digits” has no detector"):
        kind.measure("tiny-digits")


def test_an_attack_that_recipes_do_not_know_is_refused():
    with pytest.raises(OptionRefused, match="cannot be trained on the attack magic"):
        plan.attack("magic")


def test_the_detectors_of_digits_are_judged_by_carlini_and_wagners_attack_at_its_full_length():
    digits = [name for name in SHIPPED if name.startswith("digits")]
    assert len(digits) == 7
    for name in digits:
        found = detection.read_card(zoo.folder(name)).figures
        assert found["attacks"]["carlini-wagner"]["fooled"] >= 190
        assert "carlini-wagner" not in found["attacks_by_kind"].get("pictured", {})
    assert plan.attack("carlini-wagner") == registry.make("carlini-wagner")


def test_the_attack_at_its_full_length_is_made_on_images_as_they_are_only(trained, data, monkeypatch):
    # Only where it is made matters here, so a few steps do.
    monkeypatch.setitem(plan.ATTACKS, plan.FULL, plan.attack("cw"))
    model = zoo.load("digits-cnn")
    test = detector_data.parts(model.card, data, test_only=True).test
    asked = plan.Evaluation(
        false_alarms=0.05,
        clean=20,
        images=3,
        slow=3,
        attacks={"fgsm": [0.1], plan.FULL: []},
        aware=[],
        aware_images=0,
    )
    found = detector_figures.figures(detection.read(trained, model), test, asked, seed=0)
    assert set(found["attacks"]) == {"fgsm ε=0.1", plan.FULL}
    assert set(found["attacks_by_kind"]["pictured"]) == {"fgsm ε=0.1"}


def test_no_image_is_in_two_parts(data):
    parts = detector_data.parts(zoo.card("digits-cnn"), data)
    every = np.concatenate([each.images for each in (parts.learning, parts.validation, parts.test)])
    assert len(every) == 1797
    assert len(np.unique(every.reshape(len(every), -1), axis=0)) == len(
        np.unique(bundled.digits()[0], axis=0)
    )


@pytest.fixture
def numbered(monkeypatch):
    """As many digits as MNIST has; the pixels of each are its number."""
    images = np.arange(60_000, dtype=np.uint32).view(np.uint8).reshape(-1, 2, 2, 1)
    split = mnist.Split(images, np.arange(60_000) % 10)
    monkeypatch.setattr(mnist, "load", lambda part, data=None: split)


def numbers(part):
    return np.ascontiguousarray(part.images).reshape(len(part), 4).view(np.uint32)[:, 0]


SHIPPED = {
    path.parent.name: detection.read_card(path.parent)
    for path in sorted(zoo.folder("digits-cnn").parent.glob(f"*/{detection.CARD}"))
}
ASKING = {
    name: card.settings["opinion"]["model"] for name, card in SHIPPED.items() if card.settings["opinion"]
}


@pytest.mark.parametrize("name", [name for name in ASKING if name.startswith("digits")])
def test_the_threshold_is_set_on_digits_that_neither_the_model_nor_its_opinion_learned(name, numbered):
    cards = zoo.card(name), zoo.card(ASKING[name])
    found = detector_data.parts(cards[0], None, opinion=cards[1])
    assert len(found.validation) == min(card.data["validation"] for card in cards) == 1000
    for card in cards:
        learned, held = mnist.rows_held_out(60_000, card.data["validation"], card.seed)
        assert set(numbers(found.validation)) <= set(held)
        assert set(numbers(found.learning)) <= set(learned)


def test_a_training_looks_at_no_digit_that_the_opinion_learned_to_set_its_threshold(
    data, tmp_path, monkeypatch
):
    asked = []

    def parts(card, data, **options):
        asked.append(options["opinion"].name)
        raise OptionRefused("seen enough")

    monkeypatch.setattr(detector_data, "parts", parts)
    with pytest.raises(OptionRefused):
        training.run("digits-simple-detector", quick=True, output=tmp_path, data=data)
    assert asked == ["digits-robust"]


@pytest.mark.parametrize("name", ASKING)
def test_a_shipped_detector_asks_a_model_whose_images_were_divided_as_its_own(name):
    one, other = (division.of(zoo.card(each)) for each in (name, ASKING[name]))
    assert division.differing(one, other) == []


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"seed": 2}, "seed"),
        (
            {"data": {"kind": "mnist-digits", "name": "EMNIST", "training": 59_000, "validation": 1000}},
            "name",
        ),
        (
            {"data": {"kind": "mnist-digits", "name": "MNIST", "training": 9_000, "validation": 1000}},
            "images",
        ),
        ({"data": {}}, "name, images"),
    ],
)
def test_an_opinion_whose_digits_were_divided_in_another_way_is_refused(changed, named, numbered):
    other = dataclasses.replace(zoo.card("digits-robust"), **changed)
    with pytest.raises(
        OptionRefused, match=rf"“digits-robust” cannot be asked about “digits-cnn”.*\({named}\)"
    ):
        detector_data.parts(zoo.card("digits-cnn"), None, opinion=other)


def test_an_opinion_whose_photos_were_divided_in_another_way_is_refused_before_any_is_read():
    card = zoo.card("vehicles-robust")
    other = dataclasses.replace(card, seed=2, data={**card.data, "shares": [0.7, 0.2, 0.1]})
    with pytest.raises(OptionRefused, match=r"cannot be asked about “vehicles”.*\(shares, seed\)"):
        detector_data.parts(zoo.card("vehicles"), None, opinion=other)


def test_of_a_model_that_learned_noise_noise_is_clean(data):
    card = zoo.card("digits-noisy")
    part = detector_data.parts(card, data).learning[:600]
    made = detector_data.kinds_of(part, card, seed=1)
    np.testing.assert_array_equal(made.labels, part.labels)
    unchanged = (made.images == part.images).all(axis=(1, 2, 3)).mean()
    assert unchanged == pytest.approx(card.data["clean_share"], abs=0.08)
    assert made.images.dtype == np.uint8


def test_only_images_that_the_model_answers_rightly_are_attacked(tiny_digits):
    images, labels = bundled.digits()
    wrong = np.where(np.arange(40) % 2, labels[:40], (labels[:40] + 1) % 10)
    chosen = detector_figures.right(tiny_digits, Part(images[:40], wrong), 5)
    answers = tiny_digits.logits(chosen.images.astype(np.float32) / 255).argmax(axis=-1)
    assert len(chosen) == 5
    np.testing.assert_array_equal(answers, chosen.labels)


def test_attacked_images_are_those_of_the_attack_in_eight_bits(tiny_digits):
    images, labels = bundled.digits()
    made = detector_figures.attacked(tiny_digits, Part(images[:150], labels[:150]), FGSM(), 0.1, seed=0)
    whole = FGSM()(
        tiny_digits, images[:150].astype(np.float32) / 255, epsilon=0.1, labels=labels[:150]
    ).images
    # 0.1 is 25.5 steps of 1/255: a file holds 25 of them.
    assert np.abs(made - whole * 255).max() <= 0.51
    assert np.abs(made.astype(int) - images[:150]).max() == 25


def test_auroc_is_the_share_of_pairs_in_the_right_order():
    clean, suspicious = np.array([0.1, 0.2, 0.5]), np.array([0.5, 0.9])
    # Six pairs: five in order, one tie that counts half.
    assert detector_figures.auroc(clean, suspicious) == pytest.approx(5.5 / 6)


def test_pooled_images_are_means_of_squares():
    image = np.arange(5 * 4, dtype=np.uint8).reshape(1, 5, 4, 1) * 4
    np.testing.assert_array_equal(pooled(image, 2)[0, ..., 0], [[10, 18], [42, 50]])


def test_of_further_kinds_is_every_so_manieth_image(data):
    card = zoo.card("digits-noisy")
    part = detector_data.parts(card, data).learning[:40]
    made = detector_data.kinds_of(part, card, seed=1, further=["imperfect"])
    np.testing.assert_array_equal(made.labels, part.labels)
    # An imperfect digit is half as large, so it has a quarter of the ink.
    np.testing.assert_allclose(_ink(made)[1::2] / _ink(part)[1::2], 0.25, rtol=0.1)
    # The others are as the model learned them, most of them with noise.
    assert (made.images[::2] != part.images[::2]).any(axis=(1, 2, 3)).mean() > 0.5
    assert (_ink(made)[::2] > 0.6 * _ink(part)[::2]).all()


def test_of_a_model_that_learned_moved_digits_those_and_the_further_kind_take_turns(data):
    card = zoo.card("digits-cnn")
    assert card.data["kinds"] == ["plain", "affine", "imperfect"]
    part = detector_data.parts(card, data).learning[:40]
    made = detector_data.kinds_of(part, card, seed=1, further=["pictured"])
    same = (made.images == part.images).all(axis=(1, 2, 3))
    assert same[::4].all()
    assert not same[1::4].any()
    np.testing.assert_allclose(_ink(made)[2::4] / _ink(part)[2::4], 0.25, rtol=0.1)
    # A few are not found in their pictures, and stay.
    assert same[3::4].mean() < 0.5


def _ink(part):
    return part.images.sum(axis=(1, 2, 3), dtype=float)


def test_photos_of_a_further_kind_take_turns_too_and_are_tested_as_always():
    photos = np.random.default_rng(0).integers(60, 200, (8, 32, 32, 3)).astype(np.uint8)
    part = Part(photos, np.arange(8))
    made = detector_data.of_kinds(part, ["plain", "taken"], np.random.default_rng(1))
    same = (made.images == photos).all(axis=(1, 2, 3))
    assert same[::2].all()
    assert not same[1::2].all()
    once, again = (detector_data.of_kind("taken", photos) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    # What sets the threshold is made with other random numbers than what is measured.
    assert (once != detector_data.of_kind("taken", photos, seed=1)).any()


@pytest.mark.parametrize("name", ["digits-cnn", "vehicles"])
@pytest.mark.parametrize("named", ["plain", "taken", "pictured", "picture", 3])
def test_a_kind_of_images_that_a_model_does_not_answer_is_refused(name, named):
    known = {"digits-cnn": ["affine", "imperfect", "pictured"], "vehicles": ["taken"]}[name]
    if named in known:
        assert detector_data.further_kinds([named], zoo.card(name)) == [named]
        return
    with pytest.raises(OptionRefused, match=f"“{name}” cannot be of the kind {named}; .*{', '.join(known)}"):
        detector_data.further_kinds([named], zoo.card(name))


def test_a_quick_run_for_photos_runs_on_digits_that_come_with_scikit_learn(data, tmp_path):
    folder = training.run("vehicles-detector", quick=True, output=tmp_path, data=data)
    found = detection.read(folder, zoo.load("digits-simple")).card.figures
    assert set(found["false_alarms_by_kind"]) == {"imperfect"}
    assert set(found["attacks_by_kind"]["imperfect"]) == set(found["attacks"]) == {"fgsm ε=0.1"}


def test_a_recipe_of_another_kind_of_images_is_refused_before_anything_is_trained(data, tmp_path):
    recipe = tmp_path / "wrong.toml"
    recipe.write_text('base = "vehicles-detector"\nname = "wrong"\n[quick.data]\nkinds = ["taken"]\n')
    with pytest.raises(OptionRefused, match="“digits-simple” cannot be of the kind taken"):
        training.run(recipe, quick=True, output=tmp_path / "run", data=data)
    assert not (tmp_path / "run" / "guard").exists()


def test_fab_where_it_is_given_no_norm_looks_for_the_nearest_in_l2(tiny_digits):
    images, labels = bundled.digits()
    batch, fab = images[:4].astype(np.float32) / 255, plan.attack("fab")
    found = fab(tiny_digits, batch, labels=labels[:4], seed=0)
    linf = FAB(steps=50, classes=3)(tiny_digits, batch, norm="linf", labels=labels[:4], seed=0)
    apart = [np.linalg.norm((each.images - batch).reshape(4, -1), axis=1) for each in (found, linf)]
    # One that was answered wrongly stays as it is.
    assert found.success.all()
    assert (apart[0] <= apart[1]).all()
    assert apart[0].sum() < 0.8 * apart[1].sum()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_detector_is_what_its_recipe_makes(name):
    learned = dict(detection.read_card(zoo.folder(name)).training)
    recipe = recipes.load(f"{name}-detector")
    evaluation = plan.Evaluation(**learned.pop("evaluation"))
    assert learned.pop("data") == recipe.data
    assert learned == recipe.training
    assert evaluation == plan.Evaluation(**recipe.evaluation)


@pytest.mark.parametrize("name", ["digits-cnn-detector", "vehicles-detector"])
def test_every_detector_recipe_is_whole(name):
    recipe = recipes.load(name)
    for each in (recipe, recipe.quickened()):
        how = each.read("training", plan.Training)
        each.read("data", plan.Data)
        each.read("evaluation", plan.Evaluation)
        assert kind._guard_plan(each, how, None).epochs >= 1
