"""Photos of digits on paper, made up: what a phone sees of a pen, a page and a room.

`photo(pen_mask, Conditions(...), random)` puts a written digit on a page and photographs it. The digits
are either drawn here as strokes (`written`) or made from a small bitmap (`from_bitmap`).
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
from skimage.morphology import skeletonize

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
GLYPH = 256  # the side of the square in which digits are drawn before they are put on paper

# Each digit as people write it: polylines in a box of width 0.7 and height 1, smoothed afterwards.
_LOOP = [
    (0.35, 0.0),
    (0.08, 0.15),
    (0.0, 0.5),
    (0.08, 0.85),
    (0.35, 1.0),
    (0.62, 0.85),
    (0.7, 0.5),
    (0.62, 0.15),
]
STROKES: dict[int, list[list[list[tuple[float, float]]]]] = {
    0: [[[*_LOOP, (0.35, 0.0)]]],
    1: [[[(0.35, 0.0), (0.35, 1.0)]], [[(0.15, 0.25), (0.4, 0.0), (0.4, 1.0)]], [[(0.45, 0.0), (0.3, 1.0)]]],
    2: [
        [
            [(0.05, 0.25), (0.2, 0.03), (0.5, 0.03), (0.62, 0.25), (0.45, 0.55), (0.03, 0.97)],
            [(0.03, 0.97), (0.68, 0.97)],
        ]
    ],
    3: [
        [
            [(0.08, 0.1), (0.35, 0.0), (0.6, 0.15), (0.55, 0.38), (0.28, 0.47)],
            [(0.28, 0.47), (0.62, 0.58), (0.65, 0.83), (0.4, 1.0), (0.05, 0.9)],
        ]
    ],
    4: [
        [[(0.15, 0.0), (0.05, 0.6)], [(0.05, 0.6), (0.68, 0.58)], [(0.52, 0.15), (0.5, 1.0)]],
        [[(0.5, 0.02), (0.02, 0.67)], [(0.02, 0.67), (0.7, 0.67)], [(0.5, 0.02), (0.5, 1.0)]],
    ],
    5: [
        [
            [(0.12, 0.02), (0.62, 0.0)],
            [(0.12, 0.02), (0.1, 0.45)],
            [(0.1, 0.45), (0.4, 0.38), (0.65, 0.6), (0.55, 0.9), (0.28, 1.0), (0.02, 0.9)],
        ]
    ],
    6: [
        [
            [
                (0.55, 0.0),
                (0.2, 0.25),
                (0.03, 0.65),
                (0.15, 0.95),
                (0.45, 1.0),
                (0.65, 0.78),
                (0.5, 0.55),
                (0.1, 0.65),
            ]
        ]
    ],
    7: [
        [[(0.03, 0.03), (0.67, 0.0)], [(0.67, 0.0), (0.25, 1.0)]],
        [[(0.03, 0.03), (0.67, 0.0)], [(0.67, 0.0), (0.25, 1.0)], [(0.2, 0.52), (0.62, 0.5)]],
    ],
    8: [
        [
            [(0.35, 0.48), (0.1, 0.3), (0.15, 0.08), (0.38, 0.0), (0.6, 0.1), (0.58, 0.32), (0.35, 0.48)],
            [(0.35, 0.48), (0.05, 0.68), (0.1, 0.93), (0.38, 1.0), (0.65, 0.9), (0.62, 0.65), (0.35, 0.48)],
        ]
    ],
    9: [
        [
            [(0.6, 0.2), (0.4, 0.0), (0.12, 0.08), (0.05, 0.33), (0.25, 0.5), (0.5, 0.42), (0.6, 0.2)],
            [(0.6, 0.2), (0.58, 0.6), (0.5, 1.0)],
        ]
    ],
}
INKS = {"blue": (38, 52, 140), "black": (28, 28, 32), "red": (190, 40, 45), "pencil": (95, 95, 100)}
PAPERS = {
    "white": (246, 246, 243),
    "cream": (243, 232, 205),
    "blue": (205, 222, 238),
    "grey": (200, 200, 198),
}
RULES = {
    "faint blue": (190, 208, 235),
    "blue": (120, 160, 215),
    "grey": (165, 165, 168),
    "dark": (105, 105, 112),
}


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """One photo. Lengths are shares of the frame's short side; `pen` is a share of the digit's height."""

    height: int = 480
    width: int = 640
    ink: str = "blue"
    paper: str = "white"
    pen: float = 0.06
    size: float = 0.4
    centre: tuple[float, float] = (0.5, 0.5)
    turn_degrees: float = 0.0
    perspective: float = 0.0
    rules: str | None = None
    spacing: float = 0.12
    squared: bool = False
    margin: bool = False
    holes: bool = False
    desk: float = 0.0
    gradient: float = 0.0
    shadow: float = 0.0
    vignette: float = 0.0
    texture: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    jpeg: int = 90


PLAIN = Conditions()


def any_conditions(random: np.random.Generator) -> Conditions:
    """A photo as it comes: every condition drawn by itself."""
    height, width = [(300, 300), (480, 640), (640, 480), (768, 1024), (1024, 768), (1000, 1000)][
        random.integers(6)
    ]
    size = float(np.exp(random.uniform(np.log(0.12), np.log(0.8))))
    reach = max(0.0, 0.46 - size / 2)
    drawn = Conditions(
        height=height,
        width=width,
        ink=str(random.choice(["blue", "blue", "black", "black", "pencil", "red"])),
        paper=str(random.choice(["white", "white", "white", "cream", "blue", "grey"])),
        pen=float(random.uniform(0.025, 0.14)),
        size=size,
        centre=(0.5 + random.uniform(-reach, reach), 0.5 + random.uniform(-reach, reach)),
        turn_degrees=float(random.uniform(-15, 15)),
        perspective=float(random.uniform(0, 0.12)),
        spacing=float(random.uniform(0.04, 0.2)),
        squared=bool(random.random() < 0.3),
        margin=bool(random.random() < 0.2),
        holes=bool(random.random() < 0.1),
        desk=float(random.uniform(0.02, 0.07)) if random.random() < 0.15 else 0.0,
        gradient=float(random.uniform(0, 0.6)),
        shadow=float(random.uniform(0.2, 0.5)) if random.random() < 0.4 else 0.0,
        vignette=float(random.uniform(0, 0.35)),
        texture=float(random.uniform(0, 0.03)),
        blur=float(random.uniform(0, 1.4)),
        noise=float(random.uniform(0, 7)),
        jpeg=int(random.integers(60, 96)),
    )
    return replace(drawn, rules=str(random.choice(list(RULES)))) if random.random() < 0.7 else drawn


def written(digit: int, pen: float, random: np.random.Generator) -> Floats:
    """A digit drawn by hand, more or less: its ink as shares (GLYPH, GLYPH) in [0, 1]."""
    shapes = STROKES[digit]
    strokes = shapes[random.integers(len(shapes))]
    slant, widen = random.uniform(-0.15, 0.25), random.uniform(0.8, 1.15)
    tall = GLYPH * 0.8
    jitter = {point: random.normal(0, 0.018, 2) for stroke in strokes for point in stroke}
    mask = np.zeros((GLYPH * 2, GLYPH * 2), np.uint8)
    for stroke in strokes:
        points = np.array([np.add(point, jitter[point]) for point in stroke])
        smooth = _curve(points)
        x = GLYPH / 2 + ((smooth[:, 0] - 0.35) * widen - slant * (smooth[:, 1] - 0.5)) * tall
        y = GLYPH / 2 + (smooth[:, 1] - 0.5) * tall
        line = np.rint(np.stack([x, y], axis=1) * 2 * 16).astype(np.int32)
        cv2.polylines(mask, [line], False, 255, max(1, round(pen * tall * 2)), cv2.LINE_AA, shift=4)
    return cv2.resize(mask, (GLYPH, GLYPH), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def from_bitmap(bitmap: Floats, pen: float | None = None) -> Floats:
    """A small bitmap in [0, 1], white on black, as smooth ink; `pen` redraws its middle line."""
    rows, columns = np.nonzero(bitmap > 0.3)
    cut = bitmap[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(np.float32)
    tall = int(GLYPH * 0.8)
    scale = tall / max(cut.shape)
    large = cv2.resize(np.pad(cut, 2), None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    large = cv2.GaussianBlur(large, (0, 0), scale * 0.45)
    ink = np.clip((large - 0.42) / 0.08 + 0.5, 0, 1)
    if pen is not None:
        middle = skeletonize(ink > 0.5).astype(np.uint8)
        away = cv2.distanceTransform(1 - middle, cv2.DIST_L2, 5)
        ink = np.clip(pen * tall / 2 - away + 0.5, 0, 1)
    canvas = np.zeros((GLYPH * 2, GLYPH * 2), np.float32)
    top, left = (GLYPH * 2 - ink.shape[0]) // 2, (GLYPH * 2 - ink.shape[1]) // 2
    canvas[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return canvas[GLYPH // 2 : -GLYPH // 2, GLYPH // 2 : -GLYPH // 2]


def photo(ink: Floats | None, how: Conditions, random: np.random.Generator) -> Pixels:
    """A photo uint8 (H, W, 3) of a page with `ink` (GLYPH, GLYPH) on it, or with nothing on it."""
    page, outside = _page(how, random)
    view = _view(how, random)
    if ink is not None:
        _write(page, ink, how, view, random)
    seen = _through_the_lens(page, outside, how, view, random)
    seen *= _light(how, random)[..., None]
    if how.blur:
        seen = cv2.GaussianBlur(seen, (0, 0), how.blur * min(how.height, how.width) / 600 + 0.01)
    seen += (
        random.normal(0, how.noise, seen.shape[:2])[..., None] * 0.7
        + random.normal(0, how.noise, seen.shape) * 0.5
    )
    bgr = np.clip(np.rint(seen), 0, 255).astype(np.uint8)[..., ::-1]
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, how.jpeg])
    return np.ascontiguousarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[..., ::-1])


def _curve(points: Floats) -> Floats:
    """A smooth line through `points` (Catmull-Rom)."""
    if len(points) == 2:
        return points
    closed = np.allclose(points[0], points[-1], atol=0.06)
    ends = (points[-2], points[1]) if closed else (points[0], points[-1])
    p = np.vstack([ends[0], points, ends[1]])
    t = np.linspace(0, 1, 12)[:, None]
    parts = []
    for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:], strict=True):
        parts.append(
            0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        )
    return np.vstack(parts)


def _page(how: Conditions, random: np.random.Generator) -> tuple[Floats, Floats]:
    """The page on a plane half as large again as the frame, and which part of that plane is page."""
    short = min(how.height, how.width)
    tall, wide = how.height * 3 // 2, how.width * 3 // 2
    page = np.empty((tall, wide, 3), np.float32)
    page[:] = PAPERS[how.paper]
    if how.texture:
        fine = random.normal(0, how.texture, (tall, wide)).astype(np.float32)
        coarse = (
            cv2.GaussianBlur(random.normal(0, how.texture, (tall, wide)).astype(np.float32), (0, 0), 3) * 4
        )
        page *= (1 + 0.5 * cv2.GaussianBlur(fine, (0, 0), 0.8) + coarse)[..., None]
    if how.rules:
        _rule(page, how, random, short)
    if how.margin:
        x = int(wide * random.uniform(0.22, 0.35))
        cv2.line(page, (x, 0), (x, tall), (225, 120, 125), max(1, round(short * 0.004)), cv2.LINE_AA)
    if how.holes:
        for y in (0.3, 0.7):
            centre = (int(wide / 6 + how.width * 0.05), int(tall * y))
            cv2.circle(page, centre, round(short * 0.025), (70, 62, 55), -1, cv2.LINE_AA)
    outside = np.zeros((tall, wide), np.float32)
    if how.desk:
        edge = int(how.height * (0.25 + how.desk))
        outside[:edge] = 1
        side = int(how.width * (0.25 + how.desk))
        outside[:, :side] = 1
    return page, outside


def _rule(page: Floats, how: Conditions, random: np.random.Generator, short: int) -> None:
    step, thick = max(6, how.spacing * short), max(1, round(short * random.uniform(0.0015, 0.004)))
    ruled = page.copy()
    for y in np.arange(random.uniform(0, step), page.shape[0], step):
        cv2.line(ruled, (0, int(y)), (page.shape[1], int(y)), RULES[str(how.rules)], thick, cv2.LINE_AA)
    if how.squared:
        for x in np.arange(random.uniform(0, step), page.shape[1], step):
            cv2.line(ruled, (int(x), 0), (int(x), page.shape[0]), RULES[str(how.rules)], thick, cv2.LINE_AA)
    page[:] = np.minimum(page, ruled * page / np.array(PAPERS[how.paper], np.float32))


def _write(page: Floats, ink: Floats, how: Conditions, view: Floats, random: np.random.Generator) -> None:
    """Lay the ink on the page, a pencil with its grain, centred where the frame will have `how.centre`."""
    scale = how.size * min(how.height, how.width) / (GLYPH * 0.8)
    centre = np.array([[[how.centre[0] * how.width, how.centre[1] * how.height]]], np.float32)
    x, y = cv2.perspectiveTransform(centre, np.linalg.inv(view))[0, 0]
    place = np.array([[scale, 0, x - scale * GLYPH / 2], [0, scale, y - scale * GLYPH / 2]], np.float32)
    soft = cv2.GaussianBlur(ink, (0, 0), 0.5 / scale) if scale < 1 else ink
    share = cv2.warpAffine(soft, place, (page.shape[1], page.shape[0]), flags=cv2.INTER_LINEAR)
    if how.ink == "pencil":
        grain = cv2.GaussianBlur(random.normal(0, 1, share.shape).astype(np.float32), (0, 0), 1.0)
        share = share * np.clip(0.75 + 0.6 * grain, 0.3, 1)
    share = share[..., None] * 0.93
    page *= 1 - share
    page += share * np.array(INKS[how.ink], np.float32)


def _view(how: Conditions, random: np.random.Generator) -> Floats:
    """The projective map (3, 3) from the page's plane to the frame: turned and tilted."""
    size = np.array([how.width, how.height], np.float32)
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    tilted = (corners + random.uniform(-1, 1, (4, 2)) * how.perspective * 0.5) * size + size / 4
    angle = np.deg2rad(how.turn_degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = size * 0.75
    source = ((tilted - middle) @ turn.T + middle).astype(np.float32)
    return np.asarray(cv2.getPerspectiveTransform(source, (corners * size).astype(np.float32)))


def _through_the_lens(
    page: Floats, outside: Floats, how: Conditions, view: Floats, random: np.random.Generator
) -> Floats:
    """The frame cut from the plane; the desk, with the page's shadow, where no page is."""
    frame = (how.width, how.height)
    seen = cv2.warpPerspective(page, view, frame, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    if how.desk:
        away = cv2.warpPerspective(outside, view, frame, flags=cv2.INTER_LINEAR, borderValue=1)[..., None]
        shade = cv2.GaussianBlur(away[..., 0], (0, 0), min(frame) * 0.012)[..., None]
        desk = np.array([120, 88, 60], np.float32) * random.uniform(0.5, 1.1)
        seen = seen * (1 - 0.5 * shade) * (1 - away) + desk * away
    return np.asarray(seen, np.float32)


def _light(how: Conditions, random: np.random.Generator) -> Floats:
    """What part of the light reaches each pixel (H, W): a lamp to one side, the lens, a hand in the way."""
    y, x = np.mgrid[0 : how.height, 0 : how.width].astype(np.float32)
    y, x = y / how.height - 0.5, x / how.width - 0.5
    angle = random.uniform(0, 2 * np.pi)
    light = 1 - how.gradient * (0.5 + (x * np.cos(angle) + y * np.sin(angle)) / 1.42)
    light *= 1 - how.vignette * (x**2 + y**2) * 2
    if how.shadow:
        hand = np.zeros((how.height, how.width), np.float32)
        side = np.array([how.width, how.height])
        centre = (side * random.choice([[0.1, 0.9], [0.9, 0.9], [0.9, 0.2], [0.5, 1.0]])).astype(int)
        axes = (side * random.uniform(0.25, 0.5, 2)).astype(int)
        cv2.ellipse(hand, centre.tolist(), axes.tolist(), float(random.uniform(0, 180)), 0, 360, 1.0, -1)
        soft = min(how.height, how.width) * random.uniform(0.015, 0.06)
        light *= 1 - how.shadow * cv2.GaussianBlur(hand, (0, 0), soft)
    return np.asarray(light, np.float32)
