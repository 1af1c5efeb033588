"""Untrusted bytes: what is read, what is refused in which sentence, and that nothing else happens."""

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from ml import images, zoo
from ml.errors import ImageRefused


def encoded(image: Image.Image, file_format: str, **options) -> bytes:
    output = io.BytesIO()
    image.save(output, file_format, **options)
    return output.getvalue()


def scene(width: int = 60, height: int = 40) -> Image.Image:
    """Red on the left, blue on the right: enough to see which way up it is."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (width // 2, 0, width, height))
    return picture


def noise(width: int, height: int) -> images.Pixels:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def png_of_size(width: int, height: int) -> bytes:
    """A valid PNG header for a picture of any size, a few dozen bytes long."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("file_format", images.FORMATS)
def test_every_listed_format_is_read(file_format):
    pixels = images.decode(encoded(scene(), file_format))
    assert pixels.shape == (40, 60, 3)
    assert pixels.dtype == np.uint8
    np.testing.assert_allclose(pixels[20, 5], [255, 0, 0], atol=12)
    np.testing.assert_allclose(pixels[20, 55], [0, 0, 255], atol=12)


REFUSED = {
    "text": (b"this is no picture at all", images.UNREADABLE),
    "nothing": (b"", images.EMPTY),
    "a PDF": (b"%PDF-1.7\n" + bytes(200), images.UNREADABLE),
    "a format left out (PPM)": (b"P6 2 2 255\n" + bytes(12), images.UNREADABLE),
    "a format left out (ICO)": (encoded(scene(32, 32), "ICO"), images.UNREADABLE),
    "a truncated JPEG": (encoded(scene(400, 400), "JPEG")[:1500], images.DAMAGED),
    "a truncated PNG": (encoded(scene(400, 400), "PNG")[:300], images.DAMAGED),
    "a truncated WebP": (images.encode_store(noise(200, 200))[:3000], images.DAMAGED),
    "over 20 MB": (b"\xff\xd8\xff" + bytes(20 * 1024 * 1024), images.HEAVY),
    "over 64 megapixels": (png_of_size(8001, 8000), images.LARGE),
    "a decompression bomb": (png_of_size(60000, 60000), images.LARGE),
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), images.HEIC),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', images.SVG),
    "SVG with a prolog": (b'<?xml version="1.0"?>\n<svg/>', images.SVG),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_refuses(what):
    data, sentence = REFUSED[what]
    with pytest.raises(ImageRefused) as refusal:
        images.decode(data)
    assert str(refusal.value) == sentence


def test_64_megapixels_are_still_read():
    assert images.decode(encoded(Image.new("1", (8000, 8000)), "PNG")).shape == (1024, 1024, 3)


def test_random_damage_never_raises_anything_but_a_refusal():
    rng = np.random.default_rng(0)
    for file_format in images.FORMATS:
        good = encoded(scene(90, 70), file_format)
        for _ in range(60):
            data = bytearray(good)
            for position in rng.integers(0, len(data), 8):
                data[position] = rng.integers(0, 256)
            with contextlib.suppress(ImageRefused):
                assert images.decode(bytes(data)).ndim == 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_as_its_exif_says(orientation):
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    picture = scene()
    picture.paste("green", (0, 0, 10, 10))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = picture.transpose(turns[orientation]) if orientation in turns else picture
    assert np.array_equal(images.decode(encoded(stored, "PNG", exif=exif)), np.asarray(picture))


def test_the_first_frame_of_an_animation_is_taken():
    data = encoded(
        Image.new("RGB", (9, 9), "lime"),
        "GIF",
        save_all=True,
        append_images=[Image.new("RGB", (9, 9), "red")],
    )
    assert images.decode(data)[4, 4].tolist() == [0, 255, 0]


def test_sixteen_bits_become_eight():
    grey = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(4, axis=0)
    assert np.array_equal(images.decode(encoded(Image.fromarray(grey), "PNG"))[0, :, 0], np.arange(256))


