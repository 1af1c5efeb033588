"""Random forest (Breiman 2001), kept as four small arrays instead of a pickle.

The nodes of a tree lie level by level. The children of its k-th inner node are then its nodes 2k + 1 and
2k + 2, so the shape of a tree is nothing but which nodes are leaves, and no pointer is stored.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ml.estimators.base import Arrays, Estimator, Floats, Labels, Pixels, as_pixels, log_shares

_LEAF = 65535


@dataclass(frozen=True, kw_only=True)
class Options:
    """`trees`, each split chosen among `tried` pixels by `criterion`, leaves of at least `leaf` pictures."""

    trees: int = 300
    tried: int = 28
    criterion: str = "gini"
    leaf: int = 1


class Forest(Estimator):
    """The mean of the leaves' shares of classes.

    Pixels are whole numbers, so thresholds are kept as uint8 (rounded down) without loss; the shares of the
    leaves are rounded to 1/255.
    """

    kind: ClassVar[str] = "random-forest"
    form: ClassVar[type[Any]] = Options

    def __init__(self, arrays: Arrays, **about: Any) -> None:
        super().__init__(arrays, **about)
        features, sizes = arrays["features"], arrays["sizes"].astype(np.int64)
        leaf = features == _LEAF
        self._roots = np.cumsum(sizes) - sizes
        self._features = np.where(leaf, 0, features).astype(np.intp)
        # A leaf is its own child: no pixel is above 255.
        self._thresholds = np.full(len(features), 255, np.uint8)
        self._thresholds[~leaf] = arrays["thresholds"]
        self._children = np.where(leaf, np.arange(len(features)), _first_children(leaf, self._roots, sizes))
        self._leaves = np.cumsum(leaf) - 1
        shares = arrays["shares"].astype(np.float32)
        self._shares = shares / shares.sum(axis=1, keepdims=True)

    @classmethod
    def learn(cls, pixels: Pixels, labels: Labels, options: Any, seed: int) -> Arrays:
        from sklearn.ensemble import RandomForestClassifier

        forest = RandomForestClassifier(
            options.trees,
            criterion=options.criterion,
            max_features=min(options.tried, pixels.shape[1]),
            min_samples_leaf=options.leaf,
            random_state=seed,
            n_jobs=-1,
        ).fit(pixels, labels)
        return packed([each.tree_ for each in forest.estimators_])

    @property
    def classes(self) -> int:
        return self._shares.shape[1]

    def _answer(self, values: Floats) -> Floats:
        pixels = as_pixels(values)
        rows = np.arange(len(pixels))[:, None]
        nodes, before = np.tile(self._roots, (len(pixels), 1)), None
        while before is None or (nodes != before).any():
            before = nodes
            right = pixels[rows, self._features[nodes]] > self._thresholds[nodes]
            nodes = self._children[nodes] + right
        return log_shares(self._shares[self._leaves[nodes]].mean(axis=1))


def packed(trees: list[Any]) -> Arrays:
    """scikit-learn's trees (`tree_`) as arrays.

    `sizes` (trees,) nodes of each; `features` (nodes,) the pixel that a node looks at, 65535 for a leaf;
    `thresholds` (inner nodes,) and `shares` (leaves, classes), in the order of the nodes.
    """
    parts: dict[str, list[npt.NDArray[Any]]] = {"features": [], "thresholds": [], "shares": []}
    for tree in trees:
        order = _by_level(tree.children_left, tree.children_right)
        leaf = tree.children_left[order] < 0
        parts["features"].append(np.where(leaf, _LEAF, tree.feature[order]).astype(np.uint16))
        parts["thresholds"].append(np.floor(tree.threshold[order][~leaf]).astype(np.uint8))
        parts["shares"].append(_rounded(tree.value[order][leaf][:, 0]))
    sizes = np.array([tree.node_count for tree in trees], np.int32)
    return {"sizes": sizes, **{name: np.concatenate(part) for name, part in parts.items()}}


def _by_level(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The numbers of a tree's nodes, level by level."""
    levels, level = [], np.zeros(1, np.int64)
    while len(level):
        levels.append(level)
        inner = level[left[level] >= 0]
        level = np.stack([left[inner], right[inner]], axis=1).reshape(-1)
    return np.concatenate(levels)


def _rounded(counts: npt.NDArray[Any]) -> Pixels:
    """Shares of classes (leaves, classes) in 1/255."""
    return np.rint(255 * counts / counts.sum(axis=1, keepdims=True)).astype(np.uint8)


def _first_children(
    leaf: npt.NDArray[np.bool_], roots: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The first child of each inner node, counted over all trees; of a leaf, anything."""
    rank: npt.NDArray[np.int64] = np.cumsum(~leaf) - ~leaf
    return np.repeat(roots - 2 * rank[roots], sizes) + 2 * rank + 1
