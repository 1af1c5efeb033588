"""Weather on photos: snow and frost. Fog and brightness are shared with the digits."""

import numpy as np

from ml.datasets.corruptions.base import PUBLISHED_SIDES, Draws, Floats, truncated
from ml.datasets.corruptions.common import streaked
from ml.datasets.corruptions.ice import ice
from ml.datasets.corruptions.photos_blur import zoomed

_DRAWN = PUBLISHED_SIDES[3]
# Of red, green and blue, in grey (ITU-R BT.601).
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


def snow(
    batch: Floats,
    draws: Draws,
    mean: float,
    deviation: float,
    size: float,
    threshold: float,
    radius: float,
    sigma: float,
    kept: float,
) -> Floats:
    """Flakes from above and, turned by 180°, from below, over a photo that is partly turned to white.

    Flakes are noise above a threshold, enlarged and blurred along a direction within 45° of the vertical;
    they are drawn at the published size and resized to that of the photo.
    """
    import cv2

    # Three equal channels, as a photo has.
    noise = np.float32(mean) + np.float32(deviation) * draws.normal(_DRAWN, _DRAWN, 1).repeat(3, axis=3)
    flakes = zoomed(noise, size)
    flakes = truncated(np.where(flakes < threshold, np.float32(0), flakes))
    flakes = streaked(flakes, draws.uniform(-135, -45), radius, sigma)
    side = batch.shape[1]
    falling = np.stack([cv2.resize(each, (side, side), interpolation=cv2.INTER_AREA) for each in flakes])
    pale = np.maximum(batch, (batch @ _GREY)[..., None] * np.float32(1.5) + np.float32(0.5))
    whitened = np.float32(kept) * batch + np.float32(1 - kept) * pale
    return whitened + falling + np.rot90(falling, k=2, axes=(1, 2))


def frost(batch: Floats, draws: Draws, kept: float, strength: float) -> Floats:
    """`kept` · photo + `strength` · frost.

    The published suite takes frost from six photographs, which are not ours to copy: this frost is drawn
    (`ice`), so results under it cannot be compared with published ones.
    """
    return np.float32(kept) * batch + np.float32(strength) * ice(draws, batch.shape[1])
