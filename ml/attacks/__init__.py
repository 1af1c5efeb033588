"""Attacks: one contract (`base`), one small file per family."""

from ml.attacks.base import Attack, Problem, Result
from ml.attacks.fgsm import FGSM
from ml.attacks.mi_fgsm import MIFGSM
from ml.attacks.noise import GaussianNoise, SaltAndPepper, UniformNoise
from ml.attacks.pgd import BIM, PGD
from ml.attacks.transfer import Transfer

__all__ = [
    "BIM",
    "FGSM",
    "MIFGSM",
    "PGD",
    "Attack",
    "GaussianNoise",
    "Problem",
    "Result",
    "SaltAndPepper",
    "Transfer",
    "UniformNoise",
]
