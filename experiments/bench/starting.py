"""How soon the site is ready from cold, and what its process weighs then, beside bare TensorFlow."""

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from experiments.bench.servers import Site, ask
from experiments.bench.table import Row
from ml import zoo


def rows(folder: Path, rounds: int) -> Iterator[Row]:
    """In turns: the site until every model is warm, and a process that imports TensorFlow and builds them."""
    # Those that the site warms; the others wait until somebody asks.
    models = [name for name in zoo.names() if not zoo.card(name).fitted_at_first_use]
    site, ours, theirs = Site(folder), [], []
    for turn in range(rounds + 1):
        with site:
            own = {"seconds": site.seconds, "megabytes": site.megabytes()}
        bare = ask([sys.executable, "-m", "experiments.bench.bare", *models])
        if turn:  # the first fills the caches of files
            ours.append(own)
            theirs.append(bare)
    for key, work, title, unit, goal in (
        ("seconds", "start", "ready from a cold start", "s", (1.5, 1.1)),
        ("megabytes", "memory", f"memory, {len(models)} models warm", "MB", (1.25, 1.05)),
    ):
        yield Row(
            model="all",
            work=work,
            title=title,
            peer="TensorFlow",
            ours=statistics.median(each[key] for each in ours),
            theirs=statistics.median(each[key] for each in theirs),
            unit=unit,
            goal=goal,
            most=True,
        )
