"""What a card says about a model under attack: one measurement a row, with all that it takes to repeat it."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.attacks import registry
from ml.attacks.norms import Floats, Name
from ml.errors import OptionRefused, sentence
from ml.evaluation import kept
from ml.evaluation.corruptions import corrupted_accuracy
from ml.evaluation.robustness import Labels, attacked
from ml.evaluation.samples import spread

if TYPE_CHECKING:
    from ml.model import Model

CERTIFIED = "certified"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Accuracy under `attack` (a name of `ml.attacks.registry`, or `certified`) at `epsilon` in `norm`.

    `samples` images are taken, evenly over the test set in its order; 0 takes all. `seconds` is how long it
    took where the card was made. Accuracies are of these samples, by the true labels.
    """

    attack: str
    epsilon: float
    norm: Name = "linf"
    options: Mapping[str, Any] = field(default_factory=dict)
    samples: int = 0
    seed: int = 0
    clean_accuracy: float | None = None
    accuracy: float | None = None
    seconds: float | None = None

    @property
    def question(self) -> tuple[Any, ...]:
        """What was asked, without what was found."""
        return (
            self.attack,
            self.epsilon,
            self.norm,
            tuple(sorted(self.options.items())),
            self.samples,
            self.seed,
        )

    @property
    def title(self) -> str:
        """How it is named in one line, e.g. `auto, linf ε = 0.3, 10000 images`."""
        options = "".join(f", {key} {value}" for key, value in self.options.items())
        return f"{self.attack}{options}, {self.norm} ε = {self.epsilon:.4g}, {self.samples} images"


def read(row: Mapping[str, Any]) -> Measurement:
    """A row of a recipe or a card.

    Raises:
        OptionRefused: it has a key that no measurement has, or lacks the attack or ε.
    """
    known = {each.name for each in fields(Measurement)}
    if not {"attack", "epsilon"} <= set(row) <= known:
        raise OptionRefused(
            sentence("A measurement under attack has attack and epsilon, and may have %(keys)s."),
            keys=", ".join(sorted(known - {"attack", "epsilon"})),
        )
    return Measurement(**row)


def all_of(
    rows: Iterable[Mapping[str, Any]], model: "Model", images: Floats, labels: Labels, *, folder: Path
) -> list[dict[str, Any]]:
    """The rows of a recipe with their figures, as a card keeps them; resumable through `folder`."""
    asked = [read(row) for row in rows]
    return [
        asdict(measured(each, model, images, labels, folder=folder / str(number)))
        for number, each in enumerate(asked)
    ]


def corrupted(
    models: "Sequence[Model]",
    images: Floats,
    labels: Labels,
    *,
    samples: int = 0,
    seed: int = 0,
    folder: Path | None = None,
) -> list[dict[str, Any]]:
    """Accuracy under the corruptions of the models' kind of pictures, for each as its card keeps it.

    Digits have one figure for each corruption, photos one for each severity. `samples`, images and labels are
    as those of `measured`; in `folder` each model has one of its own. `seconds` are those of all models.
    """
    started, chosen = time.perf_counter(), spread(len(images), samples)
    suite = models[0].card.domain
    folders = [folder / model.card.name for model in models] if folder else []
    found = corrupted_accuracy(models, images[chosen], labels[chosen], suite, seed=seed, folders=folders)
    spent = sum(map(kept.seconds, folders)) if folders else time.perf_counter() - started
    return [
        {
            "suite": suite,
            "images": each.count,
            "seed": seed,
            "mean": each.mean,
            "accuracy": {
                name: values[0] if len(values) == 1 else list(values)
                for name, values in each.per_severity.items()
            },
            "seconds": round(spent, 1),
        }
        for each in found
    ]


def measured(
    asked: Measurement, model: "Model", images: Floats, labels: Labels, *, folder: Path | None = None
) -> Measurement:
    """`asked` with its figures, from all test images (N, H, W, C) float32 in [0, 1] and labels (N,).

    With a `folder` an interrupted measurement goes on after its last finished chunk.
    """
    started = time.perf_counter()
    chosen = spread(len(images), asked.samples)
    batch, truth = images[chosen], labels[chosen]
    if asked.attack == CERTIFIED:
        from ml.defences.certified import certified

        clean = model.logits(batch).argmax(axis=-1) == truth
        held, seconds = certified(model, batch, truth, asked.epsilon), time.perf_counter() - started
    else:
        attack = registry.make(asked.attack, asked.options)
        outcome = attacked(
            attack,
            model,
            batch,
            truth,
            epsilon=asked.epsilon,
            norm=asked.norm,
            seed=asked.seed,
            folder=folder,
        )
        clean, held, seconds = outcome.clean, outcome.right, outcome.seconds
    values = asdict(asked) | {
        "samples": len(truth),
        "clean_accuracy": float(clean.mean()),
        "accuracy": float(held.mean()),
        "seconds": round(seconds, 1),
    }
    return Measurement(**values)
