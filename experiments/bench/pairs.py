"""Ours and a peer's in turns, in one run."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments.bench.process import BURST_SECONDS, Peers
from experiments.bench.table import Row
from experiments.bench.work import Work, problem, works

# The first of each warm caches and compile.
WARMING = 2
# A runtime's threads look for more work for a while after a call, some for 50 ms: on the other's core.
REST_SECONDS = 0.1


def rows(model: Any, rounds: int, *, small: bool = False) -> Iterator[Row]:
    """Every work of `model` beside each of its peers; medians of `rounds`."""
    # As the site is when it is ready: what it compiles then is no part of what is asked.
    model.warm()
    asked = works(model, small=small)
    with (
        tempfile.TemporaryDirectory() as folder,
        Peers(model, problem(model, asked), Path(folder)) as peers,
    ):
        for work in asked:
            for peer in work.goals:
                yield _pair(model.card.name, work, peer, peers, rounds)


def _pair(model: str, work: Work, peer: str, peers: Peers, rounds: int) -> Row:
    """Both sides in turns, and how far the answers are apart."""
    ours, theirs = [], []
    # What takes minutes is compiled within its own time: that is how it is used.
    warming = WARMING if work.share * rounds >= 1 else 0
    for _ in range(max(1, round(work.share * rounds)) + warming):
        time.sleep(REST_SECONDS)
        start, calls, seconds = time.perf_counter(), 0, 0.0
        while seconds < BURST_SECONDS:
            result = work.ours()
            calls, seconds = calls + 1, time.perf_counter() - start
        ours.append(seconds / calls)
        time.sleep(REST_SECONDS)
        theirs.append(peers.time(work.name, peer))
    own_ms, peer_ms = (1000 * statistics.median(times[warming:]) for times in (ours, theirs))
    return Row(
        model=model,
        work=work.name,
        title=work.title,
        peer=peer,
        ours=own_ms,
        theirs=peer_ms,
        goal=work.goals[peer],
        apart=work.apart(result, peers.output(work.name, peer)),
    )
