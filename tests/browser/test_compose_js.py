"""The pixels that the page composes are, value for value, the pixels that the server writes to a file."""

import base64
import mimetypes
from pathlib import Path

import numpy as np
import pytest

from ml import compose, epsilon
from ml.errors import EpsilonRefused

STATIC = Path(__file__).resolve().parents[2] / "static"
ORIGIN = "http://modules.test"
SHAPES = [(5, 7, 3), (28, 28, 1), (224, 224, 3)]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(chromium):
    """An empty page that may import the site's modules; no server stands behind it."""
    context = chromium.new_context()
    page = context.new_page()

    def answer(route):
        path = STATIC / route.request.url.removeprefix(f"{ORIGIN}/")
        if path.is_file():
            route.fulfill(body=path.read_bytes(), content_type=mimetypes.guess_type(path)[0])
        else:
            route.fulfill(body="<!doctype html><title>modules</title>", content_type="text/html")

    page.route(f"{ORIGIN}/**", answer)
    page.goto(f"{ORIGIN}/")
    page.evaluate(
        """async () => {
            window.compose = await import("/js/lab/compose.js");
            window.epsilon = await import("/js/lab/epsilon.js");
            window.bytes = (text) => new Uint8ClampedArray(window.compose.decodeBase64(text));
        }"""
    )
    yield page
    context.close()


def text_of(values):
    return base64.b64encode(values.tobytes()).decode()


def packed(sign):
    """Two bits per value, value + 1, little end first: the contract of the sweep."""
    values = (sign.ravel() + 1).astype(np.uint8)
    quads = np.pad(values, (0, -values.size % 4)).reshape(-1, 4)
    return (quads[:, 0] | quads[:, 1] << 2 | quads[:, 2] << 4 | quads[:, 3] << 6).astype(np.uint8)


def drawn(shape, seed=20):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, shape, dtype=np.uint8)
    return image, rng.integers(-1, 2, shape).astype(np.int8)


def given_back(page, script, arguments, dtype=np.uint8):
    return np.asarray(page.evaluate(script, arguments), dtype=np.int64).astype(dtype)


@pytest.mark.parametrize("shape", [*SHAPES, (1, 1, 1), (1, 1, 3)])
def test_a_packed_sign_map_unpacks_to_the_same_signs(page, shape):
    _, sign = drawn(shape)
    script = "([text, count]) => [...compose.unpackSigns(compose.decodeBase64(text), count)]"
    unpacked = given_back(page, script, [text_of(packed(sign)), sign.size], np.int8)
    np.testing.assert_array_equal(unpacked, sign.ravel())


def test_a_sign_map_that_is_too_short_is_refused(page):
    script = """() => { try { compose.unpackSigns(new Uint8Array(2), 9); return "taken"; }
                        catch (error) { return error.name; } }"""
    assert page.evaluate(script) == "RangeError"


@pytest.mark.parametrize("steps", [0, 1, 6, 64, 255])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_perturbed_picture_is_the_servers(page, shape, steps):
    image, sign = drawn(shape)
    script = """([image, sign, n]) => { const original = bytes(image);
        return [...compose.perturb(original, compose.unpackSigns(bytes(sign), original.length), n)]; }"""
    perturbed = given_back(page, script, [text_of(image), text_of(packed(sign)), steps])
    np.testing.assert_array_equal(perturbed.reshape(shape), compose.perturb(image, sign, steps))


@pytest.mark.parametrize("gain", [1, 10])
def test_the_amplified_difference_is_the_servers(page, gain):
    before, sign = drawn((28, 28, 3))
    after = compose.perturb(before, sign, 9)
    script = "([a, b, gain]) => [...compose.difference(bytes(a), bytes(b), gain)]"
    difference = given_back(page, script, [text_of(before), text_of(after), gain])
    np.testing.assert_array_equal(difference.reshape(before.shape), compose.difference(before, after, gain))


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_go_to_the_canvas_and_back_unchanged(page, channels):
    image, _ = drawn((6, 5, channels))
    script = """([image, channels]) => { const values = bytes(image);
        const rgba = new Uint8ClampedArray((values.length / channels) * 4);
        compose.toRGBA(values, channels, rgba);
        return [[...rgba], [...compose.fromRGBA(rgba, channels)]]; }"""
    rgba, back = page.evaluate(script, [text_of(image), channels])
    expected = np.concatenate([np.repeat(image, 3 // channels, axis=2), np.full((6, 5, 1), 255)], axis=2)
    np.testing.assert_array_equal(np.reshape(rgba, (6, 5, 4)), expected)
    np.testing.assert_array_equal(back, image.ravel())


TYPED = ["6/255", " 8 / 255 ", "0.0235", "0,0235", ".5", "1", "0", "1e-2", "8/255,0", "12.75/255", "255/255"]
REFUSED = ["", "abc", "-0.1", "1.5", "NaN", "Infinity", "1/0", "0/0", "6/", "/255", "8\\255", "0x10", "1 2"]


@pytest.mark.parametrize("typed", TYPED + REFUSED)
def test_the_value_box_reads_an_epsilon_as_the_server_does(page, typed):
    try:
        value = epsilon.parse(typed)
        expected = [pytest.approx(value), epsilon.steps(value)]
    except EpsilonRefused:
        expected = None
    script = """(typed) => { const value = epsilon.parse(typed);
        return value === null ? null : [value, epsilon.steps(value)]; }"""
    assert page.evaluate(script, typed) == expected


def test_every_whole_step_survives_its_own_text(page):
    script = "() => Array.from({ length: 256 }, (_, n) => epsilon.steps(epsilon.parse(epsilon.text(n))))"
    assert page.evaluate(script) == list(range(256))
