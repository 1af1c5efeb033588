"""From a photo of paper to its ink: the light evened out, printed lines taken away.

Ink is given as a map (H, W) float32: 0 for bare paper, near 1 where no light comes back.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.errors import ModelUnavailable, sentence

Floats = npt.NDArray[np.float32]
Masks = npt.NDArray[np.uint8]
Pixels = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]

JUMP = 0.33  # a change of the light (its logarithm) within 3 pixels of 320 that only the page's edge makes
TABLE = 0.7  # how much darker (logarithm) a table is than the page; a hand's shadow takes half the light
STEEPEST_DEGREES = 20.0  # how far printed lines may lean from the edges of the photo
LEAN_STEP_DEGREES = 0.35
COLUMNS = 8  # so many columns are looked at together when lines are sought
FULL, SHORTEST = 0.85, 0.3  # shares of a row: ink where a line is, page where one is sought
FAINTEST = 0.12  # ink below this share of darkness is taken for paper
OUTSIDE = -9.0  # in place of ink where there is no page


def opencv() -> Any:
    """The module `cv2`, imported when first needed, as vehicles do without it.

    Raises:
        ModelUnavailable: it cannot be imported; a bare server often lacks a library that it needs.
    """
    try:
        import cv2
    except ImportError as error:
        raise ModelUnavailable(
            sentence(
                "Digits need OpenCV, which cannot start here (%(reason)s): install libGL and GLib"
                " (Debian: apt-get install libgl1 libglib2.0-0)."
            ),
            reason=str(error).split("\n")[0],
        ) from error
    return cv2


@dataclass(frozen=True)
class Sheet:
    """A picture as ink on paper.

    `ink` (H, W) is the share of light that is missing, in [-1, 1]; `page` (H, W) is 0 where the table is;
    `noise` is the spread of bare paper.
    """

    ink: Floats
    page: Masks
    noise: float


def read(image: Pixels) -> Sheet:
    """The ink of an RGB picture, dark on light or light on dark, evenly lit or not."""
    page = _page(image)
    if is_light_on_dark(image, page):
        image = 255 - image
    ink = _darkness(image)
    ink -= np.median(ink[page > 0])
    return Sheet(ink, page, noise=float(1.4826 * np.median(np.abs(ink[page > 0]))))


def is_light_on_dark(image: Pixels, page: Masks) -> bool:
    """Whether the strokes are the light part: what stands out from its surroundings is mostly lighter.

    Strokes make the skewness larger than 1, by far; noise and an uneven light do not, and mean paper.
    """
    cv2 = opencv()
    grey = _shrunk(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 96)
    plain = flat_ground(grey)
    table = 1 - cv2.resize(page, grey.shape[::-1], interpolation=cv2.INTER_NEAREST)
    grey = cv2.inpaint(grey, table, 3, cv2.INPAINT_TELEA)
    around = np.full_like(grey, plain) if plain is not None else cv2.medianBlur(grey, 31)
    apart = grey.astype(np.float64) - around
    return float((apart**3).mean()) > max(float((apart**2).mean()), 1e-6) ** 1.5


def flat_ground(grey: Pixels) -> int | None:
    """The one level that most of a drawing and nearly all of its border has; None for a photo."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]).astype(int)
    level = int(np.median(border))
    calm = np.mean(np.abs(border - level) <= 3) > 0.9
    common = np.mean(np.abs(grey.astype(int) - level) <= 6) > 0.4
    return level if calm and common else None


def _darkness(image: Pixels) -> Floats:
    """1 - pixel / paper, from the two colours in which ink shows best."""
    cv2 = opencv()
    share = 1 - image / np.maximum(_paper(image), 8)
    share = (share.sum(axis=2) - share.min(axis=2)) / 2
    return np.clip(cv2.GaussianBlur(share.astype(np.float32), (0, 0), 0.7), -1, 1)


