"""Draw the sample pictures again: `python -m predictor.samples.draw [SLUG ...]`."""

import sys
from pathlib import Path

from PIL import Image

from predictor.samples.scenes import bikes, cars, cat, digits, ships

MAX_BYTES = 100_000


def framed(picture: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    """A closer view of the same size: what lies inside `box` (left, top, right, bottom)."""
    return picture.resize(picture.size, Image.Resampling.LANCZOS, box=box)


def save(picture: Image.Image, path: Path) -> None:
    """Write a small PNG: in full colour when that is small enough, else with a palette."""
    picture.save(path, optimize=True)
    if path.stat().st_size > MAX_BYTES:
        picture.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


PICTURES = {
    "hatchback": lambda: cars.hatchback().finished(),
    "saloon": lambda: cars.saloon().finished(),
    "bicycle": lambda: framed(bikes.bicycle().finished(), (50, 28, 596, 437)),
    "motorbike": lambda: bikes.motorbike().finished(),
    "sailing-boat": lambda: ships.sailing_boat().finished(),
    "cargo-ship": lambda: ships.cargo_ship().finished(),
    "cat": lambda: cat.cat().finished(),
    "digit-3": lambda: digits.on_paper(3, 2),
    "digit-5": lambda: digits.on_paper(5, 3),
    "digit-2": lambda: digits.on_black(2, 11),
    "digit-8": lambda: digits.as_mnist(8, 0),
}


def main(slugs: list[str]) -> None:
    for slug in slugs or PICTURES:
        save(PICTURES[slug](), Path(__file__).with_name(f"{slug}.png"))


if __name__ == "__main__":
    main(sys.argv[1:])
