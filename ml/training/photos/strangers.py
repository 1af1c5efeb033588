"""Pictures of none of the classes, to teach a model when not to be sure.

"Outlier Exposure", Hendrycks et al. 2019.
CIFAR-10's photos are many but 32 pixels small; a model would learn "coarse" instead of "strange". So they
are also tiled, given fine grain, and drawn over, the classes' own photos are made as coarse as they
(`ml.training.photos.augmentation`), and sharp strangers are added: photos cut up and shuffled, drawings,
clothes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ml.training.photos import drawings, patterns
from ml.training.photos.augmentation import KERNELS, pick

Pixels = npt.NDArray[np.uint8]
SIDE = 224


@dataclass(frozen=True, kw_only=True)
class Strangers:
    """Where strangers are drawn from.

    `small` (N, 32, 32, 3) are photos of other things, `grey` (N, 28, 28) things on black; either may be
    empty. `photo` gives one photo of the classes, to be cut up.
    """

    small: npt.NDArray[np.uint8]
    grey: npt.NDArray[np.uint8]
    photo: Callable[[np.random.Generator], Pixels]

    def draw(self, rng: np.random.Generator) -> Pixels:
        """One stranger, uint8 (H, W, 3), not yet augmented."""
        chances = (
            (0.42 * bool(len(self.small)), self._enlarged),
            (0.16 * bool(len(self.small)), self._detailed),
            (0.14 * bool(len(self.small)), self._tiled),
            (0.06 * bool(len(self.grey)), self._thing),
            (0.08, self._shuffled),
            (0.14, drawings.draw),
        )
        shares = np.array([share for share, _ in chances])
        return chances[int(rng.choice(len(chances), p=shares / shares.sum()))][1](rng)

    def _enlarged(self, rng: np.random.Generator) -> Pixels:
        return _enlarge(self.small[rng.integers(len(self.small))], SIDE, rng)

    def _detailed(self, rng: np.random.Generator) -> Pixels:
        """A small photo enlarged, with the fine grain of a sharp picture laid over it."""
        image = self._enlarged(rng).astype(np.float32)
        sharp = (self._shuffled(rng) if rng.random() < 0.3 else patterns.clouds(rng)).astype(np.float32)
        grain = sharp - cv2.GaussianBlur(sharp, (0, 0), rng.uniform(1.5, 5))
        return _u8(image + grain * rng.uniform(0.4, 1.5))

    def _tiled(self, rng: np.random.Generator) -> Pixels:
        """Several small photos side by side: four to twenty-five, sharper for being smaller."""
        count = pick((2, 2, 3, 4, 5), rng)
        tile = -(-SIDE // count)
        rows = [
            np.hstack([_enlarge(self.small[rng.integers(len(self.small))], tile, rng) for _ in range(count)])
            for _ in range(count)
        ]
        return np.vstack(rows)[:SIDE, :SIDE]

    def _shuffled(self, rng: np.random.Generator) -> Pixels:
        """A photo of the classes cut into 25 to 100 pieces that are mixed and turned."""
        count = pick((5, 6, 8, 10), rng)
        piece = SIDE // count
        photo = cv2.resize(self.photo(rng), (piece * count, piece * count))
        pieces = photo.reshape(count, piece, count, piece, 3).swapaxes(1, 2).reshape(-1, piece, piece, 3)
        turned = [np.rot90(each, int(rng.integers(4))) for each in pieces[rng.permutation(len(pieces))]]
        grid = np.array(turned).reshape(count, count, piece, piece, 3).swapaxes(1, 2)
        return _u8(cv2.resize(grid.reshape(piece * count, piece * count, 3), (SIDE, SIDE)))

    def _thing(self, rng: np.random.Generator) -> Pixels:
        """A piece of clothing or a digit, in a colour, on some ground."""
        ground = patterns.backdrop(rng).astype(np.float32)
        side = int(rng.integers(90, SIDE + 1))
        thing = _enlarge(self.grey[rng.integers(len(self.grey))], side, rng).astype(np.float32) / 255
        mask = np.clip(cv2.GaussianBlur(thing, (0, 0), 2) * 4, 0, 1)[..., None]
        top, left = rng.integers(0, SIDE - side + 1, 2)
        place = ground[top : top + side, left : left + side]
        ground[top : top + side, left : left + side] = place * (1 - mask) + mask * thing[
            ..., None
        ] * rng.uniform(60, 255, 3)
        return _u8(ground)


def _enlarge(small: Pixels, side: int, rng: np.random.Generator) -> Pixels:
    return _u8(cv2.resize(small, (side, side), interpolation=pick(KERNELS, rng)))


def _u8(values: npt.NDArray[np.generic]) -> Pixels:
    return np.clip(values, 0, 255).astype(np.uint8)
