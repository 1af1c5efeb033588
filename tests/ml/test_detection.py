"""Detectors: what they look at, what they answer, whose they are."""

import dataclasses
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from ml import images, zoo
from ml.attacks import FGSM, PGD
from ml.classifier import Classifier
from ml.defences import detection
from ml.defences.detection import Detector, distances, guard, head, opinion, squeezing, texture
from ml.defences.detection.adaptive import Watched
from ml.errors import ModelUnavailable, OptionRefused
from ml.graphs import inference
from tests import tiny, tiny_detector
from tests.machine import ROOT

SETTINGS = {
    "squeezes": ["1-bit", "median"],
    "layers": ["pool", "hidden"],
    "limits": [0.03, 0.3],
    "footprint": [0.1],
    "ink": True,
    "guard": {"contrast": 8.0, "widths": [4, 8], "dense": 16},
}


@pytest.fixture(scope="module")
def digits():
    """(batch, labels) of 8-bit digits, 800 of them."""
    batch, labels = tiny.digits()
    return (np.rint(batch * 255) / 255).astype(np.float32)[:800], labels[:800]


@pytest.fixture(scope="module")
def attacked(tiny_digits, digits):
    """8-bit images of FGSM on the last 400."""
    images = FGSM()(tiny_digits, digits[0][400:], epsilon=0.2, labels=digits[1][400:]).images
    return (np.rint(images * 255) / 255).astype(np.float32)


@pytest.fixture(scope="module")
def detector(tiny_digits, digits, attacked):
    """A detector of `tiny-digits`, fitted on 400 clean and 200 attacked digits; its guard is untrained."""
    import keras

    keras.utils.set_random_seed(1)
    built = guard.build(input_shape=(28, 28, 1), classes=10, **SETTINGS["guard"])
    arrays = {f"guard.{place}": value for place, value in enumerate(built.get_weights())}
    card = tiny_detector.card(tiny_digits, SETTINGS, {})
    bare = Detector(tiny_digits, card, arrays)
    batch, labels = digits
    for name, features in zip(SETTINGS["layers"], bare.features(batch[:400]), strict=True):
        learned = distances.fit(features, labels[:400], classes=10, directions=8)
        arrays |= {f"layer.{name}.{key}": value for key, value in learned.items()}
    learned = head.fit(
        bare.figures(batch[:400]), [bare.figures(attacked[:200])], hidden=4, penalty=0.3, seed=1
    )
    return Detector(tiny_digits, card, arrays | {f"head.{name}": value for name, value in learned.items()})


def test_attacked_images_score_higher_than_clean_ones(detector, digits, attacked):
    clean, suspicious = detector.score(digits[0][400:]), detector.score(attacked[200:])
    assert clean.shape == (400,)
    assert clean.dtype == np.float32
    assert 0 <= min(clean.min(), suspicious.min()) <= max(clean.max(), suspicious.max()) <= 1
    assert (suspicious[:, None] > clean).mean() > 0.95


def test_the_verdict_is_the_score_held_against_the_threshold(detector, digits, attacked):
    batch = np.concatenate([digits[0][:5], attacked[:5]])
    scores = detector.score(batch)
    middle = dataclasses.replace(detector.card, threshold=float(np.sort(scores)[5]))
    verdicts = Detector(detector.model, middle, detector.arrays).verdict(batch)
    assert [each.score for each in verdicts] == pytest.approx(scores.tolist(), abs=1e-5)
    assert sum(each.tampered for each in verdicts) == 5


def test_with_the_score_come_the_logits_of_the_model_itself(detector, digits):
    answers = detector.answers(digits[0][:7])
    np.testing.assert_allclose(answers[:, :-1], detector.model.logits(digits[0][:7]), atol=1e-4)
    np.testing.assert_array_equal(answers[:, -1], detector.score(digits[0][:7]))


def test_an_image_is_scored_the_same_alone_and_in_a_batch(detector, digits):
    batch = digits[0][:7]
    alone = np.concatenate([detector.score(batch[place : place + 1]) for place in range(7)])
    np.testing.assert_allclose(detector.score(batch), alone, atol=1e-4)


@pytest.fixture
def beside(detector, tiny_zoo):
    """The card of the detector while it lies beside its model."""
    folder = tiny_zoo / "tiny-digits"
    yield detection.write(folder, detector.card, detector.arrays)
    for name in (detection.ARRAYS, detection.CARD):
        (folder / name).unlink(missing_ok=True)


