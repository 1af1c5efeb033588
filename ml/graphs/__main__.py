"""`python -m ml.graphs NAME...`: graphs of models and their detectors, made in a process of its own."""

import sys
from contextlib import suppress

import numpy as np

from ml import zoo
from ml.defences import detection
from ml.errors import EpsilonError

for name in sys.argv[1:]:
    # What is damaged keeps the next ones waiting for nothing: whoever uses it is told.
    with suppress(EpsilonError):
        model = zoo.load(name)
        model.warm(answers=False)
        if detector := detection.load(model):
            detector.score(np.zeros((1, *model.input_shape), np.float32))
