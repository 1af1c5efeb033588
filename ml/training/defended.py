"""The table `[defence]` of a recipe: how a network is trained so that it withstands attacks."""

from dataclasses import dataclass
from typing import Any

import keras

from ml.defences.adversarial import AdversarialTraining, Memory, Trades
from ml.defences.certified import CertifiedTraining
from ml.errors import OptionRefused, sentence


@dataclass(frozen=True, kw_only=True)
class Defence:
    """`epsilon` (linf) is what the training withstands; it is reached over the share `warm_up` of all steps.

    - `pgd`: `attack_steps` steps of `relative_step`·ε make the images, but for the share `clean` of a batch.
    - `trades`: the same attack on the divergence, which counts `weight` times (β).
    - both: with `memory`, attacks go on from epoch to epoch and start anew after so many epochs; the images
      must then stay as they are, but for shifts of up to `shift` whole pixels that take the attack along.
    - `intervals`: worst case within interval bounds; ε grows only after the share `begin`, `clean` is what
      the loss without ε still counts at the end, `tight` the weight of the regulariser while ε grows.
    """

    method: str
    epsilon: float
    warm_up: float = 0.0
    attack_steps: int = 10
    relative_step: float = 0.25
    clean: float = 0.0
    memory: int = 0
    shift: int = 0
    weight: float = 6.0
    begin: float = 0.0
    tight: float = 0.0


def defended(
    network: keras.Model, how: Defence, *, steps: int, seed: int, images: int = 0, batches: int = 0
) -> keras.Model:
    """The layers of `network`, as a model whose `fit` trains them so.

    Args:
        steps: the number of all batches.
        images, batches: how many an epoch has; a memory needs to know them.

    Raises:
        OptionRefused: no such method, a network whose bounds cannot be computed, or a memory where images are
            not known by their places.
    """
    if how.shift and not how.memory:
        raise OptionRefused(sentence("“shift” moves what “memory” keeps: it needs a memory."))
    if how.memory and not images:
        raise OptionRefused(sentence("Attacks can only be remembered of images that stay as they are."))
    begin, warm_up = int(how.begin * steps), int(how.warm_up * steps)
    attack: dict[str, Any] = {
        "epsilon": how.epsilon,
        "steps": how.attack_steps,
        "relative_step": how.relative_step,
        "warm_up": warm_up,
        "seed": seed,
        "memory": Memory(images=images, epochs=how.memory, batches=batches, shift=how.shift)
        if how.memory
        else None,
    }
    match how.method:
        case "pgd":
            return AdversarialTraining(network, clean=how.clean, **attack)
        case "trades":
            return Trades(network, weight=how.weight, **attack)
        case "intervals":
            return CertifiedTraining(
                network,
                epsilon=how.epsilon,
                begin=begin,
                end=begin + warm_up,
                clean=how.clean,
                tight=how.tight,
            )
    raise OptionRefused(
        sentence("There is no defence %(name)s; there are: %(names)s."),
        name=how.method,
        names="pgd, trades, intervals",
    )
