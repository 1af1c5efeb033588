"""The 15 common corruptions at 5 severities of ImageNet-C (Hendrycks & Dietterich 2019, arXiv:1903.12261).

Parameters are those published for photos of 224×224. For another size every length in pixels (radius, σ,
reach, size of flakes) is multiplied by size / 224, so that the picture as a whole looks the same; what
belongs to a single pixel (noise), to shares of the side or to 8-bit values is not. The released photos were
stored as JPEG of quality 85 once more; these are not. Frost is drawn, not photographed: see
`photos_weather.frost`.
"""

from ml.datasets.corruptions.base import Corruption
from ml.datasets.corruptions.common import brightness, fog, impulse_noise, motion_blur, shot_noise
from ml.datasets.corruptions.photos_blur import defocus_blur, glass_blur, zoom_blur
from ml.datasets.corruptions.photos_digital import (
    contrast,
    elastic_transform,
    gaussian_noise,
    jpeg_compression,
    pixelate,
)
from ml.datasets.corruptions.photos_weather import frost, snow
from ml.errors import sentence

_ALL = (
    Corruption(
        name="gaussian-noise",
        title=sentence("Gaussian noise"),
        run=gaussian_noise,
        levels=((0.08,), (0.12,), (0.18,), (0.26,), (0.38,)),
    ),
    Corruption(
        name="shot-noise",
        title=sentence("Shot noise"),
        run=shot_noise,
        levels=((60,), (25,), (12,), (5,), (3,)),
    ),
    Corruption(
        name="impulse-noise",
        title=sentence("Impulse noise"),
        run=impulse_noise,
        levels=((0.03,), (0.06,), (0.09,), (0.17,), (0.27,)),
    ),
    Corruption(
        name="defocus-blur",
        title=sentence("Defocus blur"),
        run=defocus_blur,
        levels=((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
    ),
    Corruption(
        name="glass-blur",
        title=sentence("Glass blur"),
        run=glass_blur,
        levels=((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)),
    ),
    Corruption(
        name="motion-blur",
        title=sentence("Motion blur"),
        run=motion_blur,
        levels=((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)),
    ),
    Corruption(
        name="zoom-blur",
        title=sentence("Zoom blur"),
        run=zoom_blur,
        levels=((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03)),
    ),
    Corruption(
        name="snow",
        title=sentence("Snow"),
        run=snow,
        levels=(
            (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
            (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
            (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
            (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
            (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
        ),
    ),
    Corruption(
        name="frost",
        title=sentence("Frost"),
        run=frost,
        levels=((1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)),
    ),
    Corruption(
        name="fog",
        title=sentence("Fog"),
        run=fog,
        levels=((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)),
    ),
    Corruption(
        name="brightness",
        title=sentence("Brightness"),
        run=brightness,
        levels=((0.1,), (0.2,), (0.3,), (0.4,), (0.5,)),
    ),
    Corruption(
        name="contrast",
        title=sentence("Contrast"),
        run=contrast,
        levels=((0.4,), (0.3,), (0.2,), (0.1,), (0.05,)),
    ),
    Corruption(
        name="elastic-transform",
        title=sentence("Elastic transform"),
        run=elastic_transform,
        levels=((2, 0.7, 0.1), (2, 0.08, 0.2), (0.05, 0.01, 0.02), (0.07, 0.01, 0.02), (0.12, 0.01, 0.02)),
    ),
    Corruption(
        name="pixelate",
        title=sentence("Pixelation"),
        run=pixelate,
        levels=((0.6,), (0.5,), (0.4,), (0.3,), (0.25,)),
    ),
    Corruption(
        name="jpeg-compression",
        title=sentence("JPEG compression"),
        run=jpeg_compression,
        levels=((25,), (18,), (15,), (10,), (7,)),
    ),
)
PHOTOS = {each.name: each for each in _ALL}
