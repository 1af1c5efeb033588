"""Transfer: fool one model with images made against another (Papernot et al. 2016, "Transferability in
Machine Learning").
"""

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ml.attacks.base import Attack, Problem
from ml.attacks.mi_fgsm import MIFGSM
from ml.attacks.norms import Floats, Name
from ml.errors import OptionRefused, sentence

if TYPE_CHECKING:
    from ml.model import Model


@dataclass(frozen=True, kw_only=True)
class Transfer(Attack):
    """`attack` run against `source`, a model with the same inputs and classes; the victim is never asked.

    It is the only gradient attack on a model that has none.
    """

    norms: ClassVar[tuple[Name, ...]] = ("linf", "l2")
    source: "Model"
    attack: Attack = dataclasses.field(default_factory=MIFGSM)

    def run(self, problem: Problem) -> Floats:
        if self.source.class_names != problem.model.class_names or (
            self.source.input_shape != problem.model.input_shape
        ):
            raise OptionRefused(
                sentence("“%(source)s” and “%(model)s” do not have the same inputs and classes."),
                source=self.source.card.name,
                model=problem.model.card.name,
            )
        self.attack.check_norm(problem.norm.name)
        return self.attack.run(dataclasses.replace(problem, model=self.source))
