"""`manage.py bench`: speed beside the peers, alternating in one run, with the outputs compared."""

import json
import statistics
import subprocess
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import CommandError

from classification_site.commands import ModelCommand

PEERS = settings.BASE_DIR / ".venv-peers" / "bin" / "python"
WORKER = Path(__file__).resolve().parents[2] / "bench_peers.py"
EPSILON = 8 / 255
MODELS = ("vehicles", "digits-simple")


class Command(ModelCommand):
    help = "Time prediction and FGSM beside model.predict, CleverHans, Foolbox and ART on the same network."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--rounds", type=int, default=15, help="timings of each, alternating (15)")
        parser.add_argument("--model", action="append", metavar="NAME", help=f"default: {', '.join(MODELS)}")

    def handle(self, *arguments: Any, **options: Any) -> None:
        from ml import zoo

        if not PEERS.exists():
            raise CommandError("The peers are not installed: run `make peers` (`make bench` does).")
        for name in options["model"] or MODELS:
            self._model(zoo.load(name), options["rounds"])

    def _model(self, model: Any, rounds: int) -> None:
        from ml.attacks import FGSM

        batch = np.random.default_rng(0).random((1, *model.input_shape), np.float32)
        labels = model.logits(batch).argmax(axis=-1)
        fgsm = FGSM()
        with tempfile.TemporaryDirectory() as folder, _Peers(model, batch, labels, Path(folder)) as peers:
            work: dict[str, tuple[Callable[[], Any], list[str]]] = {
                "predict": (lambda: model.logits(batch), ["predict"]),
                "fgsm": (
                    lambda: fgsm(model, batch, epsilon=EPSILON, labels=labels).images,
                    ["cleverhans", "foolbox", "art"],
                ),
            }
            for task, (own, names) in work.items():
                for peer in names:
                    self._pair(model.card.name, task, own, peer, peers, rounds)

    def _pair(
        self, model: str, task: str, own: Callable[[], Any], peer: str, peers: "_Peers", rounds: int
    ) -> None:
        ours, theirs = [], []
        for _ in range(rounds + 2):
            start = time.perf_counter()
            result = own()
            ours.append(time.perf_counter() - start)
            theirs.append(peers.time(peer))
        # The first two of each warm caches and compile.
        own_ms, peer_ms = (1000 * statistics.median(times[2:]) for times in (ours, theirs))
        apart = float((np.abs(peers.output(peer) - result) > 1e-4).mean())
        values = {
            "model": model,
            "work": task,
            "peer": peer,
            "ours_ms": own_ms,
            "peer_ms": peer_ms,
            "ratio": peer_ms / own_ms,
            "values_apart": apart,
        }
        self.answer(
            values,
            f"{model:14} {task:8} ours {own_ms:8.2f} ms  {peer:11} {peer_ms:8.2f} ms  "
            f"{peer_ms / own_ms:6.1f}×  values apart {apart:.1e}",
        )


class _Peers:
    """The process of the peers: asked for one timing at a time, so that both sides alternate."""

    def __init__(self, model: Any, batch: Any, labels: Any, folder: Path) -> None:
        self._output = folder / "output.npy"
        model.network.save(folder / "network.keras")
        np.savez(folder / "problem.npz", batch=batch, labels=labels, epsilon=EPSILON)
        self._process = subprocess.Popen(  # noqa: S603  # our own worker
            # Its folder holds modules of our own that have names of Python's: -P keeps it out of the path.
            [PEERS, "-P", WORKER, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "_Peers":
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.terminate()
        self._process.wait()

    def time(self, peer: str) -> float:
        """Seconds of one call."""
        return float(self._ask(peer)["seconds"])

    def output(self, peer: str) -> Any:
        """What the peer's last call gave."""
        self._ask(f"save {peer}")
        return np.load(self._output)

    def _ask(self, line: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        # The peers print of their own; an answer is the line that begins as ours do.
        for answer in self._process.stdout:
            if answer.startswith("{"):
                found: dict[str, Any] = json.loads(answer)
                return found
        raise CommandError("The process of the peers ended; its own message is above.")
