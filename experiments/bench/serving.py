"""The site under upload, beside its own parts called directly, Gradio, and a view around `model.predict`."""

import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from experiments.bench.servers import HERE, Site, ask, gradio, plain_view
from experiments.bench.table import Row
from ml.report.facts import cores

MODEL = "vehicles"
CLIENTS, PHOTOS = 8, 16
SIZE = 1024, 768


def rows(model: Any, folder: Path, rounds: int) -> Iterator[Row]:
    """Milliseconds of an upload that was answered, with 8 clients at once; then how long the slowest wait.

    Every round asks each in turn. What the clients' own process uses is left out: all run on the same cores,
    so an equal share of the wall time is theirs.
    """
    files = photos(folder, PHOTOS)
    model.network.save(folder / "network.keras")
    with ExitStack() as stack:
        site = stack.enter_context(Site(folder))
        signed = site.signed_in()
        others = {"gradio": gradio(folder), "view": plain_view(folder)}
        servers = {name: stack.enter_context(each) for name, each in others.items()}
        times: dict[str, list[float]] = {name: [] for name in ("epsilon", "direct", *servers)}
        together: list[float] = []
        for turn in range(rounds + 1):
            found = uploads("epsilon", site.url, files, clients=CLIENTS, headers=signed)
            turns = {"epsilon": spent(found), "direct": direct(files, folder)}
            for name, server in servers.items():
                turns[name] = spent(uploads(name, server.url, files, clients=CLIENTS))
            if turn:  # the first warms
                together += found["latencies"]
                for name, each in turns.items():
                    times[name].append(each)
        alone = uploads("epsilon", site.url, files, clients=1, headers=signed)["latencies"]
    own = {name: 1000 * statistics.median(each) for name, each in times.items()}
    for name, peer, goal in (
        ("direct", "directly", (0.8, 0.95)),
        ("gradio", "gradio", (1.5, 3)),
        ("view", "model.predict", (4, 8)),
    ):
        yield Row(
            model=MODEL,
            work="http",
            title="upload and answer, 8 clients",
            peer=peer,
            ours=own["epsilon"],
            theirs=own[name],
            goal=goal,
        )
    yield Row(
        model=MODEL,
        work="http-p95",
        title="95th percentile of 8 clients beside one",
        peer="one client",
        ours=1000 * float(np.quantile(together, 0.95)),
        theirs=1000 * float(np.quantile(alone, 0.95)),
        goal=(8, 5),
        most=True,
    )


def photos(folder: Path, count: int, size: tuple[int, int] = SIZE) -> list[str]:
    """JPEG files that weigh what photos weigh: smooth shapes, edges, and a little grain."""
    found = []
    for number in range(count):
        rng = np.random.default_rng(number)
        coarse = Image.fromarray(rng.integers(0, 256, (9, 12, 3), np.uint8))
        smooth = coarse.resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.UnsharpMask(40, 200))
        pixels = np.asarray(smooth).astype(np.float32)
        grain = rng.normal(0, 4, (size[1], size[0], 1))
        path = folder / f"photo-{size[0]}-{number}.jpg"
        Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8)).save(path, quality=88)
        found.append(str(path))
    return found


def uploads(
    kind: str, url: str, files: Sequence[str], *, clients: int, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """What the clients measured: `seconds`, their own `cpu` seconds, `latencies`, `count`."""
    count = 8 * max(2, clients)
    question = {
        "kind": kind,
        "url": url,
        "files": list(files),
        "clients": clients,
        "count": count,
        "headers": headers or {},
    }
    found: dict[str, Any] = ask([sys.executable, "-P", HERE / "clients.py"], question)
    return found | {"count": count}


def spent(found: dict[str, Any]) -> float:
    """Seconds of an upload, without what the clients themselves computed."""
    return float((found["seconds"] - found["cpu"] / cores()) / found["count"])


def direct(files: Sequence[str], folder: Path) -> float:
    """Seconds of a photo that is decoded, stored and answered without a site."""
    count = 8 * CLIENTS
    question = {
        "model": MODEL,
        "files": list(files),
        "threads": CLIENTS,
        "count": count,
        "folder": str(folder),
    }
    found = ask([sys.executable, "-m", "experiments.bench.direct"], question)
    return float(found["seconds"] / count)
