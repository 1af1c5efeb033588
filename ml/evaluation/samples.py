"""The labelled images on which a model's robustness is measured."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.attacks.norms import Floats
from ml.datasets import folders
from ml.errors import OptionRefused, sentence
from ml.evaluation.robustness import Labels
from ml.images import to_float
from ml.training.photos.files import inputs

if TYPE_CHECKING:
    from ml.model import Model


def spread(total: int, count: int) -> npt.NDArray[np.int64]:
    """Indices of `count` of `total` images in equal steps, so that each class has its share; 0 takes all."""
    return np.linspace(0, total, min(count or total, total), endpoint=False).astype(np.int64)


def elsewhere(model: "Model", folder: Path, count: int = 0) -> tuple[Floats, Labels]:
    """`count` photos (N, H, W, C) in [0, 1] of the class folders in `folder`, and their labels (N,).

    None is held back, so they should be photos that the model was not trained on. 0 takes all.

    Raises:
        DataMissing: there are no class folders.
        OptionRefused: the folders are not the model's classes.
        ImageRefused: a file is not an accepted image.
    """
    photos = folders.find(folder)
    if photos.class_names != model.class_names:
        raise OptionRefused(
            sentence("The folders %(found)s are not the classes of “%(name)s”: %(classes)s."),
            found=", ".join(photos.class_names),
            name=model.card.name,
            classes=", ".join(model.class_names),
        )
    rows = spread(len(photos), count)
    seen = inputs((photos.paths[row] for row in rows), model.input_shape)
    return to_float(seen), np.asarray(photos.labels[rows], np.int64)
