"""How a report writes its figures, on the page and in Markdown alike; all work on values of `report.json`."""

import math
from collections.abc import Mapping
from typing import Any

NONE = "–"
QUICK = "A quick run: it shows that everything works, and its figures say nothing."


def figure(value: Any, form: str = "") -> str:
    """A cell of a table: numbers by the format specification `form`, what is missing as a dash."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return NONE
    if isinstance(value, str | bool):
        return str(value)
    if isinstance(value, float) and not form:
        form = ",.0f" if abs(value) >= 1000 else ".4g"
    return format(value, form)


def headline(values: Mapping[str, Any]) -> dict[str, str]:
    """A headline as texts; `reached` names the higher of the marks that were reached."""
    form = values["format"]
    measured = figure(values["value"], form)
    if values["spread"] is not None:
        measured += f" ± {figure(values['spread'], form)}"
    return {
        "figure": values["figure"],
        "measured": measured,
        "reached": _reached(values),
        "theirs": figure(values["theirs"], form),
        "at least": figure(values["at_least"], form),
        "aim": figure(values["aim"], form),
    }


def facts(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The facts of a run as (name, text)."""
    commit = values["commit"] or "unknown"
    versions = ", ".join(f"{name} {number}" for name, number in values["versions"].items())
    return [
        ("command", values["command"]),
        ("seed", str(values["seed"])),
        *((f"data: {name}", f"SHA-256 {digest}") for name, digest in values["data"].items()),
        ("code", f"Epsilon {values['epsilon']}, commit {commit}"),
        ("versions", versions),
        ("machine", f"{values['processor']}, {values['cores']} cores"),
        ("time taken", duration(values["seconds"])),
        ("date", f"{values['date'][:16].replace('T', ' ')} UTC"),
    ]


def duration(seconds: float) -> str:
    """Seconds as a person says them: `42 s`, `3 min 20 s`, `2 h 05 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def _reached(values: Mapping[str, Any]) -> str:
    if values["aim_reached"]:
        return "aim"
    if values["reached"]:
        return "at least"
    return NONE if values["reached"] is None and values["aim_reached"] is None else "no"
