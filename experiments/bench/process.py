"""The process of the peers, in an environment of their own."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import CommandError

PYTHON = settings.BASE_DIR / ".venv-peers" / "bin" / "python"
SCRIPT = Path(__file__).with_name("peers.py")
# One timing of short work is that of as many calls as fill this: one alone would measure cold caches.
BURST_SECONDS = 0.05


class Peers:
    """Asked for one timing at a time, so that both sides alternate."""

    def __init__(self, model: Any, problem: Mapping[str, Any], folder: Path) -> None:
        """`problem` holds the arrays that `peers.py` reads."""
        self._output = folder / "output.npy"
        model.network.save(folder / "network.keras")
        np.savez(folder / "problem.npz", **problem)
        self._process = subprocess.Popen(  # noqa: S603  # our own script
            [PYTHON, "-P", SCRIPT, folder, str(BURST_SECONDS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Peers":
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.terminate()
        self._process.wait()

    def time(self, work: str, peer: str) -> float:
        """Seconds of a call."""
        return float(self._ask(f"{work} {peer}")["seconds"])

    def output(self, work: str, peer: str) -> Any:
        """What the peer gave when it was last timed."""
        self._ask(f"save {work} {peer}")
        return np.load(self._output)

    def _ask(self, line: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise CommandError("The process of the peers ended; its own message is above.") from None
        # The peers print of their own; an answer is the line that begins as ours do.
        for answer in self._process.stdout:
            if answer.startswith("{"):
                found: dict[str, Any] = json.loads(answer)
                return found
        raise CommandError("The process of the peers ended; its own message is above.")
