"""The four estimators: they learn, answer in the form of every model, and survive as plain arrays."""

import numpy as np
import pytest

from ml import estimators
from ml.datasets import bundled
from ml.datasets.deskew import deskew
from ml.errors import ModelUnavailable, OptionRefused
from ml.estimators import store
from ml.estimators.base import LEAST

TRAINING = 1000
SMALL = {
    "k-nn": {"neighbours": 3},
    "logistic-regression": {"strength": 1.0, "most_steps": 20},
    "svm": {"c": 10.0, "gamma": 0.02},
    "random-forest": {"trees": 15, "tried": 28},
}


@pytest.fixture(scope="module")
def digits():
    """(uint8 images, labels) of scikit-learn's digits."""
    return bundled.digits()


@pytest.fixture(scope="module")
def models(digits):
    images, labels = digits
    return {
        (kind, deskewed): estimators.fit(
            kind, images[:TRAINING], labels[:TRAINING], deskewed=deskewed, seed=3, **options
        )
        for kind, options in SMALL.items()
        for deskewed in (False, True)
    }


@pytest.fixture(scope="module")
def unseen(digits):
    """(batch in [0, 1], labels) that no model learned."""
    images, labels = digits
    return images[TRAINING:].astype(np.float32) / 255, labels[TRAINING:]


def test_there_are_small_options_for_every_kind():
    assert set(SMALL) == set(estimators.KINDS)


@pytest.mark.parametrize("deskewed", [False, True])
@pytest.mark.parametrize("kind", estimators.KINDS)
def test_it_has_learned(kind, deskewed, models, unseen):
    batch, labels = unseen
    assert (models[kind, deskewed].logits(batch).argmax(axis=-1) == labels).mean() > 0.87


@pytest.mark.parametrize("kind", estimators.KINDS)
def test_logits_come_in_the_form_of_every_model(kind, models, unseen):
    model, batch = models[kind, False], unseen[0]
    logits = model.logits(batch)
    assert (logits.shape, logits.dtype, model.classes) == ((len(batch), 10), np.float32, 10)
    assert model.logits(batch[:0]).shape == (0, 10)
    np.testing.assert_allclose(model.probabilities(batch).sum(axis=1), 1, atol=1e-5)
    with pytest.raises(ValueError, match="takes"):
        model.logits(batch[..., 0])


@pytest.mark.parametrize("kind", estimators.KINDS)
def test_an_answer_does_not_depend_on_what_else_is_in_the_batch(kind, models, unseen):
    model, batch = models[kind, True], unseen[0][:600]
    together = model.probabilities(batch)
    np.testing.assert_allclose(model.probabilities(batch[598:599])[0], together[598], atol=1e-4)


@pytest.mark.parametrize("kind", estimators.KINDS)
def test_deskewing_is_part_of_the_model(kind, models, digits, unseen):
    images, labels = digits
    upright = estimators.fit(kind, deskew(images[:TRAINING]), labels[:TRAINING], seed=3, **SMALL[kind])
    batch = unseen[0][:50]
    straightened = deskew(np.rint(batch * 255).astype(np.uint8)).astype(np.float32) / 255
    np.testing.assert_allclose(models[kind, True].logits(batch), upright.logits(straightened), atol=1e-4)


@pytest.mark.parametrize("kind", estimators.KINDS)
def test_it_is_restored_from_a_file_of_plain_arrays(kind, models, unseen, tmp_path):
    model, batch = models[kind, True], unseen[0][:50]
    store.write(model.arrays(), tmp_path / "kept.h5")
    again = estimators.restore(
        kind, store.read(tmp_path / "kept.h5"), input_shape=(28, 28, 1), deskewed=True, **model.options
    )
    np.testing.assert_array_equal(again.logits(batch), model.logits(batch))


def test_a_damaged_file_is_one_sentence(models, tmp_path):
    file = tmp_path / "kept.h5"
    store.write(models["random-forest", False].arrays(), file)
    file.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(ModelUnavailable, match="damaged"):
        store.read(file)


