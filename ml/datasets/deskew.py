"""Slanted digits made upright: a fixed preprocessing by the moments of the ink, with nothing learned."""

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.uint8]


def deskew(images: Images) -> Images:
    """`images` (N, H, W, 1) uint8, ink on black, sheared upright about their centre of mass; same shape.

    The moments of the ink m(y, x) give the centre (y0, x0) and the slant
    a = Σ m·(y - y0)·(x - x0) / Σ m·(y - y0)², by how much the strokes go right for each row down. The new
    pixel (y, x) is the old one at (y + dy, x + a·(y - c) + dx), bilinear, black outside, where c is the
    middle row and (dy, dx) brings the centre of mass to the middle of the picture. An image without ink, or
    with ink in one row only, has no slant and is only centred.

    Source: deskewing as in LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document
    recognition", 1998, section III-A.
    """
    import cv2

    height, width = images.shape[1:3]
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    upright = np.empty_like(images)
    for index, (centre_y, centre_x, slant) in enumerate(_moments(images)):
        start = centre_x - slant * middle_y
        matrix = np.array([[1, slant, start - middle_x], [0, 1, centre_y - middle_y]])
        upright[index, ..., 0] = cv2.warpAffine(
            images[index, ..., 0], matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
    return upright


def _moments(images: Images) -> npt.NDArray[np.float64]:
    """Centre row, centre column and slant of each image, (N, 3); without ink the middle and 0."""
    ink = images[..., 0].astype(np.float64)
    mass = ink.sum(axis=(1, 2))
    rows, columns = np.arange(ink.shape[1]), np.arange(ink.shape[2])
    weight = np.maximum(mass, 1)
    centre_y = np.where(mass > 0, ink.sum(axis=2) @ rows / weight, rows.mean())
    centre_x = np.where(mass > 0, ink.sum(axis=1) @ columns / weight, columns.mean())
    from_y, from_x = rows - centre_y[:, None], columns - centre_x[:, None]
    spread = np.einsum("nyx,ny->n", ink, from_y**2)
    together = np.einsum("nyx,ny,nx->n", ink, from_y, from_x, optimize=True)
    slant = np.divide(together, spread, out=np.zeros_like(mass), where=spread > 0)
    return np.stack([centre_y, centre_x, slant], axis=1)
