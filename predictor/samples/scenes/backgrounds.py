"""Skies, trees, streets and seas."""

import numpy as np

from predictor.samples.scenes.canvas import Canvas, Paint


def sky(canvas: Canvas, horizon: float, paint: Paint = ("#5f9ed6", "#dcebf3")) -> None:
    canvas.box(0, 0, canvas.width, horizon, paint)


def cloud(canvas: Canvas, x: float, y: float, size: float) -> None:
    """A heap of soft discs, lit from above."""
    for dx, dy, radius in ((-1.1, 0.15, 0.5), (-0.5, -0.1, 0.7), (0.2, -0.2, 0.8), (0.9, 0.1, 0.55)):
        canvas.ellipse(
            x + dx * size, y + dy * size, radius * size, radius * size * 0.6, "#ffffff", opacity=0.8, blur=5
        )


def trees(canvas: Canvas, base: float, seed: int, *, dark: str = "#24421f", light: str = "#6f9a4a") -> None:
    """A hedge of round crowns whose feet stand on `base`."""
    random = np.random.default_rng(seed)
    for place in range(-20, canvas.width + 40, 34):
        height = random.uniform(60, 125)
        x = place + random.uniform(-12, 12)
        canvas.box(x - 4, base - height * 0.5, x + 4, base, "#4a3a2a")
        for _ in range(7):
            dx, dy = random.uniform(-26, 26), random.uniform(0.45, 1.0) * height
            canvas.disc(x + dx, base - dy, random.uniform(14, 30), (light, dark), opacity=0.9)


def houses(canvas: Canvas, base: float, seed: int) -> None:
    """A row of house fronts with windows."""
    random = np.random.default_rng(seed)
    colours = ("#b8a48c", "#c7b9a3", "#9a8f86", "#b58d74", "#8e979c")
    x = -20.0
    while x < canvas.width:
        width, height = random.uniform(80, 130), random.uniform(130, 215)
        canvas.box(x, base - height, x + width, base, str(random.choice(colours)))
        for wy in np.arange(base - height + 18, base - 30, 42):
            for wx in np.arange(x + 12, x + width - 22, 30):
                canvas.box(wx, wy, wx + 15, wy + 25, ("#3d4a55", "#6d8090"))
        x += width


def road(canvas: Canvas, top: float) -> None:
    """Asphalt from `top` down, with a pavement behind it."""
    canvas.box(0, top - 16, canvas.width, top, ("#b3afa6", "#98948c"))
    canvas.box(0, top, canvas.width, canvas.height, ("#6f7275", "#4b4e51"))
    for x in range(-40, canvas.width, 150):
        canvas.shape([(x, 452), (x + 82, 452), (x + 76, 459), (x - 8, 459)], "#d9d6cc", opacity=0.85)


def sea(canvas: Canvas, horizon: float, seed: int, paint: Paint = ("#6fa3b8", "#1d4c63")) -> None:
    """Water with rows of waves that grow towards the viewer."""
    canvas.box(0, horizon, canvas.width, canvas.height, paint)
    random = np.random.default_rng(seed)
    depth = canvas.height - horizon
    for _ in range(240):
        near = random.uniform(0, 1) ** 1.4
        y = horizon + 3 + near * (depth - 6)
        x, length = random.uniform(-20, canvas.width), 6 + near * 46
        points = [(x, y), (x + length / 2, y - 0.5 - 1.8 * near), (x + length, y)]
        colour = "#d7edf2" if random.uniform() < 0.5 else "#123a4e"
        canvas.line(points, 0.6 + near * 1.6, colour, opacity=0.30)


def shadow(canvas: Canvas, x: float, y: float, rx: float, ry: float) -> None:
    """The soft dark patch under a thing."""
    canvas.ellipse(x, y, rx, ry, "#101214", opacity=0.65, blur=5)
