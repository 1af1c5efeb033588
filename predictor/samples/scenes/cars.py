"""Two cars: a hatchback from the side and a saloon from the front."""

import math

from predictor.samples.scenes import backgrounds
from predictor.samples.scenes.canvas import Canvas, mirrored, path


def _wheel(canvas: Canvas, x: float, y: float, radius: float) -> None:
    canvas.disc(x, y, radius, ("#2b2d30", "#121315"))
    canvas.ring(x, y, radius * 0.94, radius * 0.05, "#3d4043")
    canvas.disc(x, y, radius * 0.68, ("#5a5f64", "#2a2d30"))
    for spoke in range(5):
        turn = math.radians(72 * spoke - 90)
        tip, side = 0.66 * radius, 0.17
        points = [
            (x + 0.14 * radius * math.cos(turn - 1.2), y + 0.14 * radius * math.sin(turn - 1.2)),
            (x + tip * math.cos(turn - side), y + tip * math.sin(turn - side)),
            (x + tip * math.cos(turn + side), y + tip * math.sin(turn + side)),
            (x + 0.14 * radius * math.cos(turn + 1.2), y + 0.14 * radius * math.sin(turn + 1.2)),
        ]
        canvas.shape(points, ("#e6e9eb", "#a9afb4"))
    canvas.ring(x, y, radius * 0.7, radius * 0.07, ("#f0f2f3", "#9aa0a5"))
    canvas.disc(x, y, radius * 0.13, "#7c8287")


BODY = path(
    "M84 346 C79 330 81 306 92 293 C106 277 152 268 214 258 C246 226 276 201 312 192 C362 181 432 183 472 196"
    " C508 209 534 243 548 262 C560 280 563 312 560 342 C558 354 550 361 538 361"
    " L102 361 C91 360 87 354 84 346 Z"
)
GLASS = (
    "M234 259 C260 231 286 211 318 204 C330 202 344 200 353 200 L358 259 Z",
    "M368 259 L363 200 C396 198 424 199 440 202 L460 259 Z",
    "M470 259 L451 204 C478 212 498 232 512 256 Q508 259 500 259 Z",
)


def hatchback() -> Canvas:
    """A red hatchback on a street before trees."""
    canvas = Canvas()
    backgrounds.sky(canvas, 300)
    backgrounds.cloud(canvas, 150, 90, 44)
    backgrounds.cloud(canvas, 470, 60, 34)
    backgrounds.trees(canvas, 318, seed=4)
    canvas.box(0, 304, 640, 340, ("#8aa860", "#6d8c48"))
    canvas.soften(2.2)
    backgrounds.road(canvas, 344)
    backgrounds.shadow(canvas, 322, 400, 250, 13)
    _body(canvas)
    for x in (186, 458):
        canvas.disc(x, 353, 55, "#191112")
        _wheel(canvas, x, 357, 46)
    return canvas


def _body(canvas: Canvas) -> None:
    canvas.box(120, 352, 530, 384, "#141416")
    canvas.shape(BODY, ("#e0473d", "#8c1512"))
    canvas.shape(
        path("M226 262 C262 222 290 204 318 199 C372 190 432 192 464 203 C496 216 512 240 522 262 Z"),
        "#37100f",
    )
    for glass in GLASS:
        canvas.shape(path(glass), ("#b9d3e0", "#3f5563"))
    canvas.shape(path("M318 204 L338 201 L296 259 L262 259 Z"), "#ffffff", opacity=0.22)
    canvas.shape(path("M396 199 L414 199 L404 259 L380 259 Z"), "#ffffff", opacity=0.18)
    canvas.line(path("M100 292 C180 276 320 272 552 282"), 3, "#ff9c8f", opacity=0.75, blur=1)
    canvas.line(path("M110 330 C220 320 420 320 552 328"), 5, "#5c0b0a", opacity=0.5, blur=2)
    canvas.line(path("M140 352 L505 352"), 7, "#2b0d0d")
    for door in (
        "M236 262 C230 290 232 330 246 350",
        "M362 262 C366 300 366 330 362 352",
        "M466 262 C474 280 470 300 448 312",
    ):
        canvas.line(path(door), 1.6, "#5a0c0b", opacity=0.9)
    for x in (322, 424):
        canvas.line([(x, 281), (x + 24, 281)], 5, ("#f4877c", "#7c1411"))
    canvas.shape(path("M94 300 C104 288 126 284 142 284 C136 298 118 308 93 310 Z"), ("#fdfdf6", "#a9b3b8"))
    canvas.shape(path("M558 288 L536 282 C532 292 538 304 561 308 Z"), ("#ff5b45", "#8d0d0a"))
    canvas.shape(path("M83 330 L112 334 L114 345 L85 346 Z"), "#1d1416")
    canvas.shape(path("M222 262 C222 250 234 246 244 250 L246 263 Z"), ("#c9372f", "#7c1411"))


