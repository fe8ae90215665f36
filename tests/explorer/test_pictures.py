"""Pictures in a page: sprites that show the right image, weights whose sign is seen."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from sememe.explorer.pictures import is_ink, sprite, weight_picture


def opened(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1]))))


def test_each_image_lies_in_its_cell_framed_by_its_own_border():
    pixels = np.random.default_rng(0).integers(0, 256, (9, 6, 5), dtype=np.uint8)
    made = sprite(pixels, np.array([7, 2, 2, 5, 0, 8]))
    sheet = opened(made.uri)
    assert sorted(made.cell) == [0, 2, 5, 7, 8]
    for row, (column, line) in made.cell.items():
        cell = sheet[line * 8 : (line + 1) * 8, column * 7 : (column + 1) * 7]
        assert np.array_equal(cell, np.pad(pixels[row], 1, mode="edge"))


def test_the_rule_points_at_the_image_inside_its_gutter():
    made = sprite(np.zeros((6, 10, 10), dtype=np.uint8), np.arange(6))
    rule = made.css(".t")
    size = [float(x) / 100 for x in re.search(r"background-size:([\d.]+)% ([\d.]+)%", rule).groups()]
    step, start = (
        float(x) / 100 for x in re.search(r"calc\(var\(--c\)\*([\d.]+)% \+ ([\d.]+)%\)", rule).groups()
    )
    assert made.grid == (3, 2)
    assert size == pytest.approx([2.4, 3.6])
    # CSS puts p % of the picture over p % of the tile: the offset is p * (picture - tile).
    for column in range(2):
        assert (step * column + start) * (size[0] * 10 - 10) == pytest.approx(column * 12 + 1, abs=1e-3)


def test_colour_and_large_images_become_small_colour_tiles():
    pixels = np.zeros((2, 3, 200, 100), dtype=np.uint8)
    pixels[:, 0] = 255
    made = sprite(pixels, np.arange(2))
    assert made.tile == (64, 32)
    assert opened(made.uri)[10, 10].tolist() == pytest.approx([255, 0, 0], abs=6)


def test_a_sprite_of_nothing_is_empty():
    assert sprite(np.zeros((0, 4, 4), np.uint8), np.zeros(0, np.int64)).cell == {}


def test_the_sign_of_a_weight_is_seen_as_lightness():
    picture = opened(weight_picture(np.array([[-2.0, -1.0, 0.0, 1.0, 2.0]])))[0].astype(float)
    lightness = picture @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(lightness) > 20).all()


def test_weights_beyond_the_limit_keep_the_end_colour():
    assert opened(weight_picture(np.array([[9.0, 1.0]]), limit=1.0))[0].tolist()[0] == [226, 250, 220]


def test_drawings_on_black_are_told_from_photographs():
    strokes = np.zeros((3, 8, 8), dtype=np.uint8)
    strokes[:, 3] = 255
    assert is_ink(strokes)
    assert is_ink(strokes[:, None])
    assert not is_ink(255 - strokes)
    assert not is_ink(np.repeat(strokes[:, None], 3, axis=1))


def test_weights_of_several_channels_are_shown_as_their_mean():
    grey = np.array([[1.0, -1.0]])
    assert weight_picture(np.stack([grey * 0.5, grey * 1.5])) == weight_picture(grey)
