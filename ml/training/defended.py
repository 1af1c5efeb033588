"""The table `[defence]` of a recipe: how a network is trained so that it withstands attacks."""

from dataclasses import dataclass
from typing import Any

import keras

from ml.defences.adversarial import AdversarialTraining, Trades
from ml.defences.certified import CertifiedTraining
from ml.errors import OptionRefused, sentence


@dataclass(frozen=True, kw_only=True)
class Defence:
    """`epsilon` (linf) is what the training withstands; it is reached over the share `warm_up` of all steps.

    - `pgd`: `attack_steps` steps of `relative_step`·ε make the images, but for the share `clean` of a batch.
    - `trades`: the same attack on the divergence, which counts `weight` times (β).
    - `intervals`: worst case within interval bounds; ε grows only after the share `begin`, `clean` is what
      the loss without ε still counts at the end, `tight` the weight of the regulariser while ε grows.
    """

    method: str
    epsilon: float
    warm_up: float = 0.0
    attack_steps: int = 10
    relative_step: float = 0.25
    clean: float = 0.0
    weight: float = 6.0
    begin: float = 0.0
    tight: float = 0.0


def defended(network: keras.Model, how: Defence, *, steps: int, seed: int) -> keras.Model:
    """The layers of `network`, as a model whose `fit` trains them so; `steps` is the number of all batches.

    Raises:
        OptionRefused: no such method, or a network whose bounds cannot be computed.
    """
    begin, warm_up = int(how.begin * steps), int(how.warm_up * steps)
    attack: dict[str, Any] = {
        "epsilon": how.epsilon,
        "steps": how.attack_steps,
        "relative_step": how.relative_step,
        "warm_up": warm_up,
        "seed": seed,
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
