"""The corruptions of MNIST-C: what each does to a digit, held against scikit-image where it has the same."""

import numpy as np
import pytest
from skimage import feature, transform

from ml.datasets.corruptions import corrupt
from tests import tiny


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    """Forty digits in 8 bits, as floats."""
    return (np.rint(tiny.digits()[0][:40] * 255) / 255).astype(np.float32)


def either(results: np.ndarray, one: np.ndarray, other: np.ndarray, tolerance: float) -> None:
    """Every result is near one of two possibilities, and both occur."""
    first = np.abs(results - one).max(axis=(1, 2, 3)) < tolerance
    second = np.abs(results - other).max(axis=(1, 2, 3)) < tolerance
    assert (first | second).all()
    assert first.any()
    assert second.any()


def warped(digits: np.ndarray, matrix: list[list[float]]) -> np.ndarray:
    """By scikit-image: each pixel is read where the matrix of (x, y) sends it, the centre staying."""
    whole = np.eye(3)
    whole[:2, :2] = matrix
    whole[:2, 2] = 13.5 - whole[:2, :2] @ [13.5, 13.5]
    return np.stack([transform.warp(digit.astype(float), whole) for digit in digits])


def test_shear_and_rotation_go_either_way_as_in_scikit_image(digits):
    sine, cosine = np.sin(0.4), np.cos(0.4)
    for name, matrices in {
        "shear": ([[1, -sine], [0, cosine]], [[1, sine], [0, cosine]]),
        "rotate": ([[cosine, -sine], [sine, cosine]], [[cosine, sine], [-sine, cosine]]),
    }.items():
        either(corrupt(name, digits), *(warped(digits, each) for each in matrices), 1.5 / 255)


def test_rotation_keeps_the_ink(digits):
    ink = corrupt("rotate", digits).sum(axis=(1, 2, 3)) / digits.sum(axis=(1, 2, 3))
    # Rounding down takes half a grey level of each of some 300 pixels.
    assert ink.mean() == pytest.approx(1, abs=0.02)


def test_scaling_shrinks_to_0_7(digits):
    small = corrupt("scale", digits)
    expected = warped(digits, [[1 / 0.7, 0], [0, 1 / 0.7]])
    assert np.abs(small - expected).max() < 1.5 / 255
    assert small.sum() / digits.sum() == pytest.approx(0.49, abs=0.02)


def test_translation_is_by_three_pixels_along_both_axes(digits):
    moved = corrupt("translate", digits)
    framed = np.pad(digits, ((0, 0), (3, 3), (3, 3), (0, 0)))
    seen = set()
    for digit, result in zip(framed, moved, strict=True):
        for y in (0, 6):
            for x in (0, 6):
                if np.allclose(result, digit[y : y + 28, x : x + 28], atol=1e-6):
                    seen.add((y, x))
                    break
            else:
                continue
            break
        else:
            raise AssertionError("moved in another way")
    assert len(seen) == 4


def test_brightness_adds_one_half(digits):
    np.testing.assert_allclose(
        corrupt("brightness", digits), np.minimum(digits + 0.5, 1), atol=1 / 255 + 1e-6
    )


def test_stripes_invert_the_outer_quarters(digits):
    striped = corrupt("stripe", digits)
    np.testing.assert_allclose(striped[:, :, 7:21], digits[:, :, 7:21], atol=1e-6)
    np.testing.assert_allclose(striped[:, :, :7], 1 - digits[:, :, :7], atol=1e-6)
    np.testing.assert_allclose(striped[:, :, 21:], 1 - digits[:, :, 21:], atol=1e-6)


def test_canny_edges_are_those_of_scikit_image(digits):
    expected = np.stack([feature.canny(digit[..., 0].astype(float)) for digit in digits])
    found = corrupt("canny-edges", digits)[..., 0]
    assert set(np.unique(found)) == {0, 1}
    assert expected.mean() > 0.05
    assert (found != expected).mean() < 0.002


