"""Names of files, coming and going."""

import pytest

from predictor.naming import clean_name, download_name


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("car.jpg", "car.jpg"),
        ("C:\\photos\\car.jpg", "car.jpg"),
        ("../../etc/passwd", "passwd"),
        ("a\nb\tc.png", "a b c.png"),
        ("   ", "image"),
        ("", "image"),
        ("photo/", "image"),
        ("été à la mer.jpg", "été à la mer.jpg"),
        ("x" * 300 + ".jpeg", "x" * 115 + ".jpeg"),
    ],
)
def test_an_uploaded_name_is_cleaned(sent, kept):
    assert clean_name(sent) == kept


@pytest.mark.parametrize(
    ("original", "marks", "given"),
    [
        ("car red.jpg", ["fgsm", "6-255"], "car-red-fgsm-6-255.png"),
        ("été.jpg", ["fgsm"], "ete-fgsm.png"),
        ("船.jpg", ["fgsm"], "image-fgsm.png"),
        ("a.b.c.jpg", ["", "x"], "a-b-c-x.png"),
        ('"; rm -rf.jpg', [], "rm-rf.png"),
        ("y" * 100 + ".png", [], "y" * 60 + ".png"),
    ],
)
def test_a_given_name_is_safe_everywhere(original, marks, given):
    assert download_name(original, *marks, suffix=".png") == given
