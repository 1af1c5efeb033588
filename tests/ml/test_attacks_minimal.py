"""Minimal attacks against classifiers whose smallest perturbations are known: in closed form, or by SciPy."""

import numpy as np
import pytest
from scipy.optimize import linprog, minimize

from ml.attacks import BIM, FAB, FGSM, CarliniWagner, DeepFool, minimum_epsilon
from ml.attacks.adam import Adam
from ml.attacks.boundaries import boundaries, towards
from ml.attacks.norms import NORMS
from ml.attacks.smallest import Smallest
from tests.ml.affine import affine, clear, distances, greys

CW = CarliniWagner(steps=200, first_c=0.1)


@pytest.fixture(scope="module", params=[2, 3, 10])
def known(request):
    """(model, batch, weights, bias)."""
    model, weights, bias = affine(request.param)
    return model, clear(16, weights, bias), weights, bias


@pytest.mark.parametrize(
    ("attack", "norm", "above"),
    [
        (DeepFool(), "l2", 0.021),
        (DeepFool(), "linf", 0.021),
        (DeepFool(overshoot=1e-4), "l2", 0.001),
        (FAB(steps=10), "l2", 0.001),
        (FAB(steps=10), "linf", 0.001),
        (FAB(steps=10, separately=True), "linf", 0.001),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "run") else str(value),
)
def test_it_finds_the_exact_distance_to_an_affine_boundary(attack, norm, above, known):
    model, batch, weights, bias = known
    exact = distances(weights, bias, batch, norm)
    result = attack(model, batch, norm=norm)
    assert result.success.all()
    ratio = getattr(result, norm) / exact
    assert ratio.min() >= 1 - 1e-4
    assert ratio.max() <= 1 + above


def test_carlini_and_wagner_find_it_from_two_classes_on():
    """Among more they descend to the class that is second at the image, not always the nearest."""
    for classes, most in ((2, 1.005), (3, 1.2), (10, 1.2)):
        model, weights, bias = affine(classes)
        batch = clear(16, weights, bias)
        result = CW(model, batch)
        ratio = result.l2 / distances(weights, bias, batch, "l2")
        assert result.success.all()
        assert ratio.min() >= 1 - 1e-4
        assert np.median(ratio) <= 1.005
        assert ratio.max() <= most


@pytest.mark.parametrize("attack", [FGSM(), BIM()], ids=["fgsm", "bim"])
@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("resolution", [0.01, 0.1])
def test_minimum_epsilon_is_exact_to_its_resolution(attack, norm, resolution):
    """With two classes: the gradient of the cross-entropy among more does not point to the nearest."""
    model, weights, bias = affine(2)
    batch = clear(16, weights, bias)
    ratio = minimum_epsilon(attack, model, batch, norm=norm, resolution=resolution).sizes / distances(
        weights, bias, batch, norm
    )
    assert ratio.min() >= 1 - 1e-4
    assert 1 + resolution / 4 <= ratio.max() <= (1 + resolution) * 1.001


def test_minimum_epsilon_is_infinite_where_nothing_succeeds_and_zero_where_nothing_need_be_done():
    model, _, _ = affine(3)
    batch = greys(6)
    labels = model.logits(batch).argmax(axis=-1)
    labels[:2] = (labels[:2] + 1) % 3
    # A class that is never first: its logit lies below the others' everywhere in [0, 1].
    far, weights, bias = affine(3)
    far.network.layers[-1].set_weights([weights, bias - np.eye(3)[2] * 100])
    found = minimum_epsilon(FGSM(), far, batch, target=2)
    assert np.isinf(found.sizes).all()
    assert np.array_equal(found.images, batch)
    assert (minimum_epsilon(FGSM(), model, batch, labels=labels).sizes == 0).tolist() == [True] * 2 + [
        False
    ] * 4


def test_minimum_epsilon_of_a_minimal_attack_is_what_that_finds(known):
    model, batch, _, _ = known
    found = minimum_epsilon(DeepFool(), model, batch, norm="linf")
    np.testing.assert_allclose(found.sizes, DeepFool()(model, batch, norm="linf").linf)