def test_a_detector_copied_with_its_model_is_that_of_the_copy(beside, tiny_zoo, digits, detector):
    folder = shutil.copytree(tiny_zoo / "tiny-digits", tiny_zoo / "copied")
    try:
        copied = detection.load(zoo.load("copied"))
        assert copied.model.card.name == "copied"
        np.testing.assert_allclose(copied.score(digits[0][:7]), detector.score(digits[0][:7]), atol=1e-4)
    finally:
        shutil.rmtree(folder)


def test_once_its_graph_is_made_the_same_scores_need_no_tensorflow(
    beside, detector, digits, tmp_path, monkeypatch
):
    monkeypatch.setenv("EPSILON_CACHE_DIR", str(tmp_path))
    assert detection.lacks_graph("tiny-digits")
    np.save(tmp_path / "batch.npy", digits[0][:20])
    outputs = [
        subprocess.run([sys.executable, *how], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for how in (["-m", "ml.graphs", "tiny-digits"], ["-c", SCORES, tmp_path])
    ]
    assert outputs[1].split() == ["False"]
    assert not detection.lacks_graph("tiny-digits")
    scores = np.load(tmp_path / "scores.npy")
    np.testing.assert_allclose(scores, detector.score(digits[0][:20]), rtol=1e-3, atol=1e-6)


SCORES = """
import sys
from pathlib import Path
import numpy as np
from ml import zoo
from ml.defences import detection

folder = Path(sys.argv[1])
detector = detection.load(zoo.load("tiny-digits"))
np.save(folder / "scores.npy", detector.score(np.load(folder / "batch.npy")))
print("tensorflow" in sys.modules)
"""


def test_an_empty_batch_has_no_scores(detector):
    assert detector.score(np.zeros((0, 28, 28, 1), np.float32)).shape == (0,)


def test_the_score_has_a_slope_down_which_an_attacker_who_knows_it_comes(detector, digits):
    """Against the same attack that does not know it."""
    batch, labels = digits[0][700:740], digits[1][700:740]
    pgd = PGD(steps=20, relative_step=0.1, random_start=False)
    blind = pgd(detector.model, batch, epsilon=0.2, labels=labels).images
    knowing = pgd(Watched(detector), batch, epsilon=0.2, labels=labels).images
    assert (detector.score(knowing) < detector.score(blind)).mean() > 0.9


def test_the_attackers_gradient_is_the_slope_of_what_it_climbs(detector, digits):
    """Along the gradient itself; without the squeeze whose rounding has a slope only by agreement."""
    smooth = {**SETTINGS, "squeezes": ["mean"], "guard": {}}
    bare = Detector(detector.model, dataclasses.replace(detector.card, settings=smooth), detector.arrays)
    count = bare.figures(digits[0][:1]).shape[1]
    arrays = {
        name: value[:count] if name in ("head.centre", "head.spread", "head.weights.0") else value
        for name, value in detector.arrays.items()
    }
    watched = Detector(detector.model, bare.card, arrays)
    image, label = digits[0][10:11], digits[1][10:11]

    def climbed(moved):
        chances = watched.model.probabilities(moved)[0].astype(np.float64)
        return np.log(1 - chances[label[0]]) + np.log(1 - watched.score(moved)[0])

    gradient = watched.evading(image, label)
    # From a point inside [0, 1] where the image is no corner of the clipped residuals.
    direction = gradient / np.linalg.norm(gradient)
    slope = (climbed(image + 1e-3 * direction) - climbed(image - 1e-3 * direction)) / 2e-3
    assert slope == pytest.approx(float((gradient * direction).sum()), rel=0.2)


def test_what_is_written_is_read_back_and_knows_its_model(detector, digits, tmp_path):
    card = detection.write(tmp_path, detector.card, detector.arrays)
    again = detection.read(tmp_path, detector.model)
    assert again.card == card
    np.testing.assert_allclose(again.score(digits[0][:9]), detector.score(digits[0][:9]), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"weights_sha256": "0" * 64}, "was made for other weights"),
        ({"arrays_sha256": "0" * 64}, "its arrays are not those its card names"),
        ({"surplus": 1}, "is missing or damaged"),
    ],
)
def test_a_detector_that_does_not_fit_is_refused(change, sentence, detector, tmp_path):
    detection.write(tmp_path, detector.card, detector.arrays)
    path = tmp_path / detection.CARD
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ModelUnavailable, match=sentence):
        detection.read(tmp_path, detector.model)


