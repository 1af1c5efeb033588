"""An adversarial image by any attack of `ml.attacks.registry`: found, written, judged from its file, kept."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ml import epsilon as epsilons
from ml import images
from ml.attacks import Attack
from ml.attacks.norms import NORMS, Floats, Name
from ml.card import Card
from ml.distances import between
from ml.model import Model
from ml.verdict import Verdict
from predictor import engine
from predictor.models import AdversarialImage, Prediction
from predictor.services.adversarial_files import Made, read_back, store, written
from predictor.services.sweeps import input_of, target_label

# By how much a smallest change may be stretched for its file, least first: to 4 times in 25 steps.
STRETCHES = [1 + number / 8 for number in range(25)]
# Rounding of float32, in the units of ε.
_SLACK = 1e-6


def attacked_create(
    *,
    prediction: Prediction,
    name: str,
    attack: Attack,
    model: Model,
    norm: Name,
    epsilon: float | None,
    target: str = "",
    seed: int = 0,
    parameters: dict[str, Any],
) -> AdversarialImage | None:
    """Attack what the model saw of the image, and store the file; None when no file can hold what was found.

    The file stays within ε of the model's input, in whole steps. There is one for each attack, norm, target
    and step: asked again with other options or another seed, the new file takes the place of the old one.

    Args:
        name: the attack's name in the registry.
        model: the prediction's own, or something that stands before it.
        epsilon: None where the attack is not bounded by it.
        parameters: the attack's options and what else it takes to do it again.

    Raises:
        OptionRefused: the target cannot be one.
        QuotaReached, StorageFull: there is no room for one more.
    """
    seen, pixels = attacked_pixels(
        prediction=prediction,
        attack=attack,
        model=model,
        norm=norm,
        epsilon=epsilon,
        target=target,
        seed=seed,
    )
    moved = int(np.abs(pixels.astype(np.int16) - seen).max())
    if not moved:
        return None
    bounded = norm == "linf" and epsilon is not None
    row = AdversarialImage(
        prediction=prediction,
        attack=name,
        norm=norm,
        target=target,
        steps=epsilons.steps(epsilon) if bounded and epsilon is not None else moved,
        resolution=AdversarialImage.Resolution.MODEL,
        epsilon_asked=moved / epsilons.LEVELS if epsilon is None else epsilon,
        parameters={
            "norm": norm,
            "epsilon": epsilon,
            "epsilon_written": moved / epsilons.LEVELS,
            "attacked_class": prediction.class_name,
            "model": prediction.model_name,
            "weights_sha256": prediction.weights_sha256,
            **parameters,
        },
        seed=seed,
        versions=engine.versions(),
    )
    file = written(pixels, model.card)
    store(row, Made(file=file, distances=between(seen, file.seen.image)), replacing=True)
    return row


def attacked_pixels(
    *,
    prediction: Prediction,
    attack: Attack,
    model: Model,
    norm: Name,
    epsilon: float | None,
    target: str = "",
    seed: int = 0,
) -> tuple[images.Pixels, images.Pixels]:
    """What the model saw, and what the attack makes of it in whole steps within ε: both uint8 (H, W, C).

    A smallest change ends just beyond the boundary, where rounding may undo it: without ε it is stretched
    until its file does what was asked.

    Raises:
        OptionRefused: the target cannot be one.
    """
    label = target_label(card=model.card, prediction=prediction, target=target)
    seen = input_of(prediction=prediction, card=model.card)
    batch = images.to_float(seen)[None]
    result = attack(model, batch, epsilon=epsilon, norm=norm, target=label, seed=seed)
    if not (attack.minimal and epsilon is None and result.success[0]):
        return seen, eight_bits(seen, result.images[0], norm, epsilon)

    def holds(pixels: images.Pixels) -> bool:
        answer = answer_to(pixels, model.card).label
        return answer != prediction.label if label is None else answer == label

    return seen, lasting(seen, result.images[0], holds)


def lasting(seen: images.Pixels, found: Floats, holds: Callable[[images.Pixels], bool]) -> images.Pixels:
    """`found` in whole steps, its change stretched as little as `holds` takes; else as it was found."""
    change = epsilons.LEVELS * found.astype(np.float64) - seen
    for stretch in STRETCHES:
        values = np.clip((seen + stretch * change) / epsilons.LEVELS, 0, 1).astype(np.float32)
        pixels = eight_bits(seen, values, "linf", None)
        if holds(pixels):
            return pixels
    return eight_bits(seen, found, "linf", None)


def answer_to(pixels: images.Pixels, card: Card) -> Verdict:
    """What the model `card` names would answer to a file of these pixels."""
    _, file = read_back(pixels)
    return engine.predict(card.name, images.to_input(file, card))


def eight_bits(seen: images.Pixels, found: Floats, norm: Name, epsilon: float | None) -> images.Pixels:
    """The float32 (H, W, C) in [0, 1] that was found near uint8 `seen`, in whole steps that stay within ε.

    Each value goes to the nearest step; where that leaves the ball, back to the one before.
    """
    moved = epsilons.LEVELS * found.astype(np.float64) - seen
    whole: npt.NDArray[np.float64] = np.rint(moved)
    if epsilon is not None and norm == "linf":
        most = epsilons.steps(epsilon)
        whole = np.clip(whole, -most, most)
    elif epsilon is not None:
        size = NORMS[norm].size((whole / epsilons.LEVELS).astype(np.float32)[None])[0]
        if size > epsilon + _SLACK:
            whole = np.trunc(moved)
    return np.clip(seen + whole, 0, epsilons.LEVELS).astype(np.uint8)