def test_floats_from_0_to_1_become_eight_bits():
    grey = np.linspace(0, 1, 256).astype(np.float32)[None].repeat(4, axis=0)
    assert np.array_equal(images.decode(encoded(Image.fromarray(grey), "TIFF"))[0, :, 1], np.arange(256))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_parts_lie_on_white(mode):
    clear = Image.new("RGBA", (8, 8), (200, 0, 0, 0))
    clear.paste((0, 0, 0, 255), (0, 0, 4, 8))
    data = encoded(clear.convert(mode), "PNG")
    pixels = images.decode(data)
    assert pixels[4, 6].tolist() == [255, 255, 255]
    assert pixels[4, 1].tolist() == [0, 0, 0]


def test_a_palette_with_a_transparent_colour_lies_on_white():
    picture = Image.new("P", (8, 8), 0)
    picture.putpalette([0, 0, 0, 10, 20, 30])
    picture.paste(1, (4, 0, 8, 8))
    pixels = images.decode(encoded(picture, "PNG", transparency=0))
    assert pixels[4, 1].tolist() == [255, 255, 255]
    assert pixels[4, 6].tolist() == [10, 20, 30]


def test_cmyk_is_read():
    pixels = images.decode(encoded(scene(64, 64).convert("CMYK"), "JPEG", quality=95))
    np.testing.assert_allclose(pixels[32, 8], [255, 0, 0], atol=12)


def test_colours_are_brought_to_srgb():
    """A picture that carries a profile looks as that profile says: here with a linear tone curve for grey."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = images.decode(encoded(scene(), "PNG"))
    assert np.abs(images.decode(encoded(scene(), "PNG", icc_profile=srgb)).astype(int) - plain).max() <= 1
    assert np.array_equal(images.decode(encoded(scene(), "PNG", icc_profile=lab)), plain), (
        "an unfit profile is ignored"
    )
    assert np.array_equal(images.decode(encoded(scene(), "PNG", icc_profile=b"broken" * 30)), plain)


@pytest.mark.parametrize(
    ("size", "shape"), [((1, 1), (1, 1, 3)), ((3000, 2), (1, 1024, 3)), ((500, 2000), (1024, 256, 3))]
)
def test_odd_sizes_are_read_and_the_long_side_is_at_most_1024(size, shape):
    assert images.decode(encoded(Image.new("RGB", size, "teal"), "PNG")).shape == shape


def test_a_large_jpeg_is_never_decoded_below_the_size_that_is_kept():
    assert images.decode(encoded(scene(2100, 1400), "JPEG")).shape == (683, 1024, 3)


def test_a_small_image_keeps_every_pixel():
    pixels = noise(70, 50)
    assert np.array_equal(images.decode(images.encode_png(pixels)), pixels)


def test_what_is_stored_is_read_back_exactly():
    pixels = noise(70, 50)
    assert np.array_equal(images.read_store(images.encode_store(pixels)), pixels)


def test_what_is_written_carries_no_metadata():
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    stored = images.encode_png(images.decode(encoded(scene(), "JPEG", exif=exif, comment=b"a secret")))
    assert b"secret" not in stored
    assert Image.open(io.BytesIO(stored)).info == {}


def test_a_thumbnail_is_small():
    data = images.thumbnail(np.asarray(scene(900, 600)))
    assert Image.open(io.BytesIO(data)).size == (192, 128)


def test_resize_is_the_identity_when_the_size_fits():
    pixels = noise(32, 32)
    assert images.resize(pixels, (32, 32)) is pixels


@pytest.mark.parametrize(
    ("size_in", "size_out"), [(1024, 224), (683, 224), (100, 224), (224, 224), (1, 8), (3000, 7)]
)
def test_the_resize_matrix_is_the_resize(size_in, size_out):
    """Pillow rounds to whole levels after each axis, so they may differ by one."""
    line = np.random.default_rng(0).integers(0, 256, (1, size_in, 3), np.uint8)
    resized = images.resize(line, (1, size_out))[0].astype(int)
    linear = images.resize_matrix(size_in, size_out) @ line[0].astype(np.float32)
    assert np.abs(resized - linear).max() <= 1.01


def test_load_gives_a_batch_as_the_model_sees_it(tiny_zoo, tmp_path):
    model = zoo.load("tiny-photos")
    for name in ("a.png", "b.png"):
        scene().save(tmp_path / name)
    batch = images.load([tmp_path / "a.png", str(tmp_path / "b.png")], model)
    assert batch.shape == (2, 32, 32, 3)
    assert batch.dtype == np.float32
    assert batch.max() <= 1
    assert images.load([], model).shape == (0, 32, 32, 3)
