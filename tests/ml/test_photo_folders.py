"""Training on class folders, end to end on small self-drawn pictures."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ml import architectures, training, zoo
from ml.errors import OptionRefused
from ml.training import division, recipe
from ml.training.photos import run as photo_folders
from ml.training.photos.recipe import Stage

CLASSES = ["disc", "ring of rope", "Ärmel"]
RECIPE = """
name = "drawn"
title = "Drawn things"
kind = "photo-folders"
seed = 3
[data]
folder = "things"
shares = [0.6, 0.2, 0.2]
sources = true
[architecture]
family = "simple-cnn"
input_shape = [32, 32, 3]
[training]
start = "random"
photos = 8
strangers = 4
[[training.stages]]
name = "head"
epochs = 1
side = 32
learning_rate = 0.01
[[training.stages]]
name = "slower"
epochs = 2
side = 32
learning_rate = 0.001
[evaluation]
unsure_below = 0.5
[card]
provenance = "Drawn by a test."
licence = "MIT"
"""


@pytest.fixture(scope="module")
def things(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "things"
    rng = np.random.default_rng(0)
    for name in CLASSES:
        (folder / name).mkdir(parents=True)
        for number in range(12):
            picture = Image.new("RGB", (40, 36), tuple(rng.integers(120, 256, 3).tolist()))
            x, y, r = (int(value) for value in rng.integers((10, 10, 6), (30, 26, 16)))
            brush, colour = ImageDraw.Draw(picture), tuple(rng.integers(0, 110, 3).tolist())
            if name == "disc":
                brush.ellipse((x - r, y - r, x + r, y + r), fill=colour)
            elif name == "Ärmel":
                brush.rectangle((x - r, y - r // 2, x + r, y + r // 2), fill=colour)
            else:
                brush.ellipse((x - r, y - r, x + r, y + r), outline=colour, width=2)
            picture.save(folder / name / f"{'ab'[number % 2]}_{number}.png")
    return folder


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "drawn.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained(things, written, tmp_path_factory):
    """The folder of a finished run of two epochs: that of the first stage, and one of the second."""
    output = tmp_path_factory.mktemp("runs") / "drawn"
    assert training.run(written, data=things, output=output, epochs=2) == output / "model"
    return output


def test_the_model_knows_the_folders_as_its_classes(trained):
    model = zoo.open_folder(trained / "model")
    assert model.class_names == sorted(CLASSES)
    assert model.input_shape == (32, 32, 3)
    assert model.logits(np.zeros((2, 32, 32, 3), np.float32)).shape == (2, 3)


def test_the_card_holds_its_figures_by_class_and_source(trained):
    card = zoo.open_folder(trained / "model").card
    assert card.metrics["test_images"] == sum(map(sum, card.confusion_matrix)) > 0
    right = sum(card.confusion_matrix[label][label] for label in range(3))
    assert card.metrics["test_accuracy"] == pytest.approx(right / card.metrics["test_images"])
    assert set(card.metrics["accuracy_by_class"]) == set(CLASSES)
    assert set(card.metrics["accuracy_by_source"]) == {"a", "b"}
    assert card.unsure.threshold == 0.5


def test_measured_again_the_figures_are_those_of_the_card(trained, things):
    model = zoo.open_folder(trained / "model")
    assert photo_folders.measure(model.card, model, things) == model.card.metrics


def test_only_as_many_epochs_are_trained_as_asked_for(trained):
    history = json.loads((trained / "model" / "card.json").read_text())["training"]["history"]
    assert {name: len(stage["val_loss"]) for name, stage in history.items()} == {"head": 1, "slower": 1}


def test_a_resumed_run_continues_after_the_last_epoch(trained, things, written):
    training.run(written, data=things, output=trained, epochs=2, resume=True)
    history = json.loads((trained / "model" / "card.json").read_text())["training"]["history"]
    assert len(history["head"]["val_loss"]) == 1
    assert len(history["slower"]["val_loss"]) >= 1


def test_a_network_without_pretrained_weights_is_not_given_any(things, written, tmp_path):
    with pytest.raises(OptionRefused, match="simple-cnn"):
        training.run(written, data=things, output=tmp_path / "run", weights=tmp_path / "b0.weights.h5")


@pytest.fixture(scope="module")
def network():
    return architectures.build("efficientnetb0", input_shape=[32, 32, 3], hidden=16)


def stage(first, **options):
    return Stage(name="test", epochs=1, side=32, learning_rate=0.001, first=first, **options)


def test_a_stage_may_change_the_defence_of_the_recipe():
    asked = recipe.load("vehicles-robust")
    plain, last = (photo_folders._defence(asked, stage("", defence=how)) for how in ({}, {"attack_steps": 2}))
    assert (plain.attack_steps, last.attack_steps) == (1, 2)
    assert dataclasses.replace(last, attack_steps=1) == plain
    assert photo_folders._defence(recipe.load("vehicles"), stage("")) is None
    with pytest.raises(OptionRefused, match="attack_stops"):
        photo_folders._defence(asked, stage("", defence={"attack_stops": 2}))


def test_the_statistics_are_learned_anew_where_the_stage_says_so(network):
    photo_folders._free(network, stage("stem_conv", normalisation=True))
    assert "stem_bn" in {weight.path.split("/")[0] for weight in network.trainable_weights}


def test_first_the_head_learns_alone(network):
    photo_folders._free(network, stage(""))
    learning = {weight.path.split("/")[0] for weight in network.trainable_weights}
    assert learning == {"feature_norm", "hidden", "logits"}


def test_then_the_upper_blocks_learn_too_without_their_statistics(network):
    photo_folders._free(network, stage("block7a"))
    learning = {weight.path.split("/")[0] for weight in network.trainable_weights}
    assert {"block7a_expand_conv", "top_conv", "logits"} <= learning
    assert not any(name.startswith("block6") or name.endswith(("bn", "norm")) for name in learning)


def test_a_layer_that_the_network_lacks_is_one_sentence(network):
    with pytest.raises(OptionRefused, match="block99"):
        photo_folders._free(network, stage("block99"))


@pytest.mark.parametrize(("share", "wanted"), [(1.0, [3, 8]), (0.0, [1, 4]), (0.25, [1.5, 5])])
def test_the_final_weights_lie_between_the_first_stage_and_the_last(share, wanted):
    blended = photo_folders._blended(
        [np.array([1.0]), np.array([4.0])], [np.array([3.0]), np.array([8.0])], share
    )
    np.testing.assert_allclose(np.concatenate(blended), wanted)


def test_at_another_size_it_is_the_same_network(network):
    shipped = recipe.load("vehicles")
    options = {**shipped.architecture, "hidden": 16}
    sized = photo_folders._at_side(network, dataclasses.replace(shipped, architecture=options), 48)
    assert sized.input_shape == (None, 48, 48, 3)
    for weight, own in zip(sized.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, own)


def test_the_shipped_recipe_is_one_of_this_kind():
    shipped = recipe.load("vehicles")
    stages = shipped.read("training", photo_folders.Training).parts(None)
    assert sum(stage.epochs for stage in stages) <= 20
    assert next(stage.first for stage in stages) == ""
    assert not {"automobile", "ship", "truck"} & set(shipped.read("data", photo_folders.Data).outliers)


@pytest.mark.parametrize(("epochs", "lengths"), [(1, [1]), (3, [2, 1]), (9, [2, 3]), (None, [2, 3])])
def test_stages_are_cut_off_in_order(epochs, lengths):
    stages = [{"name": str(n), "epochs": n, "side": 32, "learning_rate": 0.1} for n in (2, 3)]
    how = photo_folders.Training(start="random", stages=tuple(stages), photos=4)
    assert [stage.epochs for stage in how.parts(epochs)] == lengths


@pytest.fixture
def cifar(tmp_path, monkeypatch):
    """A stand-in of CIFAR-10's shape, every class of another brightness, found where data sets are."""
    labels = np.arange(20) % 10
    images = np.broadcast_to((labels * 20)[:, None, None, None], (20, 32, 32, 3)).astype(np.uint8)
    np.savez(tmp_path / "cifar10.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    monkeypatch.setenv("DATASETS_DIR", str(tmp_path))


def test_strangers_and_known_things_are_measured_on_what_was_not_trained_on(trained, things, cifar):
    model = zoo.open_folder(trained / "model")
    plan = {**model.card.data, "strangers": ["bird", "cat"], "known": {"ship": "disc", "truck": "Truck"}}
    figures = photo_folders.measure(dataclasses.replace(model.card, data=plan), model, things)
    assert figures["strangers_images"] == 4
    assert 0 <= figures["strangers_unsure"] <= 1
    assert {"unseen_ship_accuracy", "unseen_ship_unsure"} <= set(figures)
    assert "unseen_truck_accuracy" not in figures


def test_an_outlier_that_is_a_class_of_the_folders_is_no_stranger(cifar, tmp_path):
    from ml.datasets import folders

    photos = folders.Photos(paths=[tmp_path], labels=np.zeros(1, int), class_names=["Cat", "Frog"])
    described = photo_folders.Data(folder="pets", outliers=("cat", "dog"))
    small = photo_folders._pool(photos, np.arange(1), described, None).strangers.small
    assert np.unique(small).tolist() == [5 * 20]


def test_a_stranger_is_wanted_to_be_every_class_alike(things):
    from ml.datasets import folders
    from ml.training.photos.batches import Batches

    described = photo_folders.Data(folder="things")
    photos = folders.find(things)
    pool = photo_folders._pool(photos, np.arange(len(photos)), described, None)
    images, wanted, weights = Batches(pool, size=(24, 24), photos=5, strangers=3, weight=0.25, seed=1)[0]
    assert images.shape == (8, 24, 24, 3)
    assert (wanted[:5].max(axis=1) == 1).all()
    np.testing.assert_allclose(wanted[5:], 1 / 3)
    np.testing.assert_allclose(weights, [1] * 5 + [0.25] * 3)


def test_rare_strata_are_drawn_more_often_as_the_balance_falls():
    from ml.training.photos.batches import chances

    strata = ["common"] * 90 + ["rare"] * 10
    shares = [chances(strata, balance)[90:].sum() for balance in (1.0, 0.5, 0.0)]
    np.testing.assert_allclose(shares, [0.1, 0.25, 0.5])


def test_a_training_does_not_start_from_a_model_that_learned_photos_held_out_here(things, written, tmp_path):
    recipe_of_a_start = tmp_path / "started.toml"
    recipe_of_a_start.write_text(
        written.read_text(encoding="utf-8").replace('start = "random"', 'start = "vehicles"')
    )
    with pytest.raises(OptionRefused, match=r"start from “vehicles”.*\(folder, shares, seed, images\)"):
        training.run(recipe_of_a_start, data=things, output=tmp_path / "run")
    assert not (tmp_path / "run" / "checkpoints").exists()


@pytest.mark.parametrize(
    ("changed", "seed", "named"),
    [
        ({}, 1, None),
        ({"strangers": ["cat"]}, 1, None),
        ({}, 2, "seed"),
        ({"folder": "others"}, 1, "folder"),
        ({"shares": (0.7, 0.2, 0.1)}, 1, "shares"),
        ({"sources": False}, 1, "sources"),
        ({"training": 6000}, 1, "images"),
    ],
)
def test_a_start_is_refused_where_its_photos_were_divided_in_another_way(changed, seed, named):
    start = zoo.card("vehicles")
    # As a recipe says it; a card has lists.
    data = {**start.data, "shares": tuple(start.data["shares"]), **changed}
    if named is None:
        division.check_start(start, data, seed)
        return
    with pytest.raises(OptionRefused, match=rf"“vehicles”.*\({named}\)"):
        division.check_start(start, data, seed)


@pytest.mark.parametrize("name", ["vehicles-robust", "digits-cnn-gru"])
def test_a_shipped_model_starts_from_one_that_never_met_its_test_images(name):
    card, start = zoo.card(name), recipe.load(name).training["start"]
    assert start in zoo.names()
    division.check_start(zoo.card(start), card.data, card.seed)
