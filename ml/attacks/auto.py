"""The strongest attack here: a fixed cascade, cheap attacks first, solved images dropped.

After AutoAttack (Croce & Hein 2020, "Reliable Evaluation of Adversarial Robustness with an Ensemble of
Diverse Parameter-free Attacks"), which needs four classes; this one works from two on.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ml.attacks.apgd import APGD
from ml.attacks.base import Attack, Problem
from ml.attacks.fab import FAB
from ml.attacks.norms import Floats, Name
from ml.attacks.pgd import BIM
from ml.attacks.square import Square

if TYPE_CHECKING:
    from ml.model import Model

# Pixels of an image above which it is a photo: questions about it are dear.
LARGE = 64 * 64


@dataclass(frozen=True, kw_only=True)
class Auto(Attack):
    """BIM, APGD on the cross-entropy, APGD-T on the margin, FAB-T, Square. There is nothing to set.

    Each runs on the images that withstood those before it. Square asks 5,000 questions about an image, 1,000
    about a photo.
    """

    norms: ClassVar[tuple[Name, ...]] = ("linf", "l2")

    def run(self, problem: Problem) -> Floats:
        images = problem.batch.copy()
        open_ = np.flatnonzero(~problem.success(images))
        for attack in self.parts(problem.model).values():
            if not len(open_):
                break
            part = problem.some(open_)
            found = attack.run(part)
            solved = part.success(found)
            images[open_[solved]] = found[solved]
            open_ = open_[~solved]
        return images

    def parts(self, model: "Model") -> dict[str, Attack]:
        height, width, _ = model.input_shape
        others = min(9, len(model.class_names) - 1)
        return {
            "BIM": BIM(),
            "APGD": APGD(steps=100),
            "APGD-T": APGD(steps=100, loss="margin", classes=others),
            "FAB-T": FAB(steps=100, classes=others, separately=True, until_solved=True),
            "Square": Square(queries=1000 if height * width > LARGE else 5000),
        }
