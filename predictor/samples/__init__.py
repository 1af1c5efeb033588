"""The pictures for a first try: own drawings (draw.py) and digits from scikit-learn's `load_digits`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One picture; `expected` is the class a shipped model gives it, None for "unsure"."""

    slug: str
    title: Any  # a lazy translation; also the picture's alternative text
    domain: str
    expected: str | None

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.slug}.png"


_PHOTOS = (
    ("bicycle", _("A bicycle in a park"), "Bike"),
    ("hatchback", _("A red car from the side"), "Car"),
    ("sailing-boat", _("A sailing boat"), "Ship"),
    ("saloon", _("A blue car from the front"), "Car"),
    ("cargo-ship", _("A cargo ship"), "Ship"),
    ("motorbike", _("A motorbike in a showroom"), "Bike"),
    ("cat", _("A cat, which is none of the classes"), None),
)
_DIGITS = (
    ("digit-3", _("A three on white paper"), "3"),
    ("digit-5", _("A five on white paper"), "5"),
    ("digit-2", _("A two, white on black"), "2"),
    ("digit-8", _("An eight of 28 by 28 pixels"), "8"),
)

SAMPLES: dict[str, Sample] = {
    slug: Sample(slug=slug, title=title, domain=domain, expected=expected)
    for domain, rows in (("photos", _PHOTOS), ("digits", _DIGITS))
    for slug, title, expected in rows
}
