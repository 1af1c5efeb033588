"""The rows of a bench as a line each, and as the page docs/performance.md."""

from collections.abc import Mapping, Sequence
from typing import Any

from ml.report.facts import commit, cores, processor, versions

Row = Mapping[str, Any]


def line(row: Row) -> str:
    """A row on the terminal."""
    return (
        f"{row['model']:14} {row['work']:10} ours {row['ours_ms']:9.2f} ms  {row['peer']:12} "
        f"{row['peer_ms']:9.2f} ms  {row['ratio']:6.2f}×  {reached(row):8}  apart {row['apart']:.1e}"
    )


def reached(row: Row) -> str:
    """What of its goal a row reaches."""
    if row["at_least"] is None:
        return ""
    if row["ratio"] >= row["aim"]:
        return "aim"
    return "at least" if row["ratio"] >= row["at_least"] else "no"


def page(rows: Sequence[Row]) -> str:
    """The page, with where and with what it was measured."""
    used = ", ".join(f"{name} {each}" for name, each in versions().items())
    lines = [
        "# Performance",
        "",
        "Written by `make bench ARGS='--output docs/performance.md'`. Both sides take turns in one run, on "
        "the same weights and images; times are medians. The ratio says how many times as fast ours is.",
        "",
        f"{processor()}, {cores()} cores; {used}; commit {commit() or 'unknown'}.",
        "",
        "| model | work | ours, ms | peer | theirs, ms | ratio | at least | aim | reached | answers apart |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        goal = [f"{row[key]:g}" if row[key] is not None else "–" for key in ("at_least", "aim")]
        times = f"{row['ours_ms']:.2f} | {row['peer']} | {row['peer_ms']:.2f} | {row['ratio']:.2f}"
        judged = f"{goal[0]} | {goal[1]} | {reached(row) or '–'} | {row['apart']:.0e}"
        lines.append(f"| {row['model']} | {row['title']} | {times} | {judged} |")
    return "\n".join(lines) + "\n"