def test_shot_noise_counts_three_photons_of_white(digits):
    grey = np.full((200, 28, 28, 1), 102 / 255, np.float32)
    # Images of their own, or each would get the same noise.
    grey[:, 0, 0, 0] = np.arange(200) / 255
    counts = corrupt("shot-noise", grey)[:, 1:] * 3
    assert np.abs(counts - np.rint(counts)).max() < 3 / 255
    rate = 3 * 102 / 255
    assert (counts < 0.5).mean() == pytest.approx(np.exp(-rate), abs=0.01)
    assert (np.rint(counts) == 1).mean() == pytest.approx(rate * np.exp(-rate), abs=0.01)


def test_impulse_noise_takes_17_percent_half_black_half_white():
    grey = np.full((200, 28, 28, 1), 102 / 255, np.float32)
    grey[:, 0, 0, 0] = np.arange(200) / 255
    noisy = corrupt("impulse-noise", grey)[:, 1:]
    assert (noisy == 1).mean() == pytest.approx(0.085, abs=0.005)
    assert (noisy == 0).mean() == pytest.approx(0.085, abs=0.005)


def test_motion_blur_keeps_the_ink_and_spreads_it_to_one_side():
    dots = np.zeros((60, 28, 28, 1), np.float32)
    dots[:, 14, 14, 0] = np.arange(196, 256) / 255
    blurred = corrupt("motion-blur", dots)
    np.testing.assert_allclose(blurred.sum(axis=(1, 2, 3)), dots.sum(axis=(1, 2, 3)), atol=0.03)
    spread = blurred[..., 0].sum(axis=0) > 0
    # A ray ends at the dot: within 45° of the horizontal, from the left, through it as the brightest.
    rows, columns = np.nonzero(spread)
    assert columns.max() == 14
    assert columns.min() < 8
    assert (np.abs(rows - 14) <= 14 - columns).all()
    assert rows.min() < 14 < rows.max()


def test_glass_moves_ink_by_few_pixels_and_hardly_loses_any():
    dots = np.zeros((60, 28, 28, 1), np.float32)
    dots[:, 14, 14, 0] = np.arange(196, 256) / 255
    shaken = corrupt("glass-blur", dots)
    assert shaken.sum() / dots.sum() == pytest.approx(0.9, abs=0.1)
    peaks = {np.unravel_index(image.argmax(), (28, 28)) for image in shaken}
    assert len(peaks) > 3
    assert all(abs(y - 14) <= 6 and abs(x - 14) <= 6 for y, x in peaks)


def test_lines_only_add_ink(digits):
    for name in ("dotted-line", "zigzag"):
        more = corrupt(name, digits) - digits
        assert more.min() > -1e-6
        assert (more.max(axis=(1, 2, 3)) > 0.5).all()


def test_the_dotted_line_leaves_out_every_other_pair_of_columns(digits):
    ink = corrupt("dotted-line", np.zeros_like(digits[:1]))[0, ..., 0].max(axis=0) > 0
    assert ink.tolist() == [column % 4 >= 2 and column < 27 for column in range(28)]


def test_the_zigzag_turns_and_spans_the_middle():
    ink = corrupt("zigzag", np.zeros((1, 28, 28, 1), np.float32), seed=4)[0, ..., 0]
    rows = ink.argmax(axis=0)[2:25]
    turns = np.sign(np.diff(rows.astype(int)))
    assert ink[:, :1].max() == 0
    assert ink[:, 26:].max() == 0
    assert (turns > 0).any()
    assert (turns < 0).any()


def test_fog_raises_the_black_and_keeps_the_order_of_brightness(digits):
    foggy = corrupt("fog", digits)
    assert foggy.mean() > digits.mean()
    ink = digits > 0.8
    assert (
        np.mean([image[mask].mean() - image[~mask].mean() for image, mask in zip(foggy, ink, strict=True)])
        > 0.1
    )


def test_spatter_covers_with_dark_grey(digits):
    spattered = corrupt("spatter", np.zeros_like(digits[:1]))
    # 63, covered by 0.8 at the least.
    assert set(np.rint(spattered * 255).astype(int).ravel()) <= {0, *range(50, 64)}
    share = (spattered > 0).mean()
    assert 0.02 < share < 0.6
