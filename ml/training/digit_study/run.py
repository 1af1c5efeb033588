"""The choice of a digit network: recipes of the kind `digit-study`.

Two architectures are compared, the better one's hyper-parameters are searched by chance and by Bayesian
search, the settings found are cross-validated, and the architecture's parts are left out one by one. All
choices are made on digits held out of training; the test digits are answered once, by what was chosen.
"""

import time
from pathlib import Path

from ml.training.digit_study import report as digit_study_report
from ml.training.digit_study.steps import Study
from ml.training.recipe import Recipe


def train(
    recipe: Recipe,
    *,
    data: Path | None = None,
    epochs: int | None = None,
    resume: bool = False,
    output: Path,
    weights: Path | None = None,
    seed: int,
) -> Path:
    """Go through the study and report it; see `ml.training.run`. `weights` has no use here.

    Returns:
        `output`, which holds the report; the networks are not kept.
    """
    started = time.time()
    study = Study(recipe, data=data, epochs=epochs, resume=resume, output=output, seed=seed)
    digit_study_report.write(recipe, study.found(), data=data, output=output, seed=seed, started=started)
    return output
