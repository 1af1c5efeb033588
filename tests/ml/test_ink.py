"""A digit is found in photos of paper, on boards and in drawings, and looks as MNIST's do."""

import builtins
import os
import sys
from dataclasses import replace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import cv2
import numpy as np
import pytest

from ml import ink, paper, zoo
from ml.errors import ModelUnavailable
from ml.images import to_float
from tests.ml.paper import PLAIN, Conditions, any_conditions, photo, written


@pytest.fixture(scope="module")
def model():
    return zoo.load("digits-simple")


def answers(model, pictures: list[np.ndarray]) -> list[int]:
    """What the model reads; -1 where no ink was found."""
    digits = [ink.digit(picture) for picture in pictures]
    labels = model.logits(to_float(np.stack([digit.image for digit in digits])[..., None])).argmax(axis=1)
    return [int(label) if digit.found else -1 for label, digit in zip(labels, digits, strict=True)]


def right(model, how: Conditions, seed: int, pen: float | None = None) -> int:
    """How many of the ten digits are read from photos under the same conditions."""
    random = np.random.default_rng(seed)
    pictures = [photo(written(digit, pen or how.pen, random), how, random) for digit in range(10)]
    return sum(answer == digit for digit, answer in enumerate(answers(model, pictures)))


def photos_of_all_kinds(count: int, seed: int) -> list[np.ndarray]:
    """The digits by turns, each under conditions of its own."""
    pictures = []
    for number in range(count):
        random = np.random.default_rng((seed, number))
        how = any_conditions(random)
        pictures.append(photo(written(number % 10, how.pen, random), how, random))
    return pictures


def test_at_least_93_of_100_photos_of_all_kinds_are_read(model) -> None:
    pictures = photos_of_all_kinds(100, seed=20)
    read = [answer == number % 10 for number, answer in enumerate(answers(model, pictures))]
    assert sum(read) >= 93, f"missed: {np.flatnonzero(np.logical_not(read))}"


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"rules": "faint blue"},
        {"rules": "dark", "ink": "pencil"},
        {"rules": "blue", "squared": True, "turn_degrees": 6.0, "margin": True},
        {"ink": "red", "paper": "cream", "margin": True},
        {"pen": 0.03, "size": 0.5},
        {"pen": 0.14, "size": 0.75},
        {"size": 0.15, "pen": 0.08, "centre": (0.75, 0.3)},
        {"turn_degrees": -12.0, "perspective": 0.1},
        {"gradient": 0.6, "vignette": 0.3},
        {"shadow": 0.45, "rules": "grey"},
        {"desk": 0.06, "rules": "blue", "turn_degrees": 5.0},
        {"holes": True, "rules": "blue"},
        {"noise": 7.0, "texture": 0.03, "jpeg": 60},
        {"blur": 1.5, "height": 300, "width": 300},
        {"height": 1024, "width": 768},
    ],
    ids=str,
)
def test_each_condition_alone_costs_at_most_one_digit_in_ten(model, change: dict[str, object]) -> None:
    assert right(model, replace(PLAIN, **change), seed=4) >= 9


@pytest.mark.parametrize("side", [64, 400])
@pytest.mark.parametrize("light_on_dark", [True, False])
@pytest.mark.parametrize("pen", [0.05, 0.2])
def test_drawings_are_read(model, side: int, light_on_dark: bool, pen: float) -> None:
    random = np.random.default_rng(1)
    pictures = []
    for digit in range(10):
        drawn = cv2.resize(written(digit, pen, random), (side, side), interpolation=cv2.INTER_AREA)
        grey = np.rint(255 * (drawn if light_on_dark else 1 - drawn)).astype(np.uint8)
        pictures.append(np.repeat(grey[..., None], 3, axis=2))
    assert sum(answer == digit for digit, answer in enumerate(answers(model, pictures))) >= 9


def test_chalk_on_a_board_is_read(model) -> None:
    random = np.random.default_rng(2)
    how = replace(PLAIN, ink="black", gradient=0.3, noise=4.0)
    pictures = [255 - photo(written(digit, 0.08, random), how, random) for digit in range(10)]
    assert sum(answer == digit for digit, answer in enumerate(answers(model, pictures))) >= 9


def test_a_grey_picture_of_28_by_28_is_taken_as_it_is() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (28, 28, 1), np.uint8)
    digit = ink.digit(np.repeat(grey, 3, axis=2))
    np.testing.assert_array_equal(digit.image, grey[..., 0])
    assert digit.found


