"""Untrusted bytes to pixels, pixels to bytes: the only decoder and the only encoder of the project."""

import io
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from ml.card import Card
from ml.errors import ImageRefused, sentence

if TYPE_CHECKING:
    from ml.model import Model

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 64_000_000
MAX_SIDE = 1024
MAX_PROFILE_BYTES = 4 * 1024 * 1024
# `decode` has its own, lower limit; Pillow's warning would only fill the log.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")

UNREADABLE = sentence("This file is not an image we can read (JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF).")
EMPTY = sentence("This file is empty.")
HEAVY = sentence("This file is larger than 20 MB.")
LARGE = sentence("This image has more than 64 megapixels.")
DAMAGED = sentence("This image is damaged or incomplete.")
HEIC = sentence("HEIC photos cannot be read here: save the photo as JPEG first.")
SVG = sentence("SVG is a drawing, not a photo: save it as PNG first.")


@dataclass(frozen=True)
class Input:
    """What a model sees: `image` uint8 (H, W, C), and whether there was anything to see."""

    image: Pixels
    found: bool


def decode(data: bytes, *, max_side: int = MAX_SIDE) -> Pixels:
    """Decode an uploaded file to uint8 (H, W, 3) sRGB, its long side at most `max_side`.

    The first frame, turned as its EXIF says, 16 bits scaled to 8, colours brought to sRGB, transparent
    parts laid on white; all metadata is left behind.

    Raises:
        ImageRefused: not one of FORMATS, damaged, over MAX_BYTES or over MAX_PIXELS.
    """
    _refuse_unseen(data)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ImageRefused(LARGE)
            # A large JPEG is decoded at 1/2, 1/4 or 1/8, never below the size that is kept.
            scale = min(1.0, max_side / max(image.size))
            image.draft(None, (max(1, round(image.width * scale)), max(1, round(image.height * scale))))
            image.load()
            upright = ImageOps.exif_transpose(image)
            return np.asarray(_shrink(_to_srgb(upright), max_side))
    except ImageRefused:
        raise
    except Image.DecompressionBombError:
        raise ImageRefused(LARGE) from None
    except UnidentifiedImageError:
        raise ImageRefused(UNREADABLE) from None
    except Exception as error:
        # On a damaged file each decoder raises what it likes: OSError, SyntaxError, RuntimeError...
        raise ImageRefused(DAMAGED) from error


def _refuse_unseen(data: bytes) -> None:
    """Refuse what its size or its first bytes already give away."""
    if not data:
        raise ImageRefused(EMPTY)
    if len(data) > MAX_BYTES:
        raise ImageRefused(HEAVY)
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS and b"avif" not in data[8:64]:
        raise ImageRefused(HEIC)
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml")) and b"<svg" in data[:4096].lower():
        raise ImageRefused(SVG)


def _to_srgb(image: Image.Image) -> Image.Image:
    """Any Pillow mode to RGB in sRGB, transparent parts on white."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _eight_bits(image)
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
    rgb = _through_profile(image)
    if alpha is None:
        return rgb
    white = Image.new("RGB", rgb.size, "white")
    white.paste(rgb, mask=alpha)
    return white


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of more than 8 bits to 8: 0..65535 by 257; floats in [0, 1] by 255."""
    values = np.asarray(image).astype(np.float64)
    values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    if image.mode == "F" and values.max(initial=0) <= 1:
        values *= 255
    elif image.mode != "F" and (image.mode.startswith("I;16") or values.max(initial=0) > 255):
        values /= 257
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def _through_profile(image: Image.Image) -> Image.Image:
    """Convert with the embedded colour profile; without one, or with a broken one, as sRGB."""
    profile = image.info.get("icc_profile")
    if profile and len(profile) <= MAX_PROFILE_BYTES:
        source = image.convert("RGB") if image.mode in ("RGBA", "P", "PA", "1") else image
        try:
            converted = ImageCms.profileToProfile(
                source,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return image.convert("RGB")


def _shrink(image: Image.Image, max_side: int) -> Image.Image:
    scale = max_side / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)


