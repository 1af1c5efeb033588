"""How many answers of a model stay right under an attack."""

import csv
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from django.contrib.auth.models import User
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext, ngettext

from experiments.facts import attack_line
from experiments.kinds import Kind, Order, chosen, figures, known_only, pictures
from experiments.kinds.context import Context
from experiments.kinds.watched import Watched
from ml import zoo
from ml.attacks.norms import NORMS, Floats
from ml.card import Card
from ml.errors import DataMissing, OptionRefused, sentence
from predictor import numbers
from predictor.figures import percent

if TYPE_CHECKING:
    from experiments.models import Run

Labels = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
DEFAULT_COUNT = 100
# Pictures between two checkpoints.
CHUNK = 50
LOADING = sentence("Loading the model")
ATTACKED = sentence("Pictures attacked")


class Robustness(Kind):
    """Clean and robust accuracy on labelled pictures that the model did not learn from."""

    name = "robustness"
    template = "experiments/results/robustness.html"

    def title_of(self, run: "Run") -> Any:
        return gettext("Robustness of %(model)s") % {"model": run.parameters["model"]}

    def detail_of(self, run: "Run") -> Any:
        count = run.parameters["count"]
        counted = ngettext("%(count)s picture", "%(count)s pictures", count) % {"count": intcomma(count)}
        return f"{attack_line(run.parameters)}, {counted}"

    def outcome_of(self, result: dict[str, Any]) -> Any:
        values = {"before": percent(result["clean_accuracy"]), "after": percent(result["robust_accuracy"])}
        return gettext("%(before)s right, %(after)s under attack") % values

    def order(self, *, owner: User, parameters: Mapping[str, Any]) -> Order:
        known_only(parameters, "model", *chosen.NAMES, "data", "count")
        card = chosen.card_of(parameters)
        attack = chosen.read(parameters, card)
        if attack.entry.bounded and attack.epsilon is None:
            raise OptionRefused(sentence("Choose an ε: how far a picture may be changed."))
        data = str(parameters.get("data") or pictures.usual(card))
        hashes = {"weights": card.weights_sha256, "data": pictures.sha256(data, card)}
        if attack.source:
            hashes["source"] = zoo.card(attack.source).weights_sha256
        count = min(_count(parameters.get("count", DEFAULT_COUNT)), pictures.available(data, card))
        complete = {"model": card.name, **attack.as_parameters(), "data": data, "count": count}
        return Order(parameters=complete, hashes=hashes)

    def work(self, context: Context) -> dict[str, Any]:
        values, attack = context.parameters, chosen.of_parameters(context.parameters)
        context.progress(min(context.run.done, values["count"]), values["count"], LOADING)
        chosen.weights_check(values["model"], context.hashes["weights"])
        if attack.source:
            chosen.weights_check(attack.source, context.hashes["source"])
        model = zoo.load(values["model"])
        if pictures.sha256(values["data"], model.card) != context.hashes["data"]:
            raise DataMissing(sentence("The pictures have changed since this experiment was asked for."))
        sample = pictures.take(values["data"], model.card, values["count"])
        chunk = values["count"] if attack.entry.needs == "images" else CHUNK
        clean, held = _attacked(context, model, attack, sample.batch, sample.labels, chunk)
        context.artefact("pictures.csv", _lines(sample, model.card, clean, held))
        return {**figures.of_flags(clean, held), "chunk": chunk}


def _attacked(
    context: Context, model: Any, attack: chosen.Chosen, batch: Floats, labels: Labels, chunk: int
) -> tuple[Flags, Flags]:
    """(N,) right without the attack, and still right under it.

    Each chunk that is finished stays in the folder for the next attempt.
    """
    from ml.evaluation.robustness import attacked

    made, total = attack.make(), len(batch)
    bound = attack.epsilon
    if bound is None:
        bound = NORMS[attack.norm].largest(model.input_shape)
    parts = []
    for start in range(0, total, chunk):

        def asked(done: int = start) -> None:
            context.progress(done, total, ATTACKED)

        asked()
        part = slice(start, start + chunk)
        outcome = attacked(
            made,
            Watched(model, asked),
            batch[part],
            labels[part],
            epsilon=bound,
            norm=attack.norm,
            seed=context.seed + start,
            chunk=chunk,
            folder=context.folder / "chunks" / str(start),
        )
        parts.append((outcome.clean, outcome.right))
    clean, held = zip(*parts, strict=True)
    return np.concatenate(clean), np.concatenate(held)


def _count(value: object) -> int:
    count = numbers.whole(str(value).strip())
    if count is not None and 1 <= count <= pictures.MAX_COUNT:
        return count
    raise OptionRefused(
        sentence("The number of pictures must be a whole number from 1 to %(high)s."), high=pictures.MAX_COUNT
    )


def _lines(sample: pictures.Sample, card: Card, clean: Flags, held: Flags) -> bytes:
    """A line for each picture: which it is, its class, whether it was answered rightly, and under attack."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["picture", "class", "right", "right_under_attack"])
    for name, label, before, after in zip(sample.names, sample.labels, clean, held, strict=True):
        writer.writerow([name, card.class_names[label], int(before), int(after)])
    return text.getvalue().encode()


KIND = Robustness()