def test_a_footprint_that_the_runtime_has_no_way_back_for_is_left_to_tensorflow(tiny_digits, digits, caplog):
    import keras

    hidden = keras.layers.Dense(16, activation="tanh")
    layers = [keras.layers.Flatten(), hidden, keras.layers.Dense(10)]
    model = Classifier(keras.Sequential([keras.Input((28, 28, 1)), *layers]), tiny_digits.card)
    settings = {"squeezes": [], "limits": [0.1], "footprint": [0.1]}
    bare = Detector(model, tiny_detector.card(model, settings, {}), {})
    figures = bare.figures(digits[0][:40])
    learned = head.fit(figures[:20], [figures[20:]], hidden=2, penalty=0.3, seed=1)
    arrays = {f"head.{name}": value for name, value in learned.items()}
    finished = dataclasses.replace(bare.card, arrays_sha256="0" * 64)
    scores = Detector(model, finished, arrays).score(digits[0][:40])
    np.testing.assert_allclose(scores, Detector(model, bare.card, arrays).score(digits[0][:40]), rtol=1e-5)
    assert "There is no way back through the operation Tanh." in caplog.text


def test_a_model_without_a_detector_has_none(tiny_digits):
    assert detection.load(tiny_digits) is None
    assert not detection.lacks_graph("tiny-digits")


def test_a_model_has_the_detector_that_lies_beside_it(beside, tiny_digits):
    found = detection.load(tiny_digits)
    assert found.card == beside
    assert detection.load(tiny_digits) is found


def test_a_detector_that_is_trained_anew_is_taken_up(beside, detector, tiny_zoo, tiny_digits):
    before = detection.load(tiny_digits)
    arrays = {**detector.arrays, "head.centre": detector.arrays["head.centre"] + 1}
    written = detection.write(tiny_zoo / "tiny-digits", detector.card, arrays)
    after = detection.load(tiny_digits)
    assert after.card.arrays_sha256 == written.arrays_sha256 != before.card.arrays_sha256
    assert detection.load(tiny_digits) is after


@pytest.mark.parametrize("change", [{"squeezes": ["sharp"]}, {"squeezes": ["9-bit"]}, {"layers": ["none"]}])
def test_an_unknown_squeeze_or_layer_is_refused(change, detector, digits):
    card = dataclasses.replace(detector.card, settings={**SETTINGS, **change})
    with pytest.raises(OptionRefused, match="There is no squeeze|The network has no layer"):
        Detector(detector.model, card, detector.arrays).score(digits[0][:1])


def with_opinion(detector, said):
    """The detector with figures of a second opinion, which its head does not know yet."""
    card = dataclasses.replace(detector.card, settings={**SETTINGS, "opinion": said})
    return Detector(detector.model, card, detector.arrays)


def test_a_second_opinion_disagrees_where_only_one_was_led_astray(detector, digits, attacked):
    said = opinion.asked("digits-robust", detector.model.card)
    plain, more = detector.figures(attacked[:100]), with_opinion(detector, said).figures(attacked[:100])
    # Two figures more, after those of the squeezes and of the guard: half the L1 distance, and the surprise.
    place = 2 + 2 * len(SETTINGS["squeezes"]) + 2
    np.testing.assert_allclose(np.delete(more, [place, place + 1], axis=1), plain, atol=1e-5)
    own, other = (each.probabilities(attacked[:100]) for each in (detector.model, zoo.load("digits-robust")))
    np.testing.assert_allclose(more[:, place], np.abs(own - other).sum(axis=1) / 2, atol=1e-4)
    fooled = own.argmax(axis=1) != digits[1][400:500]
    assert more[fooled, place].mean() > more[~fooled, place].mean() + 0.2


def test_a_model_that_nobody_has_built_yet_gives_its_own_opinion_too(detector, digits, monkeypatch):
    monkeypatch.setattr(zoo, "_loaded", {})
    # With a kept graph the network waits until somebody wants it: here, a function that is being traced.
    monkeypatch.setattr(inference, "is_kept", lambda card: True)
    said = opinion.asked("digits-robust", detector.model.card)
    other = opinion.of(said)
    compiled = tf.function(other, input_signature=[tf.TensorSpec([None, 28, 28, 1])], autograph=False)
    # Another object, read anew: what was built wrongly agrees with itself.
    apart = zoo.open_folder(zoo.folder("digits-robust"))
    np.testing.assert_allclose(compiled(digits[0][:20]), apart.logits(digits[0][:20]), atol=1e-3)


