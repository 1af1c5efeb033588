"""Accuracy on corrupted images, of the small networks of the tests."""

import numpy as np
import pytest

from ml import zoo
from ml.datasets.corruptions import DIGITS, PHOTOS, corrupt
from ml.errors import OptionRefused
from ml.evaluation import corruptions
from ml.evaluation.corruptions import corrupted_accuracy
from tests import tiny


@pytest.fixture(scope="module")
def digits():
    batch, labels = tiny.digits()
    return np.rint(batch[:120] * 255).astype(np.uint8), labels[:120]


@pytest.fixture(scope="module")
def measured(tiny_digits, digits):
    (found,) = corrupted_accuracy([tiny_digits], *digits, "digits", seed=3)
    return found


def test_accuracy_is_of_the_corrupted_digits_by_their_true_labels(measured, tiny_digits, digits):
    images, labels = digits
    assert measured.count == 120
    assert list(measured.per_corruption) == list(DIGITS)
    for name in ("fog", "translate"):
        answers = tiny_digits.logits(corrupt(name, images, seed=3)).argmax(axis=-1)
        assert measured.per_corruption[name] == pytest.approx((answers == labels).mean(), abs=1e-9)
        assert measured.per_severity[name] == (measured.per_corruption[name],)
    assert measured.mean == pytest.approx(np.mean(list(measured.per_corruption.values())))


def test_corruptions_cost_accuracy_and_wrong_labels_cost_more(measured, tiny_digits, digits):
    images, labels = digits
    clean = (tiny_digits.logits(images / np.float32(255)).argmax(axis=-1) == labels).mean()
    assert clean > 0.95
    assert 0.2 < measured.mean < clean - 0.05
    (wrong,) = corrupted_accuracy([tiny_digits], images, (labels + 1) % 10, "digits", seed=3)
    assert wrong.mean < 1 - measured.mean + 1e-9


def test_chunks_and_the_kind_of_array_change_nothing(measured, tiny_digits, digits):
    images, labels = digits
    floats = images / np.float32(255)
    (parts,) = corrupted_accuracy([tiny_digits], floats, labels, "digits", seed=3, chunk=50)
    for name, (flags,) in measured.right.items():
        # The last bit of float32 may tip an image that lies between two classes.
        assert (parts.right[name][0] != flags).sum() <= 1


def test_a_folder_is_gone_on_with(measured, tiny_digits, digits, tmp_path, monkeypatch):
    class Stopped(Exception):
        pass

    def until_shear(name, batch, **options):
        if name == "shear":
            raise Stopped
        return corrupt(name, batch, **options)

    monkeypatch.setattr(corruptions, "corrupt", until_shear)
    with pytest.raises(Stopped):
        corrupted_accuracy([tiny_digits], *digits, "digits", seed=3, folders=[tmp_path])
    done = ["glass-blur.npy", "impulse-noise.npy", "motion-blur.npy", "shot-noise.npy"]
    assert sorted(path.name for path in tmp_path.glob("*.npy")) == done

    def after(name, batch, **options):
        assert f"{name}.npy" not in done, "computed again"
        return corrupt(name, batch, **options)

    monkeypatch.setattr(corruptions, "corrupt", after)
    (resumed,) = corrupted_accuracy([tiny_digits], *digits, "digits", seed=3, folders=[tmp_path])
    assert resumed.per_corruption == measured.per_corruption


QUESTIONS = {
    "other images": lambda model, images, labels: (model, images[1:], labels[1:], 3),
    "other labels": lambda model, images, labels: (model, images, (labels + 1) % 10, 3),
    "another seed": lambda model, images, labels: (model, images, labels, 4),
    "other weights": lambda model, images, labels: (zoo.load("digits-simple"), images, labels, 3),
}


@pytest.mark.parametrize("other", QUESTIONS)
def test_a_folder_of_another_question_is_refused(other, tiny_digits, digits, tmp_path, monkeypatch):
    monkeypatch.setattr(corruptions, "SUITES", {"digits": {"fog": DIGITS["fog"]}})
    corrupted_accuracy([tiny_digits], *digits, "digits", seed=3, folders=[tmp_path])
    model, images, labels, seed = QUESTIONS[other](tiny_digits, *digits)
    with pytest.raises(OptionRefused, match="holds the answers to another question"):
        corrupted_accuracy([model], images, labels, "digits", seed=seed, folders=[tmp_path])


def test_answers_to_a_question_that_nobody_wrote_down_are_not_gone_on_with(tiny_digits, digits, tmp_path):
    np.save(tmp_path / "fog.npy", np.ones(120, bool))
    with pytest.raises(OptionRefused, match="holds the answers to another question"):
        corrupted_accuracy([tiny_digits], *digits, "digits", seed=3, folders=[tmp_path])


def test_several_models_see_the_same_spoilt_images(measured, tiny_digits, digits, tmp_path, monkeypatch):
    asked = []

    def counted(name, batch, **options):
        asked.append(name)
        return corrupt(name, batch, **options)

    monkeypatch.setattr(corruptions, "corrupt", counted)
    other = zoo.load("digits-simple")
    both = [tiny_digits, other]
    folders = [tmp_path / "one", tmp_path / "other"]
    found = corrupted_accuracy(both, *digits, "digits", seed=3, folders=folders)
    assert asked == list(DIGITS)
    assert found[0].per_corruption == measured.per_corruption
    (alone,) = corrupted_accuracy([other], *digits, "digits", seed=3)
    assert found[1].per_corruption == alone.per_corruption != measured.per_corruption
    assert all(len(list(folder.glob("*.npy"))) == 15 for folder in folders)


def test_photos_may_come_one_by_one_and_are_measured_at_every_severity(tiny_photos, tmp_path):
    batch, labels = tiny.shapes(24, seed=9)
    images = list(np.rint(batch * 255).astype(np.uint8))
    (measured,) = corrupted_accuracy([tiny_photos], images, labels, "photos", chunk=10, folders=[tmp_path])
    assert measured.count == 24
    assert {name: len(figures) for name, figures in measured.per_severity.items()} == dict.fromkeys(PHOTOS, 5)
    assert len(list(tmp_path.glob("*.npy"))) == 75
    assert (tmp_path / "frost-5.npy").exists()
    noise = measured.per_severity["gaussian-noise"]
    assert noise[0] >= noise[-1]
    assert measured.per_corruption["gaussian-noise"] == pytest.approx(np.mean(noise))


def test_there_is_no_other_suite_and_no_measure_of_nothing(tiny_digits, digits):
    images, labels = digits
    with pytest.raises(
        OptionRefused, match="There is no suite of corruptions cats; there are: digits, photos."
    ):
        corrupted_accuracy([tiny_digits], images, labels, "cats")
    with pytest.raises(ValueError, match="0 images with 0 labels"):
        corrupted_accuracy([tiny_digits], images[:0], labels[:0], "digits")