def saloon() -> Canvas:
    """A blue car, seen from the front, in a street of houses."""
    canvas = Canvas()
    backgrounds.sky(canvas, 200, ("#8fb3cf", "#e6edf0"))
    backgrounds.houses(canvas, 250, seed=9)
    canvas.soften(2.5)
    canvas.shape([(0, 250), (640, 250), (640, 480), (0, 480)], ("#85878a", "#56595c"))
    canvas.shape([(0, 250), (150, 250), (0, 330)], "#b0aca3")
    canvas.shape([(640, 250), (490, 250), (640, 330)], "#b0aca3")
    backgrounds.shadow(canvas, 320, 408, 215, 16)
    for x in (150, 490):
        canvas.box(x - 27, 330, x + 27, 412, ("#1b1c1e", "#101112"))
        canvas.ellipse(x, 410, 27, 7, "#101112")
    _front(canvas)
    return canvas


def _both(canvas: Canvas, text: str, paint: str | tuple[str, str], **options: float) -> None:
    """Draw a path and its mirror image: a car is the same on both sides."""
    points = path(text)
    canvas.shape(points, paint, **options)
    canvas.shape(mirrored(points, 320), paint, **options)


def _front(canvas: Canvas) -> None:
    _both(canvas, "M200 212 C176 206 150 210 144 222 C142 234 160 240 190 236 Z", ("#3f7cc4", "#173c70"))
    canvas.shape(
        path("M188 236 C206 184 222 152 236 144 C280 132 360 132 404 144 C418 152 434 184 452 236 Z"),
        ("#4a8ad4", "#2a62a6"),
    )
    canvas.shape(
        path(
            "M204 234 C220 190 232 164 244 156 C286 147 354 147 396 156 C408 164 420 190 436 234"
            " C380 226 260 226 204 234 Z"
        ),
        ("#a9c6d6", "#2c3d49"),
    )
    canvas.shape(path("M262 154 L300 150 L262 227 L222 230 Z"), "#ffffff", opacity=0.22)
    canvas.shape(
        path(
            "M188 234 C260 220 380 220 452 234 C500 248 518 268 522 300 L522 360 C520 384 508 394 480 394"
            " L160 394 C132 394 120 384 118 360 L118 300 C122 268 140 248 188 234 Z"
        ),
        ("#4c8edb", "#153a70"),
    )
    canvas.shape(
        path(
            "M196 240 C270 228 370 228 444 240 C470 250 482 262 486 276 L154 276 C158 262 170 250 196 240 Z"
        ),
        ("#8fbcf0", "#3d7cc8"),
        opacity=0.75,
        blur=2,
    )
    _both(
        canvas,
        "M128 292 C150 280 196 284 214 298 C216 314 200 320 170 320 C140 320 126 312 128 292 Z",
        ("#2a3036", "#15191d"),
    )
    _both(
        canvas,
        "M136 296 C156 288 188 290 204 300 C202 312 190 315 170 314 C148 314 136 310 136 296 Z",
        ("#fbfcf7", "#9fb0ba"),
    )
    canvas.shape(path("M230 296 L410 296 L398 330 L242 330 Z"), ("#15181b", "#2c3136"))
    for y in (303, 311, 319):
        canvas.line([(238, y), (402, y)], 1.8, "#8d969d")
    canvas.disc(320, 312, 12, ("#f2f4f5", "#8f999f"))
    canvas.shape(path("M150 350 L490 350 L470 382 L170 382 Z"), ("#16191c", "#23282c"))
    canvas.box(272, 346, 368, 368, "#f2f1ea")
    canvas.box(276, 350, 364, 364, "#d9d8d0")
    _both(canvas, "M148 346 L196 346 L190 364 L158 364 Z", ("#dfe5e8", "#7d8b94"))
    canvas.line(path("M124 334 C240 342 400 342 516 334"), 2, "#0f2c55", opacity=0.7)
