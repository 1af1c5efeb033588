"""A digit in a picture, as MNIST would have it: found, cut out, 20×20 centred by mass in 28×28."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ml import paper

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]

SIDE, BOX = 28, 20
LEAST_SIDE = 8  # of a strip that is narrower nothing can be read
WORKING_SIDE = (400, 800)  # the long side is brought into this range first
SMALLEST_AREA = 8  # pixels; less is dust
THINNEST, THICKEST = 2.2, 4.2  # width of a stroke in the 20×20 box, in pixels, as in most of MNIST


@dataclass(frozen=True)
class Digit:
    """`image` uint8 (28, 28), white ink on black; `found` is False where the picture has no ink."""

    image: Pixels
    found: bool


NOTHING = Digit(np.zeros((SIDE, SIDE), np.uint8), found=False)


def digit(image: Pixels) -> Digit:
    """The digit of a picture uint8 (H, W, 3): a photo of paper, a board, or a drawing.

    A grey picture of 28×28 is taken as it is.

    Raises:
        ModelUnavailable: OpenCV cannot be used here.
    """
    if image.shape[:2] == (SIDE, SIDE) and bool((image == image[..., :1]).all()):
        return Digit(np.ascontiguousarray(image[..., 0]), found=int(np.ptp(image)) > 0)
    if min(image.shape[:2]) < LEAST_SIDE or int(np.ptp(image)) < 8:
        return NOTHING
    image = _working_size(image)
    if min(image.shape[:2]) < LEAST_SIDE:
        return NOTHING
    sheet = paper.read(image)
    piece = _digit_piece(sheet)
    if piece is None and not sheet.page.all():
        # What looked like the table may be a part of the page in a hard shadow.
        piece = _digit_piece(replace(sheet, page=np.ones_like(sheet.page)))
    return NOTHING if piece is None else Digit(_as_mnist(piece), found=True)


def _working_size(image: Pixels) -> Pixels:
    cv2 = paper.opencv()
    longest = max(image.shape[:2])
    scale = np.clip(longest, *WORKING_SIDE) / longest
    if scale == 1:
        return image
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    return np.asarray(cv2.resize(image, (width, height), interpolation=how))


@dataclass(frozen=True)
class _Blot:
    """A connected piece of ink: its number, its box and area in pixels, how dark and how thick it is."""

    label: int
    left: int
    top: int
    width: int
    height: int
    area: int
    level: float
    thickness: float
    at_edge: bool

    @property
    def size(self) -> int:
        return max(self.width, self.height)

    def gap(self, other: "_Blot") -> float:
        """Distance between the two boxes."""
        x = max(self.left - other.left - other.width, other.left - self.left - self.width, 0)
        y = max(self.top - other.top - other.height, other.top - self.top - self.height, 0)
        return float(np.hypot(x, y))


def _digit_piece(sheet: paper.Sheet) -> Floats | None:
    """The ink of the digit alone, cut to its box, its darkness brought to 1; None if there is no digit."""
    cv2 = paper.opencv()
    ink, faintest = paper.without_lines(sheet), max(paper.FAINTEST, 4.5 * sheet.noise)
    frame = cv2.erode(sheet.page, np.ones((3, 3), np.uint8), borderValue=0)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (ink > faintest).astype(np.uint8), connectivity=8
    )
    inked = [label for label in range(1, count) if stats[label, cv2.CC_STAT_AREA] >= SMALLEST_AREA]
    blots = [_blot(ink, frame, labels, label, stats[label]) for label in inked]
    short = min(ink.shape)
    scores = [_likeness(blot, short) for blot in blots]
    if not scores or max(scores) <= 0:
        return None
    main = blots[int(np.argmax(scores))]
    parts = [blot for blot in blots if blot is main or _belongs(blot, main)]
    mask = np.isin(labels, [blot.label for blot in parts]).astype(np.uint8)
    piece = np.where(cv2.dilate(mask, np.ones((3, 3), np.uint8)) > 0, ink, 0)
    level = float(np.quantile(ink[mask > 0], 0.8))
    piece = np.clip((piece / level - 0.25) / 0.5, 0, 1).astype(np.float32)
    rows, columns = np.nonzero(piece > 0.5)
    return piece[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def _blot(ink: Floats, frame: Pixels, labels: npt.NDArray[np.int32], label: int, stats: Any) -> _Blot:
    cv2 = paper.opencv()
    left, top, width, height, area = (int(value) for value in stats)
    part = labels[top : top + height, left : left + width] == label
    inner = cv2.distanceTransform(np.pad(part, 1).astype(np.uint8), cv2.DIST_L2, 3)
    return _Blot(
        label=label,
        left=left,
        top=top,
        width=width,
        height=height,
        area=area,
        level=float(np.quantile(ink[top : top + height, left : left + width][part], 0.8)),
        thickness=2 * float(inner.max()),
        at_edge=not frame[top : top + height, left : left + width][part].all(),
    )


def _likeness(blot: _Blot, short: int) -> float:
    """How much a blot looks like a digit, next to the others; 0 for what cannot be one."""
    dust, hole = blot.size < 0.05 * short, blot.thickness > 0.5 * blot.size
    level_line = blot.width > 7 * blot.height
    # At the edge lie faint shadows and thin ends of lines, and a digit only now and then.
    faint, thin = blot.level < 0.3, blot.thickness < 0.02 * short
    rim = blot.at_edge and (faint or thin or blot.size < 0.2 * short)
    if dust or hole or level_line or rim:
        return 0.0
    return blot.area * blot.level * blot.size * (0.02 if blot.at_edge else 1.0)


def _belongs(blot: _Blot, main: _Blot) -> bool:
    """Whether a smaller blot is a part of the same digit: a bar set apart, a stroke broken by a line."""
    return (
        not blot.at_edge
        and blot.gap(main) < 0.2 * main.size
        and blot.level > 0.55 * main.level
        and blot.area > 0.02 * main.area
        and blot.thickness > 0.4 * main.thickness
    )


def _as_mnist(piece: Floats) -> Pixels:
    """Scale a cut piece into the 20×20 box with a usual width of stroke, and centre its mass in 28×28."""
    cv2 = paper.opencv()
    scale = BOX / max(piece.shape)
    piece = _usual_stroke(piece, scale)
    scale = BOX / max(piece.shape)
    size = (max(1, round(piece.shape[1] * scale)), max(1, round(piece.shape[0] * scale)))
    small = cv2.resize(piece, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    small = np.clip(small / max(float(np.quantile(small, 0.98)), 0.3), 0, 1)
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    centre = (SIDE - 1) / 2
    top = round(centre - float((small * y).sum() / small.sum()))
    left = round(centre - float((small * x).sum() / small.sum()))
    top, left = int(np.clip(top, 0, SIDE - size[1])), int(np.clip(left, 0, SIDE - size[0]))
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + size[1], left : left + size[0]] = np.rint(small * 255)
    return image


def _usual_stroke(piece: Floats, scale: float) -> Floats:
    """Thin strokes made wider, very thick ones thinner, before the piece is scaled by `scale`."""
    cv2 = paper.opencv()
    width = _stroke_width(piece) * scale
    if THINNEST <= width <= THICKEST:
        return piece
    change = (THINNEST if width < THINNEST else THICKEST) - width
    reach = round(abs(change) / scale / 2)
    if reach == 0:
        return piece
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    if change < 0:
        return np.asarray(cv2.erode(piece, disc))
    return np.asarray(cv2.dilate(np.pad(piece, reach), disc))


def _stroke_width(piece: Floats) -> float:
    """The usual width of a stroke in pixels: twice the distance to the edge along its middle."""
    cv2 = paper.opencv()
    inside = np.pad(piece > 0.5, 1).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    ridge = (depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8))) & (inside > 0)
    return 2 * float(np.median(depth[ridge])) - 0.5 if ridge.any() else 1.0
