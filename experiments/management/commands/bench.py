"""`manage.py bench`: speed beside the peers, alternating in one run, with the outputs compared."""

import statistics
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from classification_site.commands import ModelCommand, write
from experiments.bench import table
from experiments.bench.process import PYTHON, Peers

if TYPE_CHECKING:
    from experiments.bench.work import Work

MODELS = ("vehicles", "digits-simple")
# The first of each warm caches and compile.
WARMING = 2


class Command(ModelCommand):
    help = "Time answers and attacks beside Keras, ONNX Runtime, OpenVINO, CleverHans, Foolbox and ART."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--rounds", type=int, default=15, help="timings of each, alternating (15)")
        parser.add_argument("--model", action="append", metavar="NAME", help=f"default: {', '.join(MODELS)}")
        parser.add_argument("--output", type=Path, metavar="FILE.md", help="write the table there, too")

    def handle(self, *arguments: Any, **options: Any) -> None:
        from ml import zoo

        if not PYTHON.exists():
            raise CommandError("The peers are not installed: run `make peers` (`make bench` does).")
        rows = []
        for name in options["model"] or MODELS:
            for row in self._model(zoo.load(name), options["rounds"]):
                self.answer(row, table.line(row))
                rows.append(row)
        if options["output"]:
            write(options["output"], table.page(rows).encode())

    def _model(self, model: Any, rounds: int) -> Any:
        from experiments.bench.work import problem, works

        asked = works(model)
        with (
            tempfile.TemporaryDirectory() as folder,
            Peers(model, problem(model, asked), Path(folder)) as peers,
        ):
            for work in asked:
                for peer in work.goals:
                    yield {"model": model.card.name, **_pair(work, peer, peers, rounds)}


def _pair(work: "Work", peer: str, peers: Peers, rounds: int) -> dict[str, Any]:
    """Both sides in turns; medians, their ratio, and how far the answers are apart."""
    ours, theirs = [], []
    for _ in range(max(1, round(work.share * rounds)) + WARMING):
        start = time.perf_counter()
        result = work.ours()
        ours.append(time.perf_counter() - start)
        theirs.append(peers.time(work.name, peer))
    own_ms, peer_ms = (1000 * statistics.median(times[WARMING:]) for times in (ours, theirs))
    at_least, aim = work.goals[peer] or (None, None)
    return {
        "work": work.name,
        "title": work.title,
        "peer": peer,
        "ours_ms": own_ms,
        "peer_ms": peer_ms,
        "ratio": peer_ms / own_ms,
        "at_least": at_least,
        "aim": aim,
        "apart": work.apart(result, peers.output(work.name, peer)),
    }
