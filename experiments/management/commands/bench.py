"""`manage.py bench`: speed beside the peers, alternating in one run, with the outputs compared."""

import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from classification_site.commands import ModelCommand, write
from experiments.bench import table
from experiments.bench.process import PYTHON
from experiments.bench.servers import GRADIO_PYTHON

if TYPE_CHECKING:
    from experiments.bench.growth import Curve
    from experiments.bench.table import Row

MODELS = ("vehicles", "digits-simple")
PARTS = ("models", "http", "start", "history", "growth")


class Command(ModelCommand):
    help = "Time answers, attacks and the site beside their peers: what `make bench` runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--rounds", type=int, default=15, help="timings of each, alternating (15)")
        parser.add_argument("--model", action="append", metavar="NAME", help=f"default: {', '.join(MODELS)}")
        parser.add_argument("--small", action="store_true", help="attack few images, to see that all runs")
        parser.add_argument("--only", action="append", choices=PARTS, help="leave the other parts out")
        parser.add_argument("--output", type=Path, metavar="FILE.md", help="write the tables there, too")

    def handle(self, *arguments: Any, **options: Any) -> None:
        parts = options["only"] or PARTS
        needed = [PYTHON] * ("models" in parts) + [GRADIO_PYTHON] * ("http" in parts)
        if not all(each.exists() for each in needed):
            raise CommandError("The peers are not installed: `make bench` does it.")
        rows = []
        names, small = options["model"] or MODELS, options["small"]
        for row in _rows(parts, names, options["rounds"], small):
            self.answer(row.values(), table.line(row))
            rows.append(row)
        curves = []
        if "growth" in parts:
            from experiments.bench import growth

            with tempfile.TemporaryDirectory() as folder:
                for curve in growth.curves(Path(folder), max(1, options["rounds"] // 3)):
                    self.answer(curve.values(), growth.line(curve))
                    curves.append(curve)
        if options["output"]:
            _store(options["output"], rows, curves)


def _store(path: Path, rows: "list[Row]", curves: "list[Curve]") -> None:
    """The page, and the drawings in a folder of its name."""
    from experiments.bench import growth

    drawings = path.with_suffix("")
    for curve in curves:
        drawings.mkdir(exist_ok=True)
        write(drawings / f"{curve.name}.svg", curve.drawing().encode())
    write(path, table.page(rows, growth.section(curves, drawings.name)).encode())


def _rows(parts: Sequence[str], names: Sequence[str], rounds: int, small: bool) -> "Iterator[Row]":
    from experiments.bench import history, pairs, serving, starting
    from experiments.bench.servers import Site
    from ml import zoo

    few = max(1, rounds // 3)
    if "models" in parts:
        for name in names:
            yield from pairs.rows(zoo.load(name), rounds, small=small)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        if "http" in parts:
            yield from serving.rows(zoo.load(serving.MODEL), folder, few)
        if "start" in parts:
            yield from starting.rows(folder, few)
        if "history" in parts:
            yield from history.rows(Site(folder), rounds)
