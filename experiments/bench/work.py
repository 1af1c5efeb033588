"""What is timed: the same question to us and to each peer, and whether the answers agree."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from experiments.bench.table import Goal
from ml import epsilon as epsilons
from ml.attacks import BIM, FGSM, PGD
from ml.attacks.auto import Auto
from ml.attacks.base import Attack
from ml.attacks.square import Square
from ml.model import Floats, Model
from ml.verdict import softmax

PHOTOS = "photos"
STEPS, SWEEP = 40, 64
PGD_GOALS: Mapping[str, Goal | None] = {"cleverhans": (1.3, 2), "foolbox": (3, 6), "art": (3, 6)}


@dataclass(frozen=True, kw_only=True)
class Work:
    """`ours` and the peers answer the same `batch`; `apart` is how much of two answers differs.

    `goals` has the peers, each with its goal or None. Long work is timed in fewer rounds: `share` of them.
    """

    name: str
    title: str
    batch: Floats
    epsilon: float
    ours: Callable[[], Any]
    apart: Callable[[Any, Any], float]
    goals: Mapping[str, Goal | None]
    share: float = 1.0


def works(model: Model, *, small: bool = False) -> list[Work]:
    """All that is timed of a model of photos or of digits; `small` attacks few images, to see it run."""
    photos = model.card.domain == PHOTOS
    runtimes: dict[str, Goal] = dict.fromkeys(("onnxruntime", "openvino", "litert"), (0.8, 1))
    found = [
        _answers(model, "predict", 1, {"predict": (8, 14), **runtimes}),
        _answers(model, "predict-16", 16, runtimes),
        _fgsm(model, photos),
    ]
    return (
        [*found, _sweep(model)]
        if photos
        else [
            *found,
            _pgd(model),
            _pgd_random(model),
            _solved(model, 32 if small else 1000),
            _auto(model, 8 if small else 200),
        ]
    )


def problem(model: Model, asked: list[Work]) -> dict[str, Any]:
    """The arrays that the peers need; labels are our answers."""
    every = np.arange(SWEEP, dtype=np.float32) / epsilons.LEVELS
    arrays: dict[str, Any] = {"steps": STEPS, "epsilons": every, "queries": Square().queries}
    for work in asked:
        arrays |= {
            f"{work.name}.batch": work.batch,
            f"{work.name}.labels": model.logits(work.batch).argmax(axis=-1),
            f"{work.name}.epsilon": work.epsilon,
        }
    return arrays


def _answers(model: Model, name: str, count: int, goals: Mapping[str, Goal]) -> Work:
    batch = _noise(model, count)
    return Work(
        name=name,
        title="one image" if count == 1 else f"{count} images",
        batch=batch,
        epsilon=0.0,
        ours=lambda: model.logits(batch),
        apart=lambda one, other: float(np.abs(softmax(one) - softmax(other)).max()),
        goals=goals if model.card.domain == PHOTOS else dict.fromkeys(goals),
    )


def _fgsm(model: Model, photos: bool) -> Work:
    other = (10, 25) if photos else (15, 30)
    goals = {"cleverhans": (1.2, 2.5) if photos else (1.7, 3), "foolbox": other, "art": other}
    epsilon = 8 / epsilons.LEVELS
    return _attack(model, "fgsm", "FGSM, one image", _noise(model, 1), FGSM(), goals, epsilon=epsilon)


def _sweep(model: Model) -> Work:
    # Whole steps, as the site's pictures have: an 8-bit image is what is swept.
    pixels = np.random.default_rng(0).integers(0, 256, model.input_shape, np.uint8)
    batch = pixels[None].astype(np.float32) / np.float32(epsilons.LEVELS)
    every = [n / epsilons.LEVELS for n in range(SWEEP)]
    return Work(
        name="sweep",
        title=f"FGSM at {SWEEP} ε, with the answers",
        batch=batch,
        epsilon=0.0,
        ours=lambda: model.sweep(batch[0], every).probabilities,
        apart=lambda one, other: float(np.abs(one - other).max()),
        goals={"foolbox": (60, 90)},
        share=0.1,
    )


def _pgd(model: Model) -> Work:
    """From the image itself, where everybody must end at the same image."""
    attack, title = BIM(steps=STEPS, relative_step=0.1), f"PGD-{STEPS} without random start, 64 images"
    return _attack(model, "pgd", title, _noise(model, 64), attack, PGD_GOALS, share=0.5)


def _pgd_random(model: Model) -> Work:
    """As its authors have it, and as it is used: from a random point of the ball."""
    attack, title = PGD(steps=STEPS, relative_step=0.1), f"PGD-{STEPS}, 64 images"
    return _attack(model, "pgd-random", title, _digits(model, 64), attack, PGD_GOALS, share=0.5, same=False)


def _solved(model: Model, count: int) -> Work:
    attack = BIM(steps=STEPS, relative_step=0.1, until_solved=True)
    title = f"PGD-{STEPS} until solved, {count:,} images"
    return _attack(
        model, "pgd-solved", title, _digits(model, count), attack, PGD_GOALS, share=0.1, same=False
    )


def _auto(model: Model, count: int) -> Work:
    goals = {"art": (3, 10)}
    title = f"auto, {count} images"
    return _attack(model, "auto", title, _digits(model, count), Auto(), goals, share=0.05, same=False)


def _attack(
    model: Model,
    name: str,
    title: str,
    batch: Floats,
    attack: Attack,
    goals: Mapping[str, Goal | None],
    *,
    epsilon: float = 0.1,
    share: float = 1.0,
    same: bool = True,
) -> Work:
    """An attack on our own answers; without `same` nobody asks for the same image, only for one as strong."""
    labels = model.logits(batch).argmax(axis=-1)
    return Work(
        name=name,
        title=title,
        batch=batch,
        epsilon=epsilon,
        ours=lambda: attack(model, batch, epsilon=epsilon, labels=labels).images,
        apart=_share_apart if same else _weaker(model, labels),
        goals=goals,
        share=share,
    )


def _weaker(model: Model, labels: npt.NDArray[Any]) -> Callable[[Any, Any], float]:
    """The share of images that the peer's attack fooled and ours did not."""

    def compared(one: Any, other: Any) -> float:
        ours, theirs = (model.logits(images).argmax(axis=-1) != labels for images in (one, other))
        return float((theirs & ~ours).mean())

    return compared


def _digits(model: Model, count: int) -> Floats:
    """Handwriting in the model's form, from scikit-learn's own 1,797 digits."""
    from sklearn.datasets import load_digits

    height, width, channels = model.input_shape
    found = np.zeros((count, height, width, channels), np.float32)
    for place, digit in enumerate(load_digits().images[:count]):
        large = Image.fromarray(np.uint8(digit * 255 / 16)).resize((width * 5 // 7, height * 5 // 7))
        top, left = (height - large.height) // 2, (width - large.width) // 2
        found[place, top : top + large.height, left : left + large.width] = (
            np.asarray(large, np.float32)[..., None] / epsilons.LEVELS
        )
    return found


def _noise(model: Model, count: int) -> Floats:
    return np.random.default_rng(0).random((count, *model.input_shape), np.float32)


def _share_apart(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """The share of values that differ by more than 10⁻⁴."""
    return float((np.abs(one - other) > 1e-4).mean())
