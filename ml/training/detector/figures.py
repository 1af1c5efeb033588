"""What is measured of a detector, on images that neither it nor its model was trained on."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.attacks import PGD, Attack
from ml.attacks.eight_bit import eight_bit
from ml.defences.detection import Detector
from ml.defences.detection.adaptive import Watched
from ml.images import to_float
from ml.model import Floats, Model
from ml.training import progress
from ml.training.detector.data import Part, Pixels, of_kind
from ml.training.detector.plan import FULL, Evaluation, attack, every

CHUNK = 100


def figures(detector: Detector, test: Part, plan: Evaluation, seed: int) -> dict[str, Any]:
    """False alarms and, for each attack, AUROC of its images against clean ones.

    The attacked images are 8-bit ones, made of test images that the model answers rightly; one that the
    attack left as it was is not counted. `fooled` counts those whose answer is wrong; `auroc` is of them
    against clean test images, `auroc_all` of all `images`, `caught` the share of the fooled ones that reach
    the threshold. `attacks_by_kind` are the same of `slow` images of each further kind that the detector
    learned, against clean ones of that kind, under all attacks but the one at its full length.
    """
    some = test[: plan.clean]
    clean = detector.score(to_float(some.images))
    quicker = {name: epsilons for name, epsilons in plan.attacks.items() if name != FULL}
    few, fewer = some[: plan.of_kind], dataclasses.replace(plan, images=plan.slow, attacks=quicker)
    further = detector.card.training["data"].get("kinds", [])
    by_kind = {
        kind: Part(of_kind(kind, few.images), few.labels)
        for kind in [*detector.model.card.data.get("kinds", []), *further]
        if kind != "plain"
    }
    clean_by_kind = {kind: detector.score(to_float(part.images)) for kind, part in by_kind.items()}
    known = _known(detector, clean, test, plan, seed)
    aware = _aware(detector, clean, test, plan, seed)
    return {
        "clean_images": len(clean),
        "false_alarms": _alarms(detector, clean),
        "false_alarms_by_kind": {kind: _alarms(detector, scores) for kind, scores in clean_by_kind.items()},
        "attacks": known,
        **_worst("worst", known),
        "attacks_by_kind": {
            kind: _known(detector, clean_by_kind[kind], by_kind[kind], fewer, seed) for kind in further
        },
        "aware": aware,
        **_worst("worst_aware", aware),
    }


def attacked(model: Model, part: Part, how: Attack, epsilon: float | None, seed: int) -> Pixels:
    """The 8-bit images of an attack on a part's images, away from their labels."""
    made = []
    starts = range(0, len(part), CHUNK)
    name = type(how).__name__ + ("" if epsilon is None else f" ε={epsilon:.4g}")
    for start in progress.track(starts, name):
        some = part[start : start + CHUNK]
        found = how(model, to_float(some.images), epsilon=epsilon, labels=some.labels, seed=seed + start)
        made.append(eight_bit(found, some.images))
    return np.concatenate(made)


def right(model: Model, part: Part, count: int) -> Part:
    """The first `count` images that the model answers rightly."""
    some = part[: enough(count)]
    rows = np.flatnonzero(model.logits(to_float(some.images)).argmax(axis=-1) == some.labels)[:count]
    return Part(some.images[rows], some.labels[rows])


def enough(count: int) -> int:
    """How many images are looked at to have `count` that are answered rightly; a poor model gives fewer."""
    return count + count // 4 + 10


def auroc(clean: npt.NDArray[Any], suspicious: npt.NDArray[Any]) -> float:
    """The chance that a suspicious image scores higher than a clean one, ties counting half."""
    from sklearn.metrics import roc_auc_score

    truth = np.repeat([0, 1], [len(clean), len(suspicious)])
    return float(roc_auc_score(truth, np.concatenate([clean, suspicious])))


def _problems(model: Model, test: Part, plan: Evaluation) -> Iterator[tuple[str, Attack, float | None, Part]]:
    """Name, attack, ε (None for an attack that looks for the smallest) and images."""
    for name, epsilons in plan.attacks.items():
        how = attack(name)
        part = right(model, test, plan.images if epsilons else plan.slow)
        for epsilon in every(epsilons):
            yield name if epsilon is None else f"{name} ε={epsilon:.4g}", how, epsilon, part


def _known(
    detector: Detector, clean: Floats, test: Part, plan: Evaluation, seed: int
) -> dict[str, dict[str, float]]:
    """What the attacks that do not know the detector come to; `clean` are the scores of clean images."""
    return {
        name: _against(detector, clean, part, attacked(detector.model, part, how, epsilon, seed))
        for name, how, epsilon, part in _problems(detector.model, test, plan)
    }


def _aware(
    detector: Detector, clean: Floats, test: Part, plan: Evaluation, seed: int
) -> dict[str, dict[str, float]]:
    """The same of PGD that knows the detector, by its ε; it starts at the image, where there is no grain."""
    part, pgd = (
        right(detector.model, test, plan.aware_images),
        PGD(steps=plan.aware_steps, random_start=False),
    )
    return {
        f"ε={epsilon:.4g}": _against(
            detector, clean, part, attacked(Watched(detector), part, pgd, epsilon, seed)
        )
        for epsilon in plan.aware
    }


def _alarms(detector: Detector, scores: Floats) -> float:
    """The share of the images that are called tampered with."""
    return float((scores >= detector.threshold).mean())


def _against(detector: Detector, clean: Floats, part: Part, images: Pixels) -> dict[str, float]:
    """What `figures` says of attacked `images`, made of those of `part`, where they differ at all."""
    changed = (images != part.images).any(axis=(1, 2, 3))
    batch, labels = to_float(images[changed]), part.labels[changed]
    scores = detector.score(batch)
    fooled = detector.model.logits(batch).argmax(axis=-1) != labels
    found: dict[str, float] = {"images": len(labels), "fooled": int(fooled.sum())}
    if len(labels):
        found["auroc_all"] = auroc(clean, scores)
    if fooled.any():
        found["auroc"] = auroc(clean, scores[fooled])
        found["caught"] = _alarms(detector, scores[fooled])
    return found


def _worst(name: str, found: dict[str, dict[str, float]]) -> dict[str, float]:
    """The lowest AUROC, of the images that fooled the model and of all; none where no attack was made."""
    worst = {}
    for key, figure in (("auroc", f"{name}_auroc"), ("auroc_all", f"{name}_auroc_all")):
        values = [each[key] for each in found.values() if key in each]
        if values:
            worst[figure] = min(values)
    return worst
