"""The fast gradient sign method: Goodfellow et al. 2015, "Explaining and Harnessing Adversarial Examples"."""

from dataclasses import dataclass

from ml.attacks.pgd import PGD


@dataclass(frozen=True, kw_only=True)
class FGSM(PGD):
    """clip(x + ε·sign(∇x CE(logits, y)), 0, 1): PGD with one step of ε from the image itself."""

    steps: int = 1
    relative_step: float = 1.0
    random_start: bool = False
