"""The study of digit networks: what it trains on, how it searches and goes on, and what it reports."""

import json
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution

from ml import training
from ml.datasets import bundled, mnist
from ml.training import search
from ml.training.digit_study import feed as digit_study_feed
from ml.training.digit_study.data import Data, Mixture, folds, mixture
from ml.training.digit_study.recipe import Training
from ml.training.digits import run as mnist_digits
from ml.training.recipe import load

SIZES = {"plain": 60, "affine": 20, "imperfect": 25}
SPACE = {"x": FloatDistribution(0.0, 1.0), "side": CategoricalDistribution((-1, 1))}


@pytest.fixture(scope="module")
def split() -> mnist.Split:
    images, labels = bundled.digits()
    return mnist.Split(images[:200], labels[:200])


@pytest.fixture(scope="module")
def mixed(split: mnist.Split) -> Mixture:
    return mixture(split, SIZES, seed=3)


def test_a_fraction_of_the_stated_numbers_is_taken() -> None:
    data = Data(validation=1, plain=60000, affine=20000, imperfect=25000, fraction=0.08, compared=1.0)
    assert data.sizes(data.fraction) == {"plain": 4800, "affine": 1600, "imperfect": 2000}
    assert data.sizes(data.compared) == {"plain": 60000, "affine": 20000, "imperfect": 25000}


def test_each_kind_is_made_from_digits_of_its_own(split: mnist.Split, mixed: Mixture) -> None:
    assert np.bincount(mixed.kinds).tolist() == [60, 20, 25]
    assert len(set(mixed.sources)) == 105
    np.testing.assert_array_equal(mixed.unvaried.images, split.images[mixed.sources])
    np.testing.assert_array_equal(mixed.split.labels, split.labels[mixed.sources])
    same = (mixed.split.images == mixed.unvaried.images).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(same, mixed.kinds == 0)


def test_no_digit_is_taken_twice_before_all_are_taken(split: mnist.Split) -> None:
    counts = np.bincount(mixture(split, {"plain": 200, "affine": 100}, seed=0).sources)
    assert sorted(set(counts)) == [1, 2]
    assert counts.sum() == 300


def test_folds_hold_out_every_digit_once_and_never_train_on_it_in_another_kind(split: mnist.Split) -> None:
    doubled = mixture(split, {"plain": 200, "affine": 200, "imperfect": 200}, seed=0)
    parts = folds(doubled, 5, seed=1)
    np.testing.assert_array_equal(np.sort(np.concatenate([held for _, held in parts])), np.arange(600))
    for learning, held in parts:
        assert len(learning) + len(held) == 600
        assert not set(doubled.sources[learning]) & set(doubled.sources[held])
        assert np.bincount(doubled.kinds[held]) == pytest.approx([40, 40, 40], abs=4)
        assert np.bincount(doubled.split.labels[held]) == pytest.approx(np.full(10, 12), abs=4)


def test_a_fit_gets_every_epochs_batches_in_the_order_of_its_seed(split: mnist.Split) -> None:
    how = mnist_digits.Training(epochs=2, batch_size=40, learning_rate=0.1)
    feed = digit_study_feed.training(mnist_digits.Batches(split, ("plain",), how, 7))
    expected = mnist_digits.Batches(split, ("plain",), how, 7)
    feed.epoch = 4  # as a resumed fit sets it
    for epoch in (4, 5):
        expected.epoch = epoch
        labels = [each.numpy() for _, each in feed]
        assert len(labels) == len(expected) == int(feed.cardinality())
        for index, each in enumerate(labels):
            np.testing.assert_array_equal(each, expected[index][1])


def hill(_: int, settings: dict[str, Any]) -> float:
    """Highest, 0, at x = 0.7 on the side 1."""
    return -abs(settings["x"] - 0.7) - (settings["side"] == -1)


@pytest.mark.parametrize("method", ["random", "bayesian"])
def test_an_interrupted_search_ends_as_one_that_was_not(method: search.Method, tmp_path: Path) -> None:
    whole = search.search(method, SPACE, hill, trials=8, path=tmp_path / "whole", seed=5)
    asked = []

    def killed(number: int, settings: dict[str, Any]) -> float:
        if number == 4:
            raise KeyboardInterrupt
        return hill(number, settings)

    def recorded(number: int, settings: dict[str, Any]) -> float:
        asked.append(number)
        return hill(number, settings)

    path = tmp_path / "interrupted"
    with pytest.raises(KeyboardInterrupt):
        search.search(method, SPACE, killed, trials=8, path=path, seed=5)
    assert search.search(method, SPACE, recorded, trials=8, path=path, seed=5, resume=True) == whole
    assert asked == [4, 5, 6, 7]


def test_a_search_that_is_not_resumed_begins_anew(tmp_path: Path) -> None:
    for _ in range(2):
        asked = []
        search.search(
            "random",
            SPACE,
            lambda number, settings, asked=asked: asked.append(number) or 0.0,
            trials=3,
            path=tmp_path / "j",
            seed=1,
        )
        assert asked == [0, 1, 2]