def _paper(image: Pixels) -> Floats:
    """The picture as it would be without ink (H, W, 3).

    A closing (lightest neighbour, then darkest of those) fills what is narrower than its reach, which
    strokes and lines are and shadows are not.
    """
    cv2 = opencv()
    height, width = image.shape[:2]
    small = _shrunk(image, 160)
    level = flat_ground(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
    if level is not None:
        ground = np.median(small[np.abs(small.mean(axis=2) - level) <= 6].reshape(-1, 3), axis=0)
        return np.broadcast_to(ground.astype(np.float32), image.shape)
    small = cv2.GaussianBlur(small, (0, 0), 0.8)
    closed = cv2.GaussianBlur(_closed(small, 0.24), (0, 0), 1.5).astype(np.float32)
    return np.asarray(cv2.resize(closed, (width, height), interpolation=cv2.INTER_LINEAR))


def _page(image: Pixels) -> Masks:
    """1 where the page is, 0 on the table around it (H, W).

    The light on a page changes smoothly, at its edge it jumps: the largest region without a jump is the page.
    """
    cv2 = opencv()
    # The median drops printed lines, and unlike a closing leaves edges alone that run out of the picture.
    light = np.log(np.maximum(cv2.medianBlur(_shrunk(image, 320), 7).mean(axis=2), 8)).astype(np.float32)
    jump = cv2.morphologyEx(light, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > JUMP
    _, regions, stats, _ = cv2.connectedComponentsWithStats((~jump).astype(np.uint8), connectivity=4)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])) if len(stats) > 1 else 0
    if largest == 0 or stats[largest, cv2.CC_STAT_AREA] < 0.3 * light.size:
        return np.ones(image.shape[:2], np.uint8)
    page = cv2.erode(_hull((regions == largest).astype(np.uint8)), np.ones((5, 5), np.uint8))
    if not _is_on_table(light, page):
        return np.ones(image.shape[:2], np.uint8)
    return np.asarray(cv2.resize(page, image.shape[1::-1], interpolation=cv2.INTER_NEAREST))


def _is_on_table(light: Floats, page: Masks) -> bool:
    """Whether what lies around the page is so much darker that it is no hard shadow on the same page."""
    cv2 = opencv()
    inside, outside = (cv2.erode(part, np.ones((7, 7), np.uint8)) for part in (page, 1 - page))
    around = cv2.dilate(outside, np.ones((41, 41), np.uint8)) & inside
    beyond = cv2.dilate(inside, np.ones((27, 27), np.uint8)) & outside
    if not around.any() or not beyond.any():
        return False
    return float(np.median(light[around > 0]) - np.median(light[beyond > 0])) > TABLE


def _hull(region: Masks) -> Masks:
    """The smallest convex shape around a region, as pages are convex: it takes back what strokes cut off."""
    cv2 = opencv()
    points = cv2.findNonZero(region)
    filled: Masks = cv2.fillConvexPoly(np.zeros_like(region), cv2.convexHull(points), 1)
    return filled


def _closed(image: Pixels, reach: float) -> Pixels:
    cv2 = opencv()
    side = round(reach * min(image.shape[:2])) | 1
    return np.asarray(cv2.morphologyEx(image, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8)))


def _shrunk(image: Pixels, side: int) -> Pixels:
    cv2 = opencv()
    scale = side / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def without_lines(sheet: Sheet) -> Floats:
    """The ink on the page, without lines that run across all of it; crossing strokes are left whole."""
    ink, page = sheet.ink * sheet.page, sheet.page
    flat = _without_level_lines(ink, page, sheet.noise)
    return _turned(_without_level_lines(_turned(flat), _turned(page), sheet.noise))


def _turned(values: Any) -> Any:
    return np.ascontiguousarray(values.T)


def _without_level_lines(ink: Floats, page: Masks, noise: float) -> Floats:
    """Take away the lines that run from left to right, more or less."""
    cv2 = opencv()
    thick = max(5, round(0.016 * min(ink.shape))) | 1
    upright = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((thick, 1), np.uint8))
    broad = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((thick, thick), np.uint8))
    # Under a broad stroke there may be a line or not: as little is known there as outside the page.
    thin = np.where((page == 0) | (broad > FAINTEST), OUTSIDE, ink - upright)
    result = ink.copy()
    for rows in _level_lines(thin, noise):
        _take_away(result, ink, page, rows)
    return result


