"""Attacks: one contract (`base`), one small file per family."""

from ml.attacks.apgd import APGD
from ml.attacks.auto import Auto
from ml.attacks.base import Attack, Problem, Result
from ml.attacks.carlini_wagner import CarliniWagner
from ml.attacks.deepfool import DeepFool
from ml.attacks.fab import FAB
from ml.attacks.fgsm import FGSM
from ml.attacks.jsma import JSMA
from ml.attacks.mi_fgsm import MIFGSM
from ml.attacks.minimum_epsilon import Minimum, minimum_epsilon
from ml.attacks.noise import GaussianNoise, SaltAndPepper, UniformNoise
from ml.attacks.one_pixel import OnePixel
from ml.attacks.patch import AdversarialPatch, Patch
from ml.attacks.pgd import BIM, PGD
from ml.attacks.square import Square
from ml.attacks.transfer import Transfer
from ml.attacks.universal import Perturbation, UniversalPerturbation

__all__ = [
    "APGD",
    "BIM",
    "FAB",
    "FGSM",
    "JSMA",
    "MIFGSM",
    "PGD",
    "AdversarialPatch",
    "Attack",
    "Auto",
    "CarliniWagner",
    "DeepFool",
    "GaussianNoise",
    "Minimum",
    "OnePixel",
    "Patch",
    "Perturbation",
    "Problem",
    "Result",
    "SaltAndPepper",
    "Square",
    "Transfer",
    "UniformNoise",
    "UniversalPerturbation",
    "minimum_epsilon",
]
