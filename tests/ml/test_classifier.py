"""`Classifier`: the compiled network gives what the plain one gives, and nobody disturbs anybody."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ml import compose
from ml.attacks import FGSM
from ml.batching import Batcher
from ml.errors import Busy, OptionRefused
from ml.images import to_float, to_pixels
from tests import tiny


@pytest.fixture(scope="module")
def batch():
    return tiny.shapes(12, seed=9)[0]


def test_the_compiled_logits_equal_the_plain_network(tiny_photos, batch):
    plain = np.asarray(tiny_photos.network(batch, training=False))
    np.testing.assert_allclose(tiny_photos.logits(batch), plain, atol=1e-5)


def test_it_learned_its_shapes(tiny_photos):
    batch, labels = tiny.shapes(90, seed=77)
    assert (tiny_photos.logits(batch).argmax(axis=-1) == labels).mean() > 0.9


@pytest.mark.parametrize("target", [None, 0, 1])
def test_the_gradient_to_attack_one_image_with_is_that_of_its_answer_or_target(tiny_photos, batch, target):
    image = to_pixels(batch[0])
    seen = to_float(image)[None]
    answer = int(tiny_photos.logits(seen)[0].argmax())
    own = (
        tiny_photos.gradient(seen, [answer])[0]
        if target is None
        else -tiny_photos.gradient(seen, [target])[0]
    )
    label, gradient = tiny_photos.attack_gradient(image, target=target)
    assert label == answer
    np.testing.assert_allclose(gradient, own, atol=1e-5 * np.abs(own).max())


def test_the_gradient_is_the_slope_of_the_cross_entropy(tiny_photos, batch):
    """Against central differences of the softmax cross entropy, along random directions."""
    image, label = batch[:1], 2
    gradient = tiny_photos.gradient(image, [label])
    rng = np.random.default_rng(0)

    def loss(x):
        return -np.log(tiny_photos.probabilities(x.astype(np.float32))[0, label].astype(np.float64))

    for _ in range(5):
        direction = rng.standard_normal(image.shape)
        direction /= np.linalg.norm(direction)
        slope = (loss(image + 1e-2 * direction) - loss(image - 1e-2 * direction)) / 2e-2
        assert slope == pytest.approx((gradient * direction).sum(), abs=2e-2)


def test_images_of_a_batch_do_not_mix(tiny_photos, batch):
    labels = np.arange(12) % 3
    together = tiny_photos.gradient(batch, labels)
    alone = np.concatenate([tiny_photos.gradient(batch[i : i + 1], labels[i : i + 1]) for i in range(12)])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_an_empty_batch_has_no_answers(tiny_photos):
    assert tiny_photos.logits(np.zeros((0, 32, 32, 3), np.float32)).shape == (0, 3)


def test_another_shape_is_refused(tiny_photos):
    with pytest.raises(ValueError, match="takes"):
        tiny_photos.logits(np.zeros((1, 16, 16, 3), np.float32))


def test_an_unknown_class_is_refused_in_one_sentence(tiny_photos):
    with pytest.raises(OptionRefused, match="has no class “Plane”; it knows Bike, Car, Ship"):
        tiny_photos.label_of("Plane")


def test_the_sweep_says_for_every_step_what_the_attack_itself_would(tiny_photos, batch):
    pixels = np.rint(batch[0] * 255).astype(np.uint8)
    sweep = tiny_photos.sweep(to_float(pixels), [n / 255 for n in range(65)])
    for n in (0, 1, 7, 64):
        attacked = FGSM()(tiny_photos, to_float(pixels)[None], epsilon=n / 255).images
        assert np.array_equal(np.rint(attacked[0] * 255), compose.perturb(pixels, sweep.sign, n))
        np.testing.assert_allclose(sweep.probabilities[n], tiny_photos.probabilities(attacked)[0], atol=1e-4)


def test_the_flip_is_the_smallest_step_that_changes_the_answer(tiny_photos, batch):
    for image in batch[:6]:
        sweep = tiny_photos.sweep(image, [n / 255 for n in range(256)])
        changed = [n for n in range(1, 256) if sweep.probabilities[n].argmax() != sweep.label]
        assert sweep.flip_steps == (changed[0] if changed else None)
        assert tiny_photos.flip_steps(np.rint(image * 255).astype(np.uint8)) == sweep.flip_steps


def test_a_targeted_flip_is_the_smallest_step_that_reaches_the_target(tiny_photos, batch):
    for target in range(3):
        sweep = tiny_photos.sweep(batch[0], [n / 255 for n in range(129)], target=target)
        hits = [n for n in range(1, 129) if sweep.probabilities[n].argmax() == target]
        assert sweep.flip_steps == (hits[0] if hits else None)


def test_thirty_two_threads_get_the_answers_they_would_get_alone(tiny_photos):
    batch, _ = tiny.shapes(64, seed=5)
    images = np.rint(batch * 255).astype(np.uint8)
    alone = np.concatenate([tiny_photos.logits(to_float(image)[None]) for image in images])
    batcher = Batcher(tiny_photos.logits, name="tiny-photos")
    with ThreadPoolExecutor(32) as threads:
        together = np.stack(list(threads.map(batcher.answer, images)))
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_full_queue_is_told_so_and_the_next_request_is_answered(tiny_photos):
    image = np.zeros((32, 32, 3), np.uint8)
    batcher = Batcher(tiny_photos.logits, name="tiny-photos", max_batch=1, max_waiting=1)

    def ask(_: int) -> str:
        try:
            batcher.answer(image)
        except Busy:
            return "busy"
        return "answered"

    with ThreadPoolExecutor(32) as threads:
        outcomes = list(threads.map(ask, range(320)))
    assert {"busy", "answered"} == set(outcomes)
    assert ask(0) == "answered"


def test_a_wrong_image_fails_alone_and_the_batcher_lives_on(tiny_photos):
    batcher = Batcher(tiny_photos.logits, name="tiny-photos")
    with pytest.raises(ValueError, match="takes"):
        batcher.answer(np.zeros((5, 5, 3), np.uint8))
    assert batcher.answer(np.zeros((32, 32, 3), np.uint8)).shape == (3,)


def test_a_network_that_reads_a_sequence_has_the_gradient_of_its_plain_form(tiny_digits):
    """Frozen graphs have none through a loop, so its variables stay variables."""
    import tensorflow as tf

    from ml import architectures
    from ml.classifier import Classifier

    network = architectures.build("digits-cnn-gru", widths=[4, 8], units=[6, 4])
    model = Classifier(network, tiny_digits.card)
    batch = np.random.default_rng(0).random((3, 28, 28, 1), np.float32)
    labels, images = np.array([1, 2, 3]), tf.constant(batch)
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, network(images, training=False))
    np.testing.assert_allclose(model.gradient(batch, labels), tape.gradient(loss, images), atol=1e-6)


@pytest.mark.parametrize(("answers", "asked"), [(True, {1, 2}), (False, set())])
def test_it_is_warmed_for_what_it_will_be_asked(tiny_photos, monkeypatch, answers, asked):
    counts, logits = set(), type(tiny_photos).logits

    def counted(model, batch):
        counts.add(len(batch))
        return logits(model, batch)

    monkeypatch.setattr(type(tiny_photos), "logits", counted)
    tiny_photos.warm(answers=answers)
    assert counts == asked
