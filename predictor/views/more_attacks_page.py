"""What the laboratory shows of attacks that run in the background: the form, what runs, what came of it."""

from collections.abc import Collection, Mapping
from typing import Any

from experiments.attack_form import AttackImageForm
from experiments.models import Run
from experiments.selectors import ahead_of, attacks_on, worker_alive
from ml.card import Card
from predictor.models import Image, Prediction


def more_attacks(
    image: Image,
    card: Card,
    prediction: Prediction | None,
    values: Mapping[str, str],
    form: AttackImageForm | None = None,
) -> dict[str, Any] | None:
    """The context of the section; None without an answer to attack. `values` may hold what was typed."""
    if prediction is None:
        return None
    form = form or AttackImageForm(card=card, prediction=prediction, kept=values)
    return {"form": form, **runs_shown(image)}


def runs_shown(image: Image, *, watched: Collection[str] = ()) -> dict[str, Any]:
    """The attacks on the image that wait or run, and the newest that is done.

    `watched` are the ids of those that ran when the page last asked: they are shown whatever became of them,
    and `made` is the file of the newest of them that is done.
    """
    rows = attacks_on(image=image)
    active = list(rows.filter(state__in=Run.ACTIVE))
    over = rows.exclude(state__in=Run.ACTIVE)
    last = over.first()
    if last and last.state != Run.State.DONE and str(last.pk) not in watched:
        last = over.filter(state=Run.State.DONE).first()
    shown = [_shown(run) for run in [*active, *([last] if last else [])]]
    settled = set(watched) - {str(run.pk) for run in active}
    fresh = [each["adversarial"] for each in shown if str(each["run"].pk) in settled]
    return {
        "runs": shown,
        "active": active,
        "idle": bool(active) and not worker_alive(),
        "settled": bool(settled),
        "made": next(filter(None, fresh), None),
    }


def _shown(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = {"run": run, "adversarial": None}
    if run.state == Run.State.WAITING:
        found["ahead"] = ahead_of(run=run)
    if run.state == Run.State.DONE and run.kind_known:
        found |= run.kind_known.shown(run)
    return found