def test_a_coloured_picture_of_28_by_28_is_not() -> None:
    picture = np.full((28, 28, 3), (250, 250, 240), np.uint8)
    picture[6:22, 12:15] = (20, 30, 120)
    digit = ink.digit(picture)
    assert digit.found
    assert digit.image[0, 0] == 0
    assert digit.image.max() > 200


@pytest.mark.parametrize("digit", range(10))
def test_the_digit_fills_20_pixels_and_its_mass_is_centred(digit: int) -> None:
    random = np.random.default_rng(digit)
    image = ink.digit(photo(written(digit, 0.08, random), replace(PLAIN, centre=(0.3, 0.6)), random)).image
    rows, columns = np.nonzero(image > 40)
    assert 18 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 20
    y, x = np.mgrid[0:28, 0:28]
    # As MNIST: to the whole pixel, and never over the border.
    assert abs((image * y).sum() / image.sum() - 13.5) < 2.1
    assert abs((image * x).sum() / image.sum() - 13.5) < 2.1


@pytest.mark.parametrize("pen", [0.025, 0.15])
def test_thin_and_thick_pens_come_out_with_a_usual_stroke(pen: float) -> None:
    random = np.random.default_rng(0)
    image = ink.digit(photo(written(0, pen, random), replace(PLAIN, size=0.6), random)).image
    across = (image[13].astype(float) / 255).sum() / 2
    assert 1.2 < across < 4.5


def test_a_bar_set_apart_stays_with_its_5() -> None:
    five = np.zeros((256, 256), np.float32)
    cv2.polylines(
        five, [np.array([[100, 90], [95, 130], [140, 125], [160, 160], [140, 200], [90, 205]])], False, 1, 12
    )
    body = ink.digit(photo(five, PLAIN, np.random.default_rng(0))).image
    cv2.line(five, (112, 62), (170, 58), 1, 12)
    whole = ink.digit(photo(five, PLAIN, np.random.default_rng(0))).image
    assert (whole[:9] > 100).sum() > 12
    assert not np.array_equal(whole, body)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"rules": "faint blue"},
        {"rules": "dark", "turn_degrees": 5.0},
        {"rules": "grey", "squared": True, "gradient": 0.4},
        {"rules": "blue", "margin": True, "noise": 5.0},
        {"shadow": 0.4},
        {"vignette": 0.3, "texture": 0.03, "noise": 6.0},
    ],
    ids=str,
)
def test_paper_without_a_digit_has_no_ink(change: dict[str, object]) -> None:
    assert not ink.digit(photo(None, replace(PLAIN, **change), np.random.default_rng(3))).found


@pytest.mark.parametrize("shape", [(1, 1), (2, 3000), (28, 28), (28, 29), (400, 300)])
@pytest.mark.parametrize("level", [0, 120, 255])
def test_an_even_picture_has_no_ink(shape: tuple[int, int], level: int) -> None:
    digit = ink.digit(np.full((*shape, 3), level, np.uint8))
    assert not digit.found
    assert digit.image.shape == (28, 28)


@pytest.mark.parametrize(
    "shape", [(1, 1), (2, 3000), (9, 9), (9, 1000), (1000, 8), (8, 60000), (30, 1000), (200, 200)]
)
def test_a_picture_of_noise_is_no_error(shape: tuple[int, int]) -> None:
    digit = ink.digit(np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8))
    assert digit.image.dtype == np.uint8


def test_where_no_line_is_looked_for_none_would_have_been_found(monkeypatch) -> None:
    pictures = photos_of_all_kinds(24, seed=30)
    may, looked = paper._may_hold_lines, []
    monkeypatch.setattr(paper, "_may_hold_lines", lambda *given: looked.append(may(*given)) or looked[-1])
    quick = [ink.digit(picture).image for picture in pictures]
    assert {True, False} <= set(looked)
    monkeypatch.setattr(paper, "_may_hold_lines", lambda *given: True)
    np.testing.assert_array_equal(quick, [ink.digit(picture).image for picture in pictures])


def test_without_opencv_one_sentence_says_what_to_install(monkeypatch) -> None:
    usual = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name == "cv2":
            raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")
        return usual(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "cv2")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModelUnavailable, match=r"libGL\.so\.1.*apt-get install libgl1"):
        ink.digit(np.zeros((100, 100, 3), np.uint8) + np.arange(100, dtype=np.uint8)[:, None, None])
