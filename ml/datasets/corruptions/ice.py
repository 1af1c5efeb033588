"""Frost on a window, drawn: ferns of ice growing from many points, over a haze."""

import numpy as np
import numpy.typing as npt

from ml.datasets.corruptions.base import Draws, Floats
from ml.datasets.corruptions.plasma import clouds

Points = npt.NDArray[np.float32]

_FERNS = 70
# Pairs of branches of a fern, and of twigs on each branch.
_BRANCHES = 8
_TWIGS = 4
# Water freezes in sixfold symmetry.
_ANGLE = np.deg2rad(60)
# Of the side of the photo.
_LONGEST = 0.4
# Drawn larger, then shrunk: needles thinner than a pixel.
_FINER = 2
_TINT = np.array([0.88, 0.95, 1.0], np.float32)
_SUBPIXEL_BITS = 4


def ice(draws: Draws, side: int) -> Floats:
    """(N, side, side, 3) in [0, 1]: about half as bright as white, a little blue."""
    roots = draws.uniform(0, 1, _FERNS, 2)
    angles = draws.uniform(0, 2 * np.pi, _FERNS)
    lengths = draws.uniform(0.1, _LONGEST, _FERNS)
    shades = draws.uniform(0.25, 1, _FERNS)
    haze = clouds(draws, 1 << (side - 1).bit_length(), 1.7)[:, :side, :side]
    ferns = np.stack([_drawn(*one, side) for one in zip(roots, angles, lengths, shades, strict=True)])
    grey = 0.1 + 0.4 * haze + ferns * (0.4 + 0.4 * haze)
    return np.clip(grey, 0, 1)[..., None] * _TINT


def _drawn(roots: Points, angles: Points, lengths: Points, shades: Points, side: int) -> Floats:
    """All ferns (side, side) in [0, 1], the brighter over the darker, each with a halo."""
    import cv2

    fine = side * _FINER
    canvas = np.zeros((fine, fine), np.uint8)
    order = np.argsort(shades)
    for root, angle, length, shade in zip(
        *(each[order] for each in (roots, angles, lengths, shades)), strict=True
    ):
        needles = np.rint(_fern(root, angle, length) * fine * 2**_SUBPIXEL_BITS).astype(np.int32)
        grey = int(255 * shade)
        cv2.polylines(canvas, list(needles), False, grey, 1, cv2.LINE_AA, _SUBPIXEL_BITS)
    sharp = cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    soft = cv2.GaussianBlur(sharp, (0, 0), side / 60)
    return np.asarray(np.minimum(0.8 * sharp + 0.7 * soft, 1), np.float32)


def _fern(root: Points, angle: float, length: float) -> Points:
    """Needles (lines, 2 ends, 2) of a stem, its branches, and their twigs, in shares of the side."""
    stem = np.stack([root, root + length * _towards(angle)])[None]
    branches = _sides(stem, np.array([angle]), np.array([0.45 * length]), _BRANCHES)
    ways = _ways(np.array([angle]), _BRANCHES)
    sizes = np.linalg.norm(branches[:, 1] - branches[:, 0], axis=1)
    return np.concatenate([stem, branches, _sides(branches, ways, 0.45 * sizes, _TWIGS)]).astype(np.float32)


def _sides(
    stems: npt.NDArray[np.floating],
    ways: npt.NDArray[np.floating],
    longest: npt.NDArray[np.floating],
    pairs: int,
) -> npt.NDArray[np.floating]:
    """Branches to both sides of each stem (S, 2, 2), shorter towards its tip: (S·2·pairs, 2, 2)."""
    along = (np.arange(pairs) + 0.5) / pairs
    starts = stems[:, :1] + along[:, None] * (stems[:, 1:] - stems[:, :1])
    sizes = (longest[:, None] * (1 - along))[:, None, :, None]
    ends = starts[:, None] + sizes * _towards(_ways(ways, pairs).reshape(-1, 2, pairs))
    return np.stack([np.broadcast_to(starts[:, None], ends.shape), ends], axis=3).reshape(-1, 2, 2)


def _ways(ways: npt.NDArray[np.floating], pairs: int) -> npt.NDArray[np.floating]:
    """The direction of every branch, in the order of `_sides`."""
    both = ways[:, None] + np.array([-_ANGLE, _ANGLE])
    return np.repeat(both.ravel(), pairs)


def _towards(angle: npt.ArrayLike) -> npt.NDArray[np.floating]:
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)
