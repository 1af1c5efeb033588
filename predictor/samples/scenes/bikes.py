"""A bicycle and a motorbike."""

from predictor.samples.scenes import backgrounds
from predictor.samples.scenes.canvas import Canvas, path

FRAME = "#1f6f63"


def bicycle() -> Canvas:
    """A green bicycle on a path in a park."""
    canvas = Canvas()
    backgrounds.sky(canvas, 260, ("#8fbbe0", "#e9f1ee"))
    backgrounds.trees(canvas, 270, seed=12)
    backgrounds.trees(canvas, 286, seed=13, dark="#1d3a1c", light="#5c8a3f")
    canvas.box(0, 270, 640, 400, ("#9dbb68", "#7a9c4c"))
    canvas.soften(3)
    canvas.box(0, 372, 640, 480, ("#d8c8a6", "#b7a37c"))
    canvas.box(0, 366, 640, 376, "#7f9a52", opacity=0.7, blur=2)
    backgrounds.shadow(canvas, 318, 418, 230, 7)
    rear, front = (190, 322), (452, 322)
    for x, y in (rear, front):
        _bicycle_wheel(canvas, x, y)
    crank, seat, head, fork = (300, 326), (264, 208), (408, 214), (413, 236)
    for start, end, width in (
        (rear, crank, 6),
        (rear, seat, 5),
        (crank, seat, 8),
        (crank, fork, 9),
        (seat, head, 8),
    ):
        canvas.line([start, end], width, ("#2c9586", FRAME))
        canvas.line([(start[0], start[1] - 1.5), (end[0], end[1] - 1.5)], 1.4, "#9fe0d4", opacity=0.6)
    canvas.line([head, (416, 246)], 11, ("#2c9586", FRAME))
    canvas.line(path("M416 246 C424 276 436 300 452 322"), 7, ("#2c9586", "#174f47"))
    _cockpit(canvas, seat, head)
    _drive(canvas, crank, rear)
    return canvas


def _bicycle_wheel(canvas: Canvas, x: float, y: float) -> None:
    canvas.spokes(x, y, 4, 84, 28, 0.9, "#8d9499")
    canvas.ring(x, y, 94, 8, ("#2e3032", "#141517"))
    canvas.ring(x, y, 86, 4, ("#e2e6e8", "#8f979c"))
    canvas.disc(x, y, 7, ("#d5dadd", "#71787d"))


def _cockpit(canvas: Canvas, seat: tuple[float, float], head: tuple[float, float]) -> None:
    canvas.line([seat, (256, 184)], 5, ("#dfe3e5", "#8a9196"))
    canvas.shape(
        path(
            "M214 178 C222 168 250 170 268 176 C284 180 298 180 302 184 C296 192 262 190 246 194"
            " C228 196 210 192 214 178 Z"
        ),
        ("#6b432a", "#2f1b10"),
    )
    canvas.line([head, (402, 188)], 6, ("#dfe3e5", "#8a9196"))
    canvas.line([(402, 188), (430, 184)], 6, ("#dfe3e5", "#8a9196"))
    canvas.line(path("M430 184 C458 180 466 200 456 218 C450 228 436 230 424 226"), 7, ("#5a3b26", "#2c1a10"))
    canvas.line(path("M448 190 C456 206 452 220 444 232"), 3, "#9aa1a6")


def _drive(canvas: Canvas, crank: tuple[float, float], rear: tuple[float, float]) -> None:
    canvas.line([(rear[0], rear[1] - 11), (crank[0], crank[1] - 25)], 2, "#3a3d40")
    canvas.line([(rear[0], rear[1] + 11), (crank[0], crank[1] + 25)], 2, "#3a3d40")
    canvas.disc(*rear, 12, ("#b9bfc3", "#5f666b"))
    canvas.ring(*crank, 27, 5, ("#cfd4d7", "#6f767b"))
    canvas.spokes(*crank, 4, 24, 5, 4, "#9ca3a8")
    canvas.line([crank, (330, 366)], 7, ("#d9dde0", "#868d92"))
    canvas.line([crank, (270, 286)], 6, ("#c2c7ca", "#757c81"))
    for x, y in ((330, 368), (270, 284)):
        canvas.line([(x - 15, y), (x + 15, y)], 8, "#222426")


