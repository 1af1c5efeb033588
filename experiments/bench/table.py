"""The rows of a bench as a line each, and as the page docs/performance.md."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ml.report.facts import commit, cores, processor, versions

# What of a ratio is needed, and what we are after.
Goal = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Row:
    """`ours` and `theirs` in `unit`, of one `work` of `model`, beside `peer`.

    The ratio is how many times as fast ours is; with `most` it is ours over theirs and must not exceed its
    goal. `apart` is how much the two answers differ, where there are two.
    """

    model: str
    work: str
    title: str
    peer: str
    ours: float
    theirs: float
    goal: Goal | None = None
    unit: str = "ms"
    most: bool = False
    apart: float | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs if self.most else self.theirs / self.ours

    @property
    def reached(self) -> str:
        """What of its goal a row reaches: "aim", "at least", "no", or nothing without a goal."""
        if self.goal is None:
            return ""
        side = -1 if self.most else 1
        at_least, aim = (side * each for each in self.goal)
        if side * self.ratio >= aim:
            return "aim"
        return "at least" if side * self.ratio >= at_least else "no"

    def values(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return asdict(self) | {"ratio": self.ratio, "reached": self.reached}


def line(row: Row) -> str:
    """A row on the terminal."""
    apart = "" if row.apart is None else f"apart {row.apart:.1e}"
    return (
        f"{row.model:14} {row.work:12} ours {row.ours:10.2f} {row.unit}  {row.peer:12} "
        f"{row.theirs:10.2f} {row.unit}  {row.ratio:6.2f}×  {row.reached:8}  {apart}"
    ).rstrip()


def page(rows: Sequence[Row], growth: Iterable[str] = ()) -> str:
    """The page, with where and with what it was measured; `growth` are the lines about growth."""
    used = ", ".join(f"{name} {each}" for name, each in versions().items())
    lines = [
        "# Performance",
        "",
        "Written by `make bench ARGS='--output docs/performance.md'`. Both sides take turns in one run, on "
        "the same weights and images, with a tenth of a second between them, as threads go on looking for "
        "work after a call; figures are medians, of short work over bursts of a twentieth of a "
        "second. The ratio says how many times as fast ours is; "
        "where it must be “at most”, it is ours over theirs.",
        "",
        f"{processor()}, {cores()} cores; {used}; commit {commit() or 'unknown'}.",
        "",
        "| model | work | ours | peer | theirs | ratio | needed | aim | reached | answers apart |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        most = "at most " if row.most else ""
        goal = [f"{most}{each:g}" for each in row.goal] if row.goal else ["–", "–"]
        sides = f"{row.ours:.2f} {row.unit} | {row.peer} | {row.theirs:.2f} {row.unit} | {row.ratio:.2f}"
        apart = "–" if row.apart is None else f"{row.apart:.0e}"
        judged = f"{goal[0]} | {goal[1]} | {row.reached or '–'} | {apart}"
        lines.append(f"| {row.model} | {row.title} | {sides} | {judged} |")
    return "\n".join([*lines, *growth]) + "\n"
