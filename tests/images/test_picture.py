"""Picture files of every kind come out as 8-bit grey or RGB."""

import numpy as np
import pytest
from PIL import Image

from sememe.errors import ImageError
from sememe.images.picture import read_picture

RAMP = np.arange(0, 240, 10, dtype=np.uint8).reshape(4, 6)


def through(path, image, **options):
    image.save(path, **options)
    return read_picture(path)


def test_grey_and_colour_stay_what_they_are(tmp_path):
    grey = through(tmp_path / "a.png", Image.fromarray(RAMP))
    assert grey.mode == "L"
    np.testing.assert_array_equal(np.asarray(grey), RAMP)
    colour = np.stack([RAMP, RAMP + 5, RAMP[::-1]], axis=-1)
    back = through(tmp_path / "b.png", Image.fromarray(colour))
    assert back.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(back), colour)


def test_one_bit_becomes_black_and_white(tmp_path):
    back = through(tmp_path / "a.png", Image.fromarray(RAMP > 100))
    assert set(np.unique(back)) == {0, 255}
    assert back.mode == "L"


def test_16_bits_are_scaled_not_clipped(tmp_path):
    values = np.array([[0, 128, 129, 257, 32896, 65535]], np.uint16)
    back = through(tmp_path / "a.png", Image.fromarray(values))
    assert np.asarray(back).tolist() == [[0, 0, 1, 1, 128, 255]]
    back = through(tmp_path / "b.tif", Image.fromarray(values.astype(np.int32)))
    assert np.asarray(back).tolist() == [[0, 0, 1, 1, 128, 255]]


def test_32_bits_and_floats_are_refused(tmp_path):
    with pytest.raises(ImageError, match=r"a\.tif holds pixels from 0 to 70000; save it with 8 or 16 bits"):
        through(tmp_path / "a.tif", Image.fromarray(np.array([[0, 70000]], np.int32)))
    with pytest.raises(ImageError, match=r"b\.tif holds floating-point pixels"):
        through(tmp_path / "b.tif", Image.fromarray(np.array([[0, 0.5]], np.float32)))


def test_transparent_parts_are_laid_on_white(tmp_path):
    black = np.zeros((1, 3, 4), np.uint8)
    black[0, :, 3] = [255, 0, 51]
    back = through(tmp_path / "a.png", Image.fromarray(black))
    assert np.asarray(back)[0, :, 0].tolist() == [0, 255, 204]
    assert back.mode == "RGB"
    grey, alpha = Image.fromarray(black[..., 0]), Image.fromarray(black[..., 3])
    back = through(tmp_path / "b.png", Image.merge("LA", [grey, alpha]))
    assert back.mode == "L"
    assert np.asarray(back)[0].tolist() == [0, 255, 204]


def test_a_palette_is_grey_only_where_its_colours_are(tmp_path):
    grey = Image.new("P", (3, 1))
    grey.putdata([0, 1, 2])
    grey.putpalette([0, 0, 0, 90, 90, 90, 255, 255, 255])
    back = through(tmp_path / "a.png", grey)
    assert back.mode == "L"
    assert np.asarray(back).tolist() == [[0, 90, 255]]
    grey.putpalette([0, 0, 0, 90, 0, 90, 255, 255, 255])
    assert through(tmp_path / "b.png", grey).mode == "RGB"


def test_a_palette_with_transparency_raises_no_warning(tmp_path):
    image = Image.new("P", (2, 1))
    image.putdata([0, 1])
    image.putpalette([10, 20, 30, 40, 50, 60])
    back = through(tmp_path / "a.png", image, transparency=bytes([0, 255]))
    assert np.asarray(back).tolist() == [[[255, 255, 255], [40, 50, 60]]]


def test_exif_orientation_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it turned clockwise
    back = through(tmp_path / "a.png", Image.fromarray(RAMP), exif=exif)
    np.testing.assert_array_equal(np.asarray(back), np.rot90(RAMP, -1))


def test_cmyk_becomes_rgb(tmp_path):
    back = through(tmp_path / "a.tif", Image.new("CMYK", (2, 2), (0, 255, 255, 0)))
    assert back.mode == "RGB"
    assert np.asarray(back)[0, 0].tolist() == [255, 0, 0]


def test_the_first_frame_of_an_animation_is_taken(tmp_path):
    frames = [Image.new("L", (4, 4), value) for value in (0, 200)]
    back = through(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    assert np.asarray(back).max() == 0


@pytest.mark.parametrize(
    ("suffix", "keep"), [("png", 60), ("png", 20), ("jpg", 200), ("bmp", 40), ("gif", 30)]
)
def test_a_truncated_picture_is_named(tmp_path, suffix, keep):
    path = tmp_path / f"broken.{suffix}"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (16, 16), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ImageError, match=rf"broken\.{suffix} is corrupt"):
        read_picture(path)


def test_a_file_that_is_no_picture_and_one_that_is_absent_are_named(tmp_path):
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(ImageError, match=r"a\.png is corrupt or not an image"):
        read_picture(tmp_path / "a.png")
    with pytest.raises(ImageError, match=r"b\.png is corrupt or cannot be read: .*No such file"):
        read_picture(tmp_path / "b.png")
