"""The recipe `class-images`, in seconds on scikit-learn's digits."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from ml import training
from ml.datasets import bundled, labelled, mnist
from ml.errors import DataMissing, OptionRefused
from ml.training import recipe as recipes
from ml.training.class_images.ablation import VARIANTS
from ml.training.class_images.cnn import Batches, Shape, grainy, moved


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundled.write(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return training.run("class-images", quick=True, data=data, output=tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def report(run: Path) -> dict:
    return json.loads((run / "report.json").read_text())


def table(run: Path, name: str) -> list[dict[str, str]]:
    with (run / "tables" / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def headline(report: dict, start: str) -> dict:
    (found,) = [each for each in report["headlines"] if each["figure"].startswith(start)]
    return found


def test_the_classifiers_have_learned_and_are_compared_on_the_whole_test_set(run: Path, report: dict) -> None:
    rows = {row["classifier"]: row for row in table(run, "mnist-classifiers")}
    assert set(rows) == {"CNN", "k-nn", "logistic-regression", "svm", "random-forest", "deskewed k-nn"}
    for name, row in rows.items():
        assert float(row["accuracy"]) > 0.6, name
        assert int(row["wrong"]) == round(397 * (1 - float(row["accuracy"])))
        assert 0 <= float(row["ECE"]) < 0.5
    assert headline(report, "k-nn, MNIST")["value"] == pytest.approx(float(rows["k-nn"]["accuracy"]))
    assert headline(report, "CNN, MNIST")["theirs"] == 0.99


def test_the_reliability_table_counts_every_test_image_twice_over(run: Path) -> None:
    rows = table(run, "mnist-bins")
    assert len(rows) == 15
    assert sum(int(row["images"]) for row in rows) == 397
    assert sum(int(row["images, scaled"]) for row in rows) == 397


def test_the_temperature_changes_the_calibration_and_not_the_accuracy(run: Path, report: dict) -> None:
    row = table(run, "mnist-seeds")[0]
    assert float(row["temperature"]) != pytest.approx(1, abs=1e-4)
    before, after = (headline(report, f"ECE of the CNN {name}")["value"] for name in ("before", "after"))
    assert (before, after) == pytest.approx((float(row["ECE before"]), float(row["ECE after"])))
    scaled = sum(
        int(row["images, scaled"]) * float(row["accuracy, scaled"])
        for row in table(run, "mnist-bins")
        if row["accuracy, scaled"]
    )
    assert scaled / 397 == pytest.approx(float(row["accuracy"]))


def test_quantiles_of_the_confidence_rise_and_wrong_answers_are_less_sure(run: Path) -> None:
    rows = {row["classifier"]: row for row in table(run, "mnist-confidence")}
    shares = ["1%", "5%", "25%", "50%", "75%", "95%", "99%"]
    for row in rows.values():
        values = [float(row[share]) for share in shares]
        assert values == sorted(values)
    good, bad = rows["CNN, right answers"], rows["CNN, wrong answers"]
    assert int(good["images"]) + int(bad["images"]) == 397
    assert float(bad["50%"]) < float(good["50%"])


def test_every_class_has_its_two_images_and_every_classifier_is_asked_about_them(
    run: Path, report: dict
) -> None:
    blocks = [block for section in report["sections"] for block in section["blocks"]]
    (captions,) = [block["captions"] for block in blocks if block["name"] == "mnist-pictures"]
    assert [len(row) for row in captions] == [10, 10]
    rows = table(run, "mnist-agreement")
    assert len(rows) == 2 * 6
    (own,) = [row for row in rows if (row["made by"], row["asked"]) == ("neighbours", "k-nn")]
    assert int(own["agreed"]) == 10


def test_the_ablation_compares_with_the_whole_network(run: Path) -> None:
    whole, other = table(run, "ablation")
    assert (whole["variant"], other["variant"]) == ("whole", "without augmentation")
    assert float(whole["difference"]) == 0
    difference = float(other["validation accuracy"]) - float(whole["validation accuracy"])
    assert float(other["difference"]) == pytest.approx(difference)


def test_sets_that_are_not_given_are_named_as_left_out(report: dict) -> None:
    (text,) = [each["text"] for each in report["sections"] if each["heading"] == "Left out"]
    assert "Fashion-MNIST" in text
    assert "CIFAR-10" in text


def test_a_resumed_run_reads_what_was_done(run: Path, data: Path, report: dict) -> None:
    step = run / "steps" / "mnist-k-nn.json"
    said = json.loads(step.read_text())
    step.write_text(json.dumps({**said, "fit_seconds": 12345.0}))
    training.run("class-images", quick=True, data=data, output=run, resume=True)
    rows = {row["classifier"]: row for row in table(run, "mnist-classifiers")}
    assert float(rows["k-nn"]["fit seconds"]) == 12345.0
    again = json.loads((run / "report.json").read_text())
    assert headline(again, "CNN, MNIST")["value"] == headline(report, "CNN, MNIST")["value"]


def test_every_variant_of_the_recipe_exists_and_changes_something() -> None:
    recipe = recipes.load("class-images")
    shape = Shape(
        family=recipe.family, options=recipe.options, shift_pixels=2, mirrored=False, grain=0.5, epochs=1
    )
    changed = [VARIANTS[name](shape) for name in recipe.training["ablation"]]
    assert changed[0] == shape
    assert all(one != other for index, one in enumerate(changed) for other in changed[:index])


def test_an_unknown_variant_is_refused(data: Path, tmp_path: Path) -> None:
    text = recipes.load("class-images").text.replace('["whole", "without augmentation"]', '["without sense"]')
    path = tmp_path / "class-images.toml"
    path.write_text(text)
    with pytest.raises(OptionRefused, match="no variant without sense"):
        training.run(path, quick=True, data=data, output=tmp_path)


def test_images_move_by_whole_pixels_and_black_comes_in() -> None:
    image = np.zeros((200, 7, 7, 1), np.uint8)
    image[:, 3, 3] = 255
    places = np.argwhere(moved(image, 2, np.random.default_rng(0)))
    assert len(places) == 200
    assert set(places[:, 1]) == set(places[:, 2]) == {1, 2, 3, 4, 5}
    np.testing.assert_array_equal(moved(image, 0, np.random.default_rng(0)), image)


def test_grain_is_of_another_strength_in_each_image_and_stays_in_range() -> None:
    images = np.full((300, 20, 20, 1), 0.5, np.float32)
    noisy = grainy(images, 0.1, np.random.default_rng(0))
    strengths = noisy.std(axis=(1, 2, 3))
    assert (strengths.min() < 0.01) & (0.09 < strengths.max() < 0.12)
    assert noisy.dtype == np.float32
    strong = grainy(images, 5.0, np.random.default_rng(0))
    assert (strong.min(), strong.max()) == (0, 1)
    np.testing.assert_array_equal(grainy(images, 0.0, np.random.default_rng(0)), images)


def test_batches_depend_on_seed_and_epoch_only_and_mirror_about_half() -> None:
    images = np.zeros((400, 4, 4, 1), np.uint8)
    images[:, :, 0] = 255
    split = mnist.Split(images, np.arange(400))
    shape = Shape(family="", options={}, shift_pixels=0, mirrored=True, grain=0.0, epochs=1)
    batches = Batches(split, shape, size=400, seed=1)
    pictures, labels = batches[0]
    assert sorted(labels) == list(range(400))
    assert 0.4 < (pictures[:, 0, 3, 0] == 1).mean() < 0.6
    np.testing.assert_array_equal(batches[0][0], pictures)
    batches.on_epoch_end()
    assert (batches[0][1] != labels).any()


def test_sets_are_read_from_their_files_in_one_form(tmp_path: Path) -> None:
    for name, shape in (("fashion_mnist", (4, 28, 28)), ("cifar10_small", (4, 32, 32, 3))):
        content = {
            "x_train": np.full(shape, 7, np.uint8),
            "y_train": np.arange(4)[:, None] if len(shape) == 4 else np.arange(4),
        }
        np.savez(tmp_path / f"{name}.npz", **content)
    fashion, cifar = (labelled.load(name, "train", tmp_path) for name in ("fashion-mnist", "cifar-10"))
    assert (fashion.images.shape, cifar.images.shape) == ((4, 28, 28, 1), (4, 32, 32, 3))
    assert fashion.labels.tolist() == cifar.labels.tolist() == [0, 1, 2, 3]
    with pytest.raises(DataMissing, match="damaged or is not CIFAR-10"):
        labelled.load("cifar-10", "test", tmp_path)


def test_an_unknown_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionRefused, match="no data set tea"):
        labelled.load("tea", "train", tmp_path)