def motorbike() -> Canvas:
    """An orange motorbike in a showroom."""
    canvas = Canvas()
    canvas.box(0, 0, 640, 360, ("#e9e4da", "#d3ccbe"))
    canvas.box(0, 360, 640, 480, ("#b9b1a3", "#8f877a"))
    canvas.soften(3)
    backgrounds.shadow(canvas, 320, 424, 240, 10)
    rear, front = (178, 348), (476, 348)
    for x, y in (rear, front):
        _motorbike_wheel(canvas, x, y)
    canvas.line([rear, (300, 352)], 14, ("#4a4e52", "#222427"))
    for x in (0, 9):
        canvas.line([(418 + x, 196), (478 + x / 2, 348)], 8, ("#eceff0", "#6f767b"))
    _engine(canvas)
    _coachwork(canvas)
    return canvas


def _motorbike_wheel(canvas: Canvas, x: float, y: float) -> None:
    canvas.ring(x, y, 78, 25, ("#303234", "#111213"))
    canvas.ring(x, y, 75, 3, "#45484b")
    canvas.ring(x, y, 55, 7, ("#d9dde0", "#70777c"))
    canvas.spokes(x, y, 8, 50, 9, 5, ("#c5cacd", "#787f84"))
    canvas.ring(x, y, 32, 8, ("#b4babe", "#60676c"))
    canvas.disc(x, y, 11, "#4d5256")


def _engine(canvas: Canvas) -> None:
    canvas.shape(path("M250 372 L262 292 L384 286 L402 330 L388 384 L274 388 Z"), ("#54585c", "#1e2022"))
    for number, y in enumerate(range(268, 330, 7)):
        canvas.line([(304 - number, y), (366 + number, y - 4)], 4, ("#c3c8cb", "#62686c"))
    canvas.disc(298, 356, 24, ("#c9ced1", "#686f74"))
    canvas.disc(298, 356, 15, ("#8d9499", "#50565a"))
    canvas.disc(358, 358, 20, ("#b4babe", "#5c6367"))
    canvas.line(path("M372 300 C404 320 404 372 372 388 L250 392 L110 378"), 11, ("#f0f2f3", "#7c8388"))
    canvas.line([(205, 388), (104, 377)], 21, ("#e9ecee", "#6d747a"))
    canvas.line([(214, 384), (106, 372)], 3, "#ffffff", opacity=0.7)


def _coachwork(canvas: Canvas) -> None:
    canvas.shape(
        path("M96 282 C130 246 200 244 236 262 L244 284 C200 272 150 280 112 304 Z"), ("#d2691f", "#7a3208")
    )
    canvas.shape(
        path(
            "M130 236 C180 224 240 236 284 262 L274 284 C230 272 180 268 142 262 C126 256 122 244 130 236 Z"
        ),
        ("#3a3532", "#141210"),
    )
    canvas.shape(
        path(
            "M258 262 C268 226 310 210 356 212 C396 214 416 226 420 240 C414 268 384 286 330 288"
            " C296 288 268 280 258 262 Z"
        ),
        ("#f0883a", "#8f3c0a"),
    )
    canvas.shape(
        path("M286 244 C306 226 350 222 390 230 C360 232 318 236 286 244 Z"),
        "#ffe0bf",
        opacity=0.75,
        blur=1.5,
    )
    canvas.disc(352, 214, 8, ("#f2f4f5", "#8d949a"))
    canvas.line(path("M418 200 C412 178 396 172 372 176"), 7, ("#e6e9eb", "#7b8287"))
    canvas.line([(374, 176), (348, 184)], 10, "#17181a")
    canvas.line([(404, 178), (396, 146)], 3, "#3a3e41")
    canvas.ellipse(394, 138, 15, 9, ("#5a6066", "#22262a"))
    canvas.disc(440, 216, 25, ("#e2e6e8", "#6c7378"))
    canvas.ellipse(448, 216, 18, 21, ("#fffef2", "#b9c4c4"))
    canvas.shape(
        path("M418 292 C440 262 500 258 532 290 C540 300 544 312 542 320 C528 288 470 276 424 306 Z"),
        ("#e67a2b", "#8a3a0c"),
    )
    canvas.ellipse(100, 284, 8, 11, ("#ff5a45", "#8f120c"))
