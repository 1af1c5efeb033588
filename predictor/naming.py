"""Names of files: what people sent, and what they are given back."""

import re
import unicodedata
from pathlib import PurePosixPath

from django.utils.text import slugify

MAX_NAME = 120


def clean_name(name: str) -> str:
    """The last part of an uploaded file's name, without control characters, at most MAX_NAME long."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in last)
    visible = " ".join(visible.split())
    if len(visible) > MAX_NAME:
        suffix = PurePosixPath(visible).suffix[:10]
        visible = visible[: MAX_NAME - len(suffix)] + suffix
    return visible or "image"


def download_name(original: str, *marks: str, suffix: str) -> str:
    """A name of letters, digits and hyphens only: (`car red.jpg`, `fgsm`) gives `car-red-fgsm.png`."""
    stem = _slug(PurePosixPath(original).stem)[:60].strip("-") or "image"
    return "-".join([stem, *filter(None, map(_slug, marks))]) + suffix


def _slug(text: str) -> str:
    """`slugify`, which would run the parts of `a.b` together."""
    return slugify(re.sub(r"\W+", " ", text))
