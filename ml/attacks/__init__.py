"""Attacks: one contract (`base`), one small file per family."""

from ml.attacks.base import Attack, Result
from ml.attacks.fgsm import FGSM
from ml.attacks.pgd import PGD

__all__ = ["FGSM", "PGD", "Attack", "Result"]