def _level_lines(thin: Floats, noise: float) -> list[Rows]:
    """Lines found by leaning the picture until they lie level: nearly all of a row then is ink."""
    cv2 = opencv()
    height, width = thin.shape
    narrow = cv2.resize(thin, (width // COLUMNS, height), interpolation=cv2.INTER_AREA)
    needed, stretch = max(0.025, 1.2 * noise), max(3, narrow.shape[1] // 24) | 1
    if not _may_hold_lines(narrow, needed, stretch):
        return []
    pad = int(width * np.tan(np.deg2rad(STEEPEST_DEGREES)) / 2) + 2
    tall = cv2.copyMakeBorder(narrow, pad, pad, 0, 0, cv2.BORDER_CONSTANT, value=OUTSIDE)
    found: list[tuple[float, float, int]] = []
    for lean in np.tan(np.deg2rad(np.arange(-STEEPEST_DEGREES, STEEPEST_DEGREES + 0.01, LEAN_STEP_DEGREES))):
        move = np.array([[1, 0, 0], [lean * COLUMNS, 1, -lean * width / 2]], np.float32)
        level = cv2.warpAffine(
            tall, move, tall.shape[1::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=OUTSIDE
        )
        inside = cv2.compare(level, OUTSIDE / 2, cv2.CMP_GT)
        # A pixel that is half outside counts for little either way: what matters is whether rows fill up.
        level = cv2.max(level, 0)
        hit = cv2.bitwise_and(cv2.compare(cv2.blur(level, (stretch, 1)), needed, cv2.CMP_GT), inside)
        length = _filled(inside)
        share = _filled(hit) / np.maximum(length, 1)
        for row in np.flatnonzero((share > FULL) & (length > SHORTEST * tall.shape[1])):
            found.append((float(level[row].sum() / length[row] * share[row]), float(lean), int(row) - pad))
    return _distinct(found, height, width)


def _may_hold_lines(narrow: Floats, needed: float, stretch: int) -> bool:
    """False where no row can be full, whatever the lean: leaning moves ink up and down, never across."""
    cv2 = opencv()
    inked = (narrow > needed).any(axis=0, keepdims=True).astype(np.uint8)
    return bool(cv2.dilate(inked, np.ones((1, stretch), np.uint8)).mean() >= FULL * SHORTEST)


def _filled(mask: Masks) -> Floats:
    """How many pixels of each row of a 0 / 255 mask are set."""
    cv2 = opencv()
    return np.asarray(cv2.reduce(mask, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32F)[:, 0] / 255)


def _distinct(found: list[tuple[float, float, int]], height: int, width: int) -> list[Rows]:
    """The row of each line in each column, of lines that lie on top of each other only the strongest."""
    near = max(4, round(0.012 * min(height, width)))
    columns = np.arange(width)
    lines: list[Rows] = []
    for _, lean, row in sorted(found, reverse=True):
        rows = np.rint(row + lean * (columns - width / 2)).astype(np.int64)
        if all(np.abs(rows - other).min() > near for other in lines):
            lines.append(rows)
    return lines


def _take_away(result: Floats, ink: Floats, page: Masks, line: Rows) -> None:
    """Clear a line's pixels in `result`, except where a stroke crosses it or much darker ink covers it."""
    reach = max(2, round(0.006 * min(ink.shape)))
    columns = np.flatnonzero((line >= 0) & (line < ink.shape[0]))
    columns = columns[page[line[columns], columns] > 0]
    rows = np.clip(line[columns] + np.arange(-2 * reach - 1, 2 * reach + 2)[:, None], 0, ink.shape[0] - 1)
    band, inner = result[rows, columns], slice(reach, -reach)
    level = float(np.quantile(ink[rows[inner], columns].max(axis=0), 0.4))
    crossing = np.minimum(band[: reach + 1].max(axis=0), band[-reach - 1 :].max(axis=0))
    much = band[inner] > 1.6 * level + 0.05
    result[rows[inner], columns] = np.where(much, band[inner], np.minimum(band[inner], crossing))