def test_the_second_opinion_sees_what_an_upload_would_be_resized_to():
    pixels = np.random.default_rng(0).integers(0, 256, (1, 40, 56, 3), np.uint8)
    resized = opinion.resized(tf.constant(pixels, tf.float32), (24, 32)).numpy()
    np.testing.assert_allclose(resized[0], images.resize(pixels[0], (24, 32)), atol=1.01)


def test_an_opinion_of_other_classes_or_other_weights_is_refused(detector, digits):
    with pytest.raises(OptionRefused, match="knows other classes"):
        opinion.asked("vehicles", detector.model.card)
    said = {"model": "digits-simple", "weights_sha256": "0" * 64}
    with pytest.raises(ModelUnavailable, match="has other weights now"):
        with_opinion(detector, said).score(digits[0][:1])


def test_few_bits_leave_few_values_and_the_gradient_passes():
    batch = tf.random.stateless_uniform((2, 8, 8, 1), seed=(1, 2))
    with tf.GradientTape() as tape:
        tape.watch(batch)
        squeezed = squeezing.named("2-bit")(batch)
    np.testing.assert_allclose(squeezed, np.rint(batch * 3) / 3, atol=1e-6)
    np.testing.assert_allclose(tape.gradient(squeezed, batch), np.ones(batch.shape), atol=1e-6)


def test_the_median_takes_a_lone_pixel_away_and_keeps_an_edge():
    batch = np.zeros((1, 8, 8, 1), np.float32)
    batch[0, :, 5:] = 1
    speck = batch.copy()
    speck[0, 3, 2] = 1
    np.testing.assert_array_equal(squeezing.named("median")(speck), batch)


def test_the_mean_is_that_of_the_window():
    batch = np.random.default_rng(0).random((1, 6, 6, 2)).astype(np.float32)
    window = batch[0, 1:4, 2:5].mean(axis=(0, 1))
    np.testing.assert_allclose(squeezing.named("mean")(batch)[0, 2, 3], window, atol=1e-6)


def test_noise_is_grain_and_an_even_image_has_none():
    even = np.full((1, 16, 16, 3), 0.5, np.float32)
    noisy = even + np.random.default_rng(0).choice([-0.02, 0.02], even.shape).astype(np.float32)
    calm, grainy = (np.asarray(texture.grain(each, (0.01, 0.1), ink=False)) for each in (even, noisy))
    assert calm.shape == (1, 6)
    assert (grainy > calm + 1).all()


def test_features_of_a_class_lie_near_it_and_strange_ones_far_from_all():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 300)
    centres, spread = np.array([[0.0, 0, 0], [9, 0, 0]]), np.array([1.0, 3, 0.1])
    features = (centres[labels] + rng.normal(size=(600, 3)) * spread).astype(np.float32)
    learned = distances.fit(features, labels, classes=2, directions=3)
    # In the metric of the spread, 2 is far in the narrowest direction and near in the widest.
    looked_at = np.array([[0, 0, 0], [0, 2, 0], [0, 0, 2], [9, 0, 0]], np.float32)
    answered = np.tile(np.array([[1.0, 0]], np.float32), (4, 1))
    nearest, further = (np.asarray(each) for each in distances.measured(looked_at, answered, learned))
    assert nearest[2] > nearest[1] + 3
    assert further[:3] == pytest.approx([0, 0, 0], abs=1e-5)
    assert further[3] > 1


def test_a_group_of_few_attacked_images_weighs_as_much_as_one_of_many():
    rng = np.random.default_rng(0)
    clean = rng.normal(size=(300, 2)).astype(np.float32)
    many, few = clean[:200] + np.float32([6, 0]), clean[:10] + np.float32([0, 6])
    learned = head.fit(clean, [many, few], hidden=4, penalty=0.1, seed=0)
    caught = np.asarray(head.logit(tf.constant(few), learned)) > 0
    assert caught.all()
    assert (np.asarray(head.logit(tf.constant(clean), learned)) < 0).mean() > 0.95


def test_features_of_maps_and_of_sequences_are_their_means():
    values = np.random.default_rng(0).random((3, 4, 5, 6), np.float32)
    np.testing.assert_allclose(distances.flat(values), values.mean(axis=(1, 2)), rtol=1e-6)
    np.testing.assert_allclose(distances.flat(values[:, 0]), values[:, 0].mean(axis=1), rtol=1e-6)
    np.testing.assert_array_equal(distances.flat(values[:, 0, 0]), values[:, 0, 0])