def _projected(image, normal, gap, norm):
    """The size of the smallest move onto the hyperplane within [0, 1], by SciPy's general solvers."""
    image, normal = image.ravel().astype(np.float64), normal.ravel().astype(np.float64)
    count = len(image)
    if norm == "linf":
        # Moves, and their bound t, which is made smallest.
        sides = np.block([[np.eye(count), -np.ones((count, 1))], [-np.eye(count), -np.ones((count, 1))]])
        solved = linprog(
            np.r_[np.zeros(count), 1],
            A_ub=sides,
            b_ub=np.zeros(2 * count),
            A_eq=np.r_[normal, 0][None],
            b_eq=[-gap],
            bounds=[*zip(-image, 1 - image, strict=True), (0, None)],
        )
        return solved.x[-1]
    solved = minimize(
        lambda move: move @ move,
        np.zeros(count),
        jac=lambda move: 2 * move,
        bounds=list(zip(-image, 1 - image, strict=True)),
        constraints={"type": "eq", "fun": lambda move: normal @ move + gap, "jac": lambda _: normal},
        options={"ftol": 1e-12, "maxiter": 500},
    )
    return np.sqrt(solved.fun)


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_move_onto_a_hyperplane_is_the_smallest_that_the_range_leaves(norm, sign):
    rng = np.random.default_rng(3)
    images = np.clip(rng.normal(0.5, 0.6, (8, 4, 4, 3)), 0, 1).astype(np.float32)
    normals = rng.normal(0, 1, images.shape).astype(np.float32)
    room = np.where(sign * normals < 0, 1 - images, images)
    reach = (np.abs(normals) * room).sum(axis=(1, 2, 3))
    gaps = (sign * np.linspace(0.05, 0.9, 8) * reach).astype(np.float32)
    moves = towards(images, normals, gaps, NORMS[norm])
    np.testing.assert_allclose((normals * moves).sum(axis=(1, 2, 3)), -gaps, rtol=1e-4)
    assert ((images + moves >= -1e-6) & (images + moves <= 1 + 1e-6)).all()
    exact = [_projected(*each, norm) for each in zip(images, normals, gaps, strict=True)]
    np.testing.assert_allclose(NORMS[norm].size(moves), exact, rtol=1e-3)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_a_hyperplane_outside_the_range_is_approached_up_to_the_corner(norm):
    images = np.random.default_rng(3).random((5, 4, 4, 3), np.float32)
    normals = np.random.default_rng(4).normal(0, 1, images.shape).astype(np.float32)
    moves = towards(images, normals, np.full(5, -1e4, np.float32), NORMS[norm])
    np.testing.assert_allclose(images + moves, normals > 0, atol=1e-6)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_fab_finds_the_exact_distance_where_the_range_binds(norm):
    """Two classes: the boundary is one hyperplane, whose nearest point in the range SciPy finds."""
    model, _, _ = affine(2)
    rng = np.random.default_rng(8)
    batch = np.clip(rng.normal(0.5, 0.6, (8, 4, 4, 3)), 0, 1).astype(np.float32)
    labels = model.logits(batch).argmax(axis=-1)
    planes = boundaries(model, batch, labels, 1 - labels[:, None])
    exact = [
        _projected(image, normal[0], gap[0], norm)
        for image, normal, gap in zip(batch, planes.normals, planes.gaps, strict=True)
    ]
    found = getattr(FAB(steps=10)(model, batch, norm=norm), norm)
    np.testing.assert_allclose(found, exact, rtol=0.005)


@pytest.mark.parametrize(
    "attack", [DeepFool(overshoot=1e-3), FAB(steps=10), CW], ids=lambda a: type(a).__name__
)
def test_the_smallest_way_to_a_target_ends_where_it_overtakes_the_best_other(attack):
    """No closed form, but a condition: the target's logit equals the largest of the others."""
    model, _, _ = affine(4)
    batch = greys(12)
    rows = model.logits(batch).argmax(axis=-1) != 3
    result = attack(model, batch[rows], norm="l2", target=3)
    logits = model.logits(result.images)
    assert result.success.all()
    assert (logits[:, 3] - logits[:, :3].max(axis=1)).max() < 0.03 * np.ptp(model.logits(batch))


def test_confidence_is_how_far_the_answer_is_overtaken(known):
    model, batch, _, _ = known
    labels = model.logits(batch).argmax(axis=-1)
    result = CarliniWagner(steps=200, first_c=0.1, confidence=1.0)(model, batch)
    logits = model.logits(result.images)
    own = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    margins = logits.max(axis=1) - own
    assert margins.min() >= 1 - 1e-4
    assert margins.max() <= 1.2


def test_fab_with_until_solved_asks_less_and_succeeds_as_often(tiny_photos):
    from tests import tiny

    batch = tiny.shapes(24, seed=21)[0]
    epsilon = np.median(FAB(steps=10)(tiny_photos, batch).linf)
    full, quick = (
        FAB(steps=10, until_solved=stop)(tiny_photos, batch, epsilon=epsilon) for stop in (False, True)
    )
    assert np.array_equal(full.success, quick.success)
    assert 0 < full.success.sum() < 24
    assert (quick.linf[quick.success] >= full.linf[full.success] - 1e-6).all()


def test_fab_is_smaller_than_deepfool_and_than_fgsm_at_its_minimum(tiny_photos):
    from tests import tiny

    batch = tiny.shapes(24, seed=21)[0]
    fab, deepfool = (np.median(a(tiny_photos, batch, norm="linf").linf) for a in (FAB(steps=20), DeepFool()))
    assert fab < deepfool
    assert fab < np.median(minimum_epsilon(FGSM(), tiny_photos, batch).sizes)


def test_adam_is_keras_adam():
    import keras

    rng = np.random.default_rng(0)
    variable = keras.Variable(np.zeros((3, 4), np.float32))
    theirs, ours, value = keras.optimizers.Adam(0.05, epsilon=1e-8), Adam((3, 4), 0.05), np.zeros((3, 4))
    for _ in range(20):
        gradient = rng.normal(0, 1, (3, 4)).astype(np.float32)
        theirs.apply([gradient], [variable])
        value = value + ours.step(gradient)
    np.testing.assert_allclose(value, np.asarray(variable), rtol=1e-4, atol=1e-6)


def test_the_book_keeps_the_smaller_success_and_nothing_beyond_epsilon(known):
    model, batch, _, _ = known
    problem = FGSM()(model, batch, epsilon=0.2).problem
    book, far = Smallest(problem), FGSM()(model, batch, epsilon=0.3).images
    fooled = problem.success(far)
    assert fooled.all()
    book.offer(np.arange(16), far, fooled)
    assert not book.found.any()
    assert np.array_equal(book.settled(), batch)
    book.shorten(8)
    near = book.sizes.copy()
    assert (near <= 0.3).all()
    assert np.array_equal(problem.success(book.settled()), book.found)
    book.offer(np.arange(16), far, fooled)
    assert np.array_equal(book.sizes, near)