def encode_png(image: Pixels) -> bytes:
    """A PNG of uint8 (H, W, 3), (H, W, 1) or (H, W), with nothing but pixels in it."""
    return _encode(image, "PNG", compress_level=6)


def encode_store(image: Pixels) -> bytes:
    """The lossless form in which images are kept: WebP, several times faster to write than PNG."""
    return _encode(image, "WEBP", lossless=True, quality=0, method=0, exact=True)


def thumbnail(image: Pixels, *, side: int = 192) -> bytes:
    """A small WebP for lists, its long side at most `side`."""
    picture = Image.fromarray(_squeeze(image))
    picture.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=1.0)
    output = io.BytesIO()
    picture.convert("RGB").save(output, "WEBP", quality=80, method=0)
    return output.getvalue()


def read_store(data: bytes) -> Pixels:
    """The uint8 (H, W, 3) that `encode_store` wrote.

    Raises:
        ImageRefused: the file is damaged.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("WEBP", "PNG")) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        raise ImageRefused(DAMAGED) from error


def _encode(image: Pixels, file_format: str, **options: object) -> bytes:
    output = io.BytesIO()
    Image.fromarray(_squeeze(image)).save(output, file_format, **options)
    return output.getvalue()


def _squeeze(image: Pixels) -> Pixels:
    return image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image


def resize(image: Pixels, size: tuple[int, int]) -> Pixels:
    """Antialiased bilinear resize of uint8 (h, w, 3) to (H, W, 3), aspect not kept.

    The identity when the size already fits.
    """
    if image.shape[:2] == size:
        return image
    return np.asarray(Image.fromarray(image).resize((size[1], size[0]), Image.Resampling.BILINEAR))


def resize_matrix(size_in: int, size_out: int) -> Floats:
    """One axis of `resize` as a matrix (size_out, size_in), rows summing to 1, rounding left out.

    A triangle filter whose half width is one pixel of the coarser grid, as Pillow's BILINEAR.
    """
    if size_in == size_out:
        return np.eye(size_in, dtype=np.float32)
    scale = size_in / size_out
    half_width = max(scale, 1.0)
    centres = (np.arange(size_out) + 0.5) * scale
    weights = np.maximum(0.0, 1.0 - np.abs(np.arange(size_in) + 0.5 - centres[:, None]) / half_width)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


def to_input(image: Pixels, card: Card) -> Input:
    """What the model of `card` sees of a stored uint8 (h, w, 3) image.

    Photos: the whole picture resized. Digits: the ink, found, cut and centred (`ml.ink`).
    """
    height, width, channels = card.input_shape
    if card.domain == "digits":
        from ml import ink

        digit = ink.digit(image)
        pixels = digit.image if digit.image.shape == (height, width) else resize(digit.image, (height, width))
        return Input(np.repeat(pixels[..., None], channels, axis=-1), digit.found)
    pixels = resize(image, (height, width))
    if channels == 1:
        pixels = np.asarray(Image.fromarray(pixels).convert("L"))[..., None]
    return Input(pixels, found=True)


def to_float(image: Pixels) -> Floats:
    """uint8 to float32 in [0, 1]."""
    return image.astype(np.float32) / np.float32(255)


def to_pixels(batch: Floats) -> Pixels:
    """[0, 1] to uint8, the nearest one."""
    return np.rint(batch * 255).astype(np.uint8)


def load(paths: Iterable[str | PathLike[str]], model: "Model") -> Floats:
    """Files to a batch (N, H, W, C) float32 in [0, 1], as `model` sees them.

    Raises:
        ImageRefused: a file is not an accepted image.
        OSError: a file cannot be read.
    """
    inputs = [to_input(decode(Path(path).read_bytes()), model.card).image for path in paths]
    return to_float(np.stack(inputs)) if inputs else np.zeros((0, *model.input_shape), np.float32)
