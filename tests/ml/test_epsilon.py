"""Reading ε, and the whole steps that a file can hold."""

import pytest

from ml import epsilon
from ml.errors import EpsilonRefused


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.01", 0.01),
        ("8/255", 8 / 255),
        (" 8 / 255 ", 8 / 255),
        ("0,03", 0.03),
        ("0", 0),
        ("1", 1),
        (".5", 0.5),
        ("1e-2", 0.01),
        ("255/255", 1),
    ],
)
def test_it_reads(text, value):
    assert epsilon.parse(text) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "-0.1",
        "1.01",
        "256/255",
        "nan",
        "inf",
        "8/0",
        "8/",
        "/255",
        "0x1",
        "1_0",
        "8/255/2",
        "1e999",
        "٣",
    ],
)
def test_it_refuses(text):
    with pytest.raises(
        EpsilonRefused,
        match=r"^ε must lie between 0 and 1, as a decimal \(0\.03\) or a fraction \(8/255\)\.$",
    ):
        epsilon.parse(text)


@pytest.mark.parametrize("n", range(256))
def test_every_whole_step_survives_its_own_fraction(n):
    assert epsilon.steps(n / 255) == n
    assert epsilon.steps(epsilon.parse(f"{n}/255")) == n


@pytest.mark.parametrize(("value", "n"), [(0.01, 2), (0.0235, 5), (0.3, 76), (0.0039, 0), (1, 255)])
def test_steps_are_rounded_down_so_that_a_file_never_leaves_the_ball(value, n):
    assert epsilon.steps(value) == n


def test_a_file_needs_at_least_one_step():
    assert epsilon.file_steps(1 / 255) == 1
    with pytest.raises(EpsilonRefused, match="below 1/255"):
        epsilon.file_steps(0.0039)
