"""A sailing boat and a container ship."""

import numpy as np

from predictor.samples.scenes import backgrounds
from predictor.samples.scenes.canvas import Canvas, path


def sailing_boat() -> Canvas:
    """A white boat under main and jib, with its reflection."""
    canvas = Canvas()
    backgrounds.sky(canvas, 318, ("#4b8fd0", "#e8f1f4"))
    backgrounds.cloud(canvas, 120, 110, 50)
    backgrounds.cloud(canvas, 520, 80, 40)
    canvas.shape(
        path("M0 318 L0 300 C80 286 140 292 200 302 C260 310 300 314 320 318 Z"), ("#7d97a0", "#93a9ad")
    )
    canvas.soften(2)
    backgrounds.sea(canvas, 318, seed=3)
    canvas.shape(path("M226 396 L300 396 L420 396 L330 476 L280 476 Z"), "#e9f3f5", opacity=0.28, blur=7)
    canvas.shape(
        path("M180 392 C260 404 400 404 470 390 L440 414 L220 416 Z"), "#0d3346", opacity=0.55, blur=4
    )
    canvas.line([(318, 366), (318, 52)], 5, ("#c8b08a", "#7a5d3a"))
    canvas.shape(path("M326 64 C372 160 404 260 428 338 C396 346 356 346 326 342 Z"), ("#ffffff", "#cfd4d2"))
    canvas.shape(path("M310 78 C276 190 236 286 190 350 C236 344 282 344 310 348 Z"), ("#fbf7ec", "#d8cdb6"))
    for start, end in (((326, 140), (364, 136)), ((326, 215), (394, 210)), ((326, 285), (416, 280))):
        canvas.line([start, end], 1, "#a9adab")
    canvas.line([(318, 350), (434, 344)], 4, ("#b99a6b", "#77572f"))
    canvas.line([(318, 54), (184, 360)], 1, "#59636a")
    canvas.line([(318, 54), (474, 362)], 1, "#59636a")
    canvas.shape(
        path(
            "M166 356 C260 366 390 368 484 354 C476 384 456 402 430 406 L228 406 C200 400 178 380 166 356 Z"
        ),
        ("#ffffff", "#a8b4ba"),
    )
    canvas.shape(
        path(
            "M184 386 C260 396 390 396 468 384 C458 400 446 405 430 406 L228 406 C208 403 194 396 184 386 Z"
        ),
        ("#23548c", "#16355b"),
    )
    canvas.line(path("M170 362 C260 372 390 374 481 360"), 3, "#1f4c80")
    canvas.shape(path("M256 360 C266 344 300 340 340 342 C370 344 388 350 398 360 Z"), ("#f5f1e6", "#c8beaa"))
    for x in (288, 318, 348):
        canvas.ellipse(x, 352, 8, 4, "#2f4654")
    canvas.shape([(318, 52), (318, 66), (346, 59)], ("#d9402f", "#a42a1e"))
    for x in range(176, 470, 14):
        canvas.line([(x, 407 + x % 3), (x + 9, 406)], 2, "#eaf6f8", opacity=0.7)
    return canvas


CONTAINERS = ("#b5452c", "#2f6f8f", "#d2a02f", "#4c7a46", "#8a8f94", "#a8552d", "#35507f", "#c9c6bd")


def cargo_ship() -> Canvas:
    """A loaded container ship under way to the left."""
    canvas = Canvas()
    backgrounds.sky(canvas, 300, ("#7aa6c8", "#f0ead9"))
    backgrounds.cloud(canvas, 180, 80, 46)
    backgrounds.cloud(canvas, 420, 120, 36)
    canvas.soften(2)
    backgrounds.sea(canvas, 300, seed=8, paint=("#7ea9b3", "#1c4a5c"))
    _containers(canvas)
    _bridge(canvas)
    canvas.shape(
        path(
            "M46 258 L70 258 C76 272 90 276 112 276 L606 276 L600 336 C598 350 592 356 580 358 L112"
            " 358 C86 352 62 316 46 258 Z"
        ),
        ("#2a4a68", "#142a40"),
    )
    canvas.shape(
        path("M79 328 L601 328 C600 348 594 356 580 358 L112 358 C100 354 88 344 79 328 Z"),
        ("#a63a2b", "#6d1f17"),
    )
    canvas.line([(60, 290), (604, 290)], 1.5, "#dfe6ea", opacity=0.7)
    canvas.shape(path("M86 288 L104 288 L112 300 L94 300 Z"), "#e9edf0", opacity=0.85)
    for x in range(150, 590, 38):
        canvas.line([(x, 280), (x, 326)], 0.8, "#0e2033", opacity=0.5)
    canvas.line([(66, 258), (66, 212)], 3, "#d7dbde")
    canvas.line([(66, 216), (100, 274)], 1, "#6d767c")
    canvas.shape(
        path("M60 362 C120 350 300 362 620 356 L640 368 C420 378 160 376 40 374 Z"),
        "#e8f3f4",
        opacity=0.7,
        blur=2.5,
    )
    canvas.shape(path("M58 368 C76 340 92 340 116 360 L150 368 Z"), "#ffffff", opacity=0.75, blur=3)
    canvas.shape(path("M80 374 L610 370 L560 430 L140 432 Z"), "#0d2a3a", opacity=0.4, blur=9)
    return canvas


def _containers(canvas: Canvas) -> None:
    random = np.random.default_rng(21)
    for column in range(12):
        x = 122 + column * 31
        for row in range(int(random.integers(4, 7)) if column else 3):
            y = 258 - row * 18
            colour = CONTAINERS[int(random.integers(len(CONTAINERS)))]
            canvas.box(x, y, x + 29, y + 17, colour)
            canvas.box(x, y + 12, x + 29, y + 17, "#000000", opacity=0.22)
            for rib in range(4, 29, 5):
                canvas.line([(x + rib, y + 1), (x + rib, y + 16)], 0.7, "#000000", opacity=0.22)


def _bridge(canvas: Canvas) -> None:
    canvas.shape([(502, 150), (576, 150), (584, 278), (500, 278)], ("#fbfbf8", "#c3c9cc"))
    canvas.box(490, 142, 588, 160, ("#ffffff", "#d3d8da"))
    canvas.box(494, 146, 584, 156, "#2c3d49")
    for y in (172, 194, 216, 238, 258):
        for x in range(510, 572, 13):
            canvas.box(x, y, x + 7, y + 8, "#43586a")
        canvas.line([(502, y + 14), (582, y + 14)], 1, "#9aa4aa")
    canvas.shape([(550, 96), (578, 96), (582, 150), (546, 150)], ("#c8482f", "#8c2a1a"))
    canvas.box(548, 96, 580, 106, "#26282a")
    canvas.line([(524, 142), (524, 92)], 3, "#8d979d")
    canvas.line([(512, 108), (536, 108)], 2, "#8d979d")
    for dx, dy, radius in ((6, 82, 11), (20, 70, 15), (40, 56, 19)):
        canvas.disc(564 + dx, dy, radius, "#6f7578", opacity=0.35, blur=6)