def test_random_search_asks_without_regard_to_what_was_found(tmp_path: Path) -> None:
    found = [
        search.search("random", SPACE, value, trials=6, path=tmp_path / str(number), seed=2)
        for number, value in enumerate((hill, lambda number, settings: -hill(number, settings)))
    ]
    assert [each.settings for each in found[0]] == [each.settings for each in found[1]]
    assert len({each.settings["x"] for each in found[0]}) == 6


def test_bayesian_search_begins_with_given_trials_and_then_goes_where_values_are_high(tmp_path: Path) -> None:
    begun = search.search("random", SPACE, hill, trials=6, path=tmp_path / "random", seed=0)
    asked = []

    def recorded(number: int, settings: dict[str, Any]) -> float:
        asked.append(number)
        return hill(number, settings)

    found = search.search(
        "bayesian", SPACE, recorded, trials=30, path=tmp_path / "bayesian", seed=0, begun=begun
    )
    assert found[:6] == begun
    assert asked == list(range(6, 30))
    later = np.mean([trial.value for trial in found[15:]])
    chance = np.mean([trial.value for trial in begun])
    assert later > chance + 0.2


def test_the_best_so_far_never_falls() -> None:
    trials = [search.Trial(settings={}, value=value) for value in (0.2, 0.5, 0.1, 0.5, 0.9)]
    assert search.best_so_far(trials) == [0.2, 0.5, 0.5, 0.5, 0.9]
    assert search.best(trials[:4]) is trials[1]


def test_the_full_study_compares_the_networks_of_the_issue_with_their_optimizers() -> None:
    recipe = load("digits-study")
    how, data = recipe.read("training", Training), recipe.read("data", Data)
    assert (how.widths, how.dense, how.units) == ((32, 64, 128), 512, (512, 256))
    assert (how.cnn_rate, how.gru_rate, how.gru_decay) == (1e-4, 1e-3, 1e-4)
    assert (data.plain, data.affine, data.imperfect) == (60_000, 20_000, 25_000)
    assert how.options("digits-cnn-gru", share=0.5) == {"widths": (32, 64, 128), "units": (256, 128)}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    assert training.run("digits-study", quick=True, output=folder) == folder
    return folder


def blocks(folder: Path) -> dict[str, dict[str, Any]]:
    report = json.loads((folder / "report.json").read_text())
    return {block["name"]: block for section in report["sections"] for block in section["blocks"]}


def test_a_quick_study_reports_every_step(output: Path) -> None:
    found = blocks(output)
    assert {row[0] for row in found["comparison"]["rows"]} == {"CNN", "CNN×GRU"}
    assert [row[0] for row in found["speed"]["rows"]] == ["CNN", "CNN×GRU", "CNN / CNN×GRU"]
    assert [row[:2] for row in found["search-trials"]["rows"]] == [
        [method, number] for method in ("random", "bayesian") for number in (1, 2)
    ]
    assert len(found["fold-curves"]["series"]) == 2
    assert [row[0] for row in found["ablation"]["rows"]] == [
        "complete",
        "without batch normalisation",
        "without dropout",
        "single convolutions",
        "without augmentation",
    ]
    assert found["test"]["columns"] == ["network", "plain", "affine", "imperfect", "mixed", "sd of mixed"]
    assert (output / "report.html").exists()
    assert {path.stem for path in (output / "tables").glob("*.csv")} == set(found)


def test_what_a_quick_study_reports_hangs_together(output: Path) -> None:
    found = blocks(output)
    for row in (*found["comparison"]["rows"], *found["ablation"]["rows"], *found["test"]["rows"]):
        assert row[4] == pytest.approx(np.mean(row[1:4]))
    trials = found["search-trials"]["rows"]
    assert trials[0][1:] == trials[2][1:]
    assert trials[1][2:] != trials[3][2:]
    for best in found["search-best"]["rows"]:
        assert best in trials
        assert best[-1] == max(row[-1] for row in trials if row[0] == best[0])
    for network in found["speed"]["rows"][:2]:
        assert network[4] == pytest.approx(network[2] / network[1])
    ends = [series[-1][1] for series in found["fold-curves"]["series"].values()]
    rows = {row[0]: row[2] for row in found["folds"]["rows"]}
    assert rows["mean"] == pytest.approx(np.mean(ends))
    assert rows["standard deviation"] == pytest.approx(np.std(ends, ddof=1))


def test_a_resumed_study_trains_only_what_is_missing_and_reports_the_same(output: Path) -> None:
    before = blocks(output)
    steps = {path: path.stat().st_mtime_ns for path in (output / "steps").iterdir()}
    missing = output / "steps" / "without-dropout-1.json"
    kept = missing.read_text()
    missing.unlink()
    training.run("digits-study", quick=True, output=output, resume=True)
    changed = {path for path in steps if path.stat().st_mtime_ns != steps[path]}
    # The journals are opened again, nothing is tried again.
    assert {path for path in changed if path.suffix == ".json"} == {missing}
    assert json.loads(missing.read_text()).keys() == json.loads(kept).keys()
    after = blocks(output)
    assert after.keys() == before.keys()
    assert all(after[name] == before[name] for name in after if not name.startswith("ablation"))
    assert not list((output / "checkpoints").iterdir())
