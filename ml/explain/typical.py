"""The inverse of k nearest neighbours: for each class the image that stands deepest among its own.

The answer of k-NN does not change in small steps, so there is no gradient to follow; p(class) is 1 wherever
all k neighbours are of the class, and that holds for most training images. Among those the heuristic takes
the one farthest from being doubted: the distance to the nearest image of another class, less the mean
distance to its own k neighbours, is largest. Its picture is the mean of itself and its mutual neighbours
(those that have it among their k neighbours of the class too): what the neighbourhood has in common.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.images import to_float, to_pixels

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Typical:
    """One for each class 0, 1, 2 ...: `images` (classes, H, W, C) uint8; `chosen` (classes,) the indices of
    the training images; `mutual` (classes,) how many neighbours went into the mean; `margin` (classes,) the
    difference of distances in [0, 1] units of pixels, negative where no image is unanimously of its class."""

    images: Pixels
    chosen: Labels
    mutual: Labels
    margin: npt.NDArray[np.float64]


def typical(images: Pixels, labels: Labels, *, neighbours: int, candidates: int, seed: int = 0) -> Typical:
    """See the module; `images` (N, H, W, C) uint8, `labels` (N,).

    Args:
        neighbours: k, less than the number of images of any class.
        candidates: how many random images of each class are tried.
    """
    rng = np.random.default_rng(seed)
    values = to_float(images.reshape(len(images), -1))
    found = [_of_class(values, labels, each, neighbours, candidates, rng) for each in range(labels.max() + 1)]
    means = [values[[chosen, *mutual]].mean(axis=0) for chosen, mutual, _ in found]
    return Typical(
        images=to_pixels(np.stack(means)).reshape(-1, *images.shape[1:]),
        chosen=np.array([chosen for chosen, _, _ in found]),
        mutual=np.array([len(mutual) for _, mutual, _ in found]),
        margin=np.array([margin for _, _, margin in found]),
    )


def _of_class(
    values: npt.NDArray[np.float32],
    labels: Labels,
    label: int,
    neighbours: int,
    candidates: int,
    rng: np.random.Generator,
) -> tuple[int, list[int], float]:
    """(index of the chosen image, indices of its mutual neighbours, its margin)."""
    from sklearn.neighbors import NearestNeighbors

    own = np.flatnonzero(labels == label)
    tried = rng.choice(own, min(candidates, len(own)), replace=False)
    inside = NearestNeighbors(n_neighbors=neighbours + 1, algorithm="brute").fit(values[own])
    outside = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(values[labels != label])
    distances, _ = inside.kneighbors(values[tried])  # the first is the image itself
    strange = outside.kneighbors(values[tried])[0][:, 0]
    margins = np.where(distances[:, -1] < strange, strange - distances[:, 1:].mean(axis=1), -np.inf)
    if not np.isfinite(margins).any():
        margins = strange - distances[:, -1]
    chosen = int(tried[margins.argmax()])
    near = own[inside.kneighbors(values[[chosen]])[1][0]]
    near = near[near != chosen][:neighbours]
    theirs = own[inside.kneighbors(values[near])[1]]
    mutual = [int(each) for each, around in zip(near, theirs, strict=True) if chosen in around]
    return chosen, mutual, float(margins.max())