@pytest.mark.parametrize("leaf", [1, 4])
def test_the_forest_answers_as_scikit_learns_does(leaf, digits, unseen):
    from sklearn.ensemble import RandomForestClassifier

    images, labels = digits
    rows = images.reshape(len(images), -1)
    theirs = RandomForestClassifier(15, max_features=28, min_samples_leaf=leaf, random_state=3)
    theirs.fit(rows[:TRAINING], labels[:TRAINING])
    ours = estimators.fit(
        "random-forest", images[:TRAINING], labels[:TRAINING], seed=3, trees=15, tried=28, leaf=leaf
    )
    shares = theirs.predict_proba(rows[TRAINING:])
    # A share is kept in steps of 1/255, so the ten of a leaf may sum to a little more or less than 1.
    exact = leaf == 1
    np.testing.assert_allclose(ours.probabilities(unseen[0]), shares, atol=20 * LEAST if exact else 5 / 255)


def test_a_forest_takes_few_bytes(models, tmp_path):
    model = models["random-forest", False]
    store.write(model.arrays(), tmp_path / "forest.h5")
    nodes = model.arrays()["features"].size
    assert (tmp_path / "forest.h5").stat().st_size < 4 * nodes + 10_000


def test_the_support_vectors_decide_as_scikit_learns_do(models, digits, unseen):
    from sklearn.svm import SVC

    images, labels = digits
    rows = images.reshape(len(images), -1).astype(np.float32) / 255
    theirs = SVC(C=10.0, gamma=0.02, decision_function_shape="ovo").fit(rows[:TRAINING], labels[:TRAINING])
    ours = models["svm", False]
    np.testing.assert_allclose(
        ours.decisions(ours.values(unseen[0])), theirs.decision_function(rows[TRAINING:]), atol=1e-3
    )


def test_two_classes_of_support_vectors_keep_their_sides(digits):
    images, labels = digits
    two = labels < 2
    model = estimators.fit("svm", images[two][:200], labels[two][:200])
    batch = images[two][200:].astype(np.float32) / 255
    assert (model.logits(batch).argmax(axis=-1) == labels[two][200:]).mean() > 0.97


def test_a_better_temperature_explains_the_labels_better_and_changes_no_machine(models, unseen):
    batch, labels = unseen
    before = models["svm", False]
    after = before.tempered(batch, labels)
    rows = np.arange(len(labels))

    def loss(model):
        return -np.log(model.probabilities(batch)[rows, labels]).mean()

    assert loss(after) < loss(before)
    values = before.values(batch[:20])
    np.testing.assert_array_equal(before.decisions(values), after.decisions(values))


def test_the_nearest_training_digit_is_answered_with_certainty(models, digits):
    images, labels = digits
    batch = images[:20].astype(np.float32) / 255
    shares = models["k-nn", False].probabilities(batch)
    assert (shares.argmax(axis=-1) == labels[:20]).all()
    assert shares.max(axis=-1).min() > 0.99


@pytest.mark.parametrize("kind", ["random-forest", "logistic-regression", "svm"])
def test_the_seed_decides_everything(kind, models, digits, unseen):
    images, labels = digits
    again = estimators.fit(kind, images[:TRAINING], labels[:TRAINING], seed=3, **SMALL[kind])
    np.testing.assert_allclose(again.logits(unseen[0]), models[kind, False].logits(unseen[0]), atol=1e-3)


def test_colour_pictures_are_flattened_too(digits):
    images, labels = digits
    colour = np.repeat(images, 3, axis=-1)
    model = estimators.fit("k-nn", colour[:300], labels[:300])
    assert model.logits(colour[300:310].astype(np.float32) / 255).shape == (10, 10)


def test_an_unknown_kind_is_refused(digits):
    with pytest.raises(OptionRefused, match="no estimator extra-trees; there are: k-nn"):
        estimators.fit("extra-trees", *digits)


def test_an_unknown_option_is_refused(digits):
    with pytest.raises(OptionRefused, match="random-forest cannot be fitted so: .*depth"):
        estimators.fit("random-forest", *digits, depth=3)
