"""How time grows with what is asked: batches, pictures, ε, clients, rows. A curve each."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.bench import history, serving
from experiments.bench.servers import Site
from ml import epsilon, images, zoo
from ml.report import plots
from ml.report.blocks import Lines

Point = tuple[int, float]
# Where twice as much takes less than this many times as long, what does not grow decides.
BEND = 1.5


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Milliseconds against how much of something was asked for; `why` explains the shape."""

    name: str
    title: str
    x: str
    points: Sequence[Point]
    why: str

    @property
    def bend(self) -> int | None:
        """From where on time follows what is asked: the first point after which every doubling costs BEND."""
        found = None
        for (x, y), (further, longer) in reversed(list(zip(self.points, self.points[1:], strict=False))):
            doublings = np.log2(further / x)
            if (longer / y) ** (1 / doublings) < BEND:
                break
            found = x
        return found

    def values(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return asdict(self) | {"bend": self.bend}

    def drawing(self) -> str:
        """An SVG of the time for each one, on a white ground so that it can be read on any page."""
        each = [(x, y / x) for x, y in self.points]
        block = Lines(
            name=self.name, title=self.title, x=self.x, y="ms for each", series={self.title: each}, log_x=True
        )
        ground = '<rect width="100%" height="100%" fill="#fff"/>'
        looks = '<svg color="#223" font-family="sans-serif" '
        drawn = plots.lines(block).replace("<svg ", looks, 1)
        return drawn.replace("<title>", f"{ground}<title>", 1)


def line(curve: Curve) -> str:
    """A curve on the terminal."""
    shown = "  ".join(f"{x}: {y:.2f} ms" for x, y in curve.points)
    return f"{curve.title}, by {curve.x}: {shown}; {_bend_text(curve)}"


def section(curves: Sequence[Curve], drawings: str) -> Iterator[str]:
    """The lines of the page about growth; `drawings` is the name of their folder beside the page."""
    if not curves:
        return
    yield from ("", "## Growth", "")
    yield "Medians, of the model vehicles. The drawings show the time for each one."
    for curve in curves:
        yield from ("", f"### {curve.title}", "", f"![{curve.title}]({drawings}/{curve.name}.svg)", "")
        yield f"| {curve.x} | " + " | ".join(f"{x:,}" for x, _ in curve.points) + " |"
        yield "|---" * (len(curve.points) + 1) + "|"
        yield "| ms | " + " | ".join(f"{y:,.2f}" for _, y in curve.points) + " |"
        yield from ("", f"{_bend_text(curve).capitalize()}. {curve.why}")


def _bend_text(curve: Curve) -> str:
    if curve.bend is None:
        return "it hardly grows in this range"
    if curve.bend == curve.points[0][0]:
        return "it grows with what is asked from the first on"
    return f"it bends at {curve.bend:,}: from there time follows what is asked"


def curves(folder: Path, rounds: int) -> Iterator[Curve]:
    """Every curve; the site has its database and files in `folder`."""
    model = zoo.load("vehicles")
    rng = np.random.default_rng(0)

    def batch(count: int) -> Any:
        return rng.random((count, *model.input_shape), np.float32)

    def steps(count: int) -> list[float]:
        return [n / epsilon.LEVELS for n in range(count)]

    yield Curve(
        name="batch",
        title="Answers to a batch",
        x="images",
        points=_timed(lambda n: _call(model.logits, batch(n)), (1, 2, 4, 8, 16, 32, 64), rounds),
        why="One image keeps both cores busy already, so a batch gains only the start of each pass.",
    )
    yield Curve(
        name="gradient",
        title="Input gradients of a batch",
        x="images",
        points=_timed(lambda n: _call(model.gradient, batch(n), [0] * n), (1, 2, 4, 8, 16, 32), rounds),
        why="A single gradient runs in OpenVINO, a batch in TensorFlow, whose chunks keep memory bounded.",
    )
    yield Curve(
        name="sweep",
        title="FGSM along the ε axis",
        x="values of ε",
        points=_timed(
            lambda n: _call(model.sweep, batch(1)[0], steps(n)), (1, 2, 4, 8, 16, 32, 64, 128), rounds
        ),
        why="One gradient serves every ε; each further ε is one more image of a forward batch.",
    )
    yield Curve(
        name="picture",
        title="Decoding, storing and preparing a JPEG",
        x="pixels of the long side",
        points=_timed(
            lambda side: _call(_prepared, _jpeg(folder, side), model), (256, 512, 1024, 2048, 4096), rounds
        ),
        why=f"Above {images.MAX_SIDE} pixels a JPEG is decoded at a half, a quarter or an eighth of its size "
        f"and only {images.MAX_SIDE} are stored, so what grows is reading the file.",
    )
    with Site(folder) as site:
        signed, files = site.signed_in(), serving.photos(folder, serving.PHOTOS)
        points = []
        for clients in (1, 2, 4, 8, 16, 32):
            found = serving.uploads("epsilon", site.url, files, clients=clients, headers=signed)
            points.append((clients, 1000 * float(np.quantile(found["latencies"], 0.95))))
        yield Curve(
            name="clients",
            title="The slowest of twenty uploads (95th percentile)",
            x="clients at once",
            points=points,
            why="As many clients as cores fill them; from there each further one waits its turn.",
        )
        pages = history.growth(site, [50, 500, 5_000, 50_000], rounds)
        yield Curve(
            name="rows",
            title="Page of the history",
            x="images kept",
            points=[(count, values["ms"]) for count, values in pages.items()],
            why="The page reads its own rows by an index; only counting them grows.",
        )


def _call(function: Callable[..., Any], *values: Any) -> Callable[[], Any]:
    return lambda: function(*values)


def _timed(made: Callable[[int], Callable[[], Any]], sizes: Sequence[int], rounds: int) -> list[Point]:
    """Medians in milliseconds, each size in its turn."""
    asked, times = {size: made(size) for size in sizes}, {size: [0.0] * 0 for size in sizes}
    for turn in range(rounds + 1):
        for size, call in asked.items():
            start = time.perf_counter()
            call()
            if turn:
                times[size].append(1000 * (time.perf_counter() - start))
    return [(size, statistics.median(times[size])) for size in sizes]


def _jpeg(folder: Path, side: int) -> bytes:
    (path,) = serving.photos(folder, 1, (side, side * 3 // 4))
    return Path(path).read_bytes()


def _prepared(data: bytes, model: Any) -> Any:
    pixels = images.decode(data)
    return images.encode_store(pixels), images.thumbnail(pixels), images.to_input(pixels, model.card)
