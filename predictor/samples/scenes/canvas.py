"""A small painter on Pillow: paths written as in SVG, gradients, soft shadows, drawn four times too large."""

import math
import re
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter

SCALE = 4
Point = tuple[float, float]
# A colour, or two for a gradient from the top of the shape to its bottom.
Paint = str | tuple[str, str]
CURVE_POINTS = 24


def path(text: str) -> list[Point]:
    """The points of a path of absolute M, L, C, Q and Z commands."""
    points: list[Point] = []
    for command, arguments in re.findall(r"([MLCQZ])([^MLCQZ]*)", text):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", arguments)]
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        degree = {"M": 1, "L": 1, "Q": 2, "C": 3, "Z": 1}[command]
        for start in range(0, len(pairs), degree):
            points += (
                _bezier([*points[-1:], *pairs[start : start + degree]]) if degree > 1 else [pairs[start]]
            )
    return points


def _bezier(controls: Sequence[Point]) -> list[Point]:
    """A Bézier curve by its Bernstein polynomials, without its first point."""
    times = np.linspace(0, 1, CURVE_POINTS + 1)[1:]
    n = len(controls) - 1
    weights = np.stack([math.comb(n, i) * times**i * (1 - times) ** (n - i) for i in range(n + 1)], axis=1)
    return [(float(x), float(y)) for x, y in weights @ np.array(controls)]


def mirrored(points: Sequence[Point], axis: float) -> list[Point]:
    """The same points on the other side of the vertical line x = axis."""
    return [(2 * axis - x, y) for x, y in points]


class Canvas:
    """A picture in the making; coordinates are those of the finished picture."""

    def __init__(self, width: int = 640, height: int = 480) -> None:
        self.width, self.height = width, height
        self.image = Image.new("RGB", (width * SCALE, height * SCALE), "white")

    def _mask(self) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        mask = Image.new("L", self.image.size)
        return mask, ImageDraw.Draw(mask)

    def _paint(self, mask: Image.Image, paint: Paint, opacity: float, blur: float) -> None:
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * SCALE))
        box = mask.getbbox()
        if box is None:
            return
        mask = mask.crop(box)
        if opacity < 1:
            mask = mask.point([round(value * opacity) for value in range(256)])
        top, bottom = (paint, paint) if isinstance(paint, str) else paint
        size = (box[2] - box[0], box[3] - box[1])
        ramp = Image.linear_gradient("L").resize(size, Image.Resampling.BILINEAR)
        first, last = (Image.new("RGB", size, ImageColor.getrgb(colour)) for colour in (top, bottom))
        self.image.paste(Image.composite(last, first, ramp), box[:2], mask)

    def shape(self, points: Sequence[Point], paint: Paint, *, opacity: float = 1, blur: float = 0) -> None:
        """Fill a polygon."""
        mask, draw = self._mask()
        draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=255)
        self._paint(mask, paint, opacity, blur)

    def box(self, x0: float, y0: float, x1: float, y1: float, paint: Paint, **options: float) -> None:
        """Fill a rectangle."""
        self.shape([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], paint, **options)

    def line(
        self, points: Sequence[Point], width: float, paint: Paint, *, opacity: float = 1, blur: float = 0
    ) -> None:
        """Draw a line with round ends and joints."""
        mask, draw = self._mask()
        large = [(x * SCALE, y * SCALE) for x, y in points]
        draw.line(large, fill=255, width=max(1, round(width * SCALE)), joint="curve")
        radius = width * SCALE / 2
        for x, y in (large[0], large[-1]):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
        self._paint(mask, paint, opacity, blur)

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, paint: Paint, *, opacity: float = 1, blur: float = 0
    ) -> None:
        """Fill an ellipse around (x, y)."""
        mask, draw = self._mask()
        draw.ellipse([v * SCALE for v in (x - rx, y - ry, x + rx, y + ry)], fill=255)
        self._paint(mask, paint, opacity, blur)

    def disc(self, x: float, y: float, radius: float, paint: Paint, **options: float) -> None:
        self.ellipse(x, y, radius, radius, paint, **options)

    def ring(self, x: float, y: float, radius: float, width: float, paint: Paint) -> None:
        """Draw a circle line whose outer edge is at `radius`."""
        outer, draw = self._mask()
        draw.ellipse([v * SCALE for v in (x - radius, y - radius, x + radius, y + radius)], fill=255)
        inner, draw = self._mask()
        hole = radius - width
        draw.ellipse([v * SCALE for v in (x - hole, y - hole, x + hole, y + hole)], fill=255)
        self._paint(ImageChops.subtract(outer, inner), paint, 1, 0)

    def spokes(
        self, x: float, y: float, inner: float, outer: float, count: int, width: float, paint: Paint
    ) -> None:
        """Draw straight lines from one circle to another."""
        for turn in np.arange(count) * 2 * math.pi / count + 0.2:
            cos, sin = math.cos(turn), math.sin(turn)
            ends = [(x + inner * cos, y + inner * sin), (x + outer * cos, y + outer * sin)]
            self.line(ends, width, paint)

    def soften(self, radius: float) -> None:
        """Blur everything drawn so far: the background, out of focus."""
        self.image = self.image.filter(ImageFilter.GaussianBlur(radius * SCALE))

    def finished(self) -> Image.Image:
        """The picture at its own size."""
        return self.image.resize((self.width, self.height), Image.Resampling.LANCZOS)
