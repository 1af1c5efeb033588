"""A cat, for the answer "unsure"."""

from predictor.samples.scenes.canvas import Canvas, mirrored, path

FUR = ("#d9a066", "#8a5a2c")
DARK = "#6d421c"


def cat() -> Canvas:
    """A sitting tabby on a carpet before a wall."""
    canvas = Canvas()
    canvas.box(0, 0, 640, 330, ("#d8cfc0", "#c3b7a4"))
    canvas.box(0, 318, 640, 332, ("#f2ede2", "#b9ae9c"))
    canvas.box(0, 332, 640, 480, ("#7f5b4b", "#5c3e33"))
    canvas.ellipse(320, 440, 290, 60, ("#4f6b7f", "#3a5163"))
    canvas.soften(2)
    canvas.ellipse(330, 440, 160, 20, "#101214", opacity=0.6, blur=7)
    canvas.line(path("M420 420 C520 430 540 360 490 330 C474 320 470 300 486 288"), 26, FUR)
    canvas.shape(
        path(
            "M230 436 C214 350 240 270 284 240 L356 240 C404 276 432 350 418 436 C380 448 270 448 230 436 Z"
        ),
        FUR,
    )
    canvas.shape(
        path("M288 262 C300 300 296 400 292 440 L352 440 C346 400 342 300 354 262 Z"),
        ("#f5e3c8", "#d9bd96"),
        opacity=0.9,
        blur=3,
    )
    for text in (
        "M238 330 C258 326 268 332 276 342",
        "M232 362 C252 356 264 362 272 374",
        "M236 394 C252 388 264 394 270 404",
    ):
        canvas.line(path(text), 7, DARK, opacity=0.7, blur=1)
        canvas.line(mirrored(path(text), 323), 7, DARK, opacity=0.7, blur=1)
    for x in (284, 362):
        canvas.line([(x, 340), (x, 428)], 34, FUR)
        canvas.ellipse(x, 436, 26, 13, ("#f5e3c8", "#c9a877"))
    _head(canvas)
    return canvas


def _head(canvas: Canvas) -> None:
    axis = 323
    for points, paint in (
        (path("M250 160 C242 110 246 84 254 74 C278 86 300 106 312 130 Z"), FUR),
        (path("M258 146 C254 116 256 100 260 92 C274 102 288 116 296 130 Z"), ("#e5a99a", "#b97866")),
    ):
        canvas.shape(points, paint)
        canvas.shape(mirrored(points, axis), paint)
    canvas.ellipse(axis, 190, 88, 76, ("#dfa86e", "#a87038"))
    canvas.ellipse(axis, 224, 46, 34, ("#f8ead2", "#e2c9a4"), blur=2)
    for text in ("M322 118 L322 150", "M300 122 L306 150", "M242 188 L270 194", "M240 208 L268 208"):
        canvas.line(path(text), 6, DARK, opacity=0.75, blur=1)
        canvas.line(mirrored(path(text), axis), 6, DARK, opacity=0.75, blur=1)
    for x in (290, 356):
        canvas.ellipse(x, 186, 19, 17, "#3b2a17")
        canvas.ellipse(x, 187, 16, 15, ("#cfd46a", "#6f8a2e"))
        canvas.ellipse(x, 187, 5, 14, "#0d0d0c")
        canvas.disc(x + 5, 180, 3.5, "#ffffff")
    canvas.shape(
        path("M311 212 Q323 208 335 212 Q330 224 323 226 Q316 224 311 212 Z"), ("#d98a80", "#a3584f")
    )
    canvas.line(path("M323 226 C322 238 310 242 300 238"), 2.5, "#5a3a22")
    canvas.line(path("M323 226 C324 238 336 242 346 238"), 2.5, "#5a3a22")
    for y, end in ((222, 204), (230, 228), (238, 252)):
        whisker = [(296.0, float(y)), (206.0, float(end))]
        canvas.line(whisker, 1.2, "#fbf6ea", opacity=0.9)
        canvas.line(mirrored(whisker, axis), 1.2, "#fbf6ea", opacity=0.9)
