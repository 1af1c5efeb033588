"""What the laboratory shows of attacks that run in the background: the form, what runs, what came of it."""

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.functional import SimpleLazyObject

from experiments.attack_form import AttackImageForm
from experiments.models import Run
from experiments.selectors import ahead_of, attacks_on, worker_alive
from experiments.services.runs import MAX_ACTIVE
from ml.card import Card
from predictor import engine
from predictor.models import Image, Prediction


def more_attacks(
    image: Image,
    card: Card,
    prediction: Prediction,
    values: Mapping[str, str],
    form: AttackImageForm | None = None,
    *,
    watched: Collection[str] = (),
) -> dict[str, Any]:
    """The context of the section; `values` may hold what was typed.

    `form_key` names all that an untouched form depends on, so that the page need not make it each time.
    """
    runs = runs_shown(image, watched=watched)
    if form or any(name.startswith(f"{AttackImageForm.prefix}-") for name in values):
        return {"form": form or AttackImageForm(card=card, prediction=prediction, kept=values), **runs}
    key = [card.name, card.weights_sha256, prediction.class_name, *engine.names()]
    untouched = SimpleLazyObject(lambda: AttackImageForm(card=card, prediction=prediction))
    return {"form": untouched, "form_key": " ".join(key), **runs}


def runs_shown(image: Image, *, watched: Collection[str] = ()) -> dict[str, Any]:
    """The attacks on the image that wait or run, and the newest that is done.

    `watched` are the ids of those that ran when the page last asked: they are shown whatever became of them,
    and `made` is the file of the newest of them that is done.
    """
    rows = attacks_on(image=image)
    if not rows.exists():
        return {"runs": [], "active": [], "idle": False, "settled": False, "made": None}
    active = list(rows.filter(state__in=Run.ACTIVE))
    over = rows.exclude(state__in=Run.ACTIVE)
    settled = [run for run in over[:MAX_ACTIVE] if str(run.pk) in watched]
    done = over.filter(state=Run.State.DONE).first()
    before = [done] if done and done not in settled else []
    shown = [_shown(run) for run in (*active, *settled, *before)]
    fresh = [each["adversarial"] for each in shown if each["run"] in settled]
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
